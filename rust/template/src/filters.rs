//! Jinja's filters, by name.
use std::cmp::Ordering;

use crate::Error;
use crate::args::{Args, Context};
use crate::fail::{type_error, unsupported_input};
use crate::filters_numbers as numbers;
use crate::filters_sequences as sequences;
use crate::filters_text as texts;
use crate::iterate::{length, unpacked};
use crate::json::{self, Style};
use crate::members::only_attribute;
use crate::pretty::pretty;
use crate::print;
use crate::strings;
use crate::text::{Text, TextBuilder};
use crate::value::Value;

macro_rules! filters {
    ($($variant:ident $($name:literal)+;)*) => {
        /// The filters that this engine knows.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum Filter { $($variant),* }

        impl Filter {
            pub(crate) const NAMES: &[&str] = &[$($($name),+),*];

            pub(crate) fn named(name: &str) -> Option<Self> {
                Some(match name { $($($name)|+ => Self::$variant,)* _ => return None })
            }

            pub(crate) fn name(self) -> &'static str {
                match self { $(Self::$variant => [$($name),+][0],)* }
            }
        }
    };
}

filters! {
    Abs "abs";
    Attr "attr";
    Batch "batch";
    Capitalize "capitalize";
    Center "center";
    Default "default" "d";
    Dictsort "dictsort";
    Escape "escape" "e";
    FileSize "filesizeformat";
    First "first";
    Float "float";
    ForceEscape "forceescape";
    Format "format";
    GroupBy "groupby";
    Indent "indent";
    Int "int";
    Items "items";
    Join "join";
    Last "last";
    Length "length" "count";
    List "list";
    Lower "lower";
    Map "map";
    Max "max";
    Min "min";
    PrettyPrint "pprint";
    Reject "reject";
    RejectAttr "rejectattr";
    Replace "replace";
    Reverse "reverse";
    Round "round";
    Safe "safe";
    Select "select";
    SelectAttr "selectattr";
    Slice "slice";
    Sort "sort";
    String "string";
    StripTags "striptags";
    Sum "sum";
    Title "title";
    ToJson "tojson";
    Trim "trim";
    Truncate "truncate";
    Unique "unique";
    Upper "upper";
    UrlEncode "urlencode";
    Wordcount "wordcount";
    WordWrap "wordwrap";
    XmlAttr "xmlattr";
}

impl Filter {
    /// Whether Jinja has a filter of this name that this engine lacks.
    pub(crate) fn is_jinjas(name: &str) -> bool {
        matches!(name, "random" | "urlize")
    }

    /// Whether it goes through all of the value.
    fn looks_through(self, value: &Value<'_>) -> bool {
        use Filter::{Abs, Attr, Default, First, Last, Length, Round, Safe, String};
        match self {
            Length => matches!(value, Value::Str(_)),
            Abs | Attr | Default | First | Last | Round | Safe | String => false,
            _ => true,
        }
    }

    /// Whether it takes nothing but the value.
    fn is_plain(self) -> bool {
        use Filter::{
            Abs, Capitalize, Escape, First, ForceEscape, Items, Last, Length, List, Lower, PrettyPrint,
            Reverse, Safe, String, StripTags, Title, Upper, UrlEncode, Wordcount,
        };
        matches!(
            self,
            Abs | Capitalize
                | Escape
                | First
                | ForceEscape
                | Items
                | Last
                | Length
                | List
                | Lower
                | PrettyPrint
                | Reverse
                | Safe
                | String
                | StripTags
                | Title
                | UrlEncode
                | Upper
                | Wordcount
        )
    }
}

/// Takes the steps for going through a value.
fn work_through<'a>(value: &Value<'a>, cx: Context<'a>) -> Result<(), Error> {
    cx.arena.work(match value {
        Value::Str(text) => return text.scan(cx.arena),
        Value::List(list) | Value::Tuple(list) => list.items.len(),
        Value::Dict(dict) | Value::View(_, dict) => dict.entries.len(),
        Value::Range(range) => range.len(),
        Value::Generator(generator) => generator.items.len(),
        _ => 0,
    })
}

/// Whether `value | trim` is the value itself, as far as that can be told at a glance.
pub(crate) fn is_trimmed(value: &Value<'_>) -> bool {
    matches!(value, Value::Str(text) if strings::is_stripped(text))
}

/// `value | filter(args)`.
pub(crate) fn apply<'a>(
    filter: Filter,
    value: &Value<'a>,
    args: Args<'a>,
    cx: Context<'a>,
) -> Result<Value<'a>, Error> {
    if filter.is_plain() {
        args.bind::<0>("filter", [], 0)?;
    }
    cx.arena.work(1)?;
    if filter.looks_through(value) {
        work_through(value, cx)?;
    }
    match filter {
        Filter::Abs => numbers::absolute(value, cx),
        Filter::Attr => attr(value, args, cx),
        Filter::Batch => sequences::batch(value, args, cx),
        Filter::Capitalize => texts::cased(value, "capitalize", cx),
        Filter::Lower => texts::cased(value, "lower", cx),
        Filter::Upper => texts::cased(value, "upper", cx),
        Filter::Title => texts::title(value, cx),
        Filter::Center => texts::center(value, args, cx),
        Filter::Default => default(value, args),
        Filter::Dictsort => sequences::dictsort(value, args, cx),
        Filter::Escape => strings::escape(&print::text(value, cx.arena)?, cx).map(Value::Str),
        Filter::ForceEscape => {
            strings::escape(&print::text(value, cx.arena)?.with_markup(false), cx).map(Value::Str)
        }
        Filter::FileSize => numbers::file_size(value, args, cx),
        Filter::First => sequences::first(value, cx),
        Filter::Last => sequences::last(value, cx),
        Filter::Float => numbers::float(value, args, cx),
        Filter::Int => numbers::int(value, args, cx),
        Filter::Format => texts::format(value, args, cx),
        Filter::GroupBy => sequences::group_by(value, args, cx),
        Filter::Indent => texts::indent(value, args, cx),
        Filter::Items => sequences::items(value, cx),
        Filter::Join => sequences::join(value, args, cx),
        Filter::Length => Ok(Value::count(length(value)?, value.source())),
        Filter::List => sequences::list(value, cx),
        Filter::Map => sequences::map(value, args, cx),
        Filter::Max => sequences::extreme(value, args, Ordering::Greater, cx),
        Filter::Min => sequences::extreme(value, args, Ordering::Less, cx),
        Filter::PrettyPrint => pretty(value, cx).map(Value::Str),
        Filter::Select => sequences::select(value, args, (true, false), cx),
        Filter::Reject => sequences::select(value, args, (false, false), cx),
        Filter::SelectAttr => sequences::select(value, args, (true, true), cx),
        Filter::RejectAttr => sequences::select(value, args, (false, true), cx),
        Filter::Replace => texts::replace(value, args, cx),
        Filter::Reverse => sequences::reverse(value, cx),
        Filter::Round => numbers::round(value, args, cx),
        Filter::Safe => Ok(Value::Str(print::text(value, cx.arena)?.with_markup(true))),
        Filter::Slice => sequences::slices(value, args, cx),
        Filter::Sort => sequences::sort(value, args, cx),
        Filter::String => print::text(value, cx.arena).map(Value::Str),
        Filter::StripTags => texts::strip_tags(value, cx),
        Filter::Sum => sequences::sum(value, args, cx),
        Filter::ToJson => tojson(value, args, cx),
        Filter::Trim => texts::trim(value, args, cx),
        Filter::Truncate => texts::truncate(value, args, cx),
        Filter::Unique => sequences::unique(value, args, cx),
        Filter::UrlEncode => texts::url_encode(value, cx),
        Filter::Wordcount => texts::wordcount(value, cx),
        Filter::WordWrap => texts::word_wrap(value, args, cx),
        Filter::XmlAttr => texts::xml_attributes(value, args, cx),
    }
}

fn attr<'a>(value: &Value<'a>, args: Args<'a>, cx: Context<'a>) -> Result<Value<'a>, Error> {
    let [name] = args.bind("attr", ["name"], 1)?;
    let Some(Value::Str(name)) = name else {
        return Err(unsupported_input("`attr` with a name that is no text"));
    };
    only_attribute(value, name.as_str(cx.arena)?, cx)
}

fn default<'a>(value: &Value<'a>, args: Args<'a>) -> Result<Value<'a>, Error> {
    let [otherwise, boolean] = args.bind("default", ["default_value", "boolean"], 0)?;
    let unset =
        matches!(value, Value::Undefined(_)) || boolean.is_some_and(|b| b.is_true()) && !value.is_true();
    Ok(if unset { otherwise.unwrap_or(Value::Str(Text::EMPTY)) } else { *value })
}

fn tojson<'a>(value: &Value<'a>, args: Args<'a>, cx: Context<'a>) -> Result<Value<'a>, Error> {
    let names = ["ensure_ascii", "indent", "separators", "sort_keys"];
    let [ensure_ascii, indent, separators, sort_keys] = args.bind("tojson", names, 0)?;
    let separators = separators.filter(|separators| !matches!(separators, Value::None(_)));
    let separators = separators.map(|separators| unpacked(&separators, 2, cx)).transpose()?;
    // Of a text, Python looks at no more.
    let is_text = matches!(value, Value::Str(_));
    let separators = separators.filter(|_| !is_text).map(|pair| separator_pair(pair, cx)).transpose()?;
    let indent = match indent.filter(|_| !is_text) {
        Some(indent) => json::indent_of(&indent, cx.arena)?,
        None => None,
    };
    let (item_separator, key_separator) = match separators {
        Some(separators) => separators,
        None => (if indent.is_some() { "," } else { ", " }, ": "),
    };
    let truth = |value: Option<Value<'_>>| value.is_some_and(|value| value.is_true());
    let (ensure_ascii, sort_keys) = (truth(ensure_ascii), truth(sort_keys));
    let style = Style { ensure_ascii, indent, item_separator, key_separator, sort_keys };
    let mut builder = TextBuilder::roomy(cx.arena);
    json::dump(value, &style, 0, &mut builder, cx.arena)?;
    builder.finish().map(Value::Str)
}

fn separator_pair<'a>(separators: &[Value<'a>], cx: Context<'a>) -> Result<(&'a str, &'a str), Error> {
    match separators {
        [Value::Str(item), Value::Str(key)] => Ok((item.as_str(cx.arena)?, key.as_str(cx.arena)?)),
        _ => Err(type_error("separators must be two texts")),
    }
}
