//! Source → tokens, as Jinja's lexer with `trim_blocks` and `lstrip_blocks` does it.
use crate::letters::{is_identifier, is_word};
use crate::source::{is_space, position};
use crate::token::{Kind, Op, Token};
use crate::{Class, Error};

/// The tokens of a normalized source, the last of kind `End`, and what is wrong there, if something is: Jinja tells
/// that only if the tokens before are right.
pub(crate) fn tokenize(source: &str) -> (Vec<Token<'_>>, Option<Error>) {
    let mut lexer = Lexer { source, at: 0, line_starting: true, tokens: Vec::new() };
    let mut trouble = None;
    while lexer.at < source.len() && trouble.is_none() {
        trouble = lexer.data().err();
    }
    // As in Jinja, a source ends in the line where its last token starts.
    let last = lexer.tokens.last().map_or(0, |last| last.at);
    let end = source[last..].find('\n').map_or(source.len(), |length| last + length);
    lexer.push(Kind::End, end);
    (lexer.tokens, trouble)
}

struct Lexer<'s> {
    source: &'s str,
    at: usize,
    /// Whether the last token ended a line, so that what follows may be stripped up to a tag.
    line_starting: bool,
    tokens: Vec<Token<'s>>,
}

/// What opens after a run of data.
#[derive(Clone, Copy, PartialEq)]
enum Opening {
    Block,
    Variable,
    Comment,
}

/// A sign beside a delimiter, which rules the whitespace around it.
#[derive(Clone, Copy, PartialEq)]
enum Sign {
    Strip,
    Keep,
    Default,
}

impl<'s> Lexer<'s> {
    fn push(&mut self, kind: Kind<'s>, at: usize) {
        self.tokens.push(Token { kind, at });
    }

    fn rest(&self) -> &'s str {
        &self.source[self.at..]
    }

    fn error(&self, at: usize, message: impl Into<String>) -> Error {
        Error::new(Class::Syntax, "TemplateSyntaxError", message).at(position(self.source, at))
    }

    /// Text up to the next delimiter, then what that delimiter opens.
    fn data(&mut self) -> Result<(), Error> {
        let start = self.at;
        let Some((length, opening)) = find_opening(self.rest()) else {
            self.push(Kind::Data(self.rest()), start);
            self.at = self.source.len();
            return Ok(());
        };
        let open_at = start + length;
        self.at = open_at + 2;
        let sign = self.opening_sign();
        let text = self.trimmed(start, open_at, sign, opening);
        if !text.is_empty() {
            self.push(Kind::Data(text), start);
        }
        match opening {
            Opening::Comment => self.comment(open_at),
            Opening::Block if self.raw_follows() => self.raw(),
            Opening::Block | Opening::Variable => self.code(open_at, opening),
        }
    }

    fn opening_sign(&mut self) -> Sign {
        let sign = match self.rest().as_bytes().first() {
            Some(b'-') => Sign::Strip,
            Some(b'+') => Sign::Keep,
            _ => return Sign::Default,
        };
        self.at += 1;
        sign
    }

    /// The data before a tag, stripped as the tag's sign and `lstrip_blocks` ask.
    fn trimmed(&self, start: usize, end: usize, sign: Sign, opening: Opening) -> &'s str {
        let text = &self.source[start..end];
        if sign == Sign::Strip {
            return text.trim_end_matches(is_space);
        }
        if sign == Sign::Keep || opening == Opening::Variable {
            return text;
        }
        let line = text.rfind('\n').map_or(0, |newline| newline + 1);
        let blank = text.len() > line && text[line..].chars().all(is_space);
        if blank && (line > 0 || self.line_starting) { &text[..line] } else { text }
    }

    fn comment(&mut self, open_at: usize) -> Result<(), Error> {
        if self.rest().is_empty() {
            // Jinja stops at the end of a source before it looks what is missing.
            return Ok(());
        }
        let Some(length) = self.rest().find("#}") else {
            return Err(self.error(open_at, "missing end of comment tag"));
        };
        let strip = self.rest()[..length].ends_with('-');
        let keep = self.rest()[..length].ends_with('+');
        self.at += length + 2;
        self.after_block(strip, keep);
        Ok(())
    }

    /// Moves past what a closing block or comment delimiter swallows.
    fn after_block(&mut self, strip: bool, keep: bool) {
        let rest = self.rest();
        if strip {
            self.at = self.source.len() - rest.trim_start_matches(is_space).len();
        } else if !keep && rest.starts_with('\n') {
            self.at += 1;
        }
        self.line_starting = self.source[..self.at].ends_with('\n');
    }

    fn raw_follows(&self) -> bool {
        let Some(rest) = self.rest().trim_start_matches(is_space).strip_prefix("raw") else { return false };
        let rest = rest.trim_start_matches(is_space);
        rest.starts_with("%}") || rest.starts_with("-%}")
    }

    /// A raw block: its content is data up to `{% endraw %}`.
    fn raw(&mut self) -> Result<(), Error> {
        let close = self.rest().find("%}").unwrap_or(0);
        let strip = self.rest()[..close].ends_with('-');
        self.at += close + 2;
        if strip {
            self.at = self.source.len() - self.rest().trim_start_matches(is_space).len();
        }
        self.line_starting = self.source[..self.at].ends_with('\n');
        let start = self.at;
        if self.rest().is_empty() {
            return Ok(());
        }
        let Some(end) = find_endraw(self.rest()) else {
            return Err(self.error(start, "missing end of raw directive"));
        };
        let sign = match self.source.as_bytes().get(start + end.start + 2) {
            Some(b'-') => Sign::Strip,
            Some(b'+') => Sign::Keep,
            _ => Sign::Default,
        };
        let text = self.trimmed(start, start + end.start, sign, Opening::Block);
        if !text.is_empty() {
            self.push(Kind::Data(text), start);
        }
        self.at = start + end.end;
        let closing = &self.source[..self.at - 2];
        self.after_block(closing.ends_with('-'), closing.ends_with('+'));
        Ok(())
    }

    /// The inside of `{% … %}` or `{{ … }}`, both delimiters included.
    fn code(&mut self, open_at: usize, opening: Opening) -> Result<(), Error> {
        let (begin, end, close) = match opening {
            Opening::Variable => (Kind::VariableBegin, Kind::VariableEnd, "}}"),
            _ => (Kind::BlockBegin, Kind::BlockEnd, "%}"),
        };
        self.push(begin, open_at);
        let mut open_brackets = Vec::new();
        loop {
            self.at = self.source.len() - self.rest().trim_start_matches(is_space).len();
            let at = self.at;
            if open_brackets.is_empty()
                && let Some(sign) = self.closing(close)
            {
                self.push(end, at);
                self.after_code(opening, sign);
                return Ok(());
            }
            if self.rest().is_empty() {
                return Ok(());
            }
            let kind = self.lexeme(&mut open_brackets)?;
            self.push(kind, at);
        }
    }

    /// Takes a closing delimiter with its sign, if one is next.
    fn closing(&mut self, close: &str) -> Option<Sign> {
        let rest = self.rest();
        let (sign, length) = if rest.starts_with(close) {
            (Sign::Default, 2)
        } else if rest.starts_with('-') && rest[1..].starts_with(close) {
            (Sign::Strip, 3)
        } else if close == "%}" && rest.starts_with('+') && rest[1..].starts_with(close) {
            (Sign::Keep, 3)
        } else {
            return None;
        };
        self.at += length;
        Some(sign)
    }

    fn after_code(&mut self, opening: Opening, sign: Sign) {
        // A print statement keeps the newline after it: only blocks and comments are trimmed.
        self.after_block(sign == Sign::Strip, sign == Sign::Keep || opening == Opening::Variable);
    }

    fn lexeme(&mut self, open_brackets: &mut Vec<(Op, usize)>) -> Result<Kind<'s>, Error> {
        let rest = self.rest();
        let first = rest.chars().next().unwrap_or_default();
        if first.is_ascii_digit()
            && let Some(number) = self.number()
        {
            return Ok(number);
        }
        if is_word(first) {
            return self.name();
        }
        if first == '\'' || first == '"' {
            return self.string(first);
        }
        self.operator(open_brackets)
    }

    fn number(&mut self) -> Option<Kind<'s>> {
        let rest = self.rest();
        let after_dot = self.at > 0 && self.source.as_bytes()[self.at - 1] == b'.';
        if let Some(length) = float_length(rest).filter(|_| !after_dot) {
            self.at += length;
            return Some(Kind::Float(rest[..length].replace('_', "").parse().unwrap_or(f64::NAN)));
        }
        let length = integer_length(rest)?;
        self.at += length;
        Some(Kind::Integer(rest[..length].replace('_', "").to_ascii_lowercase()))
    }

    fn name(&mut self) -> Result<Kind<'s>, Error> {
        let rest = self.rest();
        let length = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
        let name = &rest[..length];
        if !is_identifier(name) {
            return Err(self.error(self.at, format!("invalid character in identifier `{name}`")));
        }
        self.at += length;
        Ok(Kind::Name(name))
    }

    fn string(&mut self, quote: char) -> Result<Kind<'s>, Error> {
        let start = self.at;
        let body = &self.rest()[1..];
        let mut escaped = false;
        for (offset, c) in body.char_indices() {
            if c == quote && !escaped {
                self.at += offset + 2;
                return unescape(&body[..offset])
                    .map(Kind::Str)
                    .map_err(|wrong| self.bad_escape(start, wrong));
            }
            escaped = c == '\\' && !escaped;
        }
        Err(self.error(start, format!("string is never closed, expected `{quote}`")))
    }

    fn bad_escape(&self, at: usize, wrong: BadEscape) -> Error {
        match wrong {
            BadEscape::Wrong(message) => self.error(at, message),
            BadEscape::Unknown(what) => {
                let message = format!("unsupported construct: {what}");
                Error::new(Class::Unsupported, "UnsupportedTemplateError", message)
                    .at(position(self.source, at))
            }
        }
    }

    fn operator(&mut self, open_brackets: &mut Vec<(Op, usize)>) -> Result<Kind<'s>, Error> {
        let rest = self.rest();
        let Some(&(text, op)) = Op::ALL.iter().find(|(text, _)| rest.starts_with(text)) else {
            let c = rest.chars().next().unwrap_or_default();
            return Err(self.error(self.at, format!("unexpected character `{c}`")));
        };
        match op {
            Op::LeftBrace | Op::LeftBracket | Op::LeftParen => open_brackets.push((op, self.at)),
            Op::RightBrace | Op::RightBracket | Op::RightParen => self.close_bracket(op, open_brackets)?,
            _ => {}
        }
        self.at += text.len();
        Ok(Kind::Op(op))
    }

    fn close_bracket(&self, op: Op, open_brackets: &mut Vec<(Op, usize)>) -> Result<(), Error> {
        let unexpected = || self.error(self.at, format!("unexpected {}", Kind::Op(op)));
        let (open, _) = open_brackets.pop().ok_or_else(unexpected)?;
        let expected = match open {
            Op::LeftBrace => Op::RightBrace,
            Op::LeftBracket => Op::RightBracket,
            _ => Op::RightParen,
        };
        if expected == op {
            return Ok(());
        }
        Err(self.error(self.at, format!("unexpected {}, expected {}", Kind::Op(op), Kind::Op(expected))))
    }
}

/// The first delimiter of a text: how far away, and what it opens.
fn find_opening(text: &str) -> Option<(usize, Opening)> {
    text.as_bytes().windows(2).enumerate().find_map(|(at, pair)| {
        let opening = match pair {
            b"{%" => Opening::Block,
            b"{{" => Opening::Variable,
            b"{#" => Opening::Comment,
            _ => return None,
        };
        Some((at, opening))
    })
}

/// The first `{% endraw %}` of a text, from `{%` to `%}`, signs included.
fn find_endraw(text: &str) -> Option<std::ops::Range<usize>> {
    text.match_indices("{%").find_map(|(start, _)| {
        let inside = &text[start + 2..];
        let inside = inside.strip_prefix(['-', '+']).unwrap_or(inside).trim_start_matches(is_space);
        let after = inside.strip_prefix("endraw")?.trim_start_matches(is_space);
        let close = after.strip_prefix(['-', '+']).unwrap_or(after).strip_prefix("%}")?;
        Some(start..text.len() - close.len())
    })
}

/// `(\d+_)*\d+`: the length of a run of digits with single underscores between them.
fn digits_length(text: &str) -> usize {
    let bytes = text.as_bytes();
    let mut end = bytes.iter().take_while(|b| b.is_ascii_digit()).count();
    while end > 0 && bytes.get(end) == Some(&b'_') && bytes.get(end + 1).is_some_and(u8::is_ascii_digit) {
        end += 1 + bytes[end + 1..].iter().take_while(|b| b.is_ascii_digit()).count();
    }
    end
}

/// The length of a float literal: it needs a fraction, an exponent, or both.
fn float_length(text: &str) -> Option<usize> {
    let whole = digits_length(text);
    let mut end = whole;
    if let Some(fraction) = text[end..].strip_prefix('.') {
        let length = digits_length(fraction);
        if length > 0 {
            end += 1 + length;
        }
    }
    if let Some(exponent) = text[end..].strip_prefix(['e', 'E']) {
        let digits = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
        let length = digits_length(digits);
        if length > 0 {
            return Some(text.len() - digits.len() + length);
        }
    }
    (end > whole).then_some(end)
}

fn integer_length(text: &str) -> Option<usize> {
    let radix_run = |radix: u32| {
        let digits = text.get(2..)?.trim_start_matches('_');
        let run = digits.find(|c: char| c != '_' && !c.is_digit(radix)).unwrap_or(digits.len());
        let run = digits[..run].trim_end_matches('_').len();
        (run > 0).then(|| text.len() - digits.len() + run)
    };
    let prefixed = match text.as_bytes().get(..2) {
        Some(b"0b" | b"0B") => radix_run(2),
        Some(b"0o" | b"0O") => radix_run(8),
        Some(b"0x" | b"0X") => radix_run(16),
        _ => None,
    };
    prefixed.or_else(|| match text.as_bytes().first()? {
        b'0' => Some(text.find(|c| c != '0').unwrap_or(text.len())),
        b'1'..=b'9' => Some(digits_length(text)),
        _ => None,
    })
}

/// Why a string constant can't be read.
enum BadEscape {
    /// Nor can Jinja.
    Wrong(String),
    /// Jinja can.
    Unknown(&'static str),
}

/// Python's `unicode-escape` over a string constant, as Jinja applies it.
fn unescape(body: &str) -> Result<String, BadEscape> {
    let mut text = String::with_capacity(body.len());
    let mut rest = body;
    while let Some(at) = rest.find('\\') {
        text.push_str(&rest[..at]);
        rest = escape(&rest[at + 1..], &mut text)?;
    }
    text.push_str(rest);
    Ok(text)
}

/// One escape after its backslash; gives what follows it.
fn escape<'s>(rest: &'s str, text: &mut String) -> Result<&'s str, BadEscape> {
    let Some(c) = rest.chars().next() else {
        return Err(BadEscape::Wrong("string ends in a backslash".to_owned()));
    };
    let after = &rest[c.len_utf8()..];
    let simple = match c {
        '\n' => return Ok(after),
        '\\' | '\'' | '"' => c,
        'a' => '\x07',
        'b' => '\x08',
        'f' => '\x0c',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'v' => '\x0b',
        'x' => return hex_escape(after, 2, text),
        'u' => return hex_escape(after, 4, text),
        'U' => return hex_escape(after, 8, text),
        'N' => return Err(BadEscape::Unknown("an escape by name (`\\N{…}`)")),
        '0'..='7' => return octal_escape(rest, text),
        _ => {
            // Jinja encodes non-ASCII characters as escapes before it decodes: the backslash then escapes
            // the backslash of that encoding, and the rest of the encoding stays as text.
            text.push('\\');
            match u32::from(c) {
                0..=0x7f => text.push(c),
                code @ 0x80..=0xff => text.push_str(&format!("x{code:02x}")),
                code @ 0x100..=0xffff => text.push_str(&format!("u{code:04x}")),
                code => text.push_str(&format!("U{code:08x}")),
            }
            return Ok(after);
        }
    };
    text.push(simple);
    Ok(after)
}

fn hex_escape<'s>(rest: &'s str, digits: usize, text: &mut String) -> Result<&'s str, BadEscape> {
    let code = rest
        .get(..digits)
        .filter(|hex| hex.bytes().all(|b| b.is_ascii_hexdigit()))
        .and_then(|hex| u32::from_str_radix(hex, 16).ok())
        .ok_or_else(|| BadEscape::Wrong(format!("truncated escape, expected {digits} hexadecimal digits")))?;
    text.push(character(code)?);
    Ok(&rest[digits..])
}

fn character(code: u32) -> Result<char, BadEscape> {
    char::from_u32(code).ok_or_else(|| match code {
        0xd800..=0xdfff => BadEscape::Unknown("an escape for half a character"),
        _ => BadEscape::Wrong("an escape is beyond the last character".to_owned()),
    })
}

fn octal_escape<'s>(rest: &'s str, text: &mut String) -> Result<&'s str, BadEscape> {
    let length = rest.bytes().take(3).take_while(|b| (b'0'..=b'7').contains(b)).count();
    let code = u32::from_str_radix(&rest[..length], 8).unwrap_or_default();
    text.push(character(code)?);
    Ok(&rest[length..])
}
