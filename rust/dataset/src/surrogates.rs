//! Escapes for half a character (lone surrogates) in JSON text.

const REPLACEMENT: &[u8] = br"\ufffd";
const ESCAPE: usize = REPLACEMENT.len();

/// The same text, byte for byte as long, with an escape for U+FFFD in place of each for half a character.
pub(crate) fn replaced(text: &[u8]) -> Vec<u8> {
    let mut replaced = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = memchr::memchr(b'\\', rest) {
        let (before, escape) = rest.split_at(start);
        let (written, length) = written(escape);
        replaced.extend_from_slice(before);
        replaced.extend_from_slice(written);
        rest = &escape[length..];
    }
    replaced.extend_from_slice(rest);
    replaced
}

/// What to write for the escape that comes first, and how long it is.
fn written(escape: &[u8]) -> (&[u8], usize) {
    match (unit(escape), escape.get(ESCAPE..).and_then(unit)) {
        (Some(0xd800..=0xdbff), Some(0xdc00..=0xdfff)) => (&escape[..2 * ESCAPE], 2 * ESCAPE),
        (Some(0xd800..=0xdfff), _) => (REPLACEMENT, ESCAPE),
        _ => {
            let length = escape.len().min(2);
            (&escape[..length], length)
        }
    }
}

/// The unit of UTF-16 that an escape stands for.
fn unit(escape: &[u8]) -> Option<u16> {
    let [b'\\', b'u', digits @ ..] = escape.get(..ESCAPE)? else { return None };
    digits.iter().try_fold(0, |unit, &digit| {
        let digit = u16::try_from(char::from(digit).to_digit(16)?).ok()?;
        Some(unit << 4 | digit)
    })
}

#[cfg(test)]
mod tests {
    use super::replaced;

    fn check(text: &str, expected: &str) {
        assert_eq!(replaced(text.as_bytes()), expected.as_bytes(), "{text}");
    }

    #[test]
    fn halves_are_replaced_where_the_other_one_is_missing() {
        check(r#"["\ud83d"]"#, r#"["\ufffd"]"#);
        check(r#""\uDE00\ud83d\uDE00\ud83d""#, r#""\ufffd\ud83d\uDE00\ufffd""#);
        check(r#""\ud83d\ud83d\ude00\n\ud83d\u0041""#, r#""\ufffd\ud83d\ude00\n\ufffd\u0041""#);
    }

    #[test]
    fn other_escapes_stay() {
        for text in [r#""\\ud83d""#, r#""\\\\ude00 \u00e9 \" \ud7ff\ue000""#, r"\", r"\u", r"\ud83", "", "é"]
        {
            check(text, text);
        }
        check(r#""\\\ud83d""#, r#""\\\ufffd""#);
    }
}
