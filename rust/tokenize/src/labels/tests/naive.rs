//! The rule once more, byte by byte and as slowly as it reads, to compare with.
use super::page::{Page, page};
use super::{ControlTokens, Omit, Rule, collect};
use crate::{EndTokens, LabelPolicy};
use chatloom_template::Origin;
use proptest::prelude::*;

const TOKENS: [&str; 4] = ["<a>", "<b>", "<a><b>", "é>"];

/// A text in which every byte knows its origin.
struct Bytes<'a> {
    page: &'a Page,
    guess: Option<&'a str>,
    prints_end: bool,
    prompt_start: usize,
}

impl Bytes<'_> {
    fn text(&self) -> &[u8] {
        self.page.rendered.text.as_bytes()
    }

    fn segment(&self, byte: usize) -> &chatloom_template::Segment {
        self.page
            .rendered
            .segments
            .iter()
            .find(|segment| (segment.start..segment.end).contains(&byte))
            .unwrap()
    }

    fn turn(&self, byte: usize) -> Option<u32> {
        self.segment(byte).turn
    }

    fn is_data(&self, byte: usize) -> bool {
        matches!(self.segment(byte).origin, Origin::Data(_))
    }

    fn message(&self, byte: usize) -> Option<u32> {
        self.page.rendered.message(self.segment(byte).origin)
    }

    fn of_turn(&self, turn: u32) -> Vec<usize> {
        (0..self.text().len()).filter(|&byte| self.turn(byte) == Some(turn)).collect()
    }

    /// The literal text from a byte on.
    fn literal_from(&self, start: usize) -> &[u8] {
        let end = (start..self.text().len()).find(|&byte| self.is_data(byte)).unwrap_or(self.text().len());
        &self.text()[start..end]
    }

    fn is_answer(&self, turn: Option<u32>) -> bool {
        self.page.answers().iter().any(|answer| Some(answer.message) == turn)
    }

    fn header_end(&self, turn: u32, prompt: Option<&str>, asks_from: usize) -> usize {
        let first = self.of_turn(turn)[0];
        let after_data = (0..first).rev().find(|&byte| self.is_data(byte)).map_or(0, |byte| byte + 1);
        if let Some(prompt) = prompt {
            let text = self.literal_from(after_data);
            let agreed = agreement(prompt.as_bytes(), text);
            let settling: Vec<u8> = (0..agreed)
                .filter(|&at| at >= asks_from || after_data + at >= first)
                .map(|at| text[at])
                .collect();
            if !String::from_utf8_lossy(&settling).trim().is_empty() {
                return after_data + agreed;
            }
        }
        self.guess.and_then(|guess| self.guessed(turn, guess)).unwrap_or(first)
    }

    fn guessed(&self, turn: u32, guess: &str) -> Option<usize> {
        let bytes = self.of_turn(turn);
        let opening: Vec<usize> = bytes.into_iter().take_while(|&byte| !self.is_data(byte)).collect();
        let ends = |&start: &usize| {
            let end = start + guess.len();
            (self.text().get(start..end) == Some(guess.as_bytes())
                && (start..end).all(|byte| opening.contains(&byte)))
            .then_some(end)
        };
        opening.iter().find_map(ends)
    }

    fn end(&self, turn: u32, header_end: usize) -> Option<(usize, usize)> {
        let bytes = self.of_turn(turn);
        let after_data = bytes.iter().rev().find(|&&byte| self.is_data(byte)).map_or(0, |byte| byte + 1);
        let from = after_data.max(header_end);
        let mut printed = None;
        let mut at = from;
        while at < self.text().len() {
            let run = (at..self.text().len()).take_while(|&byte| self.turn(byte) == Some(turn)).count();
            printed = tokens(&self.text()[at..at + run])
                .last()
                .map(|(start, end)| (at + start, at + end))
                .or(printed);
            at += run.max(1);
        }
        printed.filter(|_| self.prints_end).or_else(|| self.follows(bytes[bytes.len() - 1] + 1))
    }

    fn follows(&self, start: usize) -> Option<(usize, usize)> {
        let &(first, end) = tokens(self.literal_from(start)).first()?;
        let ours = first == 0 && start < self.prompt_start && !self.is_answer(self.turn(start));
        ours.then_some((start, start + end))
    }

    fn trained(&self, end_tokens: EndTokens) -> Vec<bool> {
        let mut trained = vec![false; self.text().len()];
        let answers = self.page.answers();
        let speaking: Vec<_> =
            answers.iter().filter(|answer| !self.of_turn(answer.message).is_empty()).collect();
        for (index, answer) in speaking.iter().enumerate() {
            let header_end = self.header_end(answer.message, answer.prompt, answer.asks_from);
            let end = self.end(answer.message, header_end);
            for byte in self.of_turn(answer.message) {
                let own = !self.is_data(byte) || self.message(byte) == Some(answer.message);
                trained[byte] |= own && byte >= header_end && end.is_none_or(|(start, _)| byte < start);
            }
            let wanted = match end_tokens {
                EndTokens::Turn => true,
                EndTokens::Last => index + 1 == speaking.len(),
                EndTokens::None => false,
            };
            for byte in end.filter(|_| wanted).map_or(0..0, |(start, end)| start..end) {
                trained[byte] = true;
            }
        }
        trained
    }
}

/// Leftmost, longest.
fn tokens(text: &[u8]) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < text.len() {
        let longest = TOKENS
            .iter()
            .filter(|token| text[at..].starts_with(token.as_bytes()))
            .map(|token| token.len())
            .max();
        found.extend(longest.map(|length| (at, at + length)));
        at += longest.unwrap_or(1);
    }
    found
}

fn agreement(one: &[u8], other: &[u8]) -> usize {
    let fits = |&length: &usize| {
        let inside = |text: &[u8]| tokens(text).iter().any(|&(start, end)| start < length && length < end);
        one.get(..length) == other.get(..length)
            && length <= one.len().min(other.len())
            && std::str::from_utf8(&one[..length]).is_ok()
            && !inside(one)
            && !inside(other)
    };
    (0..=one.len().max(other.len())).rev().find(fits).unwrap_or(0)
}

fn literal() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec!["<a>", "<b>", "<", "a>", "x", " ", "\n", "é", "è>"]);
    prop::collection::vec(piece, 1..4).prop_map(|pieces| pieces.concat())
}

#[derive(Debug, Clone)]
enum Piece {
    Literal(String),
    Data(Option<u32>, &'static str),
    Turn(Option<u32>),
}

fn piece() -> impl Strategy<Value = Piece> {
    let message = prop::option::of(0..4u32);
    prop_oneof![
        4 => literal().prop_map(Piece::Literal),
        2 => (message.clone(), prop::sample::select(vec!["d", "é", "<a>", "<"])).prop_map(|(message, text)| Piece::Data(message, text)),
        3 => message.prop_map(Piece::Turn),
    ]
}

/// Messages 1 and 3 are answers. The prompts are half the time what really stands there.
fn pages() -> impl Strategy<Value = Page> {
    let prompts = prop::collection::vec(prop::option::of(prop::collection::vec(literal(), 0..2)), 2);
    let asks_from = prop::collection::vec(prop::option::of(0..4usize), 2);
    let truly = prop::collection::vec(any::<bool>(), 2);
    (prop::collection::vec(piece(), 0..14), prompts, truly, asks_from).prop_map(
        |(pieces, prompts, truly, asks_from)| {
            let mut page = page();
            for piece in pieces {
                page = match piece {
                    Piece::Literal(text) => page.lit(&text),
                    Piece::Data(Some(message), text) => page.data(message, text),
                    Piece::Data(None, text) => page.foreign(text),
                    Piece::Turn(turn) => page.turn(turn),
                };
            }
            for (((message, prompt), truly), asks) in
                [1, 3].into_iter().zip(prompts).zip(truly).zip(asks_from)
            {
                let there = if truly { literal_before(&page, message) } else { String::new() };
                let prompt = prompt.map(|pieces| there + &pieces.concat());
                // Where a prompt begins is always told on a border of characters.
                let asks = asks.map_or(0, |pieces| {
                    let starts = prompt.iter().flat_map(|prompt| prompt.char_indices().map(|(at, _)| at));
                    starts.take(pieces + 1).last().unwrap_or(0)
                });
                page = page.answer(message, prompt.as_deref()).asks_from(asks);
            }
            page
        },
    )
}

/// The literals between the last data before a turn and its end.
fn literal_before(page: &Page, turn: u32) -> String {
    let bytes = Bytes { page, guess: None, prints_end: true, prompt_start: 0 };
    let Some(&first) = bytes.of_turn(turn).first() else { return String::new() };
    let start = (0..first).rev().find(|&byte| bytes.is_data(byte)).map_or(0, |byte| byte + 1);
    let literals = bytes.literal_from(start);
    String::from_utf8_lossy(&literals[..literals.len() / 2]).trim_end_matches('\u{fffd}').to_owned()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]
    #[test]
    fn equals_the_naive_twin(
        page in pages(),
        guess in prop::option::of(literal()),
        prints_end: bool,
        end_tokens in prop::sample::select(vec![EndTokens::Turn, EndTokens::Last, EndTokens::None]),
        cut in 0..60usize,
    ) {
        let control = ControlTokens::new(TOKENS);
        let guess = guess.as_deref();
        let (policy, omit) = (&LabelPolicy::Assistant, Omit::NOTHING);
        let rule = Rule { control: &control, guess, prints_end, end_tokens, policy, omit, weights: &[] };
        let answers = page.answers();
        let turns = collect(&control, &page.rendered, &answers);
        let labels = rule.apply(&page.rendered, &answers, turns, cut);
        let ours: Vec<bool> = (0..page.rendered.text.len()).map(|byte| labels.trained.iter().any(|range| range.contains(&byte))).collect();
        let twin = Bytes { page: &page, guess, prints_end, prompt_start: cut }.trained(end_tokens);
        prop_assert_eq!(ours, twin);
        prop_assert!(labels.trained.windows(2).all(|pair| pair[0].end < pair[1].start));
    }
}
