//! Case and classes of characters, as Python's `str` has them.

/// Python's full upper case of a character.
pub(crate) fn uppercase(c: char) -> String {
    c.to_uppercase().collect()
}

/// Python's full lower case of a character outside of any context.
pub(crate) fn lowercase(c: char) -> String {
    c.to_lowercase().collect()
}

/// Python's full title case of a character.
pub(crate) fn titlecase(c: char) -> String {
    let single = match c {
        '\u{1c4}'..='\u{1c6}' => '\u{1c5}',
        '\u{1c7}'..='\u{1c9}' => '\u{1c8}',
        '\u{1ca}'..='\u{1cc}' => '\u{1cb}',
        '\u{1f1}'..='\u{1f3}' => '\u{1f2}',
        // Georgian has capitals, but titles are not written with them.
        '\u{10d0}'..='\u{10ff}' | '\u{1fbc}' | '\u{1fcc}' | '\u{1ffc}' => c,
        // Greek vowels with a subscript iota keep it as one character.
        '\u{1f80}'..='\u{1faf}' => char::from_u32(u32::from(c) | 8).unwrap_or(c),
        '\u{1fb3}' | '\u{1fc3}' | '\u{1ff3}' => char::from_u32(u32::from(c) + 9).unwrap_or(c),
        _ => {
            let mut upper = c.to_uppercase();
            let first: String = upper.next().into_iter().collect();
            return first + &upper.flat_map(char::to_lowercase).collect::<String>();
        }
    };
    single.to_string()
}

/// Whether a character has case.
pub(crate) fn is_cased(c: char) -> bool {
    c.is_lowercase() || c.is_uppercase() || is_titlecase(c)
}

fn is_titlecase(c: char) -> bool {
    matches!(c, '\u{1c5}' | '\u{1c8}' | '\u{1cb}' | '\u{1f2}' | '\u{1f88}'..='\u{1f8f}' | '\u{1f98}'..='\u{1f9f}'
        | '\u{1fa8}'..='\u{1faf}' | '\u{1fbc}' | '\u{1fcc}' | '\u{1ffc}')
}

/// Where capital sigmas end a word, so that they become `ς`.
pub(crate) fn final_sigmas(text: &str) -> Vec<usize> {
    if !text.contains('Σ') {
        return Vec::new();
    }
    let mut found = Vec::new();
    let mut at_in_lower = 0;
    let lower = text.to_lowercase();
    for (at, c) in text.char_indices() {
        if c == 'Σ' && lower[at_in_lower..].starts_with('ς') {
            found.push(at);
        }
        at_in_lower += c.to_lowercase().map(char::len_utf8).sum::<usize>();
    }
    found
}

/// `str.isspace` and its kin; none for a name that is not known.
pub(crate) fn is(text: &str, name: &str) -> Option<bool> {
    let all = |test: fn(char) -> bool| !text.is_empty() && text.chars().all(test);
    Some(match name {
        "isspace" => all(crate::source::is_space),
        "isalpha" => all(char::is_alphabetic),
        "isalnum" => all(char::is_alphanumeric),
        "isdigit" | "isdecimal" | "isnumeric" if text.is_ascii() => all(|c| c.is_ascii_digit()),
        "isascii" => text.is_ascii(),
        "islower" => {
            text.chars().any(char::is_lowercase) && !text.chars().any(|c| c.is_uppercase() || is_titlecase(c))
        }
        "isupper" => {
            text.chars().any(char::is_uppercase) && !text.chars().any(|c| c.is_lowercase() || is_titlecase(c))
        }
        "istitle" => is_title(text),
        _ => return None,
    })
}

fn is_title(text: &str) -> bool {
    let (mut after_cased, mut found) = (false, false);
    for c in text.chars() {
        if (c.is_uppercase() || is_titlecase(c)) == after_cased && is_cased(c) {
            return false;
        }
        after_cased = is_cased(c);
        found |= after_cased;
    }
    found
}
