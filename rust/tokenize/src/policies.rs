//! Which policy holds for the control tokens in which of a row's own text.
use crate::{ControlPolicy, Error, Templates, fields};
use chatloom_template::{Conversation, Field, Origin, Rendered, Segment};
use std::collections::BTreeMap;

/// What becomes of control tokens in a row's own text, by whose text it is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ControlPolicies {
    /// That of all text that `own` says nothing about.
    pub default: ControlPolicy,
    /// By name, of which the longest counts: a role, for all that its messages say (`tool`); a role and a field
    /// (`assistant.reasoning_content`) or what is in it (`assistant.tool_calls.function.arguments`), in the names that
    /// templates use; `tools`, `documents` and `variables`, for what belongs to no message.
    pub own: BTreeMap<String, ControlPolicy>,
}

impl From<ControlPolicy> for ControlPolicies {
    fn from(default: ControlPolicy) -> Self {
        Self { default, own: BTreeMap::new() }
    }
}

/// Fields that any template may print.
const FIELDS: [&str; 7] =
    ["role", "content", fields::REASONING, "tool_calls", "function_call", "tool_call_id", "name"];

impl ControlPolicies {
    /// Whether a policy holds for any text at all.
    pub(crate) fn any(&self, policy: ControlPolicy) -> bool {
        self.default == policy || self.own.values().any(|own| *own == policy)
    }

    /// # Errors
    /// [`Error::UnknownText`] for a name of a role or field that these templates don't know.
    pub(crate) fn check(&self, templates: &Templates) -> Result<(), Error> {
        let unknown = self.own.keys().find(|name| !is_known(name, templates));
        unknown.map_or(Ok(()), |name| Err(Error::UnknownText { name: name.clone() }))
    }

    /// The policy of each field of a render, of which the paths are there; none where the default is that of all.
    pub(crate) fn of_fields(&self, conversation: &Conversation, rendered: &Rendered) -> Vec<ControlPolicy> {
        if self.own.is_empty() {
            return Vec::new();
        }
        rendered.fields.iter().map(|field| self.of(name(conversation, field))).collect()
    }

    fn of(&self, mut name: String) -> ControlPolicy {
        loop {
            match (self.own.get(&name), name.rfind('.')) {
                (Some(policy), _) => return *policy,
                (None, Some(end)) => name.truncate(end),
                (None, None) => return self.default,
            }
        }
    }
}

fn is_known(name: &str, templates: &Templates) -> bool {
    let mut steps = name.split('.');
    let (owner, field) = (steps.next().unwrap_or_default(), steps.next());
    if matches!(owner, "tools" | "documents" | "variables") {
        return true;
    }
    let is_field =
        |field| FIELDS.contains(&field) || !fields::is_reasoning(field) && templates.any_names(field);
    !FIELDS.contains(&owner) && templates.any_knows_role(owner) && field.is_none_or(is_field)
}

/// The name of a field of the row: whose it is and the path, without indexes.
fn name(conversation: &Conversation, field: &Field) -> String {
    let role = |message: u32| conversation.messages.get(message as usize)?.get("role")?.as_str();
    let no_field = |role: &&str| !role.contains('.');
    let (owner, key, rest) = match (fields::key(conversation, field), field.message) {
        (Some((key, rest)), Some(message)) => (role(message).filter(no_field).unwrap_or_default(), key, rest),
        _ => match fields::step(&field.path) {
            (owner @ ("tools" | "documents"), rest) => (owner, "", rest),
            (variable, rest) => ("variables", variable, rest),
        },
    };
    let steps = rest.split('.').map(|step| step.split('[').next().unwrap_or_default());
    let steps = [key].into_iter().chain(steps).filter(|step| !step.is_empty());
    [owner].into_iter().chain(steps).collect::<Vec<_>>().join(".")
}

/// The policies of a render's segments.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Held<'a> {
    pub(crate) default: ControlPolicy,
    /// As [`ControlPolicies::of_fields`] tells.
    pub(crate) fields: &'a [ControlPolicy],
}

impl Held<'_> {
    /// The field that a segment is from and its policy; none of what the row didn't write.
    pub(crate) fn of(self, segment: &Segment) -> Option<(u32, ControlPolicy)> {
        match segment.origin {
            Origin::Data(field) => {
                Some((field, self.fields.get(field as usize).copied().unwrap_or(self.default)))
            }
            Origin::Literal | Origin::Variable => None,
        }
    }
}
