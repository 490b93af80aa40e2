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
    /// Those that can't be compiled: an error of the calls that need them, and of no other.
    pub broken: Vec<Broken>,
}

/// A chat template that can't be compiled.
#[derive(Debug, Clone)]
pub struct Broken {
    /// Its name.
    pub name: String,
    /// Its text.
    pub source: String,
    /// Why.
    pub error: chatloom_template::Error,
}

impl Templates {
    /// A model's only template.
    pub fn single(template: Arc<Template>) -> Self {
        Self { default: Some(template), ..Self::default() }
    }

    /// The template that transformers takes: `tool_use`, if there is one and tools are given (an empty list
    /// counts as given), else the default.
    ///
    /// # Errors
    /// [`Error::NoTemplate`] where there is no such template, [`Error::Template`] where it can't be compiled.
    pub fn choose(&self, tools_given: bool) -> Result<&Arc<Template>, Error> {
        let tool_use = if tools_given { self.usable("tool_use", self.named("tool_use")) } else { None };
        let chosen = tool_use.or_else(|| self.usable("default", self.default.as_ref()));
        chosen.unwrap_or_else(|| Err(self.missing()))
    }

    fn usable<'a>(
        &self,
        name: &str,
        template: Option<&'a Arc<Template>>,
    ) -> Option<Result<&'a Arc<Template>, Error>> {
        let broken = self.broken.iter().find(|broken| broken.name == name);
        broken.map_or_else(|| template.map(Ok), |broken| Some(Err(Error::Template(broken.error.clone()))))
    }

    /// The same templates, faster for renders with these run variables; see [`Template::folded`].
    #[must_use]
    pub(crate) fn folded(self, variables: &[(String, Data)]) -> Self {
        let fold = |template: Arc<Template>| Arc::new(template.folded(variables));
        let named = self.named.into_iter().map(|(name, template)| (name, fold(template)));
        Self { default: self.default.map(fold), named: named.collect(), broken: self.broken }
    }

    /// Whether any of them takes a role for its own.
    pub(crate) fn any_knows_role(&self, role: &str) -> bool {
        self.all().any(|template| template.knows_role(role))
    }

    /// Whether any of them names something so.
    pub(crate) fn any_names(&self, name: &str) -> bool {
        self.all().any(|template| template.names(name))
    }

    fn all(&self) -> impl Iterator<Item = &Arc<Template>> {
        self.default.iter().chain(self.named.iter().map(|(_, template)| template))
    }

    /// An error of the chosen template, which has a name where there are several.
    pub(crate) fn error(&self, error: chatloom_template::Error, tools_given: bool) -> Error {
        let tool_use = tools_given && self.named("tool_use").is_some();
        let name = if tool_use { "tool_use" } else { "default" };
        let several = !self.named.is_empty() || !self.broken.is_empty();
        Error::Template(error.in_template(several.then_some(name)))
    }

    fn named(&self, name: &str) -> Option<&Arc<Template>> {
        self.named.iter().find(|(known, _)| known == name).map(|(_, template)| template)
    }

    fn missing(&self) -> Error {
        let broken = self.broken.iter().map(|broken| &broken.name);
        Error::NoTemplate { names: self.named.iter().map(|(name, _)| name).chain(broken).cloned().collect() }
    }
}
