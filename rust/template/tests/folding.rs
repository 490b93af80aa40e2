//! Folding decides branches once, and changes nothing else.
mod common;

use chatloom_template::{Call, Conversation, Data, Settings, Template};
use common::{hello, settings};
use proptest::prelude::*;

/// Templates with branches on variables of the run, some of which can't be decided.
const TEMPLATES: [&str; 16] = [
    "{% if flag %}on{% else %}off{% endif %}{% for m in messages %}{{ m.content }}{% endfor %}",
    "{% if flag is defined and flag %}a{% elif name == 'x' %}b{% else %}c{% endif %}{% if add_generation_prompt %}>{% endif %}",
    "{% set flag = flag if flag is defined else 'default' %}{% if flag %}{{ flag }}{% endif %}",
    "{% for m in messages %}{% if flag %}{% set flag = false %}{{ m.role }}{% endif %}{% if not flag %}-{% endif %}{% endfor %}",
    "{% macro one(flag) %}{% if flag %}1{% else %}0{% endif %}{% endmacro %}{{ one(true) }}{{ one(name) }}{{ one() }}",
    "{% macro two() %}{% if flag %}{{ name }}{% else %}none{% endif %}{% endmacro %}{% for m in messages %}{{ two() }}{% endfor %}",
    "{% for m in messages if flag %}{% if loop.last and add_generation_prompt %}>{% endif %}{% else %}empty{% endfor %}",
    "{% for m in messages %}{% if name is none %}{% continue %}{% endif %}{{ m.content }}{% if flag is not defined %}{% break %}{% endif %}{% endfor %}",
    "{% with flag = name %}{% if flag %}{{ flag }}{% endif %}{% endwith %}{% if flag < 3 %}few{% endif %}",
    "{% if tools %}tools{% endif %}{% if messages %}some{% endif %}{{ 'y' if flag == name else 'n' }}{% if strftime_now is defined %}!{% endif %}",
    "{% for m in messages if flag %}{{ loop.last }}{% if name %}{{ loop.length }}{% endif %}{% else %}none{% endfor %}",
    "{% for x in [1, [2, [3]]] recursive %}{% if flag %}{{ loop.depth }}{% endif %}{{ loop(x) if x is iterable else x }}{% if name == 'x' %}{% break %}{% endif %}{% endfor %}",
    "{% if flag %}{% set name = 'own' %}{% endif %}{% block b %}{% if name %}{{ name }}{% endif %}{{ flag }}{% endblock %}{% if not flag %}{{ self.b() }}{% endif %}",
    "{% for m in messages %}{% block b scoped %}{% if flag %}{{ m.content }}{% if m %}{{ name }}{% endif %}{% endif %}{% block c %}{{ flag }}{% endblock %}{% endblock %}{% endfor %}",
    "{% set c = cycler(flag, name) %}{% if flag %}{{ c.next() }}{% endif %}{{ c.next() }}{% macro m() %}{{ caller(name) if flag }}{% endmacro %}{% call(name) m() %}{% if name %}{{ name }}{% endif %}{% endcall %}",
    "{% if flag %}{% include name ignore missing %}{% endif %}{% if name is none %}{% import 'x' as flag %}{% endif %}{{ flag }}",
];

fn value() -> impl Strategy<Value = Data> {
    prop_oneof![
        Just(Data::None),
        any::<bool>().prop_map(Data::Bool),
        (-2..5_i64).prop_map(Data::Int),
        "[ax]{0,1}".prop_map(Data::from),
        Just(Data::List(vec![Data::Int(1)])),
    ]
}

fn variables() -> impl Strategy<Value = Vec<(String, Data)>> {
    let name = prop::sample::select(vec!["flag", "name", "add_generation_prompt", "other"]);
    prop::collection::vec((name.prop_map(str::to_owned), value()), 0..4)
}

/// What a render gives, or how it fails.
fn outcome(template: &Template, conversation: &Conversation, run: &Settings, prompt: bool) -> String {
    let call = Call { add_generation_prompt: prompt, ..Call::default() };
    match template.render(conversation, run, &call) {
        Ok(rendered) => format!("{rendered:?}"),
        Err(error) => format!("{:?} {} {:?}", error.class(), error.kind(), error.position()),
    }
}

proptest! {
    #[test]
    fn what_is_folded_renders_as_before(
        template in prop::sample::select(&TEMPLATES[..]),
        run in variables(),
        row in variables(),
        others in variables(),
        prompt: bool,
    ) {
        let template = Template::compile(template).map_err(|error| TestCaseError::fail(error.to_string()))?;
        let folded = template.folded(&run);
        for (run, row) in [(&run, vec![]), (&run, row), (&others, vec![])] {
            let settings = Settings { variables: run.clone(), ..settings() };
            let conversation = Conversation { variables: row, ..hello() };
            let plain = outcome(&template, &conversation, &settings, prompt);
            prop_assert_eq!(outcome(&folded, &conversation, &settings, prompt), plain);
        }
    }
}

#[test]
fn decided_branches_are_gone() {
    let source = "{% if thinking %}<think>{% endif %}{% if add_generation_prompt %}a{% endif %}b";
    let Ok(template) = Template::compile(source) else { panic!("{source} compiles") };
    let folded = template.folded(&[("thinking".to_owned(), Data::Bool(true))]);
    assert!(template.listing(true).contains("unless"));
    assert!(folded.listing(true).contains("print \"<think>ab\""));
    assert!(folded.listing(false).contains("print \"<think>b\""));
    assert!(!folded.listing(true).contains("unless"));
}
