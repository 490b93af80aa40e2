//! The helpers of Jinja: cyclers, joiners, and references to the template's own blocks.
use std::cell::Cell;

use crate::Error;
use crate::arena::Arena;
use crate::args::{Args, Context};
use crate::fail::{render, type_error, undefined};
use crate::program::{Choice, Name, Program};
use crate::text::{Source, Text};
use crate::value::Value;

/// A helper; the same one only if it is at the same place.
#[derive(Debug)]
pub(crate) enum Object<'a> {
    Cycler(Cycler<'a>),
    Joiner(Joiner<'a>),
    /// `self`, as the outermost code or a block has it.
    Template(&'a Program, Around<'a>),
    /// `self.name`.
    Block(Block<'a>),
}

/// A block of the template, and what it sees.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Block<'a> {
    name: &'a str,
    /// Index into the program's functions.
    pub(crate) function: u32,
    pub(crate) around: Around<'a>,
}

/// What a block sees besides the template's own variables.
pub(crate) type Around<'a> = Option<&'a Surroundings<'a>>;

/// The variables around scoped blocks, the innermost first.
#[derive(Debug)]
pub(crate) struct Surroundings<'a> {
    pub(crate) locals: &'a [(Name, Value<'a>)],
    pub(crate) outer: Around<'a>,
}

impl<'a> Surroundings<'a> {
    /// The innermost variable of a name.
    pub(crate) fn find(around: Around<'a>, name: Name, arena: &Arena) -> Result<Option<Value<'a>>, Error> {
        let mut next = around;
        while let Some(Surroundings { locals, outer }) = next {
            arena.work(1 + locals.len() / NAMES_OF_A_STEP)?;
            if let Some((_, value)) = locals.iter().find(|(known, _)| *known == name) {
                return Ok(Some(*value));
            }
            next = *outer;
        }
        Ok(None)
    }
}

/// How many names a step looks at.
pub(crate) const NAMES_OF_A_STEP: usize = 8;

#[derive(Debug)]
pub(crate) struct Cycler<'a> {
    items: &'a [Value<'a>],
    at: Cell<usize>,
}

impl<'a> Cycler<'a> {
    fn current(&self) -> Value<'a> {
        self.items[self.at.get()]
    }

    fn call(&self, name: &str, args: Args<'a>) -> Result<Value<'a>, Error> {
        args.bind::<0>(name, [], 0)?;
        if name == "reset" {
            self.at.set(0);
            return Ok(Value::None(Source::LITERAL));
        }
        let current = self.current();
        self.at.set((self.at.get() + 1) % self.items.len());
        Ok(current)
    }
}

#[derive(Debug)]
pub(crate) struct Joiner<'a> {
    separator: Value<'a>,
    used: Cell<bool>,
}

impl<'a> Joiner<'a> {
    /// Nothing the first time, then the separator.
    pub(crate) fn call(&self, args: Args<'a>) -> Result<Value<'a>, Error> {
        args.bind::<0>("joiner", [], 0)?;
        Ok(if self.used.replace(true) { self.separator } else { Value::Str(Text::EMPTY) })
    }
}

/// `cycler(…)`.
pub(crate) fn cycler<'a>(args: Args<'a>, cx: Context<'a>) -> Result<Value<'a>, Error> {
    if !args.named.is_empty() {
        return Err(type_error("cycler() takes no keyword arguments"));
    }
    if args.positional.is_empty() {
        return Err(render("RuntimeError", "at least one item has to be provided"));
    }
    let cycler = Cycler { items: args.positional, at: Cell::new(0) };
    Ok(Value::Object(cx.arena.value(Object::Cycler(cycler))?))
}

/// `joiner(…)`.
pub(crate) fn joiner<'a>(args: Args<'a>, cx: Context<'a>) -> Result<Value<'a>, Error> {
    let [separator] = args.bind("joiner", ["sep"], 0)?;
    let joiner = Joiner { separator: separator.unwrap_or(Value::literal(", ")), used: Cell::new(false) };
    Ok(Value::Object(cx.arena.value(Object::Joiner(joiner))?))
}

/// `object.name(args)`.
pub(crate) fn method<'a>(object: &Object<'a>, name: &str, args: Args<'a>) -> Result<Value<'a>, Error> {
    match object {
        Object::Cycler(cycler) => cycler.call(name, args),
        _ => Err(type_error(format!("'{}' object is not callable", object.type_name()))),
    }
}

impl<'a> Object<'a> {
    pub(crate) fn type_name(&self) -> &'static str {
        match self {
            Self::Cycler(_) => "Cycler",
            Self::Joiner(_) => "Joiner",
            Self::Template(..) => "TemplateReference",
            Self::Block(_) => "BlockReference",
        }
    }

    pub(crate) fn is_callable(&self) -> bool {
        matches!(self, Self::Joiner(_) | Self::Block(_))
    }

    pub(crate) fn has_method(&self, name: &str) -> bool {
        matches!(self, Self::Cycler(_)) && matches!(name, "next" | "reset")
    }

    /// An attribute that is no method.
    pub(crate) fn attribute(&self, name: &str, cx: Context<'a>) -> Result<Option<Value<'a>>, Error> {
        Ok(Some(match (self, name) {
            (Self::Cycler(cycler), "items") => cx.tuple(cycler.items)?,
            (Self::Cycler(cycler), "pos") => Value::count(cycler.at.get(), Source::LITERAL),
            (Self::Cycler(cycler), "current") => cycler.current(),
            (Self::Joiner(joiner), "sep") => joiner.separator,
            (Self::Joiner(joiner), "used") => Value::truth(joiner.used.get()),
            (Self::Block(block), "name") => Value::literal(block.name),
            (Self::Block(_), "super") => no_parent(cx)?,
            _ => return Ok(None),
        }))
    }

    /// The item of a name: of the template, a block.
    pub(crate) fn item(&self, name: &str, cx: Context<'a>) -> Result<Option<Value<'a>>, Error> {
        let Self::Template(program, around) = self else { return Ok(None) };
        let block = Block::named(name, program, *around);
        block.map(|block| Ok(Value::Object(cx.arena.value(Self::Block(block))?))).transpose()
    }
}

impl<'a> Block<'a> {
    fn named(name: &str, program: &'a Program, around: Around<'a>) -> Option<Self> {
        let facts = program.blocks.iter().find(|facts| program.name(facts.name) == name)?;
        Some(Self { name: program.name(facts.name), function: facts.function, around })
    }
}

/// What `super` is in a template that extends none.
pub(crate) fn no_parent(cx: Context<'_>) -> Result<Value<'_>, Error> {
    cx.because("there is no parent block of that name")
}

/// Asks for other templates, of which there are none; fine only where what is missing may be ignored, and no
/// name was given.
pub(crate) fn include<'a>(
    named: &Value<'a>,
    choice: Choice,
    ignore_missing: bool,
    cx: Context<'a>,
) -> Result<(), Error> {
    let one = match choice {
        Choice::One => true,
        Choice::Some => false,
        Choice::OneOrSome => matches!(named, Value::Str(_) | Value::Undefined(_)),
    };
    if let (false, Value::Undefined(why)) = (one, named) {
        return Err(undefined(why));
    }
    let none_named = !one && (!named.is_true() || crate::iterate::items(named, cx)?.len() == 0);
    match (none_named, ignore_missing) {
        (false, _) => Err(type_error("no loader for this environment specified")),
        (true, true) => Ok(()),
        (true, false) => {
            let message = "Tried to select from an empty list of templates.";
            Err(render("TemplatesNotFound", message))
        }
    }
}
