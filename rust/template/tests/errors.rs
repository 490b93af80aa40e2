//! Class, kind and place of every kind of error.
mod common;

use chatloom_template::{Call, Class, Conversation, Error, Position, Settings, Template};
use common::{hello, text};
use unicode_width::UnicodeWidthStr;

fn error(template: &str) -> Error {
    match text(template) {
        Err(error) => error,
        Ok(text) => panic!("{template} gave {text}"),
    }
}

/// Each template's error: class, kind, line, column.
fn all_fail(table: &[(&str, Class, &str, u32, u32)]) {
    for (template, class, kind, line, column) in table {
        let found = error(template);
        let place = Some(Position { line: *line, column: *column });
        assert_eq!((found.class(), found.kind(), found.position()), (*class, *kind, place), "{template}");
    }
}

#[test]
fn syntax_errors_point_to_the_token() {
    const SYNTAX: &str = "TemplateSyntaxError";
    all_fail(&[
        ("{{ 1 + }}", Class::Syntax, SYNTAX, 1, 8),
        ("a\n{{ $ }}", Class::Syntax, SYNTAX, 2, 4),
        ("{% if x %}", Class::Syntax, SYNTAX, 1, 11),
        ("{% endfor %}", Class::Syntax, SYNTAX, 1, 4),
        ("{% nope %}", Class::Syntax, SYNTAX, 1, 4),
        ("{{ 'a }}", Class::Syntax, SYNTAX, 1, 4),
        ("a {# b", Class::Syntax, SYNTAX, 1, 3),
        ("{{ [1, 2) }}", Class::Syntax, SYNTAX, 1, 9),
        ("{{ x", Class::Syntax, SYNTAX, 1, 5),
        ("{{ '\\x4' }}", Class::Syntax, SYNTAX, 1, 4),
        ("{% for x.y in z %}{% endfor %}", Class::Syntax, SYNTAX, 1, 9),
    ]);
}

#[test]
fn errors_that_jinja_finds_after_parsing_have_its_names() {
    const ASSERTION: &str = "TemplateAssertionError";
    all_fail(&[
        ("{{ 1|nope }}", Class::Syntax, ASSERTION, 1, 6),
        ("{{ 1 is nope }}", Class::Syntax, ASSERTION, 1, 6),
        ("{% for loop in [] %}{% endfor %}", Class::Syntax, ASSERTION, 1, 8),
        ("{% macro m(caller) %}{{ caller }}{% endmacro %}", Class::Syntax, ASSERTION, 1, 4),
        ("{% block a %}{% endblock %}{% block a %}{% endblock %}", Class::Syntax, ASSERTION, 1, 31),
        ("{% with %}{% extends 'a' %}{% endwith %}", Class::Syntax, ASSERTION, 1, 14),
        ("{% from 'a' import _b %}", Class::Syntax, ASSERTION, 1, 20),
        ("{% break %}", Class::Syntax, "SyntaxError", 1, 4),
        ("{{ dict(a=1, a=2) }}", Class::Syntax, "SyntaxError", 1, 8),
        ("{% macro m(a, a) %}{% endmacro %}", Class::Syntax, "SyntaxError", 1, 16),
    ]);
    assert_eq!(error("{% for loop in [] %}{% endfor %}{% if %}").kind(), "TemplateSyntaxError");
}

#[test]
fn constructs_that_are_not_known_are_refused_by_name() {
    const REFUSED: &str = "UnsupportedTemplateError";
    all_fail(&[
        ("{% autoescape true %}{% endautoescape %}", Class::Unsupported, REFUSED, 1, 4),
        ("\n {{ x|urlize }}", Class::Unsupported, REFUSED, 2, 7),
        ("{{ x|random }}", Class::Unsupported, REFUSED, 1, 6),
        ("{{ lipsum() }}", Class::Unsupported, REFUSED, 1, 4),
        ("{% for x in y if x %}{{ loop }}{% endfor %}", Class::Unsupported, REFUSED, 1, 25),
        ("{% set x | default(y) %}{% endset %}", Class::Unsupported, REFUSED, 1, 20),
        ("{{ dict(_loop_vars=1) }}", Class::Unsupported, REFUSED, 1, 20),
    ]);
    assert!(error("{{ x|urlize }}").message().contains("`urlize`"));
    assert!(error("{% autoescape true %}").message().contains("`autoescape`"));
}

#[test]
fn failures_of_a_render_have_the_names_of_python() {
    all_fail(&[
        ("{{ foo.bar }}", Class::Render, "UndefinedError", 1, 7),
        ("{{ 'a' + 1 }}", Class::Render, "TypeError", 1, 8),
        ("{{ 1 / 0 }}", Class::Render, "ZeroDivisionError", 1, 6),
        ("{{ 'a'.index('b') }}", Class::Render, "ValueError", 1, 7),
        ("{{ [].append(1) }}", Class::Render, "SecurityError", 1, 6),
        ("{% for x in none %}{% endfor %}", Class::Render, "TypeError", 1, 13),
        ("{{ '%(a)s' % {} }}", Class::Render, "KeyError", 1, 12),
        ("{{ 5|dictsort }}", Class::Render, "AttributeError", 1, 6),
        ("{{ [1]|map|list }}", Class::Render, "FilterArgumentError", 1, 12),
        ("{% if true %}{{ 1|nope }}{% endif %}", Class::Render, "TemplateRuntimeError", 1, 19),
        ("{% set x = 1 %}{% set x.y = 1 %}", Class::Render, "TemplateRuntimeError", 1, 19),
        ("{{ 10**400 * 1.0 }}", Class::Render, "OverflowError", 1, 12),
        ("{{ 'abc'|truncate(1) }}", Class::Render, "AssertionError", 1, 10),
        ("{{ '{0}'.format() }}", Class::Render, "IndexError", 1, 9),
        ("{% include 'a' %}", Class::Render, "TypeError", 1, 12),
        ("{% include [] %}", Class::Render, "TemplatesNotFound", 1, 12),
        ("{% block a required %}{% endblock %}", Class::Render, "TemplateRuntimeError", 1, 4),
        ("{% filter length %}a{% endfilter %}{{ foo.bar }}", Class::Render, "UndefinedError", 1, 42),
        ("{% filter length %}a{% endfilter %}b", Class::Render, "TypeError", 1, 11),
    ]);
}

#[test]
fn what_the_template_raises_is_told_word_by_word() {
    all_fail(&[("{{ raise_exception('No (here)!') }}", Class::Raised, "TemplateError", 1, 19)]);
    assert_eq!(error("{{ raise_exception('No (here)!') }}").message(), "No (here)!");
}

#[test]
fn calls_that_can_t_be_reproduced_are_refused() {
    all_fail(&[
        ("{{ 'a'.upper }}", Class::Input, "UnsupportedInputError", 1, 7),
        ("{{ 1[1:] }}", Class::Input, "UnsupportedInputError", 1, 5),
        ("{% for x in [1] %}{{ loop|list }}{% endfor %}", Class::Input, "UnsupportedInputError", 1, 27),
        ("{{ (-8) ** 0.5 }}", Class::Input, "UnsupportedInputError", 1, 9),
        ("{{ strftime_now('%q') }}", Class::Input, "UnsupportedInputError", 1, 16),
    ]);
    let template = Template::compile("{{ strftime_now('%Y') }}");
    let without_clock = template.and_then(|t| t.render(&hello(), &Settings::default(), &Call::default()));
    assert_eq!(without_clock.map_err(|error| error.class()), Err(Class::Input));
}

#[test]
fn lines_end_as_the_template_ends_them_and_columns_count_characters() {
    all_fail(&[
        ("a\r\nb\r\n{{ foo.bar }}", Class::Render, "UndefinedError", 3, 7),
        ("a\rb\r{{ foo.bar }}", Class::Render, "UndefinedError", 3, 7),
        ("한글 {{ foo.bar }}", Class::Render, "UndefinedError", 1, 10),
        ("<｜User｜>{{ '한글' + 1 }}", Class::Render, "TypeError", 1, 17),
        ("😀\r\n😀{{ $ }}", Class::Syntax, "TemplateSyntaxError", 2, 5),
    ]);
}

#[test]
fn an_error_in_a_macro_points_into_the_macro() {
    all_fail(&[(
        "{% macro m() %}\n{{ foo.bar }}{% endmacro %}\n{{ m() }}",
        Class::Render,
        "UndefinedError",
        2,
        7,
    )]);
}

#[test]
fn display_tells_what_and_where() {
    let shown = error("\n{{ foo.bar }}").to_string();
    assert_eq!(shown, "UndefinedError: 'foo' is undefined (template line 2, column 7)");
    let in_a_turn =
        error("{% for m in messages %}{{ m.contents.x }}{% endfor %}").in_template(Some("tool_use"));
    assert_eq!(
        format!("{in_a_turn:#}"),
        "UndefinedError: 'dict object' has no attribute 'contents' \
         (messages[0], template `tool_use`, line 1, column 37)\n\
         1 | {% for m in messages %}{{ m.contents.x }}{% endfor %}\n  \
         |                                     ^\n\
         hint: did you mean `content`? the message has the keys: content, role"
    );
}

#[test]
fn a_message_of_several_lines_is_printed_as_one() {
    let shown = error("{{ raise_exception('one\\n  two\\r\\nthree') }}").to_string();
    assert_eq!(shown, "TemplateError: one two  three (template line 1, column 19)");
}

/// The line and the caret of an error's snippet.
fn snippet(template: &str) -> (String, String) {
    let error = error(template);
    let mut lines = error.snippet().unwrap_or_default().lines().map(str::to_owned);
    (lines.next().unwrap_or_default(), lines.next().unwrap_or_default())
}

#[test]
fn the_caret_stands_under_the_place() {
    for (before, columns) in [
        ("", 0),
        ("abc", 3),
        ("\tab\u{b}c", 5),
        ("한국", 4),
        ("<｜User｜>", 10),
        ("e\u{301}e\u{302}\u{303}", 2),
        ("👩\u{200d}👩\u{200d}👧😀", 4),
        ("\u{202e}ab", 3),
        ("ﾊﾝｶｸ", 4),
    ] {
        let (line, caret) = snippet(&format!("{before}{{% nope %}}"));
        assert_eq!(caret.find('^'), Some("1 | {% ".len() + columns), "{before:?}");
        assert!(!line.contains(['\t', '\u{b}', '\u{202e}']), "{line:?}");
    }
}

#[test]
fn snippets_are_cut_to_a_window() {
    for (filler, count) in
        [("x", 5000), ("한", 5000), ("e\u{301}", 5000), ("👩\u{200d}👧", 5000), ("\u{301}", 20000)]
    {
        let filler = filler.repeat(count);
        for template in [
            format!("{filler}{{% nope %}}{filler}"),
            format!("{{% nope %}}{filler}"),
            format!("{filler}{{% nope %}}"),
            format!("{{{{ x }}}}\n{filler}{{% nope %}}{filler}\n{filler}"),
        ] {
            let (line, caret) = snippet(&template);
            assert!(line.contains("nope"), "{line}");
            assert!(line.width() <= 100 && caret.width() <= 100, "{line}");
            assert_eq!(line[..line.find("nope").unwrap_or(0)].width() + 1, caret.width(), "{line}\n{caret}");
        }
    }
}

#[test]
fn short_lines_are_shown_whole() {
    let template = format!("{}{{{{ foo.bar }}}}{}", "a".repeat(70), "b".repeat(5));
    assert_eq!(snippet(&template).0, format!("1 | {template}"));
}

#[test]
fn hints_name_what_was_there() {
    let chat = common::chat(&serde_json::json!([
        {"role": "user", "content": [{"type": "text"}], "s3cret": 1, "of the template": 2},
        {"role": "wizard", "content": "hi"},
        {"content": "hi"},
    ]));
    let hint = |template: &str| {
        let failed = common::render(template, &chat).expect_err(template);
        assert!(!format!("{failed:#}").contains("s3cret"), "{failed:#}");
        failed.advice().unwrap_or_default().to_owned()
    };
    assert_eq!(
        hint("{{ messages[0].tool_calls[0] }}"),
        "the message has the keys: content, role, and 2 more"
    );
    assert_eq!(
        hint("{{ 'of the template' }}{{ messages[0]['contnet'].x }}"),
        "did you mean `content`? the message has the keys: content, of the template, role, and 1 more"
    );
    assert_eq!(hint("{{ {'a': 1}.b.c }}"), "did you mean `a`? the mapping has the keys: a");
    assert_eq!(hint("{{ {}.b.c }}"), "the mapping has the keys: none");
    assert_eq!(
        hint("{{ namespace(found=1).fond.x }}"),
        "did you mean `found`? the namespace has the attributes: found"
    );
    assert_eq!(
        hint("{{ mesages.x }}"),
        "did you mean `messages`? the variables are: \
         add_generation_prompt, bos_token, documents, eos_token, messages, tools"
    );
    assert_eq!(hint("{{ 'a'.stripp() }}"), "did you mean `strip`?");
    assert_eq!(hint("{{ 1|uper }}"), "did you mean `upper`?");
    assert_eq!(hint("{{ 1 is defind }}"), "did you mean `defined`?");
    assert_eq!(hint("{% fro x in y %}"), "did you mean `for`?");
    assert_eq!(
        hint("{% for m in messages %}{{ m.content + '' }}{% endfor %}"),
        "the content of messages[0] is of type list, where the template may want text"
    );
    assert_eq!(hint("{{ raise_exception('Roles must alternate') }}"), "the roles are: user, another, none");
    assert_eq!(hint("{{ raise_exception('No tools') }}"), "");
}

#[test]
fn of_a_long_chat_the_roles_around_the_place_are_told() {
    let messages: Vec<_> = (0..40).map(|_| serde_json::json!({"role": "user"})).collect();
    let chat = common::chat(&serde_json::Value::Array(messages));
    let template = "{% for m in messages %}{% if loop.index == 30 %}{{ raise_exception('role') }}{% endif %}{% endfor %}";
    let failed = common::render(template, &chat).expect_err(template);
    let roles = ["user"; 12].join(", ");
    assert_eq!(failed.advice(), Some(format!("the roles are from messages[19] on: …, {roles}, …").as_str()));
    assert_eq!(failed.turn(), Some(29));
}

#[test]
fn what_a_template_raises_is_printed_without_what_the_row_wrote() {
    let chat = common::chat(&serde_json::json!([{"role": "user", "content": "s3cret"}]));
    let template = "{{ raise_exception('bad ' ~ messages[0].role ~ ': ' ~ messages[0].content ~ '!') }}";
    let failed = common::render(template, &chat).expect_err(template);
    assert_eq!(failed.message(), "bad user: s3cret!");
    assert_eq!(failed.shown(), "bad user: …!");
    assert!(!format!("{failed:#}").contains("s3cret"));
}

#[test]
fn contents_of_messages_are_not_told() {
    let secret = "s3cret-0451";
    let conversation = common::chat(&serde_json::json!([{"role": "user", "content": secret}]));
    for use_ in [
        "messages[0].content + 1",
        "messages[0].content.index('zz')",
        "messages[0].content|dictsort",
        "messages[0].content()",
        "messages[0].content % 1",
        "messages[0].content < 1",
        "['x'].index(messages[0].content)",
        "messages[0].content|round",
        "messages[0].content|filesizeformat",
        "{'a': 1}|xmlattr|int(messages[0].content, 99)|items|list",
    ] {
        let failed = common::render(&format!("{{{{ {use_} }}}}"), &conversation);
        assert!(failed.is_err_and(|error| !error.to_string().contains(secret)), "{use_}");
    }
}

#[test]
fn a_conversation_without_messages_is_an_error() {
    let empty = common::render("x", &Conversation::default());
    assert_eq!(empty.map_err(|error| error.kind()), Err("ValueError"));
}
