//! Control tokens under a policy for each kind of text, beside a naive twin.
#![allow(clippy::unwrap_used, missing_docs)]
mod small;

use chatloom_template::{Call, Conversation, Data, Origin, Rendered, Template};
use chatloom_tokenize::{
    ControlPolicies, ControlPolicy, Error, Formatter, LookAlike, Options, Templates, Vocabulary,
};
use proptest::prelude::*;
use std::ops::Range;
use std::sync::{Arc, LazyLock};

const SOURCE: &str = "{% for m in messages %}<s>{{ m.role }}\n\
    {% if m.reasoning_content %}{{ m.reasoning_content }}<e{% endif %}{{ m.content }}<e>\n{% endfor %}\
    {{ tools | tojson }}{{ date }}";
const CONTROL: [&str; 4] = ["<s>", "<e>", "<e><e>", "e>\n"];
const FIRST: u32 = 258;

struct Model {
    template: Arc<Template>,
    lane: Arc<Vocabulary>,
    tokenizers: Arc<Vocabulary>,
    plain: Vocabulary,
}

static MODEL: LazyLock<Model> = LazyLock::new(|| {
    let json = small::with_control(&CONTROL).to_string();
    let lane = Vocabulary::from_json(json.as_bytes()).unwrap();
    assert!(lane.lane().is_fast());
    Model {
        template: Arc::new(Template::compile(SOURCE).unwrap()),
        lane: Arc::new(lane),
        tokenizers: Arc::new(Vocabulary::without_lane(json.as_bytes()).unwrap()),
        plain: Vocabulary::from_json(small::with_control(&[]).to_string().as_bytes()).unwrap(),
    }
});

fn formatter(vocabulary: &Arc<Vocabulary>, control_tokens: &ControlPolicies) -> Result<Formatter, Error> {
    let options = Options { control_tokens: control_tokens.clone(), ..Options::default() };
    Formatter::new(Templates::single(MODEL.template.clone()), vocabulary.clone(), options)
}

fn policy() -> impl Strategy<Value = ControlPolicy> {
    use ControlPolicy::{Allow, Error, Report, Template};
    prop::sample::select(vec![Allow, Template, Template, Template, Report, Error])
}

fn policies() -> impl Strategy<Value = ControlPolicies> {
    let names = [
        "user",
        "tool",
        "assistant",
        "assistant.content",
        "assistant.reasoning_content",
        "user.role",
        "tools",
        "tools.name",
        "tools.a.b",
        "variables",
        "variables.date",
    ];
    let name = prop::sample::select(names.map(String::from).to_vec());
    (policy(), prop::collection::btree_map(name, policy(), 0..6))
        .prop_map(|(default, own)| ControlPolicies { default, own })
}

fn text() -> impl Strategy<Value = String> {
    let parts = ["<s>", "<e>", "<e><e>", "<e", "e>", "<", ">", "\n", "a", "the", " ", "é"];
    prop::collection::vec(prop::sample::select(parts.to_vec()), 0..6).prop_map(|parts| parts.concat())
}

fn message() -> impl Strategy<Value = Data> {
    let role =
        prop::sample::select(vec!["user", "assistant", "tool", "<e>", "user.role", "assistant.content"]);
    (role, text(), text(), any::<bool>()).prop_map(|(role, content, reasoning, aliased)| {
        let name = if aliased { "thinking" } else { "reasoning_content" };
        Data::dict([("role", role.into()), ("content", content.into()), (name, reasoning.into())])
    })
}

fn conversation() -> impl Strategy<Value = Conversation> {
    let tool = (text(), text()).prop_map(|(key, value)| {
        let inner = Data::dict([("b", Data::List(vec![value.as_str().into()]))]);
        Data::dict([("name", value.as_str().into()), (key.as_str(), "x".into()), ("a", inner)])
    });
    (prop::collection::vec(message(), 1..5), prop::collection::vec(tool, 0..2), text()).prop_map(
        |(messages, tools, date)| Conversation {
            messages,
            tools: Some(Data::List(tools)),
            variables: vec![("date".into(), date.as_str().into())],
            ..Conversation::default()
        },
    )
}

/// The names that say something about a field, the longest first.
fn names(conversation: &Conversation, message: Option<u32>, path: &str) -> Vec<String> {
    let Some(message) = message else {
        let name = path.replace("[0]", "").replace("[1]", "");
        return match (path.starts_with("tools"), path) {
            (true, _) if name.starts_with("tools.a.b") => vec!["tools.a.b".into(), "tools".into()],
            (true, _) => vec![name, "tools".into()],
            (false, _) => vec![format!("variables.{name}"), "variables".into()],
        };
    };
    let role = conversation.messages[message as usize].get("role").and_then(Data::as_str).unwrap();
    if role.contains('.') {
        return Vec::new();
    }
    let field = if path == "thinking" { "reasoning_content" } else { path };
    vec![format!("{role}.{field}"), role.to_owned()]
}

/// The policy of each byte of a text, and the field it is from; none of what the row didn't write.
fn held(
    policies: &ControlPolicies,
    conversation: &Conversation,
    rendered: &Rendered,
) -> Vec<Option<(ControlPolicy, u32)>> {
    let mut held = vec![None; rendered.text.len()];
    for segment in &rendered.segments {
        let Origin::Data(field) = segment.origin else { continue };
        let known = &rendered.fields[field as usize];
        let names = names(conversation, known.message, &known.path);
        let own = names.iter().find_map(|name| policies.own.get(name));
        held[segment.start..segment.end].fill(Some((*own.unwrap_or(&policies.default), field)));
    }
    held
}

/// The control tokens of a text, from the left and the longest first, none of which holds a byte that is kept out.
fn control_tokens(text: &str, is_kept_out: impl Fn(Range<usize>) -> bool) -> Vec<(u32, Range<usize>)> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < text.len() {
        let fitting =
            (FIRST..).zip(CONTROL).filter(|(_, token)| text.as_bytes()[at..].starts_with(token.as_bytes()));
        let allowed = fitting.filter(|(_, token)| !is_kept_out(at..at + token.len()));
        match allowed.max_by_key(|(_, token)| token.len()) {
            Some((id, token)) => {
                found.push((id, at..at + token.len()));
                at += token.len();
            }
            None => at += 1,
        }
    }
    found
}

/// The ids of a text, with the plain vocabulary's between the control tokens; and the places of these.
fn naive(text: &str, control: &[(u32, Range<usize>)]) -> (Vec<u32>, Vec<usize>) {
    let (mut ids, mut places, mut end) = (Vec::new(), Vec::new(), 0);
    for (id, range) in control {
        ids.extend(MODEL.plain.ids(&text[end..range.start]).unwrap());
        places.push(ids.len());
        ids.push(*id);
        end = range.end;
    }
    ids.extend(MODEL.plain.ids(&text[end..]).unwrap());
    (ids, places)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]
    #[test]
    fn each_text_is_treated_by_its_own_policy(conversation in conversation(), policies in policies()) {
        let call = Call { paths: true, ..Call::default() };
        let formatters = [&MODEL.lane, &MODEL.tokenizers].map(|lane| formatter(lane, &policies).unwrap());
        let rendered = formatters[0].trace(&conversation, &call).unwrap().rendered;
        let held = held(&policies, &conversation, &rendered);
        let of = |range: Range<usize>, asked| {
            held[range].iter().flatten().find(|(policy, _)| *policy == asked).map(|(_, field)| *field)
        };
        let control = control_tokens(&rendered.text, |range| of(range, ControlPolicy::Template).is_some());
        let (ids, places) = naive(&rendered.text, &control);
        let errors = control.iter().map(|(_, range)| of(range.clone(), ControlPolicy::Error)).collect::<Vec<_>>();
        let look_alikes: Vec<_> = control.iter().zip(&places).zip(&errors).filter_map(|(((id, range), &token), error)| {
            let field = error.or_else(|| of(range.clone(), ControlPolicy::Report))?;
            let field = rendered.fields[field as usize].clone();
            let (message, path) = (field.message, field.path);
            Some(LookAlike { message, path, id: *id, token, is_error: error.is_some() })
        }).collect();
        for formatter in &formatters {
            let trace = formatter.trace(&conversation, &call).unwrap();
            let tokens = formatter.tokens(&trace).unwrap();
            let told: Vec<u32> = tokens.example.input_ids.iter().map(|id| id.cast_unsigned()).collect();
            prop_assert_eq!(&told, &ids);
            prop_assert_eq!(&tokens.example.look_alikes, &look_alikes);
            prop_assert_eq!(&formatter.vocabulary().decode(&told, false).unwrap(), &rendered.text);
            let encoded = formatter.encode(&conversation, &Call::default());
            match look_alikes.iter().find(|found| found.is_error) {
                Some(LookAlike { message, path, id, .. }) => prop_assert_eq!(encoded.unwrap_err(), Error::ControlToken {
                    message: *message,
                    path: path.clone(),
                    token: CONTROL[(*id - FIRST) as usize].to_owned(),
                }),
                None => prop_assert_eq!(&encoded.unwrap().examples[0], &tokens.example),
            }
        }
    }
}

fn of(own: &[(&str, ControlPolicy)]) -> ControlPolicies {
    let own = own.iter().map(|(name, policy)| ((*name).to_owned(), *policy)).collect();
    ControlPolicies { default: ControlPolicy::Allow, own }
}

#[test]
fn names_that_no_template_knows_are_refused() {
    let check = |name| formatter(&MODEL.lane, &of(&[(name, ControlPolicy::Template)])).map(|_| ());
    let known = [
        "user",
        "ipython",
        "user.name",
        "assistant.tool_calls.function.arguments",
        "tools.anything",
        "documents",
        "variables.date",
    ];
    for name in known {
        assert_eq!(check(name), Ok(()), "{name}");
    }
    for name in ["usr", "", "user.", "user.contents", "assistant.thinking", "content", "default", "tools "] {
        assert_eq!(check(name), Err(Error::UnknownText { name: name.to_owned() }));
    }
    let expected = "control_tokens has `usr`, expected a role that the chat template knows (user), a field of one \
        (assistant.reasoning_content), tools, documents, variables or default";
    assert_eq!(check("usr").unwrap_err().to_string(), expected);
}

#[test]
fn roles_and_fields_of_the_template_are_known() {
    let source = "{% for m in messages %}{% if m.role == 'critic' %}{{ m.verdict }}{% endif %}{% endfor %}";
    let formatter = |name| {
        let templates = Templates::single(Arc::new(Template::compile(source).unwrap()));
        let control_tokens = of(&[(name, ControlPolicy::Template)]);
        Formatter::new(templates, MODEL.lane.clone(), Options { control_tokens, ..Options::default() })
            .is_ok()
    };
    assert!(formatter("critic") && formatter("critic.verdict") && !formatter("judge"));
}

#[test]
fn policies_are_part_of_the_fingerprint() {
    use ControlPolicy::{Report, Template};
    let all = [
        of(&[]),
        of(&[("user", Template)]),
        of(&[("user", Report)]),
        of(&[("tool", Template)]),
        of(&[("user", Template), ("tool", Template)]),
        ControlPolicies { default: Report, ..of(&[("user", Template)]) },
    ];
    let prints: std::collections::HashSet<_> =
        all.iter().map(|policies| formatter(&MODEL.lane, policies).unwrap().fingerprint()).collect();
    assert_eq!(prints.len(), all.len());
}
