//! The rule, clause by clause, on hand-made renders.
#![allow(clippy::unwrap_used)]
mod naive;
mod page;

use super::facts::{PlainChat, facts};
use super::{ControlTokens, Labels, Omit, Rule, collect};
use crate::{AddedToken, EndKind, EndTokens, HeaderKind, LabelPolicy};
use page::{Page, page};

const CHATML: [&str; 4] = ["<|im_start|>", "<|im_end|>", "<think>", "</think>"];
const GLM: [&str; 5] = ["<|user|>", "<|assistant|>", "<|observation|>", "</tool_call>", "<eos>"];

/// What a test sees of a verdict.
#[derive(Debug, PartialEq, Eq)]
struct Seen<'a> {
    trained: Vec<&'a str>,
    turns: Vec<(u32, HeaderKind, EndKind)>,
}

struct Case {
    tokens: Vec<&'static str>,
    guess: Option<&'static str>,
    prints_end: bool,
    end_tokens: EndTokens,
    prompt_start: usize,
}

fn chatml() -> Case {
    Case {
        tokens: CHATML.to_vec(),
        guess: None,
        prints_end: true,
        end_tokens: EndTokens::Turn,
        prompt_start: usize::MAX,
    }
}

/// As in GLM, where the next role's token ends a turn.
fn glm() -> Case {
    Case { tokens: GLM.to_vec(), prints_end: false, ..chatml() }
}

impl Case {
    fn labels(&self, page: &Page) -> Labels {
        let control = ControlTokens::new(self.tokens.iter().copied());
        let Self { guess, prints_end, end_tokens, .. } = *self;
        let (policy, omit) = (&LabelPolicy::Assistant, Omit::NOTHING);
        let rule = Rule { control: &control, guess, prints_end, end_tokens, policy, omit, weights: &[] };
        let (rendered, answers) = (&page.rendered, page.answers());
        rule.apply(rendered, &answers, collect(&control, rendered, &answers), self.prompt_start)
    }

    fn see<'a>(&self, page: &'a Page) -> Seen<'a> {
        let Labels { trained, turns, .. } = self.labels(page);
        let text = &page.rendered.text;
        Seen {
            trained: trained.into_iter().map(|range| &text[range]).collect(),
            turns: turns.iter().map(|turn| (turn.message, turn.header, turn.end)).collect(),
        }
    }

    fn trained<'a>(&self, page: &'a Page) -> Vec<&'a str> {
        self.see(page).trained
    }
}

fn question() -> Page {
    page().turn(0).lit("<|im_start|>user\n").data(0, "Hello?").lit("<|im_end|>\n")
}

const PROMPT: &str = "<|im_end|>\n<|im_start|>assistant\n";

use EndKind::{Follows, None as NoEnd, Printed};
use HeaderKind::{Derived, Guessed, None as NoHeader};

#[test]
fn what_the_generation_prompt_prints_is_header_and_the_end_token_is_trained() {
    let page = question().answer(1, PROMPT).lit("<|im_start|>assistant\n").data(1, "Hi").lit("<|im_end|>\n");
    let seen = Seen { trained: vec!["Hi<|im_end|>"], turns: vec![(1, Derived, Printed)] };
    assert_eq!(chatml().see(&page), seen);
}

#[test]
fn the_report_tells_body_and_end() {
    let page = question().answer(1, PROMPT).lit("<|im_start|>assistant\n").data(1, "Hi").lit("<|im_end|>\n");
    let turn = &chatml().labels(&page).turns[0];
    assert_eq!(&page.rendered.text[turn.body.clone()], "Hi");
    assert_eq!(turn.end_token.clone().map(|token| &page.rendered.text[token]), Some("<|im_end|>"));
}

#[test]
fn every_answer_is_trained_and_nothing_else() {
    let page = question().answer(1, PROMPT).lit("<|im_start|>assistant\n").data(1, "Hi").lit("<|im_end|>\n");
    let page = page.turn(2).lit("<|im_start|>user\n").data(2, "More").lit("<|im_end|>\n");
    let page = page.answer(3, PROMPT).lit("<|im_start|>assistant\n").data(3, "Yes").lit("<|im_end|>\n");
    assert_eq!(chatml().trained(&page), ["Hi<|im_end|>", "Yes<|im_end|>"]);
}

#[test]
fn a_prompt_that_goes_on_where_the_answer_does_not_agrees_up_to_the_data() {
    let prompt = "<|im_end|>\n<|im_start|>assistant\n<think>\n";
    let page = question().answer(1, prompt).lit("<|im_start|>assistant\n").data(1, "Hi").lit("<|im_end|>\n");
    assert_eq!(chatml().see(&page).turns, [(1, Derived, Printed)]);
    assert_eq!(chatml().trained(&page), ["Hi<|im_end|>"]);
}

#[test]
fn what_the_prompt_does_not_print_is_body() {
    let opening = "<|im_start|>assistant\n<think>\n\n</think>\n\n";
    let page = question().answer(1, PROMPT).lit(opening).data(1, "Hi").lit("<|im_end|>\n");
    assert_eq!(chatml().trained(&page), ["<think>\n\n</think>\n\nHi<|im_end|>"]);
    let prompt = "<|im_end|>\n<|im_start|>assistant\n<think>\n\n</think>\n\n";
    let page = question().answer(1, prompt).lit(opening).data(1, "Hi").lit("<|im_end|>\n");
    assert_eq!(chatml().trained(&page), ["Hi<|im_end|>"]);
}

#[test]
fn agreement_does_not_end_inside_a_control_token_of_the_text() {
    let prompt = "<|im_end|>\n<|im_start|>assistant\n<th";
    let page =
        question().answer(1, prompt).lit("<|im_start|>assistant\n<think>").data(1, "Hm").lit("<|im_end|>");
    assert_eq!(chatml().trained(&page), ["<think>Hm<|im_end|>"]);
}

#[test]
fn agreement_does_not_end_inside_a_control_token_of_the_prompt() {
    let prompt = "<|im_end|>\n<|im_start|>assistant\n<think>";
    let page = question().answer(1, prompt).lit("<|im_start|>assistant\n<th").data(1, "Hm").lit("<|im_end|>");
    assert_eq!(chatml().trained(&page), ["<thHm<|im_end|>"]);
}

#[test]
fn agreement_does_not_end_inside_a_character() {
    let page = question().answer(1, "<|im_end|>\n<|im_start|>é").lit("<|im_start|>è").data(1, "Hi");
    assert_eq!(chatml().trained(&page), ["èHi"]);
}

#[test]
fn a_prompt_that_is_not_additive_agrees_as_far_as_it_does() {
    let page = question().turn(None).lit("<|assistant|>\n");
    let page = page
        .answer(1, "<|im_end|>\n<|assistant|>\n")
        .data(1, "Hi")
        .lit("<|im_end|>\n")
        .turn(None)
        .var("<eos>");
    assert_eq!(chatml().trained(&page), ["Hi<|im_end|>"]);
}

#[test]
fn a_header_that_another_turn_printed_is_no_body() {
    let page = page().turn(0).var("<s>").lit("[INST] ").data(0, "Hello?").lit(" [/INST]");
    let page = page.answer(1, " [/INST]").lit(" ").data(1, "Hi").var("</s>");
    let case = Case { tokens: vec!["<s>", "</s>", "[INST]", "[/INST]"], ..chatml() };
    assert_eq!(case.see(&page), Seen { trained: vec![" Hi</s>"], turns: vec![(1, Derived, Printed)] });
    let body = case.labels(&page).turns[0].body.clone();
    assert_eq!(&page.rendered.text[body], " Hi");
}

#[test]
fn a_prompt_that_opens_with_the_previous_end_is_compared_from_there() {
    let page = page().turn(0).lit("user: ").data(0, "Hello?");
    let page = page.answer(1, "<|im_end|>assistant: ").lit("<|im_end|>assistant: ").data(1, "Hi");
    let page = page.turn(2).lit("<|im_end|>user: ").data(2, "More");
    assert_eq!(
        chatml().see(&page),
        Seen { trained: vec!["Hi<|im_end|>"], turns: vec![(1, Derived, Follows)] }
    );
}

#[test]
fn a_newline_that_only_the_answer_has_is_body() {
    let page = question().answer(1, "<|im_end|>\n<|im_start|>assistant");
    let page = page.lit("<|im_start|>assistant\n").data(1, "Hi").lit("<|im_end|>");
    assert_eq!(chatml().trained(&page), ["\nHi<|im_end|>"]);
}

#[test]
fn a_newline_that_only_the_prompt_has_does_no_harm() {
    let page = question().answer(1, PROMPT).lit("<|im_start|>assistant").data(1, "Hi").lit("<|im_end|>");
    assert_eq!(chatml().trained(&page), ["Hi<|im_end|>"]);
}

#[test]
fn without_a_prompt_the_header_is_guessed() {
    let opening = page().answer(0, None).var("<s>").lit("<|im_start|>assistant\n<think>");
    let page = opening.data(0, "Hi").lit("<|im_end|>\n");
    let case = Case { guess: Some("<|im_start|>assistant\n"), ..chatml() };
    let seen = Seen { trained: vec!["<think>Hi<|im_end|>"], turns: vec![(0, Guessed, Printed)] };
    assert_eq!(case.see(&page), seen);
}

#[test]
fn what_is_printed_with_and_without_a_prompt_settles_no_header() {
    let end = "<|im_end|>\n";
    let page = question().answer(1, end).asks_from(end.len()).lit("<|im_start|>assistant\n");
    let page = page.data(1, "Hi").lit("<|im_end|>\n");
    let case = Case { guess: Some("<|im_start|>assistant\n"), ..chatml() };
    let seen = Seen { trained: vec!["Hi<|im_end|>"], turns: vec![(1, Guessed, Printed)] };
    assert_eq!(case.see(&page), seen);
}

#[test]
fn what_the_turn_prints_and_the_prompt_ends_with_is_header_all_the_same() {
    let marker = "<|im_end|>\n<outputs_end>";
    let page = question().answer(1, marker).asks_from(marker.len()).lit("<outputs_end>");
    let page = page.data(1, "Hi").lit("<|im_end|>\n");
    let seen = Seen { trained: vec!["Hi<|im_end|>"], turns: vec![(1, Derived, Printed)] };
    assert_eq!(chatml().see(&page), seen);
}

#[test]
fn a_guess_is_looked_for_before_the_first_data_only() {
    let page = page().answer(0, None).lit("a").data(0, "Hi").lit("bot: <|im_end|>\n");
    let case = Case { guess: Some("bot: "), ..chatml() };
    let seen = Seen { trained: vec!["aHibot: <|im_end|>"], turns: vec![(0, NoHeader, Printed)] };
    assert_eq!(case.see(&page), seen);
}

#[test]
fn where_only_whitespace_agrees_the_header_is_guessed() {
    let page = page().turn(0).data(0, "Hello?").lit("\n\n").answer(1, "\n\nAI:").lit("Bot: ").data(1, "Hi");
    assert_eq!(chatml().see(&page).turns, [(1, NoHeader, NoEnd)]);
    let case = Case { guess: Some("Bot:"), ..chatml() };
    assert_eq!(case.see(&page), Seen { trained: vec![" Hi"], turns: vec![(1, Guessed, NoEnd)] });
}

#[test]
fn without_any_header_all_literals_are_body() {
    let page = page().turn(0).data(0, "Hello?").answer(1, None).lit("Bot: ").data(1, "Hi").lit(".\n");
    assert_eq!(chatml().see(&page), Seen { trained: vec!["Bot: Hi.\n"], turns: vec![(1, NoHeader, NoEnd)] });
}

#[test]
fn the_end_is_the_last_control_token_and_inner_ends_are_body() {
    let page = question().answer(1, PROMPT).lit("<|im_start|>assistant\n").data(1, "Let me see");
    let page = page.lit("<|im_end|>\n<|im_start|>assistant\n").data(1, "42").lit("<|im_end|>\n<|im_end|>\n");
    let trained = "Let me see<|im_end|>\n<|im_start|>assistant\n42<|im_end|>\n<|im_end|>";
    assert_eq!(chatml().trained(&page), [trained]);
}

#[test]
fn the_end_may_stand_in_a_later_run() {
    let page = question().answer(1, PROMPT).lit("<|im_start|>assistant\n").data(1, "Hi").lit("<|im_end|>");
    let page = page.turn(None).lit("--").turn(1).lit("so<|im_end|>\n");
    assert_eq!(chatml().trained(&page), ["Hi<|im_end|>", "so<|im_end|>"]);
}

#[test]
fn an_end_inside_the_data_is_none() {
    let page = question().answer(1, PROMPT).lit("<|im_start|>assistant\n").data(1, "Hi<|im_end|>");
    assert_eq!(chatml().see(&page).turns, [(1, Derived, NoEnd)]);
    let page = question().answer(1, PROMPT).lit("<|im_start|>assistant\n").data(1, "Hi<|im_").lit("end|>");
    assert_eq!(chatml().see(&page).turns, [(1, Derived, NoEnd)]);
}

#[test]
fn an_answer_without_data_still_has_its_end() {
    let page = question().answer(1, PROMPT).lit("<|im_start|>assistant\n<|im_end|>\n");
    assert_eq!(chatml().trained(&page), ["<|im_end|>"]);
}

#[test]
fn the_next_role_ends_an_answer_where_a_plain_one_prints_no_end() {
    let page = page().turn(0).lit("<|user|>").data(0, "Hello?").answer(1, "<|assistant|>");
    let page = page.lit("<|assistant|>\n").data(1, "Hi").turn(2).lit("<|user|>").data(2, "More");
    assert_eq!(glm().see(&page), Seen { trained: vec!["\nHi<|user|>"], turns: vec![(1, Derived, Follows)] });
}

#[test]
fn a_tool_call_there_ends_as_an_answer_does() {
    let page =
        page().turn(0).lit("<|user|>").data(0, "Hello?").answer(1, "<|assistant|>").lit("<|assistant|>");
    let page = page.data(1, "{}").lit("</tool_call>").turn(2).lit("<|observation|>").data(2, "42");
    assert_eq!(glm().trained(&page), ["{}</tool_call><|observation|>"]);
}

#[test]
fn a_turn_that_prints_no_end_takes_the_one_that_follows() {
    let page = question().answer(1, PROMPT).lit("<|im_start|>assistant\n").data(1, "Hi");
    let page = page.turn(None).var("<|im_end|>");
    assert_eq!(
        chatml().see(&page),
        Seen { trained: vec!["Hi<|im_end|>"], turns: vec![(1, Derived, Follows)] }
    );
}

#[test]
fn what_opens_another_answer_or_stands_apart_or_is_data_is_no_end() {
    let answer = |page: Page| page.answer(1, "<|assistant|>").lit("<|assistant|>").data(1, "Hi");
    let opened = || answer(page().turn(0).data(0, "Hello?"));
    let next = opened().answer(2, "<|assistant|>").lit("<|assistant|>").data(2, "Ho");
    assert_eq!(glm().see(&next).turns, [(1, Derived, NoEnd), (2, Derived, NoEnd)]);
    let apart = opened().turn(2).lit("\n<|user|>");
    assert_eq!(glm().see(&apart).turns, [(1, Derived, NoEnd)]);
    let data = opened().turn(2).data(2, "<|user|>");
    assert_eq!(glm().see(&data).turns, [(1, Derived, NoEnd)]);
}

#[test]
fn the_generation_prompt_that_the_call_asked_for_is_no_end() {
    let page = page().turn(0).data(0, "Hello?").answer(1, "<|assistant|>").lit("<|assistant|>").data(1, "Hi");
    let prompt_start = page.rendered.text.len();
    let page = page.turn(None).lit("<|assistant|>");
    let case = Case { prompt_start, ..glm() };
    assert_eq!(case.see(&page), Seen { trained: vec!["Hi"], turns: vec![(1, Derived, NoEnd)] });
}

#[test]
fn rows_of_others_in_an_answer_carry_no_loss() {
    let page = question().answer(1, PROMPT).lit("<|im_start|>assistant\n").data(1, "Hi ").data(0, "you");
    let page = page.foreign("tool").lit("!").data(1, "x").lit("<|im_end|>");
    assert_eq!(chatml().trained(&page), ["Hi ", "!x<|im_end|>"]);
}

#[test]
fn an_answers_field_in_another_turn_carries_no_loss() {
    let page =
        question().answer(1, PROMPT).lit("<|im_start|>assistant\n").data(1, "call f").lit("<|im_end|>\n");
    let page = page.turn(2).lit("<|im_start|>tool ").data(1, "f").lit("\n").data(2, "42").lit("<|im_end|>\n");
    assert_eq!(chatml().trained(&page), ["call f<|im_end|>"]);
}

#[test]
fn answers_that_are_printed_after_the_loop_keep_their_runs() {
    let page = question().answer(1, PROMPT).lit("<|im_start|>assistant\n").data(1, "Hi");
    let page = page.turn(None).lit("--").turn(1).lit("so").data(1, "!").lit("<|im_end|>\n");
    assert_eq!(chatml().trained(&page), ["Hi", "so!<|im_end|>"]);
}

#[test]
fn end_tokens_may_be_trained_for_the_last_turn_only_or_not_at_all() {
    let page = question().answer(1, PROMPT).lit("<|im_start|>assistant\n").data(1, "Hi").lit("<|im_end|>\n");
    let page = page.answer(2, PROMPT).lit("<|im_start|>assistant\n").data(2, "Ho").lit("<|im_end|>\n");
    let with = |end_tokens| Case { end_tokens, ..chatml() };
    assert_eq!(with(EndTokens::Turn).trained(&page), ["Hi<|im_end|>", "Ho<|im_end|>"]);
    assert_eq!(with(EndTokens::Last).trained(&page), ["Hi", "Ho<|im_end|>"]);
    assert_eq!(with(EndTokens::None).trained(&page), ["Hi", "Ho"]);
}

#[test]
fn a_chat_without_answers_trains_nothing() {
    assert_eq!(chatml().labels(&question()), Labels::default());
    assert_eq!(chatml().labels(&page()), Labels::default());
    let silent = question().answer(1, PROMPT).turn(2).lit("<|im_start|>");
    assert_eq!(chatml().labels(&silent), Labels::default());
}

#[test]
fn the_longest_control_token_counts() {
    let case = Case { tokens: vec!["<e>", "<e><e>", "<e>>"], ..chatml() };
    let page = question().answer(1, "<|im_end|>\n").data(1, "Hi").lit("<e>><e><e>\n");
    assert_eq!(case.trained(&page), ["Hi<e>><e><e>"]);
    let turn = &case.labels(&page).turns[0];
    assert_eq!(turn.end_token.clone().map(|token| &page.rendered.text[token]), Some("<e><e>"));
}

#[test]
fn markers_are_special_or_printed_by_the_template() {
    let added = |content: &str, special| AddedToken { id: 0, content: content.into(), special };
    let all = [added("<s>", true), added("<think>", false), added("<other>", false), added("\n\n", false)];
    let control = ControlTokens::of(&all, &["a\n\n<think>b"]);
    let found: Vec<_> = control.matches("<s><other>\n\n<think>").collect();
    assert_eq!(found, [0..3, 12..19]);
}

fn plain(prompt: &str, page: Page) -> PlainChat {
    PlainChat { rendered: page.rendered, prompt: Some(prompt.into()), asks_from: 0 }
}

#[test]
fn a_plain_chat_tells_header_and_end() {
    let control = ControlTokens::new(CHATML);
    let page = question().answer(1, PROMPT).lit("<|im_start|>assistant\n").data(1, "Hi").lit("<|im_end|>\n");
    let facts = facts(&[plain(PROMPT, page)], &control).unwrap();
    assert_eq!((facts.header, facts.end), (Derived, Printed));
    assert_eq!(facts.guess.as_deref(), Some("<|im_start|>assistant\n"));
}

#[test]
fn without_a_prompt_the_plain_answers_opening_is_the_guess() {
    let control = ControlTokens::new(CHATML);
    let page = page().turn(0).data(0, "Hello?").answer(1, None).lit("\nBot: ").data(1, "Hi");
    let facts = facts(&[plain("", page)], &control).unwrap();
    assert_eq!((facts.header, facts.end, facts.guess.as_deref()), (Guessed, NoEnd, Some("\nBot:")));
}

#[test]
fn an_end_in_either_plain_chat_counts() {
    let control = ControlTokens::new(CHATML);
    let asked = || page().turn(0).data(0, "Hello?").answer(1, None).data(1, "Hi");
    let long = plain("", asked().turn(2).lit("<|im_end|>"));
    let short = plain("", asked().lit("<|im_end|>"));
    assert_eq!(facts(&[long, short], &control).unwrap().end, Printed);
    let long = plain("", asked().turn(2).lit("<|im_end|>"));
    let short = plain("", asked());
    assert_eq!(facts(&[long, short], &control).unwrap().end, Follows);
}

#[test]
fn a_template_that_prints_no_answer_tells_nothing() {
    let control = ControlTokens::new(CHATML);
    assert_eq!(facts(&[], &control), None);
    assert_eq!(facts(&[plain("", question())], &control), None);
}
