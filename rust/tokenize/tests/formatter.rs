//! Conversations through templates of the common kinds, all the way to labels.
#![allow(clippy::unwrap_used)]
mod small;

use chatloom_template::{Call, Class, Conversation, Data, Settings, Template};
use chatloom_tokenize::{
    Boundary, Broken, EndKind, EndTokens, Error, Example, Fit, Formatter, HeaderKind, Keep, NO_LOSS, Options,
    Outcome, Overflow, Templates, Unstable, Vocabulary,
};
use serde_json::{Value, json};
use std::sync::Arc;

const NO_PROMPT: &str = r"{% for m in messages %}<|im_start|>{{ m.role }}
{{ m.content }}<|im_end|>
{% endfor %}";

const NO_PROMPT_AFTER_TOOL: &str = r"{% for m in messages %}<|im_start|>{{ m.role }}
{{ m.content }}<|im_end|>
{% endfor %}{% if add_generation_prompt and messages[-1].role != 'tool' %}<|im_start|>assistant
{% endif %}";

const CHATML: &str = "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}\
    {% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}";
const LLAMA_3: &str = "{{ bos_token }}{% for m in messages %}<|start_header_id|>{{ m['role'] }}<|end_header_id|>\n\n\
    {{ m['content'] | trim }}<|eot_id|>{% endfor %}\
    {% if add_generation_prompt %}<|start_header_id|>assistant<|end_header_id|>\n\n{% endif %}";
const GEMMA: &str = "{{ bos_token }}{% for m in messages %}{% set role = 'model' if m.role == 'assistant' else m.role %}\
    <start_of_turn>{{ role }}\n{{ m.content | trim }}<end_of_turn>\n{% endfor %}\
    {% if add_generation_prompt %}<start_of_turn>model\n{% endif %}";
const MISTRAL: &str = "{{ bos_token }}{% for m in messages %}{% if m.role == 'user' %}[INST] {{ m.content }} [/INST]\
    {% else %} {{ m.content }}{{ eos_token }}{% endif %}{% endfor %}";
const GLM: &str = "[gMASK]{% for m in messages %}{% if m.role == 'user' %}<|user|>\n{{ m.content }}{% endif %}\
    {% if m.role == 'assistant' %}<|assistant|>\n{{ m.content }}{% endif %}{% endfor %}\
    {% if add_generation_prompt %}<|assistant|>{% endif %}";
const DEEPSEEK: &str = "{{ bos_token }}{% for m in messages %}{% if m.role == 'user' %}<User>{{ m.content }}{% endif %}\
    {% if m.role == 'assistant' %}<Assistant>{{ m.content }}<eos>{% endif %}{% endfor %}\
    {% if add_generation_prompt %}<Assistant>{% endif %}";
const QWEN_3: &str = "{% for m in messages %}{% if m.role == 'assistant' %}<|im_start|>assistant\n\
    {% if m.reasoning_content %}<think>\n{{ m.reasoning_content }}\n</think>\n\n{% elif loop.last %}<think>\n\n</think>\n\n{% endif %}\
    {{ m.content }}<|im_end|>\n{% else %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endif %}{% endfor %}\
    {% if add_generation_prompt %}<|im_start|>assistant\n{% if enable_thinking is false %}<think>\n\n</think>\n\n{% endif %}{% endif %}";

const TOKENS: [&str; 20] = [
    "<|im_start|>",
    "<|im_end|>",
    "<|start_header_id|>",
    "<|end_header_id|>",
    "<|eot_id|>",
    "<start_of_turn>",
    "<end_of_turn>",
    "[INST]",
    "[/INST]",
    "[gMASK]",
    "<|user|>",
    "<|assistant|>",
    "<|observation|>",
    "<User>",
    "<Assistant>",
    "<eos>",
    "<think>",
    "</think>",
    "<s>",
    "</s>",
];

fn data(value: &Value) -> Data {
    match value {
        Value::Null => Data::None,
        Value::Bool(truth) => Data::Bool(*truth),
        Value::Number(number) => Data::Int(number.as_i64().unwrap()),
        Value::String(text) => text.as_str().into(),
        Value::Array(items) => Data::List(items.iter().map(data).collect()),
        Value::Object(entries) => Data::dict(entries.iter().map(|(key, value)| (key.as_str(), data(value)))),
    }
}

fn chat(messages: &Value) -> Conversation {
    Conversation {
        messages: messages.as_array().unwrap().iter().map(data).collect(),
        ..Conversation::default()
    }
}

/// user, assistant, user, assistant.
fn talk() -> Conversation {
    chat(&json!([
        {"role": "user", "content": "Hello?"}, {"role": "assistant", "content": "Hi 😀"},
        {"role": "user", "content": "More"}, {"role": "assistant", "content": "Yes"},
    ]))
}

fn variables() -> Vec<(String, Data)> {
    vec![("bos_token".into(), "<s>".into()), ("eos_token".into(), "</s>".into())]
}

fn with(template: &str, options: Options) -> Formatter {
    let templates = Templates::single(Arc::new(Template::compile(template).unwrap()));
    let json = small::with_control(&TOKENS).to_string();
    let vocabulary = Arc::new(Vocabulary::from_json(json.as_bytes()).unwrap());
    let mut options = options;
    options.settings.variables.extend(variables());
    Formatter::new(templates, vocabulary, options).unwrap()
}

fn plain(template: &str) -> Formatter {
    with(template, Options::default())
}

fn example(formatter: &Formatter, conversation: &Conversation) -> Example {
    let mut outcome = formatter.encode(conversation, &Call::default()).unwrap();
    assert_eq!((outcome.examples.len(), outcome.fit, outcome.lost), (1, Fit::Whole, 0));
    outcome.examples.remove(0)
}

/// The texts of the runs of trained tokens.
fn trained(formatter: &Formatter, conversation: &Conversation) -> Vec<String> {
    let Example { input_ids, labels, .. } = example(formatter, conversation);
    assert!(input_ids.iter().zip(&labels).all(|(id, label)| label == id || *label == NO_LOSS));
    let runs = labels.split(|&label| label == NO_LOSS).filter(|run| !run.is_empty());
    runs.map(|run| decode(formatter, run)).collect()
}

fn decode(formatter: &Formatter, ids: &[i32]) -> String {
    let ids: Vec<u32> = ids.iter().map(|&id| u32::try_from(id).unwrap()).collect();
    formatter.vocabulary().decode(&ids, false).unwrap()
}

fn facts(formatter: &Formatter) -> (HeaderKind, EndKind) {
    let facts = formatter.facts(false).unwrap();
    (facts.header, facts.end)
}

#[test]
fn chatml() {
    let formatter = plain(CHATML);
    assert_eq!(trained(&formatter, &talk()), ["Hi 😀<|im_end|>", "Yes<|im_end|>"]);
    assert_eq!(facts(&formatter), (HeaderKind::Derived, EndKind::Printed));
}

#[test]
fn llama_3() {
    let formatter = plain(LLAMA_3);
    assert_eq!(trained(&formatter, &talk()), ["Hi 😀<|eot_id|>", "Yes<|eot_id|>"]);
    assert_eq!(facts(&formatter), (HeaderKind::Derived, EndKind::Printed));
}

#[test]
fn gemma() {
    let formatter = plain(GEMMA);
    assert_eq!(trained(&formatter, &talk()), ["Hi 😀<end_of_turn>", "Yes<end_of_turn>"]);
    let as_model = chat(&json!([{"role": "user", "content": "Hello?"}, {"role": "model", "content": "Hi"}]));
    assert_eq!(trained(&formatter, &as_model), [""; 0], "only `assistant` names an answer");
}

#[test]
fn mistral() {
    let formatter = plain(MISTRAL);
    assert_eq!(trained(&formatter, &talk()), [" Hi 😀</s>", " Yes</s>"]);
    assert_eq!(facts(&formatter), (HeaderKind::None, EndKind::Printed));
    assert_eq!(formatter.facts(false).unwrap().guess, None);
}

#[test]
fn a_template_without_a_generation_prompt() {
    let formatter = plain(NO_PROMPT);
    assert_eq!(trained(&formatter, &talk()), ["Hi 😀<|im_end|>", "Yes<|im_end|>"]);
    assert_eq!(facts(&formatter), (HeaderKind::Guessed, EndKind::Printed));
}

#[test]
fn a_template_that_has_no_prompt_after_a_tool() {
    let formatter = plain(NO_PROMPT_AFTER_TOOL);
    let called = chat(&json!([
        {"role": "user", "content": "Hello?"}, {"role": "tool", "content": "7"},
        {"role": "assistant", "content": "Seven"},
    ]));
    assert_eq!(trained(&formatter, &called), ["Seven<|im_end|>"]);
    assert_eq!(facts(&formatter), (HeaderKind::Derived, EndKind::Printed));
}

#[test]
fn glm() {
    let formatter = plain(GLM);
    assert_eq!(trained(&formatter, &talk()), ["\nHi 😀<|user|>", "\nYes"]);
    assert_eq!(facts(&formatter), (HeaderKind::Derived, EndKind::Follows));
    let trace = formatter.trace(&talk(), &Call::default()).unwrap();
    let ends: Vec<_> = trace.turns.iter().map(|turn| turn.end).collect();
    assert_eq!(ends, [EndKind::Follows, EndKind::None]);
}

#[test]
fn a_generation_prompt_that_the_call_asks_for_is_not_trained() {
    let call = Call { add_generation_prompt: true, ..Call::default() };
    let trace = plain(GLM).trace(&talk(), &call).unwrap();
    assert_eq!(trace.turns[1].end, EndKind::None);
    assert!(trace.rendered.text.ends_with("Yes<|assistant|>"));
}

#[test]
fn deepseek() {
    let formatter = plain(DEEPSEEK);
    assert_eq!(trained(&formatter, &talk()), ["Hi 😀<eos>", "Yes<eos>"]);
}

#[test]
fn qwen_3() {
    let formatter = plain(QWEN_3);
    let thinking = "<think>\n\n</think>\n\nYes<|im_end|>";
    assert_eq!(trained(&formatter, &talk()), ["Hi 😀<|im_end|>", thinking]);
    let mut options = Options::default();
    options.settings.variables.push(("enable_thinking".into(), false.into()));
    assert_eq!(trained(&with(QWEN_3, options), &talk()), ["Hi 😀<|im_end|>", "Yes<|im_end|>"]);
    let reasoning = chat(&json!([
        {"role": "user", "content": "Hello?"}, {"role": "assistant", "reasoning_content": "Hm", "content": "Hi"},
    ]));
    assert_eq!(trained(&formatter, &reasoning), ["<think>\nHm\n</think>\n\nHi<|im_end|>"]);
}

#[test]
fn an_assistant_that_begins_has_its_header_guessed() {
    let formatter = plain(CHATML);
    let begins = chat(&json!([{"role": "assistant", "content": "Hi"}, {"role": "user", "content": "Hello"}]));
    assert_eq!(trained(&formatter, &begins), ["Hi<|im_end|>"]);
    let trace = formatter.trace(&begins, &Call::default()).unwrap();
    assert_eq!(trace.turns[0].header, HeaderKind::Guessed);
}

#[test]
fn a_token_with_foreign_data_is_never_trained() {
    let formatter = plain("{% for m in messages %}{{ m.content }}{% endfor %}");
    let joined = chat(&json!([{"role": "user", "content": "t"}, {"role": "assistant", "content": "he"}]));
    let Example { input_ids, labels, .. } = example(&formatter, &joined);
    assert_eq!((input_ids.len(), labels), (1, vec![NO_LOSS]));
}

#[test]
fn the_border_policy_decides_on_straddling_tokens() {
    let template = "{% for m in messages %}{% if m.role == 'user' %}{{ m.content }}|t{% else %}{{ m.content }}{% endif %}\
        {% endfor %}{% if add_generation_prompt %}{% endif %}";
    let joined = chat(&json!([{"role": "user", "content": "a"}, {"role": "assistant", "content": "he"}]));
    let under = |boundary| trained(&with(template, Options { boundary, ..Options::default() }), &joined);
    assert_eq!(under(Boundary::Any), ["the"]);
    assert!(under(Boundary::All).is_empty());
}

#[test]
fn end_tokens_follow_their_policy() {
    let under = |end_tokens| trained(&with(CHATML, Options { end_tokens, ..Options::default() }), &talk());
    assert_eq!(under(EndTokens::Last), ["Hi 😀", "Yes<|im_end|>"]);
    assert_eq!(under(EndTokens::None), ["Hi 😀", "Yes"]);
}

#[test]
fn a_longer_conversation_is_an_error_or_left_out() {
    let Example { input_ids, labels, .. } = example(&plain(CHATML), &talk());
    let (tokens, lost) = (input_ids.len(), labels.iter().filter(|label| **label != NO_LOSS).count());
    let under = |max_length, overflow| {
        let options = Options { max_length: Some(max_length), overflow, ..Options::default() };
        with(CHATML, options).encode(&talk(), &Call::default())
    };
    assert_eq!(under(tokens, Overflow::Error).map(|outcome| outcome.fit), Ok(Fit::Whole));
    let max_length = tokens - 1;
    assert_eq!(under(max_length, Overflow::Error), Err(Error::TooLong { tokens, max_length }));
    assert_eq!(under(max_length, Overflow::Drop), Ok(Outcome::dropped(tokens, lost)));
}

#[test]
fn the_tokens_of_a_trace_are_those_of_encode() {
    let formatter = plain(LLAMA_3);
    let trace = formatter.trace(&talk(), &Call::default()).unwrap();
    let tokens = formatter.tokens(&trace).unwrap();
    assert_eq!(tokens.example, example(&formatter, &talk()));
    assert_eq!(tokens.spans.len(), tokens.example.input_ids.len());
    assert_eq!(formatter.render(&talk(), &Call::default()).unwrap(), trace.rendered);
}

#[test]
fn a_template_that_refuses_a_row_is_an_error_and_not_for_plain_chats_no_facts() {
    let formatter = plain("{{ raise_exception('no') }}");
    assert!(matches!(formatter.encode(&talk(), &Call::default()), Err(Error::Template(_))));
    assert_eq!(formatter.facts(false), None);
}

#[test]
fn a_template_that_wants_the_last_word_to_be_the_assistants_tells_by_the_shorter_chat() {
    let guard = "{% if messages[-1].role == 'user' and not add_generation_prompt %}{{ raise_exception('no') }}{% endif %}";
    let formatter = plain(&(guard.to_owned() + CHATML));
    assert_eq!(facts(&formatter), (HeaderKind::Derived, EndKind::Printed));
}

fn compiled(source: &str) -> Arc<Template> {
    Arc::new(Template::compile(source).unwrap())
}

fn several(default: Option<&str>) -> Result<Formatter, Error> {
    let named = vec![("tool_use".to_owned(), compiled("tools")), ("rag".to_owned(), compiled("rag"))];
    let json = small::with_control(&TOKENS).to_string();
    let vocabulary = Arc::new(Vocabulary::from_json(json.as_bytes()).unwrap());
    Formatter::new(
        Templates { default: default.map(compiled), named, ..Templates::default() },
        vocabulary,
        Options::default(),
    )
}

#[test]
fn the_template_is_chosen_as_transformers_does() {
    let formatter = several(Some("plain")).unwrap();
    let mut row = talk();
    assert_eq!(formatter.render(&row, &Call::default()).unwrap().text, "plain");
    row.tools = Some(Data::List(vec![]));
    assert_eq!(formatter.render(&row, &Call::default()).unwrap().text, "tools");
    let without = several(None).unwrap();
    assert_eq!(without.render(&row, &Call::default()).unwrap().text, "tools");
    let names = vec!["tool_use".to_owned(), "rag".to_owned()];
    assert_eq!(without.encode(&talk(), &Call::default()), Err(Error::NoTemplate { names }));
}

#[test]
fn a_template_that_cant_be_compiled_fails_the_calls_that_need_it() {
    let json = small::with_control(&TOKENS).to_string();
    let made = |default: &str, name: &str| {
        let vocabulary = Arc::new(Vocabulary::from_json(json.as_bytes()).unwrap());
        let error = Template::compile("{% if %}").unwrap_err();
        let broken = vec![Broken { name: name.to_owned(), source: "{% if %}".to_owned(), error }];
        let default = Some(default).filter(|_| name != "default").map(compiled);
        let named = vec![("rag".to_owned(), compiled("rag"))];
        Formatter::new(Templates { default, named, broken }, vocabulary, Options::default())
    };
    let (plain, tools) = (talk(), Conversation { tools: Some(Data::List(vec![])), ..talk() });
    let formatter = made(CHATML, "tool_use").unwrap();
    assert!(formatter.encode(&plain, &Call::default()).is_ok());
    for refused in
        [formatter.render(&tools, &Call::default()).err(), formatter.trace(&tools, &Call::default()).err()]
    {
        assert!(matches!(refused, Some(Error::Template(error)) if error.class() == Class::Syntax));
    }
    assert!(made(CHATML, "other").unwrap().encode(&tools, &Call::default()).is_ok());
    assert!(matches!(made("", "default"), Err(Error::Template(_))));
}

#[test]
fn no_template_at_all_is_an_error() {
    let json = small::with_control(&TOKENS).to_string();
    let vocabulary = Arc::new(Vocabulary::from_json(json.as_bytes()).unwrap());
    let refused = Formatter::new(Templates::default(), vocabulary, Options::default());
    assert!(matches!(refused, Err(Error::NoTemplate { names }) if names.is_empty()));
}

#[test]
fn a_fingerprint_tells_templates_and_options_apart() {
    let print = |template, options| with(template, options).fingerprint();
    let usual = print(CHATML, Options::default());
    assert_eq!(usual, print(CHATML, Options::default()));
    let settings = Settings { variables: vec![("x".into(), 1.into())], ..Settings::default() };
    let others = [
        print(GEMMA, Options::default()),
        print(CHATML, Options { boundary: Boundary::All, ..Options::default() }),
        print(CHATML, Options { end_tokens: EndTokens::Last, ..Options::default() }),
        print(CHATML, Options { max_length: Some(7), ..Options::default() }),
        print(CHATML, Options { overflow: Overflow::Drop, ..Options::default() }),
        print(CHATML, Options { keep: Keep::Start, ..Options::default() }),
        print(CHATML, Options { unstable: Unstable::Split, ..Options::default() }),
        print(CHATML, Options { settings, ..Options::default() }),
        print(CHATML, Options { read_by: "files".into(), ..Options::default() }),
    ];
    assert!(!others.contains(&usual));
}
