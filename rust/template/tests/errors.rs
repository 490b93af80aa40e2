//! Class, kind and place of every kind of error.
mod common;

use chatloom_template::{Call, Class, Conversation, Error, Position, Settings, Template};
use common::{hello, text};

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
        ("{{ x", Class::Syntax, SYNTAX, 1, 1),
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
        ("{% macro m(caller) %}{{ caller }}{% endmacro %}", Class::Syntax, ASSERTION, 1, 10),
        ("{% break %}", Class::Syntax, "SyntaxError", 1, 4),
    ]);
    assert_eq!(error("{% for loop in [] %}{% endfor %}{% if %}").kind(), "TemplateSyntaxError");
}

#[test]
fn constructs_that_are_not_known_are_refused_by_name() {
    const REFUSED: &str = "UnsupportedTemplateError";
    all_fail(&[
        ("{% block a %}{% endblock %}", Class::Unsupported, REFUSED, 1, 4),
        ("\n {% include 'a' %}", Class::Unsupported, REFUSED, 2, 5),
        ("{{ x|urlize }}", Class::Unsupported, REFUSED, 1, 6),
        ("{{ cycler(1) }}", Class::Unsupported, REFUSED, 1, 4),
        ("{% for x in y recursive %}{% endfor %}", Class::Unsupported, REFUSED, 1, 15),
    ]);
    assert!(error("{{ x|urlize }}").message().contains("`urlize`"));
    assert!(error("{% autoescape true %}").message().contains("`autoescape`"));
}

#[test]
fn failures_of_a_render_have_the_names_of_python() {
    all_fail(&[
        ("{{ foo.bar }}", Class::Render, "UndefinedError", 1, 7),
        ("{{ 'a' + 1 }}", Class::Render, "TypeError", 1, 4),
        ("{{ 1 / 0 }}", Class::Render, "ZeroDivisionError", 1, 4),
        ("{{ 'a'.index('b') }}", Class::Render, "ValueError", 1, 7),
        ("{{ [].append(1) }}", Class::Render, "SecurityError", 1, 6),
        ("{% for x in none %}{% endfor %}", Class::Render, "TypeError", 1, 13),
        ("{{ '%(a)s' % {} }}", Class::Render, "KeyError", 1, 4),
        ("{{ 5|dictsort }}", Class::Render, "AttributeError", 1, 6),
        ("{{ [1]|map|list }}", Class::Render, "FilterArgumentError", 1, 12),
        ("{% if true %}{{ 1|nope }}{% endif %}", Class::Render, "TemplateRuntimeError", 1, 19),
        ("{% set x = 1 %}{% set x.y = 1 %}", Class::Render, "TemplateRuntimeError", 1, 19),
        ("{{ 10**400 * 1.0 }}", Class::Render, "OverflowError", 1, 4),
        ("{{ 'abc'|truncate(1) }}", Class::Render, "AssertionError", 1, 10),
        ("{{ '{0}'.format() }}", Class::Render, "IndexError", 1, 9),
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
        ("{{ (-8) ** 0.5 }}", Class::Input, "UnsupportedInputError", 1, 4),
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
        ("<｜User｜>{{ '한글' + 1 }}", Class::Render, "TypeError", 1, 12),
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
    assert_eq!(shown, "'foo' is undefined (template line 2, column 7)");
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
