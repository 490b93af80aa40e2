//! What the machine knows of an error: the place, the message, and a hint.
use crate::hint::{Clue, content_type, is_about_roles, is_known_key, of_variable, roles};
use crate::machine::{Machine, STANDARD_VARIABLES};
use crate::source::position;
use crate::value::Value;
use crate::{Class, Error};

impl<'a> Machine<'a> {
    /// An error of what stands at a byte of the source, with all that can be told of it, unless it was told
    /// nearer to its place.
    pub(crate) fn explained(&self, mut error: Error, at: u32) -> Error {
        if error.position().is_some() {
            return error;
        }
        let hint = match error.take_clue() {
            Some(Clue::Member(member)) => Some(member.hint(|key| self.may_be_told(key))),
            Some(Clue::Variable(name)) => Some(of_variable(&name, &self.told_variables())),
            None => self.advice(&error),
        };
        error.hints(hint).in_turn(self.turn).at(position(self.source, at as usize))
    }

    fn advice(&self, error: &Error) -> Option<String> {
        if error.class() == Class::Raised && is_about_roles(error.shown()) {
            return Some(roles(self.messages, self.turn));
        }
        if !matches!(error.kind(), "TypeError" | "UndefinedError") {
            return None;
        }
        let turn = self.turn?;
        let found = content_type(self.messages.get(turn as usize)?)?;
        Some(format!("the content of messages[{turn}] is of type {found}, where the template may want text"))
    }

    fn may_be_told(&self, name: &str) -> bool {
        is_known_key(name) || self.program.names.iter().any(|known| known == name)
    }

    /// The names of the variables that the row did not name.
    fn told_variables(&self) -> Vec<&'a str> {
        let told = |name: &&str, value: &Value<'a>| !value.source().is_data() || self.may_be_told(name);
        let own = self.variables.iter().filter(|(name, value)| told(name, value)).map(|(name, _)| *name);
        let mut names: Vec<_> = STANDARD_VARIABLES.into_iter().chain(own).collect();
        names.sort_unstable();
        names.dedup();
        names
    }
}
