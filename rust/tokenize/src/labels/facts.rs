//! What small plain chats tell of a template.
use super::turn::{self, Turn};
use super::{Answer, ControlTokens, Omit, Rule, end, header};
use crate::{EndKind, EndTokens, Facts, LabelPolicy};
use chatloom_template::{Call, Conversation, Data, Rendered, Settings, Template};
use std::ops::Range;

const PLAIN: [(&str, &str); 3] =
    [("user", "chatloom asks this"), ("assistant", "chatloom answers that"), ("user", "chatloom asks more")];
const ANSWER: u32 = 1;

/// Learns from a user–assistant–user and a user–assistant chat; `None` where the template refuses both or
/// prints no answer.
pub(crate) fn learn(
    template: &Template,
    settings: &Settings,
    control: &ControlTokens,
    tools_given: bool,
) -> Option<Facts> {
    let chats = [3, 2]
        .into_iter()
        .filter_map(|length| PlainChat::render(template, settings, control, tools_given, length));
    facts(&chats.collect::<Vec<_>>(), control)
}

/// A plain chat, rendered; its only answer is the second message.
pub(super) struct PlainChat {
    pub(super) rendered: Rendered,
    pub(super) prompt: Option<String>,
    pub(super) asks_from: usize,
}

impl PlainChat {
    fn render(
        template: &Template,
        settings: &Settings,
        control: &ControlTokens,
        tools_given: bool,
        length: usize,
    ) -> Option<Self> {
        let message = |&(role, content): &(&str, &str)| {
            Data::dict([("role", role.into()), ("content", content.into())])
        };
        let messages = PLAIN.iter().take(length).map(message).collect();
        let tools = tools_given.then(|| Data::List(Vec::new()));
        let chat = Conversation { messages, tools, ..Conversation::default() };
        let (rendered, prompts) =
            template.render_with_tails(&chat, settings, &Call::default(), &[ANSWER as usize]).ok()?;
        let anyway = template.tails(&chat, settings, false, &[ANSWER as usize]).ok()?;
        let (prompt, anyway) = (prompts.into_iter().next().flatten(), anyway.into_iter().next().flatten());
        let asks_from = prompt.as_deref().zip(anyway.as_deref());
        let asks_from = asks_from.map_or(0, |(prompt, anyway)| control.agreement(prompt, anyway));
        Some(Self { rendered, prompt, asks_from })
    }

    fn turn(&self, control: &ControlTokens) -> Option<Turn<'_>> {
        let (prompt, asks_from) = (self.prompt.as_deref(), self.asks_from);
        let answer = Answer { message: ANSWER, trained: true, is_assistant: true, prompt, asks_from };
        turn::collect(control, &self.rendered, &[answer]).pop()
    }
}

pub(super) fn facts(chats: &[PlainChat], control: &ControlTokens) -> Option<Facts> {
    let first = chats.first()?;
    let turn = first.turn(control)?;
    let unguided = Rule {
        control,
        guess: None,
        prints_end: true,
        end_tokens: EndTokens::Turn,
        policy: &LabelPolicy::Assistant,
        omit: Omit::NOTHING,
        weights: &[],
    };
    let guess = header_text(&unguided, first, &turn);
    let rule = Rule { guess: guess.as_deref(), ..unguided };
    let (header, _) = header::find(&rule, &first.rendered, &turn);
    Some(Facts { header, end: end_kind(&rule, chats), guess })
}

fn header_text(rule: &Rule, chat: &PlainChat, turn: &Turn) -> Option<String> {
    let (_, end) = header::find(rule, &chat.rendered, turn);
    let text = |range: Range<usize>| chat.rendered.text.get(range).filter(|text| !text.trim().is_empty());
    let opening = || turn.opening().into_iter().next().and_then(text).map(|text| text.trim_end_matches(' '));
    text(turn.start()..end).or_else(opening).map(str::to_owned)
}

fn end_kind(rule: &Rule, chats: &[PlainChat]) -> EndKind {
    let turns = || chats.iter().filter_map(|chat| Some((&chat.rendered, chat.turn(rule.control)?)));
    let printed = |(rendered, turn): (&Rendered, Turn)| {
        let (_, header_end) = header::find(rule, rendered, &turn);
        end::printed(rule, rendered, &turn, header_end).is_some()
    };
    if turns().any(printed) {
        EndKind::Printed
    } else if turns().any(|(rendered, turn)| end::follows(rule, rendered, &turn, &[]).is_some()) {
        EndKind::Follows
    } else {
        EndKind::None
    }
}
