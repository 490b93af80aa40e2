//! The letters by which byte-level vocabularies write bytes.

/// The bytes that a token stands for; `None` where it holds something else.
pub(super) fn spelled(token: &str) -> Option<Box<[u8]>> {
    token.chars().map(byte).collect()
}

/// Visible characters of Latin-1 stand for themselves, the other bytes take the code points from 256 on in order.
fn byte(letter: char) -> Option<u8> {
    let code = u32::from(letter);
    match code {
        0x21..=0x7e | 0xa1..=0xac | 0xae..=0xff => u8::try_from(code).ok(),
        0x100..=0x120 => u8::try_from(code - 0x100).ok(),
        0x121..=0x142 => u8::try_from(code - 0x121 + 0x7f).ok(),
        0x143 => Some(0xad),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokenizers::pre_tokenizers::byte_level::ByteLevel;
    use tokenizers::{OffsetReferential, OffsetType, PreTokenizedString, PreTokenizer};

    #[test]
    fn letters_are_those_of_tokenizers() {
        let byte_level = ByteLevel::new(false, true, false);
        for char in '\0'..='\u{7ff}' {
            let mut text = PreTokenizedString::from(char.to_string());
            assert!(byte_level.pre_tokenize(&mut text).is_ok());
            let splits = text.get_splits(OffsetReferential::Normalized, OffsetType::Byte);
            let letters: String = splits.into_iter().map(|(letters, ..)| letters).collect();
            assert_eq!(spelled(&letters).as_deref(), Some(char.to_string().as_bytes()));
        }
        assert_eq!(ByteLevel::alphabet().into_iter().filter_map(byte).count(), 256);
        assert_eq!(('\0'..=char::MAX).filter_map(byte).count(), 256);
    }
}
