//! The options that say which text carries loss.
use crate::formatter::unknown;
use chatloom_tokenize::{EndTokens, LabelPolicy, Options, Reasoning, ToolCalls};
use pyo3::prelude::*;
use std::collections::BTreeSet;

/// They, by the names they have in Python; roles come in place of a policy's name.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub(crate) struct Loss {
    labels: Labels,
    reasoning: bool,
    reasoning_tags: Option<(String, String)>,
    tool_calls: String,
    end_tokens: String,
}

#[derive(FromPyObject)]
enum Labels {
    Policy(String),
    Roles(BTreeSet<String>),
}

impl Loss {
    /// The options with these set.
    pub(crate) fn options(self) -> PyResult<Options> {
        Ok(Options {
            labels: self.labels.policy()?,
            reasoning: if self.reasoning { Reasoning::Trained } else { Reasoning::LeftOut },
            reasoning_tags: self.reasoning_tags,
            tool_calls: tool_calls_named(&self.tool_calls)?,
            end_tokens: end_tokens_named(&self.end_tokens)?,
            ..Options::default()
        })
    }
}

impl Labels {
    fn policy(self) -> PyResult<LabelPolicy> {
        match self {
            Self::Roles(roles) => Ok(LabelPolicy::Roles(roles)),
            Self::Policy(name) => match name.as_str() {
                "assistant" => Ok(LabelPolicy::Assistant),
                "last" => Ok(LabelPolicy::Last),
                "generation" => Ok(LabelPolicy::Generation),
                "all" => Ok(LabelPolicy::All),
                _ => Err(unknown("labels", &name, "assistant, last, generation, all or a set of roles")),
            },
        }
    }
}

fn tool_calls_named(name: &str) -> PyResult<ToolCalls> {
    match name {
        "all" => Ok(ToolCalls::All),
        "arguments" => Ok(ToolCalls::Arguments),
        "none" => Ok(ToolCalls::None),
        _ => Err(unknown("tool_calls", name, "all, arguments or none")),
    }
}

fn end_tokens_named(name: &str) -> PyResult<EndTokens> {
    match name {
        "turn" => Ok(EndTokens::Turn),
        "last" => Ok(EndTokens::Last),
        "none" => Ok(EndTokens::None),
        _ => Err(unknown("end_tokens", name, "turn, last or none")),
    }
}
