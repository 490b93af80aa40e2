//! The chat templates of a model.
use crate::Error;
use chatloom_template::{Data, Template};
use std::sync::Arc;

/// The chat templates of a model: one, or several by name.
#[derive(Debug, Clone, Default)]
pub struct Templates {
    /// The one named `default`, or the only one.
    pub default: Option<Arc<Template>>,
    /// The others by name, such as `tool_use`.
    pub named: Vec<(String, Arc<Template>)>,
}

impl Templates {
    /// A model's only template.
    pub fn single(template: Arc<Template>) -> Self {
        Self { default: Some(template), named: Vec::new() }
    }

    /// The template that transformers takes: `tool_use`, if there is one and tools are given (an empty list
    /// counts as given), else the default.
    ///
    /// # Errors
    /// [`Error::NoTemplate`] where there is no such template.
    pub fn choose(&self, tools_given: bool) -> Result<&Arc<Template>, Error> {
        let tool_use = self.named("tool_use").filter(|_| tools_given);
        tool_use.or(self.default.as_ref()).ok_or_else(|| self.missing())
    }

    /// The same templates, faster for renders with these run variables; see [`Template::folded`].
    #[must_use]
    pub(crate) fn folded(self, variables: &[(String, Data)]) -> Self {
        let fold = |template: Arc<Template>| Arc::new(template.folded(variables));
        let named = self.named.into_iter().map(|(name, template)| (name, fold(template)));
        Self { default: self.default.map(fold), named: named.collect() }
    }

    /// An error of the chosen template, which has a name where there are several.
    pub(crate) fn error(&self, error: chatloom_template::Error, tools_given: bool) -> Error {
        let tool_use = tools_given && self.named("tool_use").is_some();
        let name = if tool_use { "tool_use" } else { "default" };
        Error::Template(error.in_template(Some(name).filter(|_| !self.named.is_empty())))
    }

    fn named(&self, name: &str) -> Option<&Arc<Template>> {
        self.named.iter().find(|(known, _)| known == name).map(|(_, template)| template)
    }

    pub(crate) fn missing(&self) -> Error {
        Error::NoTemplate { names: self.named.iter().map(|(name, _)| name.clone()).collect() }
    }
}
