//! The shapes that rows have, recognized by their keys.
use crate::Reading;
use crate::row::{Row, RowShapeError, quoted};

/// A known form of rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    Messages,
    ShareGpt,
    UltraChat,
    PromptCompletion,
    Alpaca,
    Columns,
}

/// A form, and the keys by which it is recognized, by our names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Shape {
    pub(crate) format: Format,
    pub(crate) keys: &'static [&'static str],
    optional: &'static [&'static str],
}

const fn shape(format: Format, keys: &'static [&'static str], optional: &'static [&'static str]) -> Shape {
    Shape { format, keys, optional }
}

const SHAPES: &[Shape] = &[
    shape(Format::Messages, &["messages"], &["tools"]),
    shape(Format::ShareGpt, &["conversations"], &["system", "tools"]),
    shape(Format::UltraChat, &["data"], &["system"]),
    shape(Format::PromptCompletion, &["prompt", "completion"], &["tools"]),
    shape(Format::Alpaca, &["instruction", "output"], &["input", "context", "system"]),
    shape(Format::Alpaca, &["instruction", "answer"], &["input", "context", "system"]),
    shape(Format::Columns, &["user", "assistant"], &["system"]),
];

const FORMATS: &[(&str, Format)] = &[
    ("messages", Format::Messages),
    ("sharegpt", Format::ShareGpt),
    ("ultrachat", Format::UltraChat),
    ("prompt-completion", Format::PromptCompletion),
    ("alpaca", Format::Alpaca),
    ("columns", Format::Columns),
];

impl Format {
    pub(crate) fn named(name: &str) -> Option<Self> {
        FORMATS.iter().find(|(known, _)| *known == name).map(|(_, format)| *format)
    }

    pub(crate) fn names() -> impl Iterator<Item = &'static str> {
        FORMATS.iter().map(|(name, _)| *name)
    }

    fn name(self) -> &'static str {
        FORMATS.iter().find(|(_, known)| *known == self).map_or("", |(name, _)| name)
    }
}

impl Shape {
    /// Such as `alpaca (instruction, output)`, the keys as the row names them.
    pub(crate) fn in_words(self, reading: &Reading) -> String {
        self.with_keys(self.keys.iter().copied(), reading)
    }

    /// The same with the optional keys that the row has.
    pub(crate) fn described(self, row: &Row, reading: &Reading) -> String {
        let (last, first) = self.keys.split_last().unwrap_or((&"", &[]));
        let found = self.optional.iter().filter(|key| row.has(&reading.key(key)));
        self.with_keys(first.iter().chain(found).chain([last]).copied(), reading)
    }

    fn with_keys(self, keys: impl Iterator<Item = &'static str>, reading: &Reading) -> String {
        let keys: Vec<_> = keys.map(|key| reading.key(key)).collect();
        format!("{} ({})", self.format.name(), keys.join(", "))
    }

    fn fits(self, reading: &Reading, has: impl Fn(&str) -> bool) -> bool {
        self.keys.iter().all(|key| has(&reading.key(key)))
    }

    fn is_meant_by(self, reading: &Reading) -> bool {
        self.keys.iter().any(|key| reading.is_mapped(key))
    }
}

/// The one shape that a row has.
pub(crate) fn recognize(row: &Row, reading: &Reading) -> Result<Shape, RowShapeError> {
    let asked =
        SHAPES.iter().copied().filter(|shape| reading.format().is_none_or(|format| format == shape.format));
    let mut fitting: Vec<Shape> =
        asked.clone().filter(|shape| shape.fits(reading, |key| row.has(key))).collect();
    if fitting.is_empty() {
        // A key without a value is told better by what is expected of its value.
        fitting.extend(asked.clone().filter(|shape| shape.fits(reading, |key| row.names(key))));
    }
    if fitting.iter().any(|shape| shape.is_meant_by(reading)) {
        fitting.retain(|shape| shape.is_meant_by(reading));
    }
    match fitting[..] {
        [shape] => Ok(shape),
        [] => Err(RowShapeError::whole(one_of(&asked.collect::<Vec<_>>(), reading), row.keys())),
        _ => Err(RowShapeError::whole(
            "one shape; say which with --format",
            fitting.iter().map(|shape| shape.in_words(reading)).collect::<Vec<_>>().join(" and "),
        )),
    }
}

fn one_of(shapes: &[Shape], reading: &Reading) -> String {
    let keys = |shape: &Shape| {
        let keys: Vec<_> = shape.keys.iter().map(|key| quoted(&reading.key(key))).collect();
        keys.join(" and ")
    };
    match shapes {
        [shape] => format!("the keys {}", keys(shape)),
        _ => format!("the keys of a known shape: {}", shapes.iter().map(keys).collect::<Vec<_>>().join("; ")),
    }
}
