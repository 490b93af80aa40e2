//! Whatever a template does, it ends soon and in little memory: each case runs in a process of its own, whose
//! peak memory is looked at. With `--nocapture` the test prints what every case took.
#![cfg(target_os = "linux")]
#![expect(clippy::too_many_lines, reason = "tables of cases")]
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "what a case took is to be seen")]
mod common;

use std::fs::read_to_string;
use std::process::{Command, Output, Stdio};

use chatloom_template::{Call, Class, Template};
use common::{hello, settings};

/// What a case may take beside what the process takes anyway.
const MOST_KIBIBYTES: u64 = 64 << 10;

/// The variable by which a process is told its case.
const CASE: &str = "CHATLOOM_HOSTILE_CASE";

fn in_loop(before: &str, body: &str) -> String {
    format!(
        "{before}{{% for i in range(100000) %}}{{% for j in range(100000) %}}{body}{{% endfor %}}{{% endfor %}}"
    )
}

fn grown(start: &str, grow: &str, use_: &str) -> String {
    format!(
        "{{% set ns = namespace(v={start}) %}}{{% for i in range(100000) %}}{{% set ns.v = {grow} %}}{use_}{{% endfor %}}"
    )
}

/// A text of a mebibyte, `t`, and one that differs from it at the end, `u`.
const LONG: &str = "{% set t = 'ab' * 524288 %}{% set t = t|upper|lower %}{% set u = t[:-1] ~ 'c' %}";
/// The same in many pieces.
const ROPE: &str = "{% set t = 'a' * 100000 %}{% set u = t ~ 'c' %}{% set t = t ~ 'b' %}";
/// Numbers that are no longer in order, `l`, and a copy, `m`.
const LIST: &str = "{% set l = range(30000)|list %}{% set m = range(30000)|list %}";
/// Lists that hold the same list again and again: small, but endless for who goes through all of it.
const SHARED: &str = "{% set ns = namespace(a=[1], b=[1], c=(1,), d=(1,)) %}{% for i in range(60) %}\
    {% set ns.a = [ns.a, ns.a] %}{% set ns.b = [ns.b, ns.b] %}{% set ns.c = (ns.c, ns.c) %}{% set ns.d = (ns.d, ns.d) %}{% endfor %}";
/// The largest integer that can be computed.
const BIG: &str = "{% set x = 2**65000 %}{% set y = 3**20000 %}";

/// Templates that take all they can get.
fn renders() -> Vec<(String, String)> {
    let mut cases = Vec::new();
    let mut add = |name: &str, template: String| cases.push((name.to_owned(), template));
    for (name, body) in [
        ("empty", ""),
        ("text", "x"),
        ("set", "{% set a = 1 %}"),
        ("long body", &"{% set a = 1 %}".repeat(2_000)),
        ("list", "{% set a = [1, 2, 3] %}"),
        ("call", "{{ range(3)|length }}"),
        ("loop", "{{ loop.index }}"),
        ("time", "{{ strftime_now('%c') }}"),
        ("namespace", "{% set n = namespace(a=1) %}"),
        ("dict", "{% set a = {'a': 1, 'b': 2} %}"),
        ("capture", "{% set a %}x{% endset %}"),
        ("filtered", "{% filter upper %}x{% endfilter %}"),
        ("kept", "{% for x in range(1000) if x %}{% endfor %}"),
    ] {
        add(&format!("loops: {name}"), in_loop("", body));
    }
    for (name, expression) in [
        ("find", "t.find(u)"),
        ("count", "t.count('b')"),
        ("count of nothing", "t.count('')"),
        ("replace", "t.replace('c', 'd')|length"),
        ("replace all", "t.replace('a', 'bb')|length"),
        ("replace nothing", "t.replace('', 'x')|length"),
        ("split", "t.split('c')|length"),
        ("split at all", "t.split('a')|length"),
        ("words", "t.split()|length"),
        ("lines", "t.splitlines()|length"),
        ("equal", "t == u"),
        ("less", "t < u"),
        ("in", "'c' in t"),
        ("length", "t|length"),
        ("index", "t[i]"),
        ("slice", "t[1:-1]|length"),
        ("backwards", "t[::-1]|length"),
        ("strip", "t.strip('abc' * 1000)|length"),
        ("starts with", "u.startswith(t)"),
        ("upper", "t|upper|length"),
        ("title", "t|title|length"),
        ("is upper", "t is upper"),
        ("is title", "t.istitle()"),
        ("words counted", "t|wordcount"),
        ("wrapped", "t|wordwrap(1)|length"),
        ("truncated", "t|truncate(100)|length"),
        ("trimmed", "t|trim('ab')|length"),
        ("indented", "t|indent|length"),
        ("json", "t|tojson|length"),
        ("repr", "[t]|string|length"),
        ("listed", "t|list|length"),
        ("encoded", "t|urlencode|length"),
        ("escaped", "t|escape|length"),
        ("tags", "t|striptags|length"),
        ("centered", "t.center(2000000)|length"),
        ("formatted", "('%s' % t)|length"),
        ("int", "t|int"),
        ("float", "t|float"),
        ("key", "{t: 1}[u]"),
        ("member", "{'a': 1}[t]"),
        ("joined", "[t, t]|join(t)|length"),
        ("partition", "t.partition('c')|length"),
        ("tabs", "t.expandtabs(100)|length"),
        ("time", "strftime_now(t)|length"),
        ("changed", "loop.changed(t, u, i)"),
        ("unique", "[t, u]|unique|list|length"),
        ("sorted", "[t, u, t, u, t]|sort|length"),
    ] {
        add(&format!("long text: {name}"), in_loop(LONG, &format!("{{{{ {expression} }}}}")));
        add(&format!("rope: {name}"), in_loop(ROPE, &format!("{{{{ {expression} }}}}")));
    }
    for (name, expression) in [
        ("equal", "l == m"),
        ("less", "l < m"),
        ("in", "-1 in l"),
        ("in lists", "l in [m, m, m]"),
        ("count", "l.count(-1)"),
        ("sort", "l|sort|length"),
        ("sort backwards", "l|sort(reverse=true)|length"),
        ("sort by", "l|sort(attribute='a,b,c,d')|length"),
        ("sort lists", "[l, m, l, m]|sort|length"),
        ("sort mixed", "(l + ['a'] + m)|sort|length"),
        ("group", "l|groupby('real')|length"),
        ("unique", "l|unique|list|length"),
        ("min", "l|min"),
        ("sum", "l|sum"),
        ("sum of lists", "[l, m, l]|sum(start=[])|length"),
        ("map", "l|map('string')|list|length"),
        ("map chain", "l|map('string')|map('upper')|map('length')|list|length"),
        ("map of json", "[l, l, l]|map('tojson')|list|length"),
        ("select", "l|select('odd')|list|length"),
        ("reverse", "l|reverse|list|length"),
        ("backwards", "l[::-1]|length"),
        ("batch", "l|batch(2)|list|length"),
        ("slices", "l|slice(10000)|list|length"),
        ("join", "l|join('x')|length"),
        ("json", "l|tojson|length"),
        ("repr", "l|string|length"),
        ("changed", "loop.changed(l, m, i)"),
        ("dict", "dict(l|batch(2))|length"),
        ("added", "(l + m)|length"),
        ("first", "l|first"),
        ("last of range", "range(100000)|last"),
        ("listed", "range(100000)|list|length"),
        ("zero division", "l|map('int', l)|list"),
    ] {
        add(&format!("list: {name}"), in_loop(LIST, &format!("{{{{ {expression} }}}}")));
    }
    for (name, expression) in [
        ("equal", "ns.a == ns.b"),
        ("less", "ns.a < ns.b"),
        ("in", "ns.a in [ns.b]"),
        ("key", "{ns.c: 1}"),
        ("key in", "ns.c in {}"),
        ("unique", "[ns.c, ns.d]|unique|list|length"),
        ("sort", "[ns.a, ns.b]|sort|length"),
        ("group", "[{'x': ns.a}]|groupby('x')|length"),
        ("dict", "{'x': ns.a}|length"),
        ("print", "ns.a"),
        ("json", "ns.a|tojson"),
        ("pretty", "ns.a|pprint"),
        ("changed", "loop.changed(ns.a) ~ loop.changed(ns.b)"),
        ("join", "ns.a|join"),
        ("sum", "[ns.a]|sum(start=[])|length"),
        ("url", "ns.a|urlencode"),
    ] {
        add(&format!("shared lists: {name}"), in_loop(SHARED, &format!("{{{{ {expression} }}}}")));
    }
    for (name, expression) in [
        ("plus", "x + y"),
        ("times", "x * x"),
        ("times small", "y * y"),
        ("power", "3**40000"),
        ("floor", "x // y"),
        ("modulo", "x % y"),
        ("divided", "x / y"),
        ("divided with rest", "(x + 1) / (x - 1)"),
        ("compared", "x < y"),
        ("equal", "x == x + 1"),
        ("in", "x in [y, y, y]"),
        ("hex", "('%x' % x)|length"),
        ("decimal", "(10**4299)|string|length"),
        ("round", "y|round(-9000)"),
        ("round far", "x|round(-60000)"),
        ("size", "y|filesizeformat"),
        ("abs", "x|abs == 1"),
        ("sort", "[x, y, x, y]|sort|length"),
        ("unique", "[x, y, x, y]|unique|list|length"),
        ("odd", "x is odd"),
        ("bits", "('f' * 16000)|int(base=16) == 1"),
        ("read", "('1' * 4300)|int == 1"),
        ("read float", "('1' * 100000)|float"),
    ] {
        add(&format!("integers: {name}"), in_loop(BIG, &format!("{{% if {expression} %}}{{% endif %}}")));
    }
    for (name, start, grow, use_) in [
        ("doubled", "'ab'", "ns.v + ns.v", ""),
        ("joined", "'ab'", "ns.v ~ ns.v", ""),
        ("by replace", "'a'", "ns.v.replace('a', 'aaaa')", ""),
        ("by format", "'a%s'", "ns.v % ns.v", ""),
        ("by join", "'a'", "[ns.v, ns.v, ns.v]|join(ns.v)", ""),
        ("flattened", "'a'", "ns.v ~ 'b'", "{% if ns.v.endswith('c') %}{% endif %}"),
        ("looked through", "'a'", "ns.v ~ 'b'", "{% if 'c' in ns.v %}{% endif %}"),
        ("compared", "'a'", "ns.v ~ 'b'", "{% if ns.v == ns.v ~ 'c' %}{% endif %}"),
        ("printed", "'a'", "ns.v ~ 'b'", "{{ ns.v }}"),
        ("captured", "'a'", "ns.v ~ 'b'", "{% set x %}{{ ns.v }}{% endset %}"),
        ("measured", "'a'", "ns.v ~ 'b'", "{% if ns.v|length == 0 %}{% endif %}"),
        ("formatted", "'a'", "ns.v ~ '{}'", "{% if ns.v.format() %}{% endif %}"),
        ("lists", "[1]", "ns.v + ns.v", ""),
        ("list by list", "[1]", "ns.v + [i]", ""),
        ("nested", "[1]", "[ns.v]", "{% if ns.v == [1] %}{% endif %}"),
        ("nested twice", "[1]", "[ns.v, ns.v]", ""),
        ("itself", "1", "ns", "{% if ns.v == ns %}{{ ns }}{% endif %}"),
        ("itself as JSON", "1", "ns", "{{ ns.v|tojson }}"),
        ("itself in a list", "1", "[ns, ns]", "{{ ns.v|string|length }}"),
        ("itself sorted", "1", "[ns, ns]", "{{ ns.v|sort }}"),
        ("numbers", "3", "ns.v * ns.v", ""),
        ("sums", "3", "ns.v + ns.v", ""),
        ("tuples", "()", "(ns.v,)", "{% if ns.v in {} %}{% endif %}"),
        ("macro", "''", "ns.v ~ caller", "{{ ns.v|length }}"),
    ] {
        add(&format!("grown: {name}"), grown(start, grow, use_));
    }
    for (name, template) in [
        ("endless macro", "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}"),
        ("endless caller", "{% macro f() %}{% call f() %}{{ caller() }}{% endcall %}{% endmacro %}{{ f() }}"),
        (
            "callers",
            "{% macro f() %}{{ caller() }}{{ caller() }}{% endmacro %}{% macro g(n) %}{% call f() %}{% if n %}{{ g(n - 1) }}{% endif %}{% endcall %}{% endmacro %}{{ g(60) }}",
        ),
        (
            "two macros",
            "{% macro f(x) %}{{ g(x) }}{% endmacro %}{% macro g(x) %}{{ f(x) }}{% endmacro %}{{ f(1) }}",
        ),
        (
            "tree of macros",
            "{% macro f(n) %}{% if n %}{{ f(n - 1) }}{{ f(n - 1) }}{% endif %}{% endmacro %}{{ f(60) }}",
        ),
        (
            "printing tree",
            "{% macro f(n) %}{% if n %}{{ f(n - 1) }}{{ f(n - 1) }}{% endif %}xxxxxxxxxx{% endmacro %}{{ f(20) }}",
        ),
        (
            "kept at all depths",
            "{% macro f(n) %}{% for x in range(100000) if x < 99999 or f(n + 1) %}{{ loop.index }}{% endfor %}{% endmacro %}{{ f(0) }}",
        ),
        (
            "arguments",
            "{% macro f() %}{{ varargs|length }}{{ kwargs|length }}{% endmacro %}{% for i in range(100000) %}{{ f(*range(100000)) }}{% endfor %}",
        ),
        (
            "long name",
            "{% set d = {('x' * 500000)|upper: 1} %}{% for i in range(100000) %}{% if d[('x' * 500000)|upper] %}{% endif %}{% endfor %}",
        ),
        ("range", "{{ range(10**12) }}"),
        ("repeat", "{{ 'a' * 10**10 }}"),
        ("width", "{{ '%1000000000s' % 'a' }}"),
        ("width of a number", "{{ '%70000d' % 1 }}"),
        ("precision of a number", "{{ '%.70000f' % 1 }}"),
        ("many widths", "{% for i in range(100000) %}{{ '%60000.60000f' % 1.5 }}{% endfor %}"),
        ("format", "{{ '{:>999999999}'.format('a') }}"),
        ("split at nothing", "{{ 'x'.split('') }}"),
        ("indent of JSON", "{% for i in range(100000) %}{{ [[[[[1]]]]]|tojson(indent=1000) }}{% endfor %}"),
        (
            "JSON indented by a rope",
            "{% set ns = namespace(v='a' * 100000) %}{% for i in range(20) %}{% set ns.v = ns.v ~ ns.v %}{% endfor %}{{ [1]|tojson(indent=ns.v) }}",
        ),
        (
            "rope compared",
            "{% set ns = namespace(v='a' * 100000) %}{% for i in range(20) %}{% set ns.v = ns.v ~ ns.v %}{% endfor %}{{ ns.v == 'b' ~ ns.v }}",
        ),
        (
            "rope as a name",
            "{% set ns = namespace(v='a' * 100000) %}{% for i in range(20) %}{% set ns.v = ns.v ~ ns.v %}{% endfor %}{{ messages[ns.v].x }}",
        ),
        (
            "rope raised",
            "{% set ns = namespace(v='a' * 100000) %}{% for i in range(20) %}{% set ns.v = ns.v ~ ns.v %}{% endfor %}{{ raise_exception(ns.v) }}",
        ),
        ("batches", "{{ [1]|batch(10**12, 0)|list }}"),
        ("slices", "{{ [1]|slice(10**12)|list }}"),
        ("many batches", "{{ range(100000)|batch(1)|map('batch', 1)|list }}"),
        (
            "rounded",
            "{{ 1.5|round(10**12) }}{{ 1.5|round(-10**12) }}{{ 15|round(-10**12) }}{{ 1.5|round(10**12, 'ceil') }}",
        ),
        (
            "huge keys",
            "{% set d = dict([['a' * 1000000, 1], ['b' * 1000000, 2]]) %}{% for i in range(100000) %}{% if d == d %}{{ d|length }}{% endif %}{{ d|dictsort|length }}{% endfor %}",
        ),
        (
            "wide namespace",
            "{% set ns = namespace(**dict(range(20000)|map('string')|batch(2))) %}{% for i in range(100000) %}{% set ns.x = ns.y %}{% endfor %}",
        ),
        (
            "many names",
            "{% for i in range(100000) %}{% set n = namespace(**dict(range(100)|map('string')|batch(2))) %}{% endfor %}",
        ),
        (
            "alike keys",
            "{% for i in range(100000) %}{{ range(30000)|batch(1)|map('list')|list|length }}{% endfor %}",
        ),
        (
            "keys of one hash",
            "{% set ns = namespace(l=[]) %}{% for i in range(3000) %}{% set ns.l = ns.l + [((1,), i)] %}{% endfor %}{{ ns.l|unique|list|length }}",
        ),
        ("time format", "{{ strftime_now('%c' * 1000000)|length }}"),
        (
            "names of filters",
            "{% set n = 'upper' ~ '' %}{% for i in range(100000) %}{{ range(100000)|map(n)|list|length }}{% endfor %}",
        ),
        ("words of one letter", "{{ ('a ' * 1000000)|wordwrap(1)|length }}"),
        ("one long word", "{{ ('a' * 1000000)|wordwrap(1)|length }}"),
        ("tags", "{{ ('<' * 1000000)|striptags|length }}"),
        ("comments", "{{ ('<!--' * 1000000)|striptags|length }}"),
        ("keys in formats", "{{ ('%(' * 1000000) % {} }}"),
        ("sigmas", "{{ ('Σ' ~ '.' * 1000000 ~ 'Σ')|lower|length }}"),
        ("many sigmas", "{{ ('Σ.' * 1000000)|lower|length }}"),
        (
            "conversation",
            "{% for i in range(100000) %}{% for m in messages %}{{ m|tojson }}{% endfor %}{% endfor %}",
        ),
    ] {
        add(&format!("other: {name}"), template.to_owned());
    }
    cases
}

/// Sources that are hard to compile, as long as they may be.
fn sources() -> Vec<(String, String)> {
    let numbered = |part: &dyn Fn(usize) -> String| {
        let mut source = String::new();
        for at in 0.. {
            let next = part(at);
            if source.len() + next.len() > SOURCE {
                break;
            }
            source.push_str(&next);
        }
        source
    };
    let plain = |part: &str| part.repeat(SOURCE / part.len());
    let inside = |open: &str, source: String, close: &str| {
        format!("{open}{}{close}", &source[..source.len().saturating_sub(open.len() + close.len() + 40)])
    };
    let mut cases: Vec<(String, String)> = [
        "{{ a }}",
        "{{ 1 }}",
        "{# #}",
        "x",
        "\n",
        "{% if a %}{% endif %}",
        "{% for a in b %}{% endfor %}",
        "{% set a = 1 %}",
        "{% set a.b = 1 %}",
        "{% set a %}{% endset %}",
        "{% macro a() %}{% endmacro %}",
        "{% call a() %}{% endcall %}",
        "{% filter upper %}{% endfilter %}",
        "{% with a = 1 %}{% endwith %}",
        "{% generation %}{% endgeneration %}",
        "{{ a() }}",
        "{{ a|upper }}",
        "{{ a is odd }}",
        "{{ 'a' }}",
        "{{ a.b['c'] }}",
        "{{ [1] }}",
        "{{ {'a': 1} }}",
        "{{ a if b else c }}",
        "{{ a + b + c }}",
        "{{ a(b=1, *c, **d) }}",
        "{% raw %}{% endraw %}",
        "{%",
        "{{",
        "{#",
        "}}",
        "{% raw %}",
        "{{ '",
        "{{ 0b",
        "{{ 1_1",
        "{{ (",
        "{{ [",
        "{{ {",
        "{{ -",
        "{{ not ",
        "{% if a %}",
        "{% for a in b %}",
        "{% macro a() %}",
        "{% if a %}{% elif ",
        "{%- ",
        "{{ a.",
        "{{ a[",
        "{{ a|",
        "{{ a if ",
        "{{ \u{3a3}",
        "{% set a, ",
        "{% else %}",
    ]
    .map(|part| (format!("source: {part:.40}"), plain(part)))
    .into();
    for (name, source) in [
        ("names", numbered(&|at| format!("{{{{ a{at} }}}}"))),
        ("names set", numbered(&|at| format!("{{% set a{at} = 1 %}}"))),
        (
            "names set in branches",
            numbered(&|at| format!("{{% if a{at} %}}{{% set a{at} = 1 %}}{{% endif %}}")),
        ),
        ("names read in loops", numbered(&|at| format!("{{% for x in y %}}{{{{ a{at} }}}}{{% endfor %}}"))),
        ("numbers", numbered(&|at| format!("{{{{ {at} }}}}"))),
        ("texts", numbered(&|at| format!("{{{{ '{at}' }}}}"))),
        ("attributes set", numbered(&|at| format!("{{% set n.a{at} = 1 %}}"))),
        ("macros", numbered(&|at| format!("{{% macro m{at}() %}}{{% endmacro %}}"))),
        ("parameters", inside("{% macro m(", numbered(&|at| format!("a{at},")), "b) %}{% endmacro %}")),
        ("arguments", inside("{{ f(", numbered(&|at| format!("a{at}={at},")), ") }}")),
        ("loops and writes", {
            let writes = numbered(&|at| format!("{{% set n.a{at} = 1 %}}"));
            let loops = "{% for a in b %}{% endfor %}".repeat(SOURCE / 2 / 28);
            format!(
                "{{% macro m() %}}{}{{% endmacro %}}{loops}",
                &writes[..writes[..SOURCE / 2 - 60].rfind("{%").unwrap_or(0)]
            )
        }),
        ("branches and names", {
            let names = numbered(&|at| format!("{{% set a{at} = 1 %}}"));
            let branches = "{% if a %}{% endif %}".repeat(SOURCE / 2 / 21);
            format!("{}{branches}", &names[..names[..SOURCE / 2 - 60].rfind("{%").unwrap_or(0)])
        }),
        ("calls of many shapes", numbered(&|at| format!("{{{{ f(a{at}=1) }}}}"))),
        (
            "nested loops over much",
            format!(
                "{}{}{}",
                "{% for a in b %}".repeat(140),
                "{{ a }}".repeat(34_000),
                "{% endfor %}".repeat(140)
            ),
        ),
        (
            "nested macros over much",
            format!(
                "{}{}{}",
                "{% macro m() %}".repeat(140),
                "{{ a }}".repeat(34_000),
                "{% endmacro %}".repeat(140)
            ),
        ),
        (
            "nested branches over much",
            format!("{}{}{}", "{% if a %}".repeat(140), "{{ a }}".repeat(34_000), "{% endif %}".repeat(140)),
        ),
        ("elifs", format!("{{% if a %}}{}{{% endif %}}", "{% elif a %}".repeat(20_000))),
        ("a long list", format!("{{{{ [{}] }}}}", "1,".repeat(125_000))),
        ("a long tuple", format!("{{% set {} = 1 %}}", "a,".repeat(125_000))),
        ("a long concatenation", format!("{{{{ a{} }}}}", "~a".repeat(125_000))),
        ("a long comparison", format!("{{{{ a{} }}}}", "<a".repeat(125_000))),
        ("many texts in a row", format!("{{{{ {} }}}}", "'a' ".repeat(62_000))),
        ("a long text", format!("{{{{ '{}'|length }}}}", "a".repeat(250_000))),
        ("a long integer", format!("{{{{ {} }}}}", "9".repeat(100_000))),
        ("a long hexadecimal", format!("{{{{ 0x{} }}}}", "f".repeat(100_000))),
        ("a long exponent", format!("{{{{ 1e{} }}}}", "9".repeat(100_000))),
        ("a long fraction", format!("{{{{ 1.{} }}}}", "9".repeat(100_000))),
        ("ten mebibytes of text", format!("{{{{ '{}' }}}}", "a".repeat(10 << 20))),
        ("ten mebibytes of tags", "{{ a }}".repeat((10 << 20) / 7)),
        ("sums in sums", format!("{{{{ {}a{} }}}}", "a + (b + ".repeat(60), ")".repeat(60))),
        ("tests in tests", format!("{{{{ {}a{} }}}}", "1 if (2 if (".repeat(60), ") else 3)".repeat(60))),
        ("spaces", format!("{{{{{}a }}}}", " ".repeat(250_000))),
        ("spaces before tags", numbered(&|_| format!("{}{{%- if a %}}{{% endif %}}", " ".repeat(1000)))),
    ] {
        cases.push((format!("source: {name}"), source));
    }
    cases
}

const SOURCE: usize = 250_000;

fn cases() -> Vec<(String, String)> {
    renders().into_iter().chain(sources()).collect()
}

fn kibibytes() -> u64 {
    let status = read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
    peak.trim().trim_end_matches("kB").trim().parse().unwrap_or(u64::MAX)
}

/// The time that this thread has run.
fn milliseconds() -> u64 {
    let used = read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    used.split(' ').next().and_then(|used| used.parse::<u64>().ok()).unwrap_or_default() / 1_000_000
}

/// One case: how it ended, its milliseconds, steps and peak memory.
fn run(name: &str, template: &str) -> String {
    // From here on the peak is a new one.
    std::fs::write("/proc/self/clear_refs", "5").expect("a new peak");
    let (before, start) = (kibibytes(), milliseconds());
    let settings = settings();
    let compiled = Template::compile(template);
    let compile_time = milliseconds() - start;
    let ended = compiled.as_ref().map_err(Clone::clone);
    let ended = ended.and_then(|compiled| compiled.render(&hello(), &settings, &Call::default()));
    let ended =
        ended.map_or_else(|error| format!("{:?} {}", error.class(), error.kind()), |_| "Ok".to_owned());
    let (time, memory) = (milliseconds() - start, kibibytes().saturating_sub(before));
    format!("{name:40} | {ended:36} | {compile_time:4} + {:4} ms | {memory} KiB", time - compile_time)
}

/// Does nothing unless it is told a case.
#[test]
fn one_case() {
    let Some(case) = std::env::var(CASE).ok().and_then(|case| case.parse::<usize>().ok()) else { return };
    let (name, template) = cases().swap_remove(case);
    let thread = std::thread::Builder::new().stack_size(SMALL_STACK);
    let line = thread.spawn(move || run(&name, &template)).map(std::thread::JoinHandle::join);
    eprintln!("{}", line.expect("a thread").expect("no panic"));
}

/// Less than a thread has anywhere.
const SMALL_STACK: usize = 512 << 10;

fn run_in_a_process(case: usize) -> Output {
    let program = std::env::current_exe().expect("a program");
    let mut child = Command::new(program);
    child.args(["--exact", "one_case", "--nocapture"]).env(CASE, case.to_string());
    child.stdin(Stdio::null()).output().expect("a process")
}

fn check(case: usize, name: &str) {
    let output = run_in_a_process(case);
    let said = String::from_utf8_lossy(&output.stderr);
    let line = said.lines().find(|line| line.contains(" KiB")).unwrap_or_default();
    println!("{line}");
    assert!(output.status.success() && !line.is_empty(), "{name}: {said}");
    let memory = line.rsplit("| ").next().and_then(|memory| memory.strip_suffix(" KiB"));
    let memory: u64 = memory.and_then(|memory| memory.parse().ok()).unwrap_or(u64::MAX);
    assert!(memory < MOST_KIBIBYTES, "{name} takes {memory} KiB");
    let classes =
        [Class::Budget, Class::Render, Class::Raised, Class::Input, Class::Unsupported, Class::Syntax];
    let is_error = classes.iter().any(|class| line.contains(&format!("| {class:?} ")));
    assert!(is_error || line.contains("| Ok"), "{line}");
}

#[test]
fn renders_end_in_little_memory() {
    renders().iter().enumerate().for_each(|(case, (name, _))| check(case, name));
}

#[test]
fn compilations_end_in_little_memory() {
    let before = renders().len();
    sources().iter().enumerate().for_each(|(case, (name, _))| check(before + case, name));
}
