//! Tails of generation prompts equal those of a naive oracle that renders every prefix anew.
mod common;

use chatloom_template::{Call, Conversation, Data, Origin, Template};
use common::{chat, settings};
use proptest::prelude::*;
use serde_json::{Value, json};

/// Templates of the common styles, each with something that makes its tail depend on what came before.
const STYLES: [&str; 15] = [
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}\
     {% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}",
    "{{ bos_token }}{% for m in messages %}[{{ m.role }}]{{ m.content|trim }}{{ eos_token }}{% endfor %}\
     {% if add_generation_prompt and messages[-1].role != 'assistant' %}[assistant]{% endif %}",
    "{% for m in messages %}{% if m.role == 'user' %}[INST] {{ m.content }} [/INST]{% else %} {{ m.content }}{{ eos_token }}{% endif %}{% endfor %}",
    "{% set ns = namespace(last=-1) %}{% for m in messages %}{% if m.role == 'user' %}{% set ns.last = loop.index0 %}{% endif %}{% endfor %}\
     {% for m in messages %}<{{ m.role }}>{{ m.content }}{% endfor %}\
     {% if add_generation_prompt %}<assistant>{% if ns.last == messages|length - 1 %}<think>{% endif %}{% endif %}",
    "{% set ns = namespace(tool=false) %}{% for m in messages %}{% if m.role == 'tool' %}{% set ns.tool = true %}<tool>{{ m.content }}\
     {% else %}{% set ns.tool = false %}<{{ m.role }}>{{ m.content }}{% endif %}{% endfor %}\
     {% if add_generation_prompt and not ns.tool %}<assistant>{% endif %}",
    "{% for m in messages %}{% if loop.first and m.role != 'system' %}<default>{% endif %}{{ m.content }}\n{% endfor %}\
     {% if add_generation_prompt %}{% if messages|length > 2 %}more{% else %}few{% endif %}:{% endif %}",
    "{% for m in messages %}{% if (m.role == 'user') != (loop.index0 % 2 == 0) %}{{ raise_exception('roles must alternate') }}{% endif %}<{{ m.role }}>{{ m.content }}{% endfor %}\
     {% if add_generation_prompt %}<assistant>{% endif %}",
    "{% macro one(m) %}<{{ m.role }}>{{ m.content }}</{{ m.role }}>{% endmacro %}{% for m in messages %}{{ one(m) }}{% endfor %}\
     {% if add_generation_prompt %}<assistant>{% endif %}",
    "{% set ns = namespace(text='') %}{% for m in messages %}{% set ns.text = ns.text + '<' + m.role + '>' + m.content %}{% endfor %}{{ ns.text }}\
     {% if add_generation_prompt %}<assistant>{% endif %}",
    "{% for m in messages %}{{ m.content }}{% if loop.last and add_generation_prompt %}<assistant>{% endif %}{% endfor %}",
    "{% for m in messages %}{% if m.role == 'system' %}{% continue %}{% endif %}<{{ m.role }}>{{ m.content }}{% if m.content == 'stop' %}{% break %}{% endif %}{% endfor %}\
     {% if add_generation_prompt %}<assistant>{% endif %}",
    "{% for i in range(messages|length) %}{% set m = messages[i] %}<{{ m.role }}>{{ m.content }}{% endfor %}\
     {% if add_generation_prompt %}{% for m in messages if m.role == 'user' %}{% if loop.last %}<{{ loop.length }}>{% endif %}{% endfor %}{% endif %}",
    "{% set next = cycler('a', 'b') %}{% for m in messages %}{{ next.next() }}<{{ m.role }}>{{ m.content }}{% endfor %}\
     {% if add_generation_prompt %}<{{ next.current }}>{% endif %}",
    "{% for m in messages %}{{ m.content }}{% if loop.changed(m.role) %}<{{ m.role }}>{% endif %}{% endfor %}",
    "{% set ns = namespace(n=0) %}{% for m in messages %}{% block one scoped %}{% set ns.n = ns.n + 1 %}{{ m.content }}{% endblock %}{% endfor %}\
     {% if add_generation_prompt %}<{{ ns.n }}>{% endif %}",
];

/// The tail after the last byte of data of the render of a prefix.
fn oracle(template: &Template, conversation: &Conversation, before: usize) -> Option<String> {
    let messages = conversation.messages.get(..before).filter(|messages| !messages.is_empty())?.to_vec();
    let prefix = Conversation { messages, ..conversation.clone() };
    let call = Call { add_generation_prompt: true, ..Call::default() };
    let rendered = template.render(&prefix, &settings(), &call).ok()?;
    let is_data = |origin: Origin| matches!(origin, Origin::Data(_));
    let last = rendered.segments.iter().rev().find(|segment| is_data(segment.origin));
    Some(rendered.text[last.map_or(0, |segment| segment.end)..].to_owned())
}

fn compile(style: usize) -> Template {
    match Template::compile(STYLES[style]) {
        Ok(template) => template,
        Err(error) => panic!("style {style}: {error}"),
    }
}

fn message() -> impl Strategy<Value = Value> {
    let role = prop::sample::select(vec!["system", "user", "assistant", "tool", "critic"]);
    let content = prop_oneof![Just("stop".to_owned()), "[ab \n]{0,5}"];
    (role, content).prop_map(|(role, content)| json!({"role": role, "content": content}))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn tails_equal_those_of_prefixes_rendered_anew(
        style in 0..STYLES.len(),
        messages in prop::collection::vec(message(), 1..9),
        variable in any::<bool>(),
    ) {
        let template = compile(style);
        let mut conversation = chat(&Value::Array(messages));
        if variable {
            conversation.variables.push(("eos_token".to_owned(), Data::from("<own>")));
        }
        let before: Vec<usize> = (0..=conversation.messages.len() + 1).collect();
        let call = Call::default();
        if let Ok((rendered, tails)) = template.render_with_tails(&conversation, &settings(), &call, &before) {
            prop_assert_eq!(template.render(&conversation, &settings(), &call), Ok(rendered));
            for (before, tail) in before.iter().zip(tails) {
                prop_assert_eq!(tail, oracle(&template, &conversation, *before), "before {}", before);
            }
        }
    }
}

#[test]
fn there_is_no_tail_where_no_message_is_before_or_the_prefix_fails() {
    let conversation = chat(&json!([
        {"role": "user", "content": "q"},
        {"role": "assistant", "content": "a"},
        {"role": "user", "content": "r"},
    ]));
    let tails = |style: usize, before: &[usize]| {
        let template = compile(style);
        template
            .render_with_tails(&conversation, &settings(), &Call::default(), before)
            .map(|(_, tails)| tails)
    };
    let assistant = |header: &str| Some(header.to_owned());
    assert_eq!(tails(0, &[0, 1, 4]), Ok(vec![None, assistant("<|im_end|>\n<|im_start|>assistant\n"), None]));
    assert_eq!(tails(5, &[1, 3]), Ok(vec![assistant("\nfew:"), assistant("\nmore:")]));
    assert_eq!(tails(0, &[]), Ok(vec![]));
}
