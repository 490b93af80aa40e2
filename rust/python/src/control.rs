//! The option that says what becomes of control tokens in a row's own text.
use crate::formatter::unknown;
use chatloom_tokenize::{ControlPolicies, ControlPolicy};
use pyo3::prelude::*;
use std::collections::BTreeMap;

/// As it is given in Python: one policy, or several by whose text it is.
#[derive(FromPyObject)]
pub(crate) enum Control {
    One(String),
    Several(BTreeMap<String, String>),
}

impl Control {
    pub(crate) fn policies(self) -> PyResult<ControlPolicies> {
        match self {
            Self::One(policy) => Ok(named(&policy)?.into()),
            Self::Several(mut policies) => {
                let default = policies.remove("default").map(|policy| named(&policy)).transpose()?;
                let own = policies.into_iter().map(|(name, policy)| Ok((name, named(&policy)?)));
                Ok(ControlPolicies {
                    default: default.unwrap_or_default(),
                    own: own.collect::<PyResult<_>>()?,
                })
            }
        }
    }
}

fn named(policy: &str) -> PyResult<ControlPolicy> {
    match policy {
        "allow" => Ok(ControlPolicy::Allow),
        "template" => Ok(ControlPolicy::Template),
        "report" => Ok(ControlPolicy::Report),
        "error" => Ok(ControlPolicy::Error),
        _ => Err(unknown("control_tokens", policy, "allow, template, report or error")),
    }
}
