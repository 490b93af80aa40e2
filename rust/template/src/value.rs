//! Values while a template runs: Python's data model, each value knowing who wrote it.
use std::cell::{Cell, RefCell};

use bumpalo::collections::Vec as BumpVec;
use num_bigint::BigInt;

use crate::arena::Arena;
use crate::characters::Characters;
use crate::objects::Object;
use crate::program::{Label, LoopPart, MacroFacts, Program};
use crate::text::{Source, Text};
use crate::{Class, Compat, Error};

/// A value; copying it is free.
#[derive(Debug, Clone, Copy)]
// With a tag of a whole word, payloads are aligned, and copies of values forward through the store buffer.
#[repr(u64)]
pub(crate) enum Value<'a> {
    /// Nothing was assigned yet.
    Missing,
    Undefined(Undefined<'a>),
    None(Source),
    Bool(bool, Source),
    Int(i64, Source),
    /// An integer beyond 64 bits.
    Big(&'a Big<'a>),
    Float(f64, Source),
    Str(Text<'a>),
    List(&'a List<'a>),
    Tuple(&'a List<'a>),
    Dict(&'a Dict<'a>),
    /// What `keys()`, `values()` and `items()` of a dict give.
    View(View, &'a Dict<'a>),
    Range(&'a Range),
    Generator(&'a Generator<'a>),
    Namespace(&'a Namespace<'a>),
    Loop(&'a Loop<'a>),
    Macro(&'a Closure<'a>),
    Method(&'a Bound<'a>),
    Global(Global),
    Object(&'a Object<'a>),
}

/// Why a value is undefined, which decides how it fails when it is used.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Undefined<'a> {
    /// A text has no attribute of this name. Templates ask each character of a text for some, so it takes no memory.
    OfText(&'a str),
    Because(&'a Reason<'a>),
}

/// Other reasons why a value is undefined.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Reason<'a> {
    Name(&'a str),
    /// The first has no such attribute or item.
    Member(Value<'a>, Value<'a>),
    /// The sandbox hides the attribute.
    Unsafe(&'static str, &'a str),
    /// Anything else.
    Words(&'a str),
}

/// An integer beyond 64 bits, as magnitude in base 2³² and sign.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Big<'a> {
    digits: &'a [u32],
    negative: bool,
    source: Source,
}

impl<'a> Big<'a> {
    /// How many digits in base 2³² it has.
    pub(crate) fn len(&self) -> usize {
        self.digits.len()
    }

    pub(crate) fn number(&self) -> BigInt {
        let sign = if self.negative { num_bigint::Sign::Minus } else { num_bigint::Sign::Plus };
        BigInt::from_slice(sign, self.digits)
    }

    /// An integer value, small if it fits.
    pub(crate) fn value(number: &BigInt, source: Source, arena: &'a Arena) -> Result<Value<'a>, Error> {
        if let Ok(small) = i64::try_from(number) {
            return Ok(Value::Int(small, source));
        }
        let (sign, digits) = number.to_u32_digits();
        let negative = sign == num_bigint::Sign::Minus;
        let big = Self { digits: arena.slice(&digits)?, negative, source };
        Ok(Value::Big(arena.value(big)?))
    }
}

/// A list or tuple.
#[derive(Debug, Clone, Copy)]
pub(crate) struct List<'a> {
    pub(crate) items: &'a [Value<'a>],
    pub(crate) source: Source,
    /// Whether it is the conversation, or a slice of it.
    pub(crate) of_messages: bool,
    /// Whether it is a pair that `groupby` gives, whose parts have names.
    pub(crate) is_group: bool,
}

impl<'a> List<'a> {
    pub(crate) fn new(items: &'a [Value<'a>], source: Source) -> Self {
        Self { items, source, of_messages: false, is_group: false }
    }
}

/// A mapping in insertion order; templates can't change one.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Dict<'a> {
    pub(crate) entries: &'a [(Value<'a>, Value<'a>)],
    /// The entries under text keys, sorted by them, of a large mapping.
    index: Option<&'a [(&'a str, u32)]>,
    pub(crate) source: Source,
    /// The message it is, or stands for.
    pub(crate) message: Option<u32>,
}

/// From here on a mapping is searched by bisection.
const INDEXED_FROM: usize = 17;

impl<'a> Dict<'a> {
    pub(crate) fn new(
        entries: &'a [(Value<'a>, Value<'a>)],
        source: Source,
        message: Option<u32>,
        arena: &'a Arena,
    ) -> Result<&'a Self, Error> {
        let index = if entries.len() >= INDEXED_FROM { Some(Self::indexed(entries, arena)?) } else { None };
        arena.value(Self { entries, index, source, message })
    }

    /// Whether it is a message as the row has it.
    pub(crate) fn is_from_row_as_message(&self) -> bool {
        self.message.is_some() && self.source.as_field().is_some()
    }

    fn indexed(
        entries: &'a [(Value<'a>, Value<'a>)],
        arena: &'a Arena,
    ) -> Result<&'a [(&'a str, u32)], Error> {
        let mut index = arena.growable(entries.len())?;
        for (entry, (key, _)) in (0..).zip(entries) {
            if let Value::Str(text) = key {
                text.scan(arena)?;
                index.push((text.as_str(arena)?, entry));
            }
        }
        index.sort_unstable();
        Ok(index.into_bump_slice())
    }

    /// The value under a text key.
    pub(crate) fn get(&self, key: &str) -> Option<&'a Value<'a>> {
        let is_key = |found: &Value<'a>| matches!(found, Value::Str(text) if text.equals(key));
        match self.index {
            None => self.entries.iter().find(|(found, _)| is_key(found)).map(|(_, value)| value),
            Some(index) => self.get_indexed(index, key),
        }
    }

    fn get_indexed(&self, index: &[(&'a str, u32)], key: &str) -> Option<&'a Value<'a>> {
        let found = index.binary_search_by(|(text, _)| (*text).cmp(key)).ok()?;
        Some(&self.entries[index[found].1 as usize].1)
    }
}

/// The three views of a mapping.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum View {
    Keys,
    Values,
    Items,
}

/// Python's `range`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Range {
    pub(crate) start: i64,
    pub(crate) stop: i64,
    pub(crate) step: i64,
}

impl Range {
    pub(crate) fn len(&self) -> usize {
        let (span, step) = if self.step > 0 {
            (i128::from(self.stop) - i128::from(self.start), i128::from(self.step))
        } else {
            (i128::from(self.start) - i128::from(self.stop), -i128::from(self.step))
        };
        usize::try_from((span.max(0) + step - 1) / step).unwrap_or(usize::MAX)
    }

    /// Whether both go through the same numbers.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        let length = self.len();
        length == other.len()
            && (length == 0 || self.start == other.start && (length == 1 || self.step == other.step))
    }

    pub(crate) fn at<'a>(&self, index: usize) -> Value<'a> {
        let offset = self.step.wrapping_mul(i64::try_from(index).unwrap_or(i64::MAX));
        Value::Int(self.start.wrapping_add(offset), Source::LITERAL)
    }
}

/// What `map`, `select` and their kin give: it can be gone through once, and fails only where Python's does.
#[derive(Debug)]
pub(crate) struct Generator<'a> {
    pub(crate) items: &'a [Value<'a>],
    /// The first item that was not yet taken.
    pub(crate) next: Cell<usize>,
    /// What going on after the last item raises.
    pub(crate) failure: Option<Failure<'a>>,
    /// Whether something else is going through it, so that nobody can tell where it stands.
    pub(crate) busy: Cell<bool>,
    /// Whether its items are messages of the conversation.
    pub(crate) of_messages: bool,
}

impl<'a> Generator<'a> {
    /// The items that are left, taken up to a number of them.
    pub(crate) fn take(&self, most: usize) -> Result<&'a [Value<'a>], Error> {
        if self.busy.get() {
            return Err(crate::fail::unsupported_input("a generator that something else goes through"));
        }
        let rest = self.items.get(self.next.get()..).unwrap_or_default();
        let taken = &rest[..most.min(rest.len())];
        self.next.set(self.next.get() + taken.len());
        match &self.failure {
            Some(failure) if most > rest.len() => Err(failure.error()),
            _ => Ok(taken),
        }
    }

    /// The items that are left, for a loop that says when it has come to their end.
    pub(crate) fn begin(&self) -> Result<&'a [Value<'a>], Error> {
        let rest = self.take(self.items.len() - self.next.get())?;
        self.busy.set(true);
        Ok(rest)
    }

    /// The end of a loop over the items.
    pub(crate) fn end(&self) -> Result<(), Error> {
        self.busy.set(false);
        self.failure.as_ref().map_or(Ok(()), |failure| Err(failure.error()))
    }
}

/// An error that waits until its generator gets there.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Failure<'a> {
    class: Class,
    kind: &'static str,
    message: &'a str,
}

impl<'a> Failure<'a> {
    pub(crate) fn new(error: &Error, arena: &'a Arena) -> Result<Self, Error> {
        Ok(Self { class: error.class(), kind: error.kind(), message: arena.str(error.message())? })
    }

    fn error(&self) -> Error {
        Error::new(self.class, self.kind, self.message)
    }
}

/// How many names a step looks at.
const ENTRIES_OF_A_STEP: usize = 4;

/// The one thing a template can change.
#[derive(Debug)]
pub(crate) struct Namespace<'a> {
    pub(crate) attributes: RefCell<BumpVec<'a, (&'a str, Value<'a>)>>,
}

impl<'a> Namespace<'a> {
    pub(crate) fn find(&self, name: &str, arena: &'a Arena) -> Result<Option<Value<'a>>, Error> {
        arena.work(self.attributes.borrow().len() / ENTRIES_OF_A_STEP)?;
        Ok(self.attributes.borrow().iter().find(|(known, _)| *known == name).map(|(_, value)| *value))
    }

    /// The names of its attributes.
    pub(crate) fn names(&self) -> Vec<String> {
        self.attributes.borrow().iter().map(|(name, _)| (*name).to_owned()).collect()
    }

    pub(crate) fn set(&self, name: &'a str, value: Value<'a>, arena: &'a Arena) -> Result<(), Error> {
        let mut attributes = self.attributes.borrow_mut();
        arena.work(attributes.len() / ENTRIES_OF_A_STEP)?;
        if let Some(entry) = attributes.iter_mut().find(|(known, _)| *known == name) {
            entry.1 = value;
            return Ok(());
        }
        arena.charge(size_of::<(&str, Value<'_>)>())?;
        attributes.push((name, value));
        Ok(())
    }
}

/// What a `for` goes through.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Items<'a> {
    Slice(&'a [Value<'a>]),
    Range(&'a Range),
    Characters(&'a Characters<'a>),
    Kept(&'a Kept<'a>),
}

/// What the test of a loop has kept so far.
#[derive(Debug)]
pub(crate) struct Kept<'a> {
    pub(crate) from: &'a Items<'a>,
    /// How many of those were tested.
    pub(crate) tested: Cell<usize>,
    pub(crate) items: RefCell<BumpVec<'a, Value<'a>>>,
    /// Where the test is, and the variables it reads.
    pub(crate) test: Label,
    pub(crate) frame: &'a Frame<'a>,
}

impl<'a> Items<'a> {
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Slice(items) => items.len(),
            Self::Range(range) => range.len(),
            Self::Characters(characters) => characters.len(),
            Self::Kept(kept) => kept.items.borrow().len(),
        }
    }

    #[inline]
    pub(crate) fn get(&self, index: usize) -> Option<Value<'a>> {
        match self {
            Self::Slice(items) => items.get(index).copied(),
            Self::Range(range) => (index < range.len()).then(|| range.at(index)),
            Self::Characters(characters) => characters.get(index),
            Self::Kept(kept) => kept.items.borrow().get(index).copied(),
        }
    }
}

/// A running `for`, which is also the value of `loop`.
#[derive(Debug)]
pub(crate) struct Loop<'a> {
    pub(crate) items: Items<'a>,
    /// The next item.
    pub(crate) next: Cell<usize>,
    /// Whether a body came to its end, so that `else` is not run.
    pub(crate) completed: Cell<bool>,
    /// The last arguments of `loop.changed`.
    pub(crate) changed: Cell<Option<Value<'a>>>,
    /// What it goes through, if that is gone through once.
    pub(crate) generator: Option<&'a Generator<'a>>,
    /// What `loop(…)` runs, if it is recursive, and how deep it is already.
    pub(crate) recursion: Option<(&'a Closure<'a>, usize)>,
}

impl<'a> Loop<'a> {
    pub(crate) fn new(items: Items<'a>) -> Self {
        let (next, completed, changed) = (Cell::new(0), Cell::new(false), Cell::new(None));
        Self { items, next, completed, changed, generator: None, recursion: None }
    }

    fn depth0(&self) -> usize {
        self.recursion.map_or(0, |(_, depth)| depth)
    }

    pub(crate) fn index0(&self) -> usize {
        self.next.get().saturating_sub(1)
    }

    pub(crate) fn item(&self, offset: isize) -> Option<Value<'a>> {
        self.items.get(self.index0().checked_add_signed(offset)?)
    }

    /// Whether what comes may not be known yet, or fail.
    pub(crate) fn is_lazy(&self) -> bool {
        self.generator.is_some() || matches!(self.items, Items::Kept(_))
    }

    /// An attribute of `loop`; nothing beyond either end.
    pub(crate) fn part(&self, part: LoopPart) -> Option<Value<'a>> {
        let (index0, length) = (self.index0(), self.items.len());
        let count = |count: usize| Value::count(count, Source::LITERAL);
        Some(match part {
            LoopPart::First => Value::truth(index0 == 0),
            LoopPart::Last => Value::truth(index0 + 1 >= length),
            LoopPart::Index0 => count(index0),
            LoopPart::Index => count(index0 + 1),
            LoopPart::Length => count(length),
            LoopPart::RevIndex => count(length - index0),
            LoopPart::RevIndex0 => count(length - index0 - 1),
            LoopPart::Depth => count(self.depth0() + 1),
            LoopPart::Depth0 => count(self.depth0()),
            LoopPart::Previous => self.item(-1)?,
            LoopPart::Next => self.item(1)?,
        })
    }
}

/// The variables of one function.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Frame<'a> {
    pub(crate) slots: &'a [Cell<Value<'a>>],
    /// The frame of the function around this one's definition.
    pub(crate) parent: Option<&'a Frame<'a>>,
}

impl<'a> Frame<'a> {
    pub(crate) fn new(slots: u32, parent: Option<&'a Self>, arena: &'a Arena) -> Result<&'a Self, Error> {
        let mut fresh = arena.growable(slots as usize)?;
        fresh.extend((0..slots).map(|_| Cell::new(Value::Missing)));
        arena.value(Self { slots: fresh.into_bump_slice(), parent })
    }
}

/// A macro with the frame it was defined in.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Closure<'a> {
    pub(crate) facts: &'a MacroFacts,
    pub(crate) program: &'a Program,
    pub(crate) frame: &'a Frame<'a>,
}

impl<'a> Closure<'a> {
    /// Its name; the body of a call block has none.
    pub(crate) fn name(&self) -> Option<&'a str> {
        self.facts.name.map(|name| self.program.name(name))
    }

    pub(crate) fn params(&self) -> impl Iterator<Item = &'a str> {
        let program = self.program;
        self.facts.params.iter().map(|(name, _)| program.name(*name))
    }
}

/// A method that was looked up but not yet called.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bound<'a> {
    pub(crate) receiver: Value<'a>,
    pub(crate) name: &'a str,
}

/// The functions that every template can call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Global {
    Range,
    Dict,
    /// Python's own `dict`, of which every item is a `dict` again.
    DictType,
    Namespace,
    RaiseException,
    StrftimeNow,
    Cycler,
    Joiner,
}

impl Global {
    pub(crate) fn named(name: &str, compat: Compat) -> Option<Self> {
        Some(match name {
            "range" => Self::Range,
            "dict" if compat == Compat::Transformers457 => Self::DictType,
            "dict" => Self::Dict,
            "namespace" => Self::Namespace,
            "raise_exception" => Self::RaiseException,
            "strftime_now" => Self::StrftimeNow,
            "cycler" => Self::Cycler,
            "joiner" => Self::Joiner,
            _ => return None,
        })
    }
}

impl<'a> Value<'a> {
    pub(crate) fn literal(text: &'a str) -> Self {
        Self::Str(Text::literal(text))
    }

    pub(crate) fn truth(truth: bool) -> Self {
        Self::Bool(truth, Source::LITERAL)
    }

    /// A count that derives from something of `source`.
    pub(crate) fn count(count: usize, source: Source) -> Self {
        Self::Int(i64::try_from(count).unwrap_or(i64::MAX), source)
    }

    pub(crate) fn list(items: &'a [Self], arena: &'a Arena) -> Result<Self, Error> {
        Ok(Self::List(arena.value(List::new(items, Source::LITERAL))?))
    }

    pub(crate) fn tuple(items: &'a [Self], arena: &'a Arena) -> Result<Self, Error> {
        Ok(Self::Tuple(arena.value(List::new(items, Source::LITERAL))?))
    }

    pub(crate) fn undefined(why: Reason<'a>, arena: &'a Arena) -> Result<Self, Error> {
        Ok(Self::Undefined(Undefined::Because(arena.value(why)?)))
    }

    /// The message that this mapping is.
    pub(crate) fn message(&self) -> Option<u32> {
        match self {
            Self::Dict(dict) => dict.message,
            _ => None,
        }
    }

    /// Who wrote it, for values that are printed whole.
    #[inline]
    pub(crate) fn source(&self) -> Source {
        match self {
            Self::None(source) | Self::Bool(_, source) | Self::Int(_, source) | Self::Float(_, source) => {
                *source
            }
            Self::Big(big) => big.source,
            Self::Str(text) => text.source(),
            Self::List(list) | Self::Tuple(list) => list.source,
            Self::Dict(dict) | Self::View(_, dict) => dict.source,
            _ => Source::LITERAL,
        }
    }

    /// Python's `type(x).__name__`.
    pub(crate) fn type_name(&self) -> &'static str {
        match self {
            Self::Missing | Self::Undefined(_) => "Undefined",
            Self::None(_) => "NoneType",
            Self::Bool(..) => "bool",
            Self::Int(..) | Self::Big(_) => "int",
            Self::Float(..) => "float",
            Self::Str(text) if text.markup => "Markup",
            Self::Str(_) => "str",
            Self::List(_) => "list",
            Self::Tuple(_) => "tuple",
            Self::Dict(_) => "dict",
            Self::View(View::Keys, _) => "dict_keys",
            Self::View(View::Values, _) => "dict_values",
            Self::View(View::Items, _) => "dict_items",
            Self::Range(_) => "range",
            Self::Generator(_) => "generator",
            Self::Namespace(_) => "TemplateNamespace",
            Self::Loop(_) => "LoopContext",
            Self::Macro(_) => "Macro",
            Self::Method(_) => "builtin_function_or_method",
            Self::Global(Global::Dict) => "TemplateDict",
            Self::Global(Global::Range | Global::RaiseException | Global::StrftimeNow) => "function",
            Self::Global(Global::Namespace | Global::DictType | Global::Cycler | Global::Joiner) => "type",
            Self::Object(object) => object.type_name(),
        }
    }

    /// Python's `bool(x)`.
    pub(crate) fn is_true(&self) -> bool {
        match self {
            Self::Missing | Self::Undefined(_) | Self::None(_) => false,
            Self::Bool(truth, _) => *truth,
            Self::Int(number, _) => *number != 0,
            Self::Float(number, _) => *number != 0.0,
            Self::Str(text) => !text.is_empty(),
            Self::List(list) | Self::Tuple(list) => !list.items.is_empty(),
            Self::Dict(dict) | Self::View(_, dict) => !dict.entries.is_empty(),
            Self::Range(range) => range.len() > 0,
            Self::Loop(running) => running.items.len() > 0,
            _ => true,
        }
    }
}
