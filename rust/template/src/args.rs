//! What a builtin is called with.
use crate::Error;
use crate::arena::Arena;
use crate::fail::type_error;
use crate::input::FieldNode;
use crate::text::{Source, Text};
use crate::value::Value;

/// What builtins may use of the running machine.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Context<'a> {
    pub(crate) arena: &'a Arena,
    pub(crate) fields: &'a [FieldNode<'a>],
    /// The current message.
    pub(crate) turn: Option<u32>,
}

impl<'a> Context<'a> {
    pub(crate) fn join(&self, parts: &[Text<'a>]) -> Result<Text<'a>, Error> {
        Text::join(parts, self.turn, self.arena)
    }

    pub(crate) fn list(&self, items: &[Value<'a>]) -> Result<Value<'a>, Error> {
        Value::list(self.arena.slice(items)?, self.arena)
    }

    pub(crate) fn tuple(&self, items: &[Value<'a>]) -> Result<Value<'a>, Error> {
        Value::tuple(self.arena.slice(items)?, self.arena)
    }

    /// The message that a field belongs to.
    pub(crate) fn message_of(&self, source: Source) -> Option<u32> {
        self.fields.get(source.as_field()? as usize)?.message
    }

    pub(crate) fn because(&self, why: &'a str) -> Result<Value<'a>, Error> {
        Value::undefined(crate::value::Reason::Words(why), self.arena)
    }
}

/// Positional and named arguments.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Args<'a> {
    pub(crate) positional: &'a [Value<'a>],
    pub(crate) named: &'a [(&'a str, Value<'a>)],
}

impl<'a> Args<'a> {
    pub(crate) fn named(&self, name: &str) -> Option<Value<'a>> {
        self.named.iter().find(|(known, _)| *known == name).map(|(_, value)| *value)
    }

    /// Binds the arguments to a function's parameters; fails as Python does where they do not fit.
    pub(crate) fn bind<const N: usize>(
        &self,
        function: &str,
        names: [&str; N],
        required: usize,
    ) -> Result<[Option<Value<'a>>; N], Error> {
        if self.positional.len() > N {
            let given = self.positional.len();
            return Err(type_error(format!("{function}() takes at most {N} arguments ({given} given)")));
        }
        let mut bound = [None; N];
        for (place, value) in bound.iter_mut().zip(self.positional) {
            *place = Some(*value);
        }
        for (name, value) in self.named {
            let Some(at) = names.iter().position(|known| known == name) else {
                return Err(type_error(format!("{function}() got an unexpected keyword argument '{name}'")));
            };
            if bound[at].replace(*value).is_some() {
                return Err(type_error(format!("{function}() got multiple values for argument '{name}'")));
            }
        }
        match bound.iter().take(required).position(Option::is_none) {
            Some(missing) => {
                let name = names[missing];
                Err(type_error(format!("{function}() missing required argument: '{name}'")))
            }
            None => Ok(bound),
        }
    }

    /// Binds arguments of a method that takes no names.
    pub(crate) fn bind_positional<const N: usize>(
        &self,
        function: &str,
        required: usize,
    ) -> Result<[Option<Value<'a>>; N], Error> {
        if !self.named.is_empty() {
            return Err(type_error(format!("{function}() takes no keyword arguments")));
        }
        self.bind(function, [""; N], required)
    }
}
