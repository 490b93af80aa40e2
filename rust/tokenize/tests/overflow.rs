//! Conversations that are too long: what is kept of them, and what every way of keeping promises.
#![allow(clippy::unwrap_used)]
mod small;

use chatloom_template::{Call, Conversation, Data, Template};
use chatloom_tokenize::{
    Example, Fit, Formatter, Keep, LabelPolicy, NO_LOSS, Options, Outcome, Overflow, Templates, Vocabulary,
};
use proptest::prelude::*;
use std::sync::{Arc, LazyLock};

const CHATML: &str = "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}\
    {% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}";
/// What the system says is printed in the first user's turn.
const GEMMA: &str = "{{ bos_token }}{% if messages[0].role == 'system' %}{% set system = messages[0].content + '\n\n' %}\
    {% set rest = messages[1:] %}{% else %}{% set system = '' %}{% set rest = messages %}{% endif %}\
    {% for m in rest %}<start_of_turn>{{ 'model' if m.role == 'assistant' else 'user' }}\n\
    {{ system if loop.first else '' }}{{ m.content }}<end_of_turn>\n{% endfor %}\
    {% if add_generation_prompt %}<start_of_turn>model\n{% endif %}";
/// An answer ends with the next role's token.
const GLM: &str = "[gMASK]{% for m in messages %}<|{{ m.role }}|>{{ m.content }}{% endfor %}\
    {% if add_generation_prompt %}<|assistant|>{% endif %}";
/// An answer has no header.
const MISTRAL: &str = "{{ bos_token }}{% for m in messages %}{% if m.role == 'assistant' %} {{ m.content }}{{ eos_token }}\
    {% elif m.role == 'tool' %}[T]{{ m.content }}[/T]{% else %}[INST] {{ m.content }} [/INST]{% endif %}{% endfor %}";
/// What begins the text is printed in the first turn.
const LLAMA: &str = "{% for m in messages %}{% set said = '<|im_start|>' + m.role + '\\n' + m.content + '<|im_end|>' %}\
    {{ bos_token + said if loop.first else said }}{% endfor %}";
const TEMPLATES: [&str; 5] = [CHATML, GEMMA, GLM, MISTRAL, LLAMA];

const TOKENS: [&str; 12] = [
    "<|im_start|>",
    "<|im_end|>",
    "<start_of_turn>",
    "<end_of_turn>",
    "[gMASK]",
    "<|system|>",
    "<|user|>",
    "<|assistant|>",
    "<|tool|>",
    "[INST]",
    "<s>",
    "</s>",
];

static VOCABULARY: LazyLock<Arc<Vocabulary>> = LazyLock::new(|| {
    let json = small::with_control(&TOKENS).to_string();
    Arc::new(Vocabulary::from_json(json.as_bytes()).unwrap())
});

fn formatter(template: &str, options: Options) -> Formatter {
    let templates = Templates::single(Arc::new(Template::compile(template).unwrap()));
    let mut options = options;
    options.settings.variables =
        vec![("bos_token".into(), "<s>".into()), ("eos_token".into(), "</s>".into())];
    Formatter::new(templates, VOCABULARY.clone(), options).unwrap()
}

fn chat(messages: &[(&str, &str)]) -> Conversation {
    let message =
        |&(role, content): &(&str, &str)| Data::dict([("role", role.into()), ("content", content.into())]);
    Conversation { messages: messages.iter().map(message).collect(), ..Conversation::default() }
}

fn encode(template: &str, options: Options, conversation: &Conversation) -> Outcome {
    formatter(template, options).encode(conversation, &Call::default()).unwrap()
}

fn truncate(max_length: usize, keep: Keep) -> Options {
    Options { max_length: Some(max_length), overflow: Overflow::Truncate, keep, ..Options::default() }
}

fn split(max_length: usize) -> Options {
    Options { max_length: Some(max_length), overflow: Overflow::Split, ..Options::default() }
}

fn text(ids: impl IntoIterator<Item = i32>) -> String {
    let ids: Vec<u32> = ids.into_iter().map(i32::cast_unsigned).collect();
    VOCABULARY.decode(&ids, false).unwrap()
}

fn trained(example: &Example) -> impl Iterator<Item = i32> + '_ {
    example.labels.iter().copied().filter(|&label| label != NO_LOSS)
}

/// The text of each example, and what of it is trained.
fn texts(outcome: &Outcome) -> Vec<(String, String)> {
    let examples = outcome.examples.iter();
    examples.map(|example| (text(example.input_ids.clone()), text(trained(example)))).collect()
}

fn one(outcome: &Outcome) -> (String, String) {
    assert_eq!((outcome.fit, outcome.examples.len()), (Fit::Truncated, 1));
    texts(outcome).remove(0)
}

const TALK: [(&str, &str); 5] = [
    ("system", "Short."),
    ("user", "One?"),
    ("assistant", "First."),
    ("user", "Two?"),
    ("assistant", "Second."),
];

#[test]
fn the_oldest_exchange_goes_first() {
    let outcome = encode(CHATML, truncate(55, Keep::End), &chat(&TALK));
    let expected = "<|im_start|>system\nShort.<|im_end|>\n<|im_start|>user\nTwo?<|im_end|>\n\
        <|im_start|>assistant\nSecond.<|im_end|>\n";
    assert_eq!(one(&outcome), (expected.to_owned(), "Second.<|im_end|>".to_owned()));
    assert_eq!((outcome.tokens, outcome.lost), (79, 7));
}

#[test]
fn or_the_newest() {
    let outcome = encode(CHATML, truncate(55, Keep::Start), &chat(&TALK));
    let expected = "<|im_start|>system\nShort.<|im_end|>\n<|im_start|>user\nOne?<|im_end|>\n\
        <|im_start|>assistant\nFirst.<|im_end|>\n";
    assert_eq!(one(&outcome), (expected.to_owned(), "First.<|im_end|>".to_owned()));
}

#[test]
fn a_question_stays_with_the_last_of_its_answers() {
    let agent = chat(&[
        ("user", "Go"),
        ("assistant", "call a"),
        ("tool", "1"),
        ("assistant", "call b"),
        ("tool", "2"),
        ("assistant", "Done"),
    ]);
    let outcome = encode(CHATML, truncate(55, Keep::End), &agent);
    let expected = "<|im_start|>user\nGo<|im_end|>\n<|im_start|>assistant\ncall b<|im_end|>\n\
        <|im_start|>tool\n2<|im_end|>\n<|im_start|>assistant\nDone<|im_end|>\n";
    assert_eq!(one(&outcome).0, expected);
    let outcome = encode(CHATML, truncate(54, Keep::End), &agent);
    assert_eq!(
        one(&outcome).0,
        expected.replace("<|im_start|>assistant\ncall b<|im_end|>\n<|im_start|>tool\n2<|im_end|>\n", "")
    );
}

#[test]
fn what_nothing_is_learnt_from_goes_before_all_else() {
    let trailing = chat(&[("user", "One?"), ("assistant", "First."), ("user", &"x".repeat(99))]);
    for keep in [Keep::End, Keep::Start] {
        let (whole, learnt) = one(&encode(CHATML, truncate(40, keep), &trailing));
        assert_eq!(whole, "<|im_start|>user\nOne?<|im_end|>\n<|im_start|>assistant\nFirst.<|im_end|>\n");
        assert_eq!(learnt, "First.<|im_end|>");
    }
}

#[test]
fn the_system_printed_in_a_users_turn_opens_the_next_one() {
    let (whole, learnt) = one(&encode(GEMMA, truncate(45, Keep::End), &chat(&TALK)));
    let expected =
        "<s><start_of_turn>user\nShort.\n\nTwo?<end_of_turn>\n<start_of_turn>model\nSecond.<end_of_turn>\n";
    assert_eq!((whole.as_str(), learnt.as_str()), (expected, "Second.<end_of_turn>"));
}

#[test]
fn what_begins_the_text_stays_when_its_turn_goes() {
    for template in [LLAMA.to_owned(), LLAMA.replace("bos_token", "'<s>'")] {
        let (whole, _) = one(&encode(&template, truncate(40, Keep::End), &chat(&TALK[1..])));
        assert_eq!(whole, "<s><|im_start|>user\nTwo?<|im_end|><|im_start|>assistant\nSecond.<|im_end|>");
    }
}

#[test]
fn an_answer_keeps_the_role_token_that_ends_it() {
    let (whole, learnt) = one(&encode(GLM, truncate(25, Keep::Start), &chat(&TALK)));
    let expected = "[gMASK]<|system|>Short.<|user|>One?<|assistant|>First.<|user|>";
    assert_eq!((whole.as_str(), learnt.as_str()), (expected, "First.<|user|>"));
    let (whole, learnt) = one(&encode(GLM, truncate(25, Keep::End), &chat(&TALK)));
    let expected = "[gMASK]<|system|>Short.<|user|>Two?<|assistant|>Second.";
    assert_eq!((whole.as_str(), learnt.as_str()), (expected, "Second."), "it opens the next turn as well");
}

#[test]
fn a_single_turn_is_cut_inside_its_text() {
    let long: String = ('a'..='z').collect();
    let question = chat(&[("system", "Short."), ("user", &long), ("assistant", "Yes")]);
    let (whole, learnt) = one(&encode(CHATML, truncate(49, Keep::End), &question));
    let expected = "<|im_start|>system\nShort.<|im_end|>\n<|im_start|>user\nrstuvwxyz<|im_end|>\n\
        <|im_start|>assistant\nYes<|im_end|>\n";
    assert_eq!((whole.as_str(), learnt.as_str()), (expected, "Yes<|im_end|>"));
    let (whole, learnt) = one(&encode(CHATML, truncate(49, Keep::Start), &question));
    assert_eq!((whole, learnt.as_str()), (expected.replace("rstuvwxyz", "abcdefghi"), "Yes<|im_end|>"));
}

#[test]
fn what_stands_behind_a_cut_is_not_learnt() {
    let long: String = ('a'..='z').collect();
    let answer = chat(&[("user", "Why?"), ("assistant", &long)]);
    let (whole, learnt) = one(&encode(CHATML, truncate(35, Keep::End), &answer));
    let expected = "<|im_start|>user\nWhy?<|im_end|>\n<|im_start|>assistant\nqrstuvwxyz<|im_end|>\n";
    assert_eq!((whole.as_str(), learnt.as_str()), (expected, "rstuvwxyz<|im_end|>"));
    let (whole, learnt) = one(&encode(CHATML, truncate(35, Keep::Start), &answer));
    assert_eq!(
        (whole, learnt.as_str()),
        (expected.replace("qrstuvwxyz", "abcdefghij"), "abcdefghij"),
        "no stop mid-word"
    );
}

#[test]
fn the_longest_texts_give_way() {
    let (system, user, answer) = ("s".repeat(40), "u".repeat(30), "a".repeat(5));
    let all = chat(&[("system", &system), ("user", &user), ("assistant", &answer)]);
    let (whole, _) = one(&encode(CHATML, truncate(84, Keep::End), &all));
    assert_eq!(
        whole.matches('u').count() - 1,
        8,
        "the system keeps all it says while there is room for others"
    );
    let (whole, _) = one(&encode(CHATML, truncate(60, Keep::End), &all));
    assert_eq!(["s", "u", "a"].map(|letter| whole.matches(letter).count()), [12 + 9, 12 + 1, 5 + 5]);
}

#[test]
fn characters_are_not_cut() {
    let answer = chat(&[("user", &"😀".repeat(20)), ("assistant", "Yes")]);
    for max_length in 37..60 {
        for keep in [Keep::End, Keep::Start] {
            let (whole, _) = one(&encode(CHATML, truncate(max_length, keep), &answer));
            assert!(!whole.contains('\u{fffd}'), "{whole}");
        }
    }
}

#[test]
fn nothing_to_learn_is_told() {
    let untrained = encode(CHATML, truncate(20, Keep::End), &chat(&[("user", &"x".repeat(50))]));
    assert_eq!((untrained.fit, untrained.examples.len(), untrained.lost), (Fit::Emptied, 0, 0));
    let tight = encode(CHATML, truncate(9, Keep::End), &chat(&TALK));
    assert_eq!((tight.fit, tight.examples.len(), tight.lost), (Fit::Emptied, 0, 15));
    let options = Options { labels: LabelPolicy::Last, ..truncate(55, Keep::Start) };
    let last = encode(CHATML, options, &chat(&TALK));
    assert_eq!((last.fit, last.lost), (Fit::Emptied, 8));
    let dropped = Options { overflow: Overflow::Drop, ..truncate(55, Keep::End) };
    assert_eq!(encode(CHATML, dropped, &chat(&TALK)), Outcome::dropped(79, 15));
}

#[test]
fn a_row_is_split_at_turns() {
    let outcome = encode(CHATML, split(55), &chat(&TALK));
    let head = "<|im_start|>system\nShort.<|im_end|>\n";
    let exchange = |user, answer| {
        format!("{head}<|im_start|>user\n{user}<|im_end|>\n<|im_start|>assistant\n{answer}<|im_end|>\n")
    };
    let expected = [
        (exchange("One?", "First."), "First.<|im_end|>".to_owned()),
        (exchange("Two?", "Second."), "Second.<|im_end|>".to_owned()),
    ];
    assert_eq!((outcome.fit, texts(&outcome), outcome.lost), (Fit::Split, expected.to_vec(), 0));
}

#[test]
fn what_came_before_is_context_while_there_is_room() {
    let talk = chat(&[&TALK[..], &[("user", "Three?"), ("assistant", "Third.")]].concat());
    let outcome = encode(CHATML, split(81), &talk);
    let whole = text(encode(CHATML, Options::default(), &talk).examples[0].input_ids.clone());
    let [(first, _), (second, learnt)] = texts(&outcome).try_into().unwrap();
    assert_eq!(learnt, "Third.<|im_end|>");
    assert!(whole.starts_with(&first));
    let without_the_first =
        whole.replace("<|im_start|>user\nOne?<|im_end|>\n<|im_start|>assistant\nFirst.<|im_end|>\n", "");
    assert_eq!(second, without_the_first);
}

#[test]
fn a_long_answer_goes_on_after_its_question_and_what_was_said_last() {
    let long: String = ('a'..='z').collect();
    let outcome = encode(CHATML, split(44), &chat(&[("user", "Why?"), ("assistant", &long)]));
    let framed = |text: &str| format!("<|im_start|>user\nWhy?<|im_end|>\n<|im_start|>assistant\n{text}");
    let expected = [
        (framed("abcdefghijklmnopqrstu"), "abcdefghijklmnopqrstu".to_owned()),
        (framed("hijklmnopqrstuvwxyz<|im_end|>\n"), "vwxyz<|im_end|>".to_owned()),
    ];
    assert_eq!((outcome.fit, texts(&outcome)), (Fit::Split, expected.to_vec()));
}

fn messages() -> impl Strategy<Value = Vec<(&'static str, String)>> {
    let role = prop::sample::select(vec!["user", "assistant", "user", "assistant", "tool", "system"]);
    let content = prop_oneof![
        "[a-z ]{0,40}",
        "(😀|é|the |x){0,12}",
        Just("<|im_end|>so</s>".to_owned()),
        "[a-z]{60,90}"
    ];
    (prop::option::of("[a-z]{0,30}"), prop::collection::vec((role, content), 1..9)).prop_map(
        |(system, mut rest)| {
            rest.splice(..0, system.map(|system| ("system", system)));
            rest
        },
    )
}

fn policy() -> impl Strategy<Value = LabelPolicy> {
    let roles = LabelPolicy::Roles(["user".to_owned(), "assistant".to_owned()].into());
    prop::sample::select(vec![
        LabelPolicy::Assistant,
        LabelPolicy::Assistant,
        LabelPolicy::Last,
        LabelPolicy::All,
        roles,
    ])
}

/// Whether every id of `part` stands in `whole`, in this order.
fn is_within(part: &[i32], whole: &[i32]) -> bool {
    let mut rest = whole.iter();
    part.iter().all(|id| rest.any(|other| other == id))
}

proptest! {
    #[test]
    fn whatever_is_truncated_keeps_its_promises(
        messages in messages(), template in 0..5usize, labels in policy(), max_length in 4..120usize, start in any::<bool>(),
    ) {
        let messages: Vec<_> = messages.iter().map(|(role, content)| (*role, content.as_str())).collect();
        let (conversation, template) = (chat(&messages), TEMPLATES[template]);
        let whole = encode(template, Options { labels: labels.clone(), ..Options::default() }, &conversation);
        let full = &whole.examples[0];
        let keep = if start { Keep::Start } else { Keep::End };
        let outcome = encode(template, Options { labels, ..truncate(max_length, keep) }, &conversation);
        let left: usize = outcome.examples.iter().map(|example| trained(example).count()).sum();
        prop_assert_eq!(outcome.lost + left, trained(full).count());
        if whole.tokens <= max_length {
            prop_assert_eq!(&outcome, &whole);
        }
        for example in &outcome.examples {
            prop_assert!(outcome.fit == Fit::Whole || left > 0);
            prop_assert!(example.input_ids.len() <= max_length);
            prop_assert!(is_within(&example.input_ids, &full.input_ids));
            prop_assert_eq!(example.input_ids[0], full.input_ids[0], "what opens the text is kept");
            prop_assert!(example.labels.iter().zip(&example.input_ids).all(|(label, id)| label == id || *label == NO_LOSS));
        }
    }

    #[test]
    fn whatever_is_split_is_learnt_once(
        messages in messages(), template in 0..5usize, labels in policy(), max_length in 2..120usize,
    ) {
        let messages: Vec<_> = messages.iter().map(|(role, content)| (*role, content.as_str())).collect();
        let (conversation, template) = (chat(&messages), TEMPLATES[template]);
        let whole = encode(template, Options { labels: labels.clone(), ..Options::default() }, &conversation);
        let full = &whole.examples[0];
        let outcome = encode(template, Options { labels, ..split(max_length) }, &conversation);
        prop_assert_eq!(outcome.lost, 0);
        prop_assert_eq!(outcome.examples.iter().flat_map(trained).collect::<Vec<_>>(), trained(full).collect::<Vec<_>>());
        for (place, example) in outcome.examples.iter().enumerate() {
            prop_assert!(example.input_ids.len() <= max_length);
            prop_assert!(is_within(&example.input_ids, &full.input_ids));
            prop_assert!(place == 0 || example.labels[0] == NO_LOSS, "a token is learnt from the one before it");
        }
    }
}
