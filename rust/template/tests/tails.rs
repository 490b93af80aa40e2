//! Tails of generation prompts equal those of a naive oracle that renders every prefix anew.
mod common;

use chatloom_template::{Call, Conversation, Data, Limits, Origin, Settings, Template};
use common::{chat, settings};
use proptest::prelude::*;
use serde_json::{Value, json};

/// Templates of the common styles, each with something that makes its tail depend on what came before.
const STYLES: [&str; 40] = [
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
    // Scans, forwards and backwards, with and without an end.
    "{% set ns = namespace(open=true, last=messages|length - 1) %}{% for m in messages[::-1] %}{% set index = (messages|length - 1) - loop.index0 %}\
     {% if ns.open and m.role == 'user' %}{% set ns.open = false %}{% set ns.last = index %}{% endif %}{% endfor %}\
     {% for m in messages %}<{{ m.role }}>{% if m.role == 'assistant' and loop.index0 > ns.last %}<think>{% endif %}{{ m.content }}{% endfor %}\
     {% if add_generation_prompt %}<assistant>{{ ns.last }}{% endif %}",
    "{% set ns = namespace(found='', n=0) %}{% for m in messages %}{% if m.role == 'system' %}{% set ns.found = ns.found + m.content %}{% set ns.n = ns.n + 1 %}{% endif %}{% endfor %}\
     {{ ns.found }}{% set ns = namespace(was='', told=false) %}{% for m in messages %}{% if ns.was == 'tool' and m.role != 'tool' %}</tools>{% endif %}<{{ m.role }}>{{ m.content }}\
     {% set ns.was = m.role %}{% endfor %}{% if add_generation_prompt %}{{ ns.was }}<assistant>{% endif %}",
    "{% set ns = namespace(last=none) %}{% for m in messages %}{% if m.role == 'user' %}{% set ns.last = loop.index %}{% endif %}{% endfor %}\
     {% for m in messages %}{% if ns.last is none %}?{% elif ns.last <= loop.index0 %}after{% elif ns.last == loop.index %}at{% endif %}{{ m.content }}{% else %}nobody{% endfor %}\
     {% if add_generation_prompt %}<assistant>{% endif %}",
    "{% for m in messages %}{% if m.role == 'tool' %}{% break %}{% endif %}{{ m.content }}{% endfor %}{% for m in messages if m.role != 'tool' %}<{{ m.role }}>{{ m.content }}{% endfor %}\
     {% if add_generation_prompt %}<assistant>{% endif %}",
    // What tells how many messages there are.
    "{% set rest = messages[1:] %}{% set all = messages %}{% for m in rest %}{{ m.content }}{% if loop.index == all|length - 1 %}<end>{% endif %}{% endfor %}{{ all|length }}\
     {% if add_generation_prompt %}<assistant>{% endif %}",
    "{% for m in messages %}{{ m.content }}{% if loop.nextitem is defined and loop.nextitem.role == m.role %}&{% elif loop.revindex == 1 %}.{% endif %}{% endfor %}{% if add_generation_prompt %}<assistant>{% endif %}",
    "{% for m in messages %}<{{ m.role }}>{% if messages[loop.index0 + 1] is defined and messages[loop.index0 - 1].role == 'user' %}{{ m.content }}{% endif %}{% endfor %}{% if add_generation_prompt %}<assistant>{% endif %}",
    "{% for m in messages %}{{ m.content }}{% if loop.changed(m.role) %}<{{ m.role }}>{% endif %}{{ loop.cycle('a', 'b') }}{% endfor %}{% if add_generation_prompt %}<assistant>{% endif %}",
    "{% macro last(l) %}{% if l.last %}<last>{% endif %}{% endmacro %}{% for m in messages %}{{ m.content }}{{ last(loop) }}{% endfor %}{% if add_generation_prompt %}<assistant>{% endif %}",
    "{% for m in messages %}{{ m.content }}{% for c in 'ab' %}{{ loop.last }}{% endfor %}{% for n in messages %}{% if n.role == 'tool' and loop.last %}!{% endif %}{% endfor %}{% endfor %}{% if add_generation_prompt %}<assistant>{% endif %}",
    // State in odd places.
    "{% set ns = namespace(n=0, names=[]) %}{% macro count(ns) %}{% set ns.n = ns.n + 1 %}{{ ns.n }}{% endmacro %}{% for m in messages %}{% set own = namespace(x=m.role) %}{{ own.x }}{{ m.content }}\
     {% if m.role == 'user' %}{{ count(ns) }}{% endif %}{% set ns.names = ns.names + [m.role] %}{% endfor %}{{ ns.names|join(',') }}{% if add_generation_prompt %}<assistant>{{ ns }}{% endif %}",
    "{% set ns = namespace(l=messages, g=messages|map(attribute='role')) %}{% for m in messages %}{{ m.content }}{% for r in ns.g %}{{ r }}{% endfor %}{% if m.role == 'tool' %}{% set ns.l = messages[1:] %}{% endif %}{% endfor %}{{ ns.l|length }}\
     {% if add_generation_prompt %}<assistant>{% endif %}",
    "{% set x = 'a' %}{% set users = messages|selectattr('role', 'equalto', 'user')|list %}{% for m in messages %}{% set x = x + 'b' %}{% if users and m is sameas users[-1] %}<last>{% endif %}{{ m.content }}{{ x }}{% endfor %}{% if add_generation_prompt %}<assistant>{% endif %}",
    "{% set users = messages|selectattr('role', 'equalto', 'user')|list %}{% for m in messages %}{% if users and m == users[-1] %}<last>{% endif %}{{ m.content }}{% endfor %}{% if add_generation_prompt %}<assistant>{% endif %}",
    "{% set ns = namespace(n=0) %}{% set text %}{% for m in messages %}{% set ns.n = ns.n + 1 %}<{{ m.role }}>{{ m.content }}{% endfor %}{% endset %}{{ text }}{{ ns.n }}{% if add_generation_prompt %}<assistant>{% endif %}",
    "{% set ns = namespace(first=true) %}{% for m in messages + [{'role': 'end', 'content': ''}] %}{% if m.role == 'end' %}<end>{% elif ns.first %}{% set ns.first = false %}<first>{% endif %}{{ m.content }}{% endfor %}{% if add_generation_prompt %}<assistant>{% endif %}",
    "{% for m in messages %}<{{ m.role }}>{% endfor %}{% if add_generation_prompt %}<assistant>{% endif %}",
    "{% if messages %}{{ bos_token }}{% endif %}{% for m in messages %}{% if m.role == 'critic' %}{{ raise_exception('no critics') }}{% endif %}{{ m.content }}{% if loop.last and m.role == 'tool' %}{{ nothing.here }}{% endif %}{% endfor %}{% if add_generation_prompt %}<assistant>{% endif %}",
    "{% set next = cycler('a', 'b') %}{% for m in messages %}{{ next.next() }}<{{ m.role }}>{{ m.content }}{% endfor %}\
     {% if add_generation_prompt %}<{{ next.current }}>{% endif %}",
    "{% for m in messages %}{{ m.content }}{% if loop.changed(m.role) %}<{{ m.role }}>{% endif %}{% endfor %}",
    "{% set ns = namespace(n=0) %}{% for m in messages %}{% block one scoped %}{% set ns.n = ns.n + 1 %}{{ m.content }}{% endblock %}{% endfor %}\
     {% if add_generation_prompt %}<{{ ns.n }}>{% endif %}",
    // A generation prompt that is asked for early.
    "{% if not add_generation_prompt is defined %}{% set add_generation_prompt = false %}{% endif %}{% for m in messages %}<{{ m.role }}>{{ m.content }}{% endfor %}\
     {% if add_generation_prompt and messages[-1].role != 'tool' %}<{{ add_generation_prompt }}>{% endif %}",
    "{% set ask = add_generation_prompt %}{% for m in messages %}<{{ m.role }}>{{ m.content }}{% if ask %}?{% endif %}{% endfor %}{{ ask }}",
    "{% for m in messages %}a{% if add_generation_prompt %}b{% else %}c{% endif %}{{ m.content }}{% endfor %}{% if add_generation_prompt %}<assistant>{% endif %}",
    "{% for m in messages %}{{ m.content }}{% endfor %}{% set ask = add_generation_prompt %}{% for m in messages %}{% if ask %}<{{ m.role }}>{% endif %}{% endfor %}{{ add_generation_prompt }}{{ ask }}",
    "{% macro one(m) %}{% if add_generation_prompt %}?{% endif %}{{ m.content }}{% endmacro %}{% for m in messages %}{{ one(m) }}<{{ m.role }}>{% endfor %}{% if add_generation_prompt %}<assistant>{% endif %}",
    "{% macro one(m) %}<{{ m.role }}>{{ m.content }}{% endmacro %}{{ messages|length }}{% for m in messages %}{{ one(m) }}{% endfor %}{% if add_generation_prompt %}{{ one({'role': 'assistant', 'content': ''}) }}{% endif %}",
    "{{ messages[1].role }}{% set first = messages[0] %}{% for m in messages %}{% if m.role == 'tool' and messages[3].role == 'tool' %}!{% endif %}<{{ m.role }}>{{ m.content }}{% if not loop.last and loop.nextitem.role == 'tool' %}&{% endif %}{{ messages[loop.index0 + 2].role }}{% endfor %}\
     {% if add_generation_prompt %}<assistant>{{ first.role }}{% endif %}",
];

/// The tail after the last byte of data of the render of a prefix.
fn oracle(
    template: &Template,
    conversation: &Conversation,
    before: usize,
    add_generation_prompt: bool,
) -> Option<String> {
    let messages = conversation.messages.get(..before).filter(|messages| !messages.is_empty())?.to_vec();
    let prefix = Conversation { messages, ..conversation.clone() };
    let call = Call { add_generation_prompt, ..Call::default() };
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
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn tails_equal_those_of_prefixes_rendered_anew(
        style in 0..STYLES.len(),
        messages in prop::collection::vec(message(), 1..20),
        variable in any::<bool>(),
        is_folded in any::<bool>(),
        step in 1..4_usize,
    ) {
        let template = if is_folded { compile(style).folded(&settings().variables) } else { compile(style) };
        let mut conversation = chat(&Value::Array(messages));
        if variable {
            conversation.variables.push(("eos_token".to_owned(), Data::from("<own>")));
        }
        let before: Vec<usize> = (0..=conversation.messages.len() + 1).step_by(step).collect();
        let call = Call::default();
        if let Ok((rendered, tails)) = template.render_with_tails(&conversation, &settings(), &call, &before) {
            prop_assert_eq!(template.render(&conversation, &settings(), &call), Ok(rendered));
            for (before, tail) in before.iter().zip(tails) {
                prop_assert_eq!(tail, oracle(&template, &conversation, *before, true), "before {}", before);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn beginnings_equal_those_rendered_anew(
        style in 0..STYLES.len(),
        messages in prop::collection::vec(message(), 1..20),
        is_folded in any::<bool>(),
        add_generation_prompt in any::<bool>(),
        backwards in any::<bool>(),
    ) {
        let template = if is_folded { compile(style).folded(&settings().variables) } else { compile(style) };
        let conversation = chat(&Value::Array(messages));
        let mut counts: Vec<usize> = (1..=conversation.messages.len()).collect();
        if backwards {
            counts.reverse();
        }
        let call = Call { add_generation_prompt, ..Call::default() };
        let compared = template.render_then(&conversation, &settings(), &call, |whole, beginnings| {
            for &count in &counts {
                let messages = conversation.messages[..count].to_vec();
                let alone = Conversation { messages, ..conversation.clone() };
                let expected = template.render(&alone, &settings(), &Call::default()).ok().map(|rendered| rendered.text);
                let found = beginnings.alone(count).ok();
                prop_assert_eq!(found.map(|alone| alone.pieces(&whole.text).collect::<String>()), expected, "{}", count);
                for prompt in [true, false] {
                    let tails = beginnings.tails(prompt, &[count, count + 1]);
                    let expected = [count, count + 1].map(|count| oracle(&template, &conversation, count, prompt));
                    prop_assert_eq!(tails, Ok(expected.to_vec()), "{}", count);
                }
            }
            Ok(())
        });
        if let Ok(compared) = compared {
            compared?;
        }
    }
}

/// With so many steps a hundred messages can't be rendered.
const FEW_STEPS: u64 = 1_000;

#[test]
fn each_tail_of_a_long_chat_takes_few_steps() {
    let roles = ["user", "assistant", "tool", "assistant"];
    let message = |place: usize| json!({"role": roles[place % 4], "content": "abc"});
    let conversation = chat(&(0..400).map(message).collect());
    let before: Vec<usize> = (1..400).collect();
    let limits = Limits { steps: FEW_STEPS, steps_per_byte: 0, ..Limits::default() };
    let settings = Settings { limits, ..settings() };
    let is_linear = |style: &usize| {
        let template = compile(*style);
        assert!(template.render(&conversation, &settings, &Call::default()).is_err(), "style {style}");
        template.tails(&conversation, &settings, true, &before).is_ok()
    };
    let linear: Vec<_> = (0..STYLES.len()).filter(is_linear).collect();
    // The others print all the chat again, or tell in every iteration how long it is.
    assert_eq!(linear, [0, 1, 2, 3, 4, 5, 6, 7, 9, 10, 13, 15, 28, 29, 33, 34, 35, 37, 38, 39]);
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
