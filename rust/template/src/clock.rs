//! `strftime` in the C locale.
use crate::fail::unsupported_input;
use crate::{Clock, Error};

const DAYS: [&str; 7] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// `datetime.strftime(format)`.
pub(crate) fn strftime(clock: &Clock, format: &str) -> Result<String, Error> {
    let mut text = String::new();
    let mut rest = format;
    while let Some(at) = rest.find('%') {
        text.push_str(&rest[..at]);
        let directive = &rest[at + 1..];
        let (unpadded, directive) = match directive.strip_prefix('-') {
            Some(directive) => (true, directive),
            None => (false, directive),
        };
        let Some(letter) = directive.chars().next() else {
            return Err(unsupported_input("a time format that ends in `%`"));
        };
        text.push_str(&field(clock, letter, unpadded)?);
        rest = &directive[letter.len_utf8()..];
    }
    text.push_str(rest);
    Ok(text)
}

fn field(clock: &Clock, letter: char, unpadded: bool) -> Result<String, Error> {
    let number =
        |value: u32, width: usize| if unpadded { value.to_string() } else { format!("{value:0width$}") };
    let weekday = DAYS[weekday(clock) as usize];
    let month = MONTHS[(clock.month.clamp(1, 12) - 1) as usize];
    let hour12 = (clock.hour + 11) % 12 + 1;
    let composed = |format| strftime(clock, format);
    Ok(match letter {
        'Y' => clock.year.to_string(),
        'y' => number(clock.year.rem_euclid(100).unsigned_abs(), 2),
        'm' => number(clock.month, 2),
        'd' => number(clock.day, 2),
        'e' => format!("{:>2}", clock.day),
        'H' => number(clock.hour, 2),
        'I' => number(hour12, 2),
        'M' => number(clock.minute, 2),
        'S' => number(clock.second, 2),
        'f' => format!("{:06}", clock.microsecond),
        'j' => number(day_of_year(clock), 3),
        'p' => if clock.hour < 12 { "AM" } else { "PM" }.to_owned(),
        'A' => weekday.to_owned(),
        'a' => weekday[..3].to_owned(),
        'B' => month.to_owned(),
        'b' | 'h' => month[..3].to_owned(),
        'P' => if clock.hour < 12 { "am" } else { "pm" }.to_owned(),
        'C' => number(clock.year.div_euclid(100).unsigned_abs(), 2),
        'k' => format!("{:>2}", clock.hour),
        'l' => format!("{hour12:>2}"),
        'r' => composed("%I:%M:%S %p")?,
        'U' => number((day_of_year(clock) + 6 - self::weekday(clock)) / 7, 2),
        'W' => number((day_of_year(clock) + 6 - monday_based(clock)) / 7, 2),
        'G' => iso_week(clock).0.to_string(),
        'g' => number(iso_week(clock).0.rem_euclid(100).unsigned_abs(), 2),
        'V' => number(iso_week(clock).1, 2),
        'u' => (match self::weekday(clock) {
            0 => 7,
            day => day,
        })
        .to_string(),
        'w' => self::weekday(clock).to_string(),
        'D' | 'x' => composed("%m/%d/%y")?,
        'F' => composed("%Y-%m-%d")?,
        'T' | 'X' => composed("%H:%M:%S")?,
        'R' => composed("%H:%M")?,
        'c' => composed("%a %b %e %H:%M:%S %Y")?,
        'n' => "\n".to_owned(),
        't' => "\t".to_owned(),
        'z' | 'Z' => String::new(),
        '%' => "%".to_owned(),
        _ => return Err(unsupported_input(format!("`%{letter}` in a time format"))),
    })
}

fn is_leap(year: i32) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

fn day_of_year(clock: &Clock) -> u32 {
    const BEFORE: [u32; 12] = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];
    let leap = u32::from(clock.month > 2 && is_leap(clock.year));
    BEFORE[(clock.month.clamp(1, 12) - 1) as usize] + clock.day + leap
}

/// 0 is Monday.
fn monday_based(clock: &Clock) -> u32 {
    (weekday(clock) + 6) % 7
}

/// The year and the number of the week that holds the day, as ISO 8601 counts them.
fn iso_week(clock: &Clock) -> (i32, u32) {
    let thursday = i64::from(day_of_year(clock)) + 3 - i64::from(monday_based(clock));
    let length = |year: i32| if is_leap(year) { 366 } else { 365 };
    let (year, day) = if thursday < 1 {
        (clock.year - 1, thursday + length(clock.year - 1))
    } else if thursday > length(clock.year) {
        (clock.year + 1, thursday - length(clock.year))
    } else {
        (clock.year, thursday)
    };
    (year, u32::try_from((day + 6) / 7).unwrap_or_default())
}

/// 0 is Sunday.
fn weekday(clock: &Clock) -> u32 {
    let years = i64::from(clock.year) - 1;
    let days = years * 365 + years.div_euclid(4) - years.div_euclid(100) + years.div_euclid(400);
    let day = (days + i64::from(day_of_year(clock))).rem_euclid(7);
    u32::try_from(day).unwrap_or_default()
}
