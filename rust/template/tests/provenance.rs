//! Who wrote each byte of the output, and in whose turn: the rule's clauses one by one.
mod common;

use chatloom_template::{Conversation, Data, Rendered};
use common::{chat, partitions, render, segments};
use proptest::prelude::*;
use serde_json::{Value, json};

fn talk() -> Conversation {
    chat(&json!([
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "What?"},
        {"role": "assistant", "content": "That."},
    ]))
}

fn traced(template: &str, conversation: &Conversation) -> Rendered {
    match render(template, conversation) {
        Ok(rendered) => {
            assert!(partitions(&rendered), "{template}: {:?}", rendered.segments);
            rendered
        }
        Err(error) => panic!("{template}: {error}"),
    }
}

fn all_trace(conversation: &Conversation, table: &[(&str, &[&str])]) {
    for (template, expected) in table {
        assert_eq!(segments(&traced(template, conversation)), *expected, "{template}");
    }
}

fn one(content: &Value) -> Conversation {
    chat(&json!([{"role": "user", "content": content}]))
}

#[test]
fn text_of_the_template_is_literal_and_text_of_the_row_is_data() {
    all_trace(
        &one(&json!("hi")),
        &[
            ("a{{ messages[0].content }}b", &["'a' literal 0", "'hi' 0.content 0", "'b' literal 0"]),
            ("{{ 'a' }}{{ 1 + 1 }}{{ none }}", &["'a2None' literal -"]),
            (
                "{{ bos_token }}x{{ strftime_now('%Y') }}",
                &["'<s>' variable -", "'x' literal -", "'2025' variable -"],
            ),
        ],
    );
}

#[test]
fn variables_tools_and_documents_of_the_row_are_data_without_a_message() {
    let row = Conversation {
        tools: Some(common::data(&json!([{"function": {"name": "f"}}]))),
        documents: Some(common::data(&json!([{"text": "d"}]))),
        variables: vec![("style".to_owned(), Data::from("s")), ("bos_token".to_owned(), Data::from("<own>"))],
        ..one(&json!("hi"))
    };
    all_trace(
        &row,
        &[
            ("{{ tools[0].function.name }}", &["'f' tools[0].function.name -"]),
            ("{{ documents[0].text }}{{ style }}", &["'d' documents[0].text -", "'s' style -"]),
            ("{{ bos_token }}", &["'<own>' bos_token -"]),
        ],
    );
}

#[test]
fn a_role_that_the_template_may_know_is_literal() {
    let with_role = |role: &str| chat(&json!([{"role": role, "content": ""}]));
    let print = "{{ messages[0].role }}";
    for role in
        ["system", "developer", "user", "assistant", "model", "tool", "function", "ipython", "observation"]
    {
        assert_eq!(segments(&traced(print, &with_role(role))), [format!("'{role}' literal -")]);
    }
    all_trace(
        &with_role("critic"),
        &[
            (print, &["'critic' 0.role 0"]),
            (
                "{% if messages[0].role == 'critic' %}{{ messages[0].role }}{% endif %}",
                &["'critic' literal -"],
            ),
            (
                "{% if messages[0].role in ['critic'] %}{{ messages[0].role }}{% endif %}",
                &["'critic' literal -"],
            ),
        ],
    );
}

#[test]
fn derived_text_keeps_the_origin_of_what_it_derives_from() {
    all_trace(
        &one(&json!("  Hello World ")),
        &[
            ("{{ messages[0].content.strip() + '!' }}", &["'Hello World' 0.content 0", "'!' literal 0"]),
            (
                "{{ '<' ~ messages[0].content|trim|upper ~ '>' }}",
                &["'<' literal 0", "'HELLO WORLD' 0.content 0", "'>' literal 0"],
            ),
            (
                "{{ messages[0].content.split()|join('+') }}",
                &["'Hello' 0.content 0", "'+' literal 0", "'World' 0.content 0"],
            ),
            (
                "{{ messages[0].content.replace('World', 'you')|trim }}",
                &["'Hello ' 0.content 0", "'you' literal 0"],
            ),
            ("{{ messages[0].content[2:7] }}", &["'Hello' 0.content 0"]),
            ("{{ messages[0].content[::-1]|trim }}", &["'dlroW olleH' 0.content 0"]),
            (
                "{{ '%s|%5d' % (messages[0].content|trim, 1) }}",
                &["'Hello World' 0.content 0", "'|    1' literal 0"],
            ),
            (
                "{{ '[{}]'.format(messages[0].content|trim) }}",
                &["'[' literal 0", "'Hello World' 0.content 0", "']' literal 0"],
            ),
            ("{{ messages[0].content|length }}", &["'14' 0.content 0"]),
            (
                "{{ messages[0].content|trim|title|indent(2, true) }}",
                &["'  ' literal 0", "'Hello World' 0.content 0"],
            ),
            (
                "{{ ('<b>'|safe) + '&' + messages[0].content|trim }}",
                &["'<b>&amp;' literal 0", "'Hello World' 0.content 0"],
            ),
            ("{{ nothing|default(messages[0].content)|trim }}", &["'Hello World' 0.content 0"]),
            (
                "{{ messages[0].content|trim|truncate(8, leeway=0) }}",
                &["'Hello' 0.content 0", "'...' literal 0"],
            ),
        ],
    );
}

#[test]
fn json_has_an_origin_per_leaf() {
    let call = json!({"city": "Seoul", "days": [1, 2]});
    let row = chat(&json!([{"role": "assistant", "call": call}]));
    all_trace(
        &row,
        &[
            ("{{ messages[0].call.city|tojson }}", &["'\"Seoul\"' 0.call.city 0"]),
            (
                "{{ {'a': messages[0].call.days[1]}|tojson }}",
                &["'{\"a\": ' literal 0", "'2' 0.call.days[1] 0", "'}' literal 0"],
            ),
            (
                "{{ messages[0].call.days|tojson }}",
                &[
                    "'[' 0.call.days 0",
                    "'1' 0.call.days[0] 0",
                    "', ' 0.call.days 0",
                    "'2' 0.call.days[1] 0",
                    "']' 0.call.days 0",
                ],
            ),
            (
                "{% for key in messages[0].call %}{{ key }};{% endfor %}",
                &["'city' 0.call.city 0", "';' literal 0", "'days' 0.call.days 0", "';' literal 0"],
            ),
        ],
    );
}

#[test]
fn reasoning_keeps_the_users_own_name() {
    let row = chat(&json!([{"role": "assistant", "reasoning": "r"}]));
    all_trace(
        &row,
        &[
            ("{{ messages[0].reasoning_content }}", &["'r' 0.reasoning 0"]),
            ("{{ messages[0].thinking }}", &["'r' 0.reasoning 0"]),
        ],
    );
}

#[test]
fn blocks_macros_and_namespaces_keep_origins() {
    let content = &["'<' literal 0", "'hi' 0.content 0", "'>' literal 0"][..];
    all_trace(
        &one(&json!("hi")),
        &[
            ("{% set x %}<{{ messages[0].content }}>{% endset %}{{ x }}", content),
            ("{% macro m(t) %}<{{ t }}>{% endmacro %}{{ m(messages[0].content) }}", content),
            ("{% filter trim %} <{{ messages[0].content }}> {% endfilter %}", content),
            (
                "{% set ns = namespace(t='') %}{% set ns.t = '<' + messages[0].content + '>' %}{{ ns.t }}",
                content,
            ),
            (
                "{% macro m() %}<{{ caller() }}>{% endmacro %}{% call m() %}{{ messages[0].content }}{% endcall %}",
                content,
            ),
            ("{% block b %}<{{ messages[0].content }}>{% endblock %}", content),
            (
                "{% if false %}{% block b %}<{{ messages[0].content }}>{% endblock %}{% endif %}{{ self.b() }}",
                content,
            ),
            (
                "{% set x = messages[0] %}{% with y = x %}{% block b scoped %}<{{ y.content }}>{% endblock %}{% endwith %}",
                content,
            ),
            (
                "{% for x in [[messages[0].content]] recursive %}{{ x if x is string else '<' + loop(x) + '>' }}{% endfor %}",
                content,
            ),
            ("{% set j = joiner(messages[0].content) %}{{ j() }}<{{ j() }}>", content),
            (
                "{% set c = cycler('<', messages[0].content, '>') %}{{ c.next() }}{{ c.next() }}{{ c.next() }}",
                content,
            ),
        ],
    );
}

#[test]
fn a_loop_over_the_messages_gives_each_its_turn() {
    let turns: &[&str] = &[
        "'<system>' literal 0",
        "'Be brief.' 0.content 0",
        "'</s>' variable 0",
        "'<user>' literal 1",
        "'What?' 1.content 1",
        "'</s>' variable 1",
        "'<assistant>' literal 2",
        "'That.' 2.content 2",
        "'</s>' variable 2",
        "'end' literal -",
    ];
    let body = "<{{ m.role }}>{{ m.content }}{{ eos_token }}";
    let loop_ = format!("{{% for m in messages %}}{body}{{% endfor %}}end");
    let copied = format!("{{% set all = messages %}}{{% for m in all[:] %}}{body}{{% endfor %}}end");
    let selected = format!("{{% for m in messages|selectattr('content')|list %}}{body}{{% endfor %}}end");
    let counted =
        format!("{{% for i in range(messages|length) %}}{{% set m = messages[i] %}}{body}{{% endfor %}}end");
    let in_macro = format!(
        "{{% macro one(m) %}}{body}{{% endmacro %}}{{{{ one(messages[0]) }}}}{{{{ one(messages[1]) }}}}{{{{ one(messages[2]) }}}}end"
    );
    for template in [loop_, copied, selected, counted, in_macro] {
        assert_eq!(segments(&traced(&template, &talk())), turns, "{template}");
    }
}

#[test]
fn messages_in_reverse_keep_their_turns() {
    let template = "{% for m in messages[::-1] %}[{{ m.content }}]{% endfor %}";
    let found = segments(&traced(template, &talk()));
    assert_eq!(found[..3], ["'[' literal 2", "'That.' 2.content 2", "']' literal 2"]);
    assert_eq!(found[6..], ["'[' literal 0", "'Be brief.' 0.content 0", "']' literal 0"]);
}

#[test]
fn a_mapping_that_the_template_builds_is_the_message_whose_role_it_carries() {
    let template = "{% set ns = namespace(l=[]) %}\
        {% for m in messages %}{% set ns.l = ns.l + [{'role': m.role, 'content': 'x'}] %}{% endfor %}\
        {% for m in ns.l %}<{{ m.content }}>{% endfor %}";
    assert_eq!(
        segments(&traced(template, &talk())),
        ["'<x>' literal 0", "'<x>' literal 1", "'<x>' literal 2"]
    );
}

#[test]
fn an_earlier_message_does_not_become_current_within_a_later_one() {
    let template = "{% for m in messages %}{% if loop.last %}{% for e in messages %}({{ e.content }}){% endfor %}{% endif %}{% endfor %}";
    let found = segments(&traced(template, &talk()));
    assert!(found.iter().all(|segment| segment.ends_with(" 2")), "{found:?}");
}

#[test]
fn literals_keep_the_turn_of_their_first_join() {
    let template = "{% set ns = namespace(t='') %}\
        {% for m in messages %}{% set ns.t = ns.t + '<' + m.content %}{% endfor %}{{ ns.t }}|";
    assert_eq!(
        segments(&traced(template, &talk())),
        [
            "'<' literal 0",
            "'Be brief.' 0.content 0",
            "'<' literal 1",
            "'What?' 1.content 1",
            "'<' literal 2",
            "'That.' 2.content 2",
            "'|' literal -",
        ]
    );
}

#[test]
fn data_of_another_message_has_the_turn_that_it_is_printed_in() {
    let template = "{% for m in messages[1:] %}{% if loop.first %}{{ messages[0].content }}{% endif %}{{ m.content }}{% endfor %}";
    assert_eq!(
        segments(&traced(template, &talk())),
        ["'Be brief.' 0.content 1", "'What?' 1.content 1", "'That.' 2.content 2",]
    );
}

#[test]
fn a_loop_that_prints_nothing_stamps_nothing() {
    let template = "{% set ns = namespace(n=0) %}{% for m in messages %}{% set ns.n = ns.n + 1 %}{% endfor %}{{ ns.n }}x";
    assert_eq!(segments(&traced(template, &talk())), ["'3x' literal -"]);
}

#[test]
fn a_message_without_a_turn_owns_the_turnless_text_around_its_data() {
    let template =
        "<sys>{{ messages[0].content }}</sys>{% for m in messages[1:] %}[{{ m.content }}]{% endfor %}";
    let found = segments(&traced(template, &talk()));
    assert_eq!(found[..3], ["'<sys>' literal 0", "'Be brief.' 0.content 0", "'</sys>' literal 0"]);
    let two = "({{ messages[0].content }}{{ messages[1].content }}){% for m in messages[2:] %}{{ m.content }}{% endfor %}";
    assert_eq!(segments(&traced(two, &talk()))[0], "'(' literal -");
}

#[test]
fn generation_blocks_cover_what_they_print() {
    let template = "{% for m in messages %}{% if m.role == 'assistant' %}<{% generation %}{{ m.content }}!{% endgeneration %}>{% endif %}{% endfor %}";
    assert_eq!(
        segments(&traced(template, &talk())),
        ["'<' literal 2", "'That.' 2.content 2 generation", "'!' literal 2 generation", "'>' literal 2",]
    );
}

#[test]
fn the_text_is_the_same_with_paths_and_without() {
    let template = chatloom_template::Template::compile("{% for m in messages %}{{ m.content }}{% endfor %}");
    let plain =
        template.and_then(|t| t.render(&talk(), &common::settings(), &chatloom_template::Call::default()));
    assert_eq!(plain.map(|rendered| rendered.text).as_deref(), Ok("Be brief.What?That."));
}

const STYLES: [&str; 4] = [
    "{% for m in messages %}<|{{ m.role }}|>\n{{ m.content }}<|end|>\n{% endfor %}",
    "{% set ns = namespace(t='') %}{% for m in messages %}{% set ns.t = ns.t + '[' + m.content|trim + ']' %}{% endfor %}{{ ns.t|replace('[', '<<') }}",
    "{% macro one(m) %}{{ '%s: %s' % (m.role, m.content) }};{% endmacro %}{% for m in messages %}{{ one(m) }}{% endfor %}",
    "{% for m in messages %}{{ m|tojson }}{{ m.content.split('a')|join('|')|upper }}{{ m.content[::-1] }}{% endfor %}",
];

proptest! {
    #[test]
    fn segments_partition_any_text(
        style in 0..STYLES.len(),
        contents in proptest::collection::vec("[a-c \\n\\[<é한😀]{0,8}", 1..5),
    ) {
        let messages = contents.iter().map(|content| json!({"role": "user", "content": content})).collect();
        let rendered = render(STYLES[style], &chat(&Value::Array(messages)));
        prop_assert!(rendered.is_ok_and(|rendered| partitions(&rendered)));
    }

    #[test]
    fn another_value_of_a_field_changes_only_its_segments(
        contents in proptest::collection::vec("[a-c]{1,4}", 2..5),
        other in "[d-f]{1,6}",
    ) {
        let row = |contents: &[String]| {
            let messages = contents.iter().map(|content| json!({"role": "user", "content": content})).collect();
            render(STYLES[0], &chat(&Value::Array(messages)))
        };
        let mut replaced = contents.clone();
        replaced[1].clone_from(&other);
        let (before, after) = (row(&contents), row(&replaced));
        prop_assert!(before.is_ok() && after.is_ok());
        let (before, after) = (segments(&before.unwrap_or_default()), segments(&after.unwrap_or_default()));
        prop_assert_eq!(before.len(), after.len());
        let changed: Vec<_> = before.iter().zip(&after).filter(|(before, after)| before != after).collect();
        prop_assert_eq!(changed.len(), 1);
        prop_assert!(changed[0].1.ends_with("1.content 1"));
    }
}
