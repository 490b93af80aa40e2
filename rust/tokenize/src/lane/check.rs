//! The battery on which a lane has to agree with `tokenizers` before it is used.
use crate::{Encoder, TOKENIZERS_VERSION};
use tokenizers::Tokenizer;

const TEXTS: [&str; 12] = [
    "Hello, world! It's 12345 o'clock; I'LL say: we've THEY'RE don't. camelCaseHTTPServer2x snake_case",
    "def f(x):\n    return {'a': [1, 2.5e-3, None]}  # comment\r\n\r\n\t\tif x != y: pass\n\n\n   \n end   ",
    "안녕하세요, 세계! 한국어 문장을 토큰으로 나눕니다. 2024년 11월 23일 ㄱㄴㄷ",
    "敏捷的棕色狐狸跳过了懒狗。１２３４ 「日本語」のテキスト、カタカナ゛゠・と漢字々〇ー!?",
    "Быстрая лиса. Ελληνικά ΚΑΙ. שָׁלוֹם عَرَبِيّ हिन्दी ภาษาไทย ქართული Ⅷ½²٣๓ ǅ ŉ ſ 'ſ 'S",
    "e\u{301}a\u{323}\u{302} \u{1112}\u{1161}\u{11ab}\u{1100} \u{212b}\u{2126} q\u{307}\u{323} \u{344} \u{958} ﬁ x\u{301}",
    "😀👩‍👩‍👧‍👦🏳️‍🌈 \u{200b}\u{200d}\u{feff}\u{ad}x \u{e000}\u{10ffff}\u{378} \0\u{1}\u{7f}\u{85}a \u{2028}\u{3000}\u{a0}b",
    "   leading, double  triple   and\ttabs \u{3000} \n \n  x \r y\u{85}\n!!!\n\n///\r\n--/\n '' \"\" ``` $$$ €€ ~~",
    "https://example.com/a/b?c=d&e=f#g user@host.org C:\\path\\file.txt \u{1b}[0m </s> <s> [INST] <|x|> <unk>",
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    "ABCdefGHI'sJKL'Tm Àéîõü ÑANDÚ straße İıĞğ \u{1e9e} ʰʷ ªº ーABC \u{301}ABC \u{301}abc Aʰb 'RElated",
    "1234567890 0x1F 3.14159 1e10 -42 +7 50% #1 $9.99 12:30:45 2024-11-23 (555) 123-4567 v2.0.1-rc3",
];
const ADDED: usize = 64;

/// A hash, in hex, of all that decides the outcome: the file, the battery, and what reads and encodes.
pub(crate) fn key(json: &[u8]) -> String {
    let mut hasher = blake3::Hasher::new();
    let battery = [TEXTS.join("\0"), ADDED.to_string()];
    let versions = [env!("CARGO_PKG_VERSION"), TOKENIZERS_VERSION];
    for part in battery.iter().map(String::as_str).chain(versions) {
        hasher.update(&(part.len() as u64).to_le_bytes()).update(part.as_bytes());
    }
    hasher.update(json).finalize().to_hex().to_string()
}

/// Whether ids and spans are the same on texts of all kinds, and on the added tokens in them.
pub(super) fn agrees(lane: &dyn Encoder, tokenizer: &Tokenizer) -> bool {
    let added = tokenizer.get_added_tokens_decoder();
    let contents = added.values().take(ADDED).map(|token| token.content.as_str());
    let around = contents
        .enumerate()
        .map(|(place, token)| format!("{}{token} \n{token}{token}x", TEXTS[place % TEXTS.len()]));
    let plain = TEXTS.iter().map(|&text| text.to_owned());
    plain.chain([String::new(), TEXTS.concat()]).chain(around).all(|text| agrees_on(lane, tokenizer, &text))
}

fn agrees_on(lane: &dyn Encoder, tokenizer: &Tokenizer, text: &str) -> bool {
    !lane.takes(text)
        || matches!((lane.encoding(text), tokenizer.encoding(text)), (Ok(ours), Ok(theirs)) if ours == theirs)
}
