//! Templates that print an earlier turn otherwise once others follow.
#![allow(clippy::unwrap_used)]
mod small;

use chatloom_template::{Call, Conversation, Data, Template};
use chatloom_tokenize::{
    Change, Error, Example, Fit, Formatter, LabelPolicy, NO_LOSS, Options, Outcome, Overflow, Rewrite,
    Templates, Unstable, Vocabulary,
};
use proptest::prelude::*;
use std::sync::{Arc, LazyLock};

/// Reasoning is printed after the last user's message alone, as Qwen3 does.
const REASONS: &str = "{% set ns = namespace(last=0) %}{% for m in messages %}{% if m.role == 'user' %}\
    {% set ns.last = loop.index0 %}{% endif %}{% endfor %}{% for m in messages %}<|im_start|>{{ m.role }}\n\
    {% if m.reasoning and loop.index0 > ns.last %}<think>{{ m.reasoning }}</think>{% endif %}{{ m.content }}<|im_end|>\n\
    {% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}";
/// The system is printed with the last user's message, as Mistral does.
const LATE_SYSTEM: &str = "{% for m in messages %}{% if m.role == 'user' %}[INST]{% if loop.index0 + 2 >= messages|length \
    and messages[0].role == 'system' %}{{ messages[0].content }}\n{% endif %}{{ m.content }}[/INST]\
    {% elif m.role != 'system' %}{{ m.content }}</s>{% endif %}{% endfor %}";
/// The last answer alone ends with a token.
const OPEN: &str = "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}{% if not loop.last %}<|im_end|>{% endif %}\n\
    {% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}";
const CHATML: &str = "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}\
    {% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}";

const TOKENS: [&str; 7] = ["<|im_start|>", "<|im_end|>", "<think>", "</think>", "[INST]", "[/INST]", "</s>"];

static VOCABULARY: LazyLock<Arc<Vocabulary>> = LazyLock::new(|| {
    let json = small::with_control(&TOKENS).to_string();
    Arc::new(Vocabulary::from_json(json.as_bytes()).unwrap())
});

fn formatter(template: &str, options: Options) -> Formatter {
    let templates = Templates::single(Arc::new(Template::compile(template).unwrap()));
    Formatter::new(templates, VOCABULARY.clone(), options).unwrap()
}

fn encode(template: &str, unstable: Unstable, conversation: &Conversation) -> Result<Outcome, Error> {
    let options = Options { unstable, ..Options::default() };
    formatter(template, options).encode(conversation, &Call::default())
}

/// Role, content, reasoning.
type Said<'a> = (&'a str, &'a str, &'a str);

fn chat(messages: &[Said<'_>]) -> Conversation {
    let message = |&(role, content, reasoning): &Said<'_>| {
        let fields = [("role", role.into()), ("content", content.into()), ("reasoning", reasoning.into())];
        Data::dict(fields.into_iter().filter(|(key, value)| *key != "reasoning" || *value != Data::from("")))
    };
    Conversation { messages: messages.iter().map(message).collect(), ..Conversation::default() }
}

fn text(ids: impl IntoIterator<Item = i32>) -> String {
    let ids: Vec<u32> = ids.into_iter().map(i32::cast_unsigned).collect();
    VOCABULARY.decode(&ids, false).unwrap()
}

fn learnt(example: &Example) -> String {
    text(example.labels.iter().copied().filter(|&label| label != NO_LOSS))
}

const TALK: [Said<'_>; 6] = [
    ("user", "One?", ""),
    ("assistant", "First.", "Hm"),
    ("user", "Two?", ""),
    ("assistant", "Second.", ""),
    ("user", "Three?", ""),
    ("assistant", "Third.", "Well"),
];

#[test]
fn reasoning_that_is_dropped_is_told_by_message() {
    let conversation = chat(&TALK);
    let rewrite = Rewrite { message: 1, change: Change::LeavesOut(1) };
    let whole = encode(REASONS, Unstable::Whole, &conversation).unwrap();
    assert_eq!((whole.rewrite, whole.examples.len(), whole.fit), (Some(rewrite), 1, Fit::Whole));
    let error = encode(REASONS, Unstable::Error, &conversation).unwrap_err();
    assert_eq!(error, Error::Unstable(rewrite));
    let told = error.to_string();
    assert!(
        told.starts_with("the conversation up to message 1 renders otherwise alone than within the whole"),
        "{told}"
    );
    assert!(
        told.contains("once others follow, the template leaves out some of what message 1 says"),
        "{told}"
    );
}

#[test]
fn each_turn_is_trained_after_what_it_answers() {
    let conversation = chat(&TALK);
    let parts = encode(REASONS, Unstable::Split, &conversation).unwrap();
    let learnt: Vec<_> = parts.examples.iter().map(learnt).collect();
    assert_eq!(
        learnt,
        ["<think>Hm</think>First.<|im_end|>", "Second.<|im_end|><think>Well</think>Third.<|im_end|>"]
    );
    let alone = encode(REASONS, Unstable::Whole, &chat(&TALK[..2])).unwrap();
    assert_eq!(parts.examples[0], alone.examples[0], "turns that render alike alone share an example");
    assert_eq!((parts.fit, parts.lost), (Fit::Whole, 0));
}

#[test]
fn what_moves_and_what_closes_is_told_as_well() {
    let system = [&[("system", "Short.", "")], &TALK[..4]].concat();
    let outcome = encode(LATE_SYSTEM, Unstable::Whole, &chat(&system)).unwrap();
    assert_eq!(outcome.rewrite, Some(Rewrite { message: 2, change: Change::Template }));
    let outcome = encode(OPEN, Unstable::Split, &chat(&TALK[..4])).unwrap();
    assert_eq!(outcome.rewrite, Some(Rewrite { message: 1, change: Change::Template }));
    assert_eq!(outcome.examples.iter().map(learnt).collect::<Vec<_>>(), ["First.", "Second."]);
}

#[test]
fn what_stays_is_one_example() {
    for unstable in [Unstable::Whole, Unstable::Split, Unstable::Error] {
        for (template, messages) in [(CHATML, &TALK[..]), (REASONS, &TALK[2..4]), (REASONS, &TALK[4..])] {
            let outcome = encode(template, unstable, &chat(messages)).unwrap();
            assert_eq!((outcome.rewrite, outcome.unchecked, outcome.examples.len()), (None, false, 1));
        }
    }
}

#[test]
fn a_count_costs_no_more_than_the_row() {
    let plain: Vec<Said<'_>> =
        std::iter::repeat_n([("user", "Why?", ""), ("assistant", "So.", "")], 9).flatten().collect();
    let counting = CHATML.replace("{{ m.role }}", "{{ m.role if loop.length }}");
    let whole = encode(&counting, Unstable::Whole, &chat(&plain)).unwrap();
    assert_eq!((whole.rewrite, whole.unchecked), (None, true));
    let error = encode(&counting, Unstable::Error, &chat(&plain)).unwrap();
    assert_eq!((error.rewrite, error.unchecked), (None, false));
    let whole = encode(REASONS, Unstable::Whole, &chat(&plain)).unwrap();
    assert!(!whole.unchecked, "what is printed as in the whole is not rendered again");
    let whole = encode(CHATML, Unstable::Whole, &chat(&plain)).unwrap();
    assert!(!whole.unchecked, "a template that can't look ahead needs no looking at");
}

#[test]
fn parts_are_fitted_each() {
    let options = Options {
        unstable: Unstable::Split,
        overflow: Overflow::Drop,
        max_length: Some(60),
        ..Options::default()
    };
    let outcome = formatter(REASONS, options).encode(&chat(&TALK), &Call::default()).unwrap();
    assert_eq!(
        outcome.examples.iter().map(learnt).collect::<Vec<_>>(),
        ["<think>Hm</think>First.<|im_end|>"]
    );
    assert_eq!((outcome.fit, outcome.lost), (Fit::Dropped, 8 + 13));
}

#[test]
fn where_all_text_is_trained_nothing_is_looked_for() {
    let options = Options { labels: LabelPolicy::All, unstable: Unstable::Error, ..Options::default() };
    assert!(formatter(REASONS, options).encode(&chat(&TALK), &Call::default()).is_ok());
}

fn messages() -> impl Strategy<Value = Vec<(&'static str, String, String)>> {
    let role = prop::sample::select(vec!["user", "assistant", "assistant", "tool"]);
    prop::collection::vec((role, "[a-z]{0,4}", "[a-z]{0,2}"), 1..8)
}

proptest! {
    /// The oracle renders and encodes every beginning.
    #[test]
    fn every_trained_turn_is_trained_once_after_what_it_renders_with_alone(messages in messages(), template in 0..4usize) {
        let template = [REASONS, LATE_SYSTEM, OPEN, CHATML][template];
        let messages: Vec<_> = messages.iter().map(|(role, said, why)| (*role, said.as_str(), why.as_str())).collect();
        let parts = encode(template, Unstable::Split, &chat(&messages)).unwrap();
        let turns = (0..messages.len()).filter(|&last| messages[last].0 == "assistant");
        let alone = turns.map(|last| {
            let options = Options { labels: LabelPolicy::Last, ..Options::default() };
            let outcome = formatter(template, options).encode(&chat(&messages[..=last]), &Call::default());
            outcome.unwrap().examples.remove(0)
        });
        let mut expected: Vec<_> = alone.flat_map(|example| trained(&example)).collect();
        let mut ours: Vec<_> = parts.examples.iter().flat_map(trained).collect();
        expected.sort();
        ours.sort();
        prop_assert_eq!(ours, expected);
    }
}

/// Each trained token with all ids before it.
fn trained(example: &Example) -> Vec<Vec<i32>> {
    let places = (0..example.labels.len()).filter(|&place| example.labels[place] != NO_LOSS);
    places.map(|place| example.input_ids[..=place].to_vec()).collect()
}
