//! What small templates give; each name tells what its table shows.
mod common;

use chatloom_template::{Call, Conversation, Data, Settings, Template};
use common::{chat, hello, render, text};
use serde_json::json;

fn all_equal(table: &[(&str, &str)]) {
    for (template, expected) in table {
        assert_eq!(text(template).as_deref(), Ok(*expected), "{template}");
    }
}

#[test]
fn whitespace_control_trims_blocks_and_lines() {
    all_equal(&[
        ("a\n", "a"),
        ("a\n\n", "a\n"),
        ("a\r\nb\rc", "a\nb\nc"),
        ("{% if 1 %}\n  x\n{% endif %}\n y", "  x\n y"),
        ("   {% if 1 %}x{% endif %}", "x"),
        ("   {%+ if 1 %}x{% endif %}", "   x"),
        ("{% if 1 +%}\nx{% endif %}", "\nx"),
        ("   {{ 1 }}\nb", "   1\nb"),
        ("a \n {{- 1 -}} \n b", "a1b"),
        ("a{# c #}\nb", "ab"),
        ("{% raw %}\nx{{ y }}\n{% endraw %}\nz", "\nx{{ y }}\nz"),
    ]);
}

#[test]
fn values_print_as_in_python() {
    all_equal(&[
        ("{{ none }}|{{ true }}|{{ 1.0 }}|{{ 1e16 }}|{{ 1.5e-05 }}", "None|True|1.0|1e+16|1.5e-05"),
        ("{{ [1, 'a', none, (1,), {'k': 2.5}] }}", "[1, 'a', None, (1,), {'k': 2.5}]"),
        (r#"{{ ["it's", 'say "x"', '\n'] }}"#, r#"["it's", 'say "x"', '\n']"#),
        ("{{ ['한', '\\u200b', '<'|safe] }}", r"['한', '\u200b', Markup('<')]"),
        ("{{ range(1, 5, 2) }} {{ {'a': 1}.items() }}", "range(1, 5, 2) dict_items([('a', 1)])"),
        ("[{{ nothing }}] {{ [nothing] }}", "[] [Undefined]"),
        (
            "{{ 10**20 }} {{ -7 // 2 }} {{ -7 % 3 }} {{ 7 / 2 }} {{ 2**-1 }}",
            "100000000000000000000 -4 2 3.5 0.5",
        ),
    ]);
}

#[test]
fn members_of_variables_are_trimmed_like_anything_else() {
    all_equal(&[
        ("{% set m = {'x': ' a\u{a0}b\u{3000}\n'} %}[{{ m.x|trim }}]", "[a\u{a0}b]"),
        ("{% set m = {'x': 'a b'} %}[{{ m['x']|trim }}]{{ m.x|trim + m.x|trim|upper }}", "[a b]a bA B"),
        ("{% set m = {'x': none, 'y': [' ']} %}{{ m.x|trim }}{{ m.y|trim }}[{{ m.z|trim }}]", "None[' '][]"),
        (
            "{% set m = {'x': '<b>'|safe} %}{{ (m.x|trim) + '<' }}{{ ' <b>'|safe|trim + '<' }}",
            "<b>&lt;<b>&lt;",
        ),
        ("{% for x in [1, 2] %}{{ loop.index|trim + loop.first|trim }} {% endfor %}", "1True 2False "),
        (
            "{% set m = {'x': 'a'} %}{{ m.x|trim is string }}{{ m.x|trim == 'a' }}{{ 'a' in m.x|trim }}",
            "TrueTrueTrue",
        ),
    ]);
}

#[test]
fn operators_have_the_precedence_of_jinja() {
    all_equal(&[
        ("{{ 2 ** 3 ** 2 }} {{ -2 ** 2 }} {{ 1 + 2 * 3 }}", "64 4 7"),
        ("{{ 'a' ~ 1 ~ 2 * 3 }} {{ 1 ~ 2 == '12' }}", "a16 True"),
        ("{{ 'a' + 'b'|upper }} {{ not 1 == 2 }} {{ 1 < 2 < 3 }}", "aB True True"),
        ("{{ 1 is odd and 2 is even }} {{ 1 if 0 else 2 if 0 else 3 }}", "True 3"),
        ("{{ 0 or '' or 'x' }} {{ 1 and 'y' }}", "x y"),
    ]);
}

#[test]
fn attributes_come_before_items_and_items_before_attributes() {
    all_equal(&[
        (
            "{% set d = {'items': 1, 'a': 2} %}{{ d['items'] }} {{ d.a }} {{ d.items()|list }}",
            "1 2 [('items', 1), ('a', 2)]",
        ),
        ("{{ 'abc'[-1] }} {{ 'abc'[5] }}| {{ '한글'[1] }} {{ 'abc'[::-1] }}", "c | 글 cba"),
        ("{{ [1, 2, 3][1:] }} {{ (1, 2)[0] }} {{ {1: 'a'}[1.0] }}", "[2, 3] 1 a"),
        ("{{ ''.__class__ }}| {{ messages[0].content }}", "| hi"),
    ]);
}

#[test]
fn scopes_end_where_those_of_jinja_end() {
    all_equal(&[
        ("{% set x = 1 %}{% for i in [1] %}{% set x = 2 %}{% endfor %}{{ x }}", "1"),
        ("{% if 1 %}{% set x = 2 %}{% endif %}{{ x }}", "2"),
        ("{% set c = 'a' %}{% for i in [1, 2] %}{{ c }}{% set c = 'b' %}{% endfor %}", "aa"),
        ("{% macro m() %}{{ y }}{% endmacro %}{% set y = 3 %}{{ m() }}", "3"),
        ("{% for i in [1] %}{% macro m() %}[{{ i }}]{% endmacro %}{{ m() }}{% endfor %}", "[1]"),
        ("{% with a = 1 %}{{ a }}{% endwith %}[{{ a }}]", "1[]"),
        (
            "{% set ns = namespace(n=0) %}{% for i in [1, 2] %}{% set ns.n = ns.n + i %}{% endfor %}{{ ns.n }}",
            "3",
        ),
        ("{% set x %}a{{ 1 }}{% endset %}[{{ x }}] {% set y | upper %}b{% endset %}{{ y }}", "[a1] B"),
        ("{% generation %}{% set g = 1 %}x{% endgeneration %}[{{ g }}]", "x[]"),
    ]);
}

#[test]
fn loops_know_where_they_are() {
    all_equal(&[
        (
            "{% for x in 'ab' %}{{ loop.index }}{{ loop.index0 }}{{ loop.revindex }}{{ loop.first }}{{ loop.last }} {% endfor %}",
            "102TrueFalse 211FalseTrue ",
        ),
        ("{% for x in [1, 2] %}{{ loop.previtem }}<{{ x }}>{{ loop.nextitem }} {% endfor %}", "<1>2 1<2> "),
        ("{% for x in [3, 1, 2] if x > 1 %}{{ x }}{{ loop.length }} {% endfor %}", "32 22 "),
        ("{% for x in [] %}{% else %}none{% endfor %}", "none"),
        ("{% for x in [1, 2, 3] %}{% if x == 2 %}{% continue %}{% endif %}{{ x }}{% endfor %}", "13"),
        ("{% for x in [1, 2, 3] %}{% if x == 2 %}{% break %}{% endif %}{{ x }}{% endfor %}", "1"),
        ("{% for a, (b, c) in [(1, (2, 3))] %}{{ a }}{{ b }}{{ c }}{% endfor %}", "123"),
        ("{% for x in 'abc' %}{{ loop.cycle('-', '+') }}{% endfor %}", "-+-"),
    ]);
}

#[test]
fn macros_take_what_they_are_given() {
    all_equal(&[
        (
            "{% macro m(a, b=a) %}[{{ a }}{{ b }}]{% endmacro %}{{ m(1) }}{{ m(1, b=2) }}{{ m() }}",
            "[11][12][]",
        ),
        ("{% macro m() %}{{ varargs }}{{ kwargs }}{% endmacro %}{{ m(1, x=2) }}", "(1,){'x': 2}"),
        ("{% macro m() %}<{{ caller('v') }}>{% endmacro %}{% call(x) m() %}{{ x }}{% endcall %}", "<v>"),
        ("{% macro f(n) %}{{ n }}{% if n %}{{ f(n - 1) }}{% endif %}{% endmacro %}{{ f(2) }}", "210"),
        ("{% filter upper|trim %} a {% endfilter %}", "A"),
    ]);
}

#[test]
fn markup_escapes_what_joins_it() {
    all_equal(&[
        ("{{ '<b>'|safe + '<x>' }} {{ '<x>' + '<b>'|safe }}", "<b>&lt;x&gt; &lt;x&gt;<b>"),
        ("{{ '<b>'|safe ~ '<x>' }} {{ ['<a>', '<b>'|safe]|join('&') }}", "<b><x> <a>&<b>"),
        ("{{ ('%s'|safe) % '<' }} {{ ('<b>'|safe).replace('b', '<') }}", "&lt; <&lt;>"),
        ("{{ '<a>&\"'|e }} {{ '<'|e|e }} {{ '<'|e|forceescape }}", "&lt;a&gt;&amp;&#34; &lt; &amp;lt;"),
    ]);
}

#[test]
fn generators_are_gone_through_once() {
    all_equal(&[
        ("{% set g = ['a', 'b']|map('upper') %}{{ g|first }}{{ g|list }}{{ g|list }}", "A['B'][]"),
        ("{% set g = [1]|map('length') %}unused", "unused"),
        ("{% for x in ['a', 'b']|map('upper') %}{{ x }}{{ loop.last }}{% endfor %}", "AFalseBTrue"),
    ]);
}

#[test]
fn letters_are_those_of_unicode_14() {
    all_equal(&[
        ("{{ 'ß'.upper() }} {{ 'ǆ'.title() }} {{ 'ΑΣ Σ'.lower() }} {{ 'ﬁ'.capitalize() }}", "SS ǅ ας σ Fi"),
        ("{{ '½'.isnumeric() }} {{ '²'.isdigit() }} {{ '٣'|int }} {{ 'ß'.casefold() }}", "True True 3 ss"),
        ("{{ \"they're\".title() }} {{ \"they're\"|title }}", "They'Re They're"),
    ]);
}

#[test]
fn the_clock_is_the_one_that_is_given() {
    all_equal(&[
        ("{{ strftime_now('%Y-%m-%d %H:%M:%S') }}", "2025-03-09 14:05:07"),
        (
            "{{ strftime_now('%A %-d %b, %I %p, day %j, week %V of %G, %U %W') }}",
            "Sunday 9 Mar, 02 PM, day 068, week 10 of 2025, 10 09",
        ),
    ]);
    assert_eq!(
        Template::compile("{{ strftime_now('%Y') }}").map(|template| template.reads_clock()),
        Ok(true)
    );
    assert_eq!(
        Template::compile("{% set strftime_now = 1 %}{{ strftime_now }}").map(|t| t.reads_clock()),
        Ok(false)
    );
}

#[test]
fn messages_are_prepared_as_in_transformers() {
    let message =
        [("role", Data::from("assistant")), ("content", Data::None), ("reasoning", Data::from("r"))];
    let conversation = Conversation { messages: vec![Data::dict(message)], ..Conversation::default() };
    let dumped = render("{{ messages[0]|tojson }}", &conversation).map(|rendered| rendered.text);
    let expected = r#"{"thinking": "r", "role": "assistant", "reasoning": "r", "reasoning_content": "r"}"#;
    assert_eq!(dumped.as_deref(), Ok(expected));
    all_equal(&[(
        "{{ tools is none }} {{ documents is none }} {{ add_generation_prompt }}",
        "True True False",
    )]);
}

#[test]
fn variables_of_the_row_win_over_those_of_the_run() {
    let row = Conversation { variables: vec![("bos_token".to_owned(), Data::from("<row>"))], ..hello() };
    assert_eq!(render("{{ bos_token }}{{ eos_token }}", &row).map(|r| r.text).as_deref(), Ok("<row></s>"));
}

#[test]
fn an_open_message_ends_where_its_text_ends() {
    let template = "{% for m in messages %}<{{ m.role }}>{{ m.content }}</{{ m.role }}>{% endfor %}";
    let open = |content: &str, template: &str| {
        let call = Call { continue_final_message: Some("content".to_owned()), ..Call::default() };
        let messages = json!([{"role": "user", "content": "q"}, {"role": "assistant", "content": content}]);
        Template::compile(template)?.render(&chat(&messages), &Settings::default(), &call).map(|r| r.text)
    };
    assert_eq!(open("so ", template).as_deref(), Ok("<user>q</user><assistant>so "));
    let trimming = template.replace("m.content", "m.content|trim");
    assert_eq!(open("so ", &trimming).as_deref(), Ok("<user>q</user><assistant>so"));
}

#[test]
fn literals_are_all_that_a_template_may_print_of_its_own() {
    let template = Template::compile("a{{ 'b' }}{% if role == 'c' %}d{% endif %}{# e #}");
    let found =
        template.map(|template| template.literals().iter().map(ToString::to_string).collect::<Vec<_>>());
    let found = found.unwrap_or_default();
    assert!(
        ["a", "b", "c", "d"].iter().all(|literal| found.iter().any(|known| known == literal)),
        "{found:?}"
    );
    assert!(!found.iter().any(|literal| literal.contains('e')));
}
