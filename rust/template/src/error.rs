//! What can go wrong, as facts.
use std::fmt;

use crate::hint::Clue;
use crate::snippet;

/// Why a template could not be compiled or a conversation not be rendered.
///
/// `{}` prints one line that is complete, `{:#}` the snippet and the hint below it. Neither holds anything that
/// the row wrote but roles and keys that the template or everybody knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error(Box<Facts>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Facts {
    class: Class,
    kind: &'static str,
    message: String,
    /// The message without what the row wrote, where that differs.
    shown: Option<String>,
    template: Option<String>,
    turn: Option<u32>,
    position: Option<Position>,
    snippet: Option<String>,
    hint: Option<String>,
    clue: Option<Clue>,
}

/// Where in a template, both from 1, the column in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Position {
    /// Line of the template.
    pub line: u32,
    /// Character in that line.
    pub column: u32,
}

/// The classes a caller may want to tell apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Class {
    /// The template is no valid Jinja.
    Syntax,
    /// Valid Jinja that this engine refuses to guess at.
    Unsupported,
    /// The render failed as it fails in the reference.
    Render,
    /// The template called `raise_exception`.
    Raised,
    /// The render used more than its limits allow.
    Budget,
    /// This call can't be reproduced exactly.
    Input,
}

impl Error {
    /// An error of `class`; `kind` names the exception that the reference raises.
    pub fn new(class: Class, kind: &'static str, message: impl Into<String>) -> Self {
        Self(Box::new(Facts {
            class,
            kind,
            message: message.into(),
            shown: None,
            template: None,
            turn: None,
            position: None,
            snippet: None,
            hint: None,
            clue: None,
        }))
    }

    /// The same error at a place in the template, unless it has one already.
    #[must_use]
    pub fn at(mut self, position: Position) -> Self {
        self.0.position.get_or_insert(position);
        self
    }

    /// The same error with advice.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.0.hint = Some(hint.into());
        self
    }

    /// The same error with advice, if there is any and it has none yet.
    pub(crate) fn hints(mut self, hint: Option<String>) -> Self {
        self.0.hint = self.0.hint.or(hint);
        self
    }

    /// The same error, in the template of this name, where the model has several.
    #[must_use]
    pub fn in_template(mut self, name: Option<&str>) -> Self {
        self.0.template = name.map(str::to_owned);
        self
    }

    /// The same error while a message was current.
    pub(crate) fn in_turn(mut self, turn: Option<u32>) -> Self {
        self.0.turn = turn;
        self
    }

    /// The same error, printed with these words instead of its message.
    pub(crate) fn shown_as(mut self, shown: String) -> Self {
        self.0.shown = Some(shown).filter(|shown| *shown != self.0.message);
        self
    }

    /// The same error with what a hint can be made of.
    pub(crate) fn clue(mut self, clue: Clue) -> Self {
        self.0.clue = Some(clue);
        self
    }

    /// Takes what a hint can be made of.
    pub(crate) fn take_clue(&mut self) -> Option<Clue> {
        self.0.clue.take()
    }

    /// The same error with the piece of the template that it points at.
    pub(crate) fn drawn(mut self, source: &str) -> Self {
        self.0.snippet = self.0.position.and_then(|position| snippet::draw(source, position));
        self
    }

    /// Its class.
    pub fn class(&self) -> Class {
        self.0.class
    }

    /// The name of the exception that the reference raises, such as `TypeError`.
    pub fn kind(&self) -> &'static str {
        self.0.kind
    }

    /// What happened, without the place; for [`Class::Raised`] exactly what the template said, which may hold
    /// contents of messages.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// The message as it is printed: what the row wrote is left out.
    pub fn shown(&self) -> &str {
        self.0.shown.as_ref().unwrap_or(&self.0.message)
    }

    /// The name of the template, where the model has several.
    pub fn template(&self) -> Option<&str> {
        self.0.template.as_deref()
    }

    /// Index of the message that was current, from 0.
    pub fn turn(&self) -> Option<u32> {
        self.0.turn
    }

    /// Where in the template, if it is known.
    pub fn position(&self) -> Option<Position> {
        self.0.position
    }

    /// The piece of the template around that place, at most about 100 columns wide, and a caret below it.
    pub fn snippet(&self) -> Option<&str> {
        self.0.snippet.as_deref()
    }

    /// What to do about it, if there is advice.
    pub fn advice(&self) -> Option<&str> {
        self.0.hint.as_deref()
    }

    /// Where it happened, as far as is known.
    fn place(&self) -> String {
        let mut places = Vec::new();
        places.extend(self.0.turn.map(|turn| format!("messages[{turn}]")));
        let line = self.0.position.map(|Position { line, column }| format!("line {line}, column {column}"));
        match (&self.0.template, line) {
            (Some(name), Some(line)) => places.push(format!("template `{name}`, {line}")),
            (Some(name), None) => places.push(format!("template `{name}`")),
            (None, line) => places.extend(line.map(|line| format!("template {line}"))),
        }
        places.join(", ")
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words: Vec<&str> = self.shown().split(['\n', '\r']).map(str::trim).collect();
        write!(f, "{}: {}", self.kind(), words.join(" "))?;
        let place = self.place();
        if !place.is_empty() {
            write!(f, " ({place})")?;
        }
        if f.alternate() {
            self.snippet().map_or(Ok(()), |snippet| write!(f, "\n{snippet}"))?;
            self.advice().map_or(Ok(()), |hint| write!(f, "\nhint: {hint}"))?;
        }
        Ok(())
    }
}

impl std::error::Error for Error {}

#[cfg(test)]
mod tests {
    use super::Error;

    #[test]
    fn results_stay_small() {
        assert_eq!(size_of::<Error>(), size_of::<usize>());
    }
}
