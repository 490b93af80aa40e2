//! Case and classes of characters, as Python's `str` has them.
use crate::unicode::{
    ALPHABETIC, CASE_IGNORABLE, DECIMAL, DIGIT, FOLD, FOLD_SEVERAL, IDENTIFIER, IDENTIFIER_START, LOWER,
    LOWER_SEVERAL, LOWERCASE, NUMERIC, PRINTABLE, TITLE, TITLE_SEVERAL, TITLECASE, UPPER, UPPER_SEVERAL,
    UPPERCASE,
};

fn holds(runs: &[(u32, u32, u32)], c: char) -> bool {
    let code = u32::from(c);
    let after = runs.partition_point(|(first, _, _)| *first <= code);
    after.checked_sub(1).is_some_and(|at| {
        let (first, last, step) = runs[at];
        code <= last && (code - first) % step == 0
    })
}

/// What a character becomes, if the tables have it.
fn mapped(shifts: &[(u32, u32, u32, i32)], several: &[(u32, &str)], c: char) -> Option<String> {
    let code = u32::from(c);
    if let Ok(at) = several.binary_search_by_key(&code, |(from, _)| *from) {
        return Some(several[at].1.to_owned());
    }
    let after = shifts.partition_point(|(first, _, _, _)| *first <= code);
    let (first, last, step, delta) = shifts[after.checked_sub(1)?];
    let inside = code <= last && (code - first) % step == 0;
    char::from_u32(code.checked_add_signed(delta)?).filter(|_| inside).map(String::from)
}

/// Python's full upper case of a character.
pub(crate) fn uppercase(c: char) -> String {
    if c.is_ascii() {
        return c.to_ascii_uppercase().to_string();
    }
    mapped(UPPER, UPPER_SEVERAL, c).unwrap_or_else(|| c.to_string())
}

/// Python's full lower case of a character outside of any context.
pub(crate) fn lowercase(c: char) -> String {
    if c.is_ascii() {
        return c.to_ascii_lowercase().to_string();
    }
    mapped(LOWER, LOWER_SEVERAL, c).unwrap_or_else(|| c.to_string())
}

/// Python's full title case of a character.
pub(crate) fn titlecase(c: char) -> String {
    mapped(TITLE, TITLE_SEVERAL, c).unwrap_or_else(|| uppercase(c))
}

/// Python's full case folding of a character.
pub(crate) fn folded(c: char) -> String {
    mapped(FOLD, FOLD_SEVERAL, c).unwrap_or_else(|| lowercase(c))
}

/// Whether a character has case.
pub(crate) fn is_cased(c: char) -> bool {
    is_upper(c) || is_lower(c) || holds(TITLECASE, c)
}

/// Whether a character is upper case.
pub(crate) fn is_upper(c: char) -> bool {
    holds(UPPERCASE, c)
}

/// Whether a character is lower case.
pub(crate) fn is_lower(c: char) -> bool {
    holds(LOWERCASE, c)
}

/// Whether a character belongs to a word, as `\w` has it.
pub(crate) fn is_word(c: char) -> bool {
    if c.is_ascii() {
        return c.is_ascii_alphanumeric() || c == '_';
    }
    is_alphanumeric(c)
}

fn is_alphanumeric(c: char) -> bool {
    holds(ALPHABETIC, c) || holds(NUMERIC, c) || holds(DIGIT, c) || holds(DECIMAL, c)
}

/// Whether `repr` leaves a character as it is.
pub(crate) fn is_printable(c: char) -> bool {
    holds(PRINTABLE, c)
}

/// Python's `str.isidentifier`.
pub(crate) fn is_identifier(text: &str) -> bool {
    let mut characters = text.chars();
    characters.next().is_some_and(|first| holds(IDENTIFIER_START, first))
        && characters.all(|c| holds(IDENTIFIER, c))
}

/// The value of a decimal digit of any script.
pub(crate) fn decimal(c: char) -> Option<u32> {
    let code = u32::from(c);
    let run = DECIMAL.iter().find(|(first, last, _)| (*first..=*last).contains(&code))?;
    Some((code - run.0) % 10)
}

/// Where capital sigmas end a word, so that they become `ς`.
pub(crate) fn final_sigmas(text: &str) -> Vec<usize> {
    let has_case = |mut around: Box<dyn Iterator<Item = char> + '_>| {
        around.find(|c| !holds(CASE_IGNORABLE, *c)).is_some_and(is_cased)
    };
    text.match_indices('Σ')
        .map(|(at, _)| at)
        .filter(|at| {
            let (before, after) = (&text[..*at], &text[at + 'Σ'.len_utf8()..]);
            has_case(Box::new(before.chars().rev())) && !has_case(Box::new(after.chars()))
        })
        .collect()
}

/// `str.isspace` and its kin; none for a name that is not known.
pub(crate) fn is(text: &str, name: &str) -> Option<bool> {
    let all = |test: fn(char) -> bool| !text.is_empty() && text.chars().all(test);
    Some(match name {
        "isspace" => all(crate::source::is_space),
        "isalpha" => all(|c| holds(ALPHABETIC, c)),
        "isalnum" => all(is_alphanumeric),
        "isdecimal" => all(|c| holds(DECIMAL, c)),
        "isdigit" => all(|c| holds(DIGIT, c)),
        "isnumeric" => all(|c| holds(NUMERIC, c)),
        "isascii" => text.is_ascii(),
        "isprintable" => text.chars().all(is_printable),
        "isidentifier" => is_identifier(text),
        "islower" => text.chars().any(is_lower) && text.chars().all(|c| is_lower(c) || !is_cased(c)),
        "isupper" => text.chars().any(is_upper) && text.chars().all(|c| is_upper(c) || !is_cased(c)),
        "istitle" => is_title(text),
        _ => return None,
    })
}

fn is_title(text: &str) -> bool {
    let (mut after_cased, mut found) = (false, false);
    for c in text.chars() {
        if is_cased(c) && is_lower(c) != after_cased {
            return false;
        }
        after_cased = is_cased(c);
        found |= after_cased;
    }
    found
}
