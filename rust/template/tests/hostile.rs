//! Templates that try to take all memory, all time or the whole stack end in a typed error, on the stack of
//! a plain thread.
mod common;

use chatloom_template::{Call, Class, Conversation, Data, Error, Template};
use common::{hello, settings, text};

fn failure(template: &str) -> (Class, &'static str) {
    let rendered = Template::compile(template)
        .and_then(|template| template.render(&hello(), &settings(), &Call::default()));
    match rendered {
        Ok(rendered) => panic!("rendered {} bytes", rendered.text.len()),
        Err(error) => (error.class(), error.kind()),
    }
}

fn is_budget(template: &str) {
    assert_eq!(failure(template), (Class::Budget, "BudgetExceeded"), "{template:.100}");
}

fn is_unsupported(template: &str) {
    assert_eq!(failure(template).0, Class::Unsupported, "{template:.100}");
}

#[test]
fn ranges_are_bounded_as_in_the_sandbox() {
    for range in ["range(10**12)", "range(10**12)|list", "range(0, 0 - 10**12, -1)", "range(100001)|length"] {
        assert_eq!(failure(&format!("{{{{ {range} }}}}")), (Class::Render, "OverflowError"), "{range}");
    }
}

#[test]
fn repeated_text_and_lists_are_charged_before_they_are_made() {
    is_budget("{{ 'a' * 10**10 }}");
    is_budget("{{ [1] * 10**9 }}");
    is_budget("{{ (1, 2) * 10**9 }}");
    is_budget("{{ [[1] * 10**5] * 10**5 * 10**3 }}");
    is_budget("{{ ('' * 10**15)|length }}");
}

#[test]
fn doublings_end() {
    is_budget(
        "{% set ns = namespace(t='ab') %}{% for i in range(40) %}{% set ns.t = ns.t + ns.t %}{% endfor %}",
    );
    is_budget(
        "{% set ns = namespace(t='ab') %}{% for i in range(40) %}{% set ns.t = ns.t ~ ns.t %}{% endfor %}",
    );
    is_budget(
        "{% set ns = namespace(l=[1]) %}{% for i in range(40) %}{% set ns.l = ns.l + ns.l %}{% endfor %}",
    );
    is_budget(
        "{% set ns = namespace(t='a') %}{% for i in range(40) %}{% set ns.t = ns.t.replace('a', 'aaaa') %}{% endfor %}",
    );
    is_budget(
        "{% set ns = namespace(t='a') %}{% for i in range(40) %}{% set ns.t %}{{ ns.t }}{{ ns.t }}{% endset %}{% endfor %}",
    );
    is_budget(
        "{% set ns = namespace(l=[1]) %}{% for i in range(40) %}{% set ns.l = [ns.l, ns.l] %}{% endfor %}{{ ns.l }}",
    );
    is_budget(
        "{% set ns = namespace(l=[1]) %}{% for i in range(40) %}{% set ns.l = [ns.l, ns.l] %}{% endfor %}{{ ns.l|tojson }}",
    );
}

#[test]
fn widths_are_charged() {
    for wide in [
        "'%1000000000s' % 'a'",
        "'%-1000000000s' % 'a'",
        "'%1000000000d' % 1",
        "'%.1000000000f' % 1",
        "'%.1000000000e' % 1",
        "'%.1000000000d' % 1",
        "'%*d' % (10**9, 1)",
        "'%70000d' % 1",
        "'%.70000f' % 1.5",
        "'{:70000d}'.format(1)",
        "'{:.70000f}'.format(1.5)",
        "'{:.70000%}'.format(1.5)",
        "'{:.70000g}'.format(1.5)",
        "'{:.70000}'.format(1.5)",
        "'{:>999999999}'.format('a')",
        "'a'.center(10**12)",
        "'a'.ljust(10**12)",
        "'a'.zfill(10**12)",
        "'a'|center(10**12)",
        "'\\t'.expandtabs(10**12)",
        "'a\nb'|indent(10**12)",
        "[1]|batch(10**12, 0)|list",
        "[1]|slice(10**12)|list",
        "[1]|tojson(indent='x' * 10**9)",
    ] {
        is_budget(&format!("{{{{ {wide} }}}}"));
    }
}

#[test]
fn large_powers_and_products_end() {
    is_budget("{{ 9**(9**9) }}");
    is_budget("{{ 2**(10**12) }}");
    is_budget(
        "{% set ns = namespace(x=3) %}{% for i in range(60) %}{% set ns.x = ns.x * ns.x %}{% endfor %}",
    );
}

#[test]
fn brackets_of_any_depth_are_refused() {
    for (open, close) in
        [("(", ")"), ("[", "]"), ("{1:", "}"), ("-", ""), ("not ", ""), ("f(", ")"), ("l[", "]")]
    {
        is_unsupported(&format!("{{{{ {}1{} }}}}", open.repeat(20_000), close.repeat(20_000)));
    }
    is_unsupported(&format!("{{% set {}a{} = 1 %}}", "(".repeat(20_000), ")".repeat(20_000)));
}

#[test]
fn chains_of_any_length_are_refused() {
    for link in ["+1", "*1", "**1", "//1", " and 1", " or 1", "|abs", ".a", "[0]", "()", "|int(1)", "[1:]"] {
        is_unsupported(&format!("{{{{ x{} }}}}", link.repeat(20_000)));
    }
    is_unsupported(&format!("{{{{ {}1 }}}}", "1 if 1 else ".repeat(20_000)));
    is_unsupported(&format!("{{{{ 1{} }}}}", " if 1".repeat(20_000)));
}

#[test]
fn long_flat_code_is_fine() {
    let flat = |part: &str| part.repeat(5_000);
    assert_eq!(text(&format!("{{{{ 1{} }}}}", flat("~1"))).map(|text| text.len()), Ok(5_001));
    assert_eq!(text(&format!("{{{{ 1{} }}}}", flat("==1"))).as_deref(), Ok("True"));
    assert_eq!(text(&format!("{{{{ [{}]|length }}}}", flat("1,"))).as_deref(), Ok("5000"));
    let chain = format!("{{% if false %}}{}{{% endif %}}", flat("{% elif false %}a"));
    assert_eq!(text(&chain).as_deref(), Ok(""));
    assert_eq!(text(&flat("{% if true %}a{% endif %}")).map(|text| text.len()), Ok(5_000));
}

#[test]
fn blocks_of_any_depth_are_refused() {
    for (open, close) in [
        ("{% if 1 %}", "{% endif %}"),
        ("{% for i in [1] %}", "{% endfor %}"),
        ("{% set x %}", "{% endset %}"),
        ("{% filter upper %}", "{% endfilter %}"),
        ("{% with %}", "{% endwith %}"),
        ("{% macro m() %}", "{% endmacro %}"),
        ("{% call m() %}", "{% endcall %}"),
        ("{% generation %}", "{% endgeneration %}"),
        ("{% block b %}", "{% endblock %}"),
        ("{% for i in [1] recursive %}", "{% endfor %}"),
        ("{% if 1 %}{% else %}", "{% endif %}"),
    ] {
        is_unsupported(&format!("{}a{}", open.repeat(5_000), close.repeat(5_000)));
        is_unsupported(&open.repeat(5_000));
    }
}

#[test]
fn all_that_is_allowed_to_nest_fits_the_stack() {
    let nested = |open: &str, inside: &str, close: &str, depth| {
        format!("{}{inside}{}", open.repeat(depth), close.repeat(depth))
    };
    for (open, close, depth) in [
        ("{% if 1 %}", "{% endif %}", 90),
        ("{% for i in [1] %}", "{% endfor %}", 20),
        ("{% set x %}", "{% endset %}", 140),
        ("{% macro m() %}", "{% endmacro %}", 90),
        ("{% filter upper %}", "{% endfilter %}", 140),
        ("{% for i in [1] recursive %}", "{% endfor %}", 45),
    ] {
        assert!(Template::compile(&nested(open, "a", close, depth)).is_ok(), "{open}");
    }
    let parentheses = nested("(", "1", ")", 59);
    assert_eq!(text(&format!("{{{{ {parentheses} }}}}")).as_deref(), Ok("1"));
    let lists = nested("[", "1", "]", 59);
    assert_eq!(text(&format!("{{{{ {lists} }}}}")).as_deref(), Ok(lists.as_str()));
}

#[test]
fn macros_without_end_end() {
    for endless in [
        "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}",
        "{% macro f() %}{% for i in [1] %}{% if 1 %}{{ f() }}{% endif %}{% endfor %}{% endmacro %}{{ f() }}",
        "{% macro f() %}{% call f() %}{% endcall %}{{ caller }}{% endmacro %}{{ f() }}",
        "{% macro f() %}{% generation %}{{ f() }}{% endgeneration %}{% endmacro %}{{ f() }}",
        "{% macro f(x) %}{{ g(x) }}{% endmacro %}{% macro g(x) %}{{ f(x) }}{% endmacro %}{{ f(1) }}",
        "{% for x in [1] recursive %}{{ loop([x]) }}{% endfor %}",
        "{% block b %}{{ self.b() }}{% endblock %}",
        "{% block b scoped %}{% for x in [1] %}{% set y = x %}{{ self.b() }}{% endfor %}{% endblock %}",
    ] {
        assert_eq!(failure(endless), (Class::Render, "RecursionError"), "{endless}");
    }
}

#[test]
fn loops_end() {
    let inner = "{% for b in range(100000) %}{% endfor %}";
    is_budget(&format!("{{% for a in range(100000) %}}{inner}{{% endfor %}}"));
    is_budget(&format!("{{% for a in range(100000) %}}{inner}{inner}x{{% endfor %}}"));
    is_budget("{% macro f(n) %}{% if n %}{{ f(n - 1) }}{{ f(n - 1) }}{% endif %}{% endmacro %}{{ f(60) }}");
    is_budget("{% for a in range(100000) %}{{ 'a' * 10000 }}{% endfor %}");
}

#[test]
fn builtins_do_not_compare_each_with_each() {
    for (template, expected) in [
        ("{{ range(20000)|unique|list|length }}", "20000"),
        ("{{ range(20000)|map('string')|unique|list|length }}", "20000"),
        ("{{ dict(range(20000)|batch(2)|list)|length }}", "10000"),
        ("{% for i in range(50000) %}{% if i not in range(100000) %}x{% endif %}{% endfor %}", ""),
        ("{{ ('Σa' * 20000)|lower|length }}", "40000"),
        ("{{ ('a b ' * 20000)|replace('a', 'xy')|title|length }}", "100000"),
    ] {
        assert_eq!(text(template).as_deref(), Ok(expected), "{template}");
    }
}

#[test]
fn values_of_any_depth_are_handled_without_recursion() {
    let deep = "{% set ns = namespace(a=[], b=[], c=[1]) %}\
        {% for i in range(20000) %}{% set ns.a = [ns.a] %}{% set ns.b = [ns.b] %}{% set ns.c = [ns.c] %}{% endfor %}";
    let with = |use_: &str| text(&format!("{deep}{use_}"));
    assert_eq!(with("{{ ns.a == ns.b }}{{ ns.a in [ns.b] }}").as_deref(), Ok("TrueTrue"));
    assert_eq!(with("{{ ns.a == ns.c }}").as_deref(), Ok("False"));
    assert_eq!(with("{{ {'role': ns.a}|length }}").as_deref(), Ok("1"));
    for printed in [
        "{{ ns.a }}",
        "{{ ns.a|tojson }}",
        "{{ ns.a|pprint }}",
        "{{ ns.a < ns.c }}",
        "{{ [ns.a, ns.c]|sort }}",
    ] {
        let refused = |error: Error| matches!(error.class(), Class::Input | Class::Budget);
        assert!(with(printed).is_err_and(refused), "{printed}");
    }
    let tuples =
        "{% set ns = namespace(a=()) %}{% for i in range(30000) %}{% set ns.a = (ns.a,) %}{% endfor %}";
    assert_eq!(text(&format!("{tuples}{{{{ ns.a in {{}} }}}}")).as_deref(), Ok("False"));
}

#[test]
fn inputs_of_any_depth_are_refused() {
    let deep = (0..5_000).fold(Data::from("x"), |inside, _| Data::List(vec![inside]));
    let conversation = Conversation { variables: vec![("deep".to_owned(), deep)], ..hello() };
    let refused = common::render("{{ deep }}", &conversation);
    assert!(refused.is_err_and(|error| error.class() == Class::Input));
}

#[test]
fn huge_literals_end() {
    let long = "9".repeat(5_000);
    assert_eq!(failure(&format!("{{{{ {long} }}}}")), (Class::Syntax, "ValueError"));
    assert_eq!(text(&format!("{{{{ 1e{long} }}}}")).as_deref(), Ok("inf"));
    assert_eq!(text(&format!("{{{{ '{}'|length }}}}", "x".repeat(200_000))).as_deref(), Ok("200000"));
    assert_eq!(text(&format!("{{{{ '{long}'|int }}}}")).as_deref(), Ok("0"));
}

#[test]
fn nothing_reaches_the_interpreter() {
    let hidden = |template: &str| match text(template) {
        Ok(text) => text.is_empty(),
        Err(error) => matches!(error.kind(), "SecurityError" | "UndefinedError" | "UnsupportedInputError"),
    };
    for payload in [
        "{{ ''.__class__.__mro__[1].__subclasses__() }}",
        "{{ ''['__class__']['__mro__'] }}",
        "{{ [].__class__.__base__ }}",
        "{{ range.__globals__ }}",
        "{{ raise_exception.__globals__['__builtins__'] }}",
        "{{ ('{0.__class__.__init__.__globals__}').format(range) }}",
        "{{ '{0.__class__}'.format(1) }}",
        "{{ ''|attr('__class__') }}",
        "{{ ['%s']|map('format', ''|attr('__class__'))|first }}",
        "{% set f = '{0.__class__}'.format %}{{ f(1) }}",
        "{{ '{0.__class__}'|attr('format')(1) }}",
        "{{ '{a.__class__}'|attr('format_map')({'a': 1}) }}",
        "{{ namespace.__init__ }}",
        "{{ dict.__class__ }}",
        "{{ messages.append({}) }}",
        "{{ messages[0].update({}) }}",
        "{{ messages.clear() }}",
        "{% macro m() %}{% endmacro %}{{ m.__call__ }}{{ m._func }}",
        "{% for x in [1] %}{{ loop.__init__ }}{{ loop._iterable }}{% endfor %}",
        "{{ (1).__class__ }}{{ none.__class__ }}{{ 1.5.__class__ }}",
    ] {
        assert!(hidden(payload), "{payload}");
    }
}

#[test]
fn errors_are_plain_values() {
    fn is_error<T: std::error::Error + Send + Sync + 'static>() {}
    is_error::<Error>();
}
