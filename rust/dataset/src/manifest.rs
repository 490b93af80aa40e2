//! What is in an output, in `manifest.json`.
use chatloom_template::{Clock, Data, Template};
use chatloom_tokenize::{Boundary, EndTokens, Formatter, Overflow, Templates};
use serde::Serialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The version of the `tokenizers` crate whose ids these are.
pub(crate) const TOKENIZERS: &str = "0.23.2";

/// The whole manifest.
#[derive(Debug, Clone, Serialize)]
pub struct Manifest {
    /// Version of this layout.
    pub schema_version: u32,
    /// What was made; the same for the same input, formatter and options, whatever machine or threads.
    pub content: Content,
    /// How this run went.
    pub run: Run,
}

/// What was made.
#[derive(Debug, Clone, Serialize)]
pub struct Content {
    /// Rows, sequences, packs, tokens.
    pub counts: Counts,
    /// Tokens that a pack holds at most.
    pub max_length: u32,
    /// How packs were found; `bfd` is global best-fit-decreasing.
    pub strategy: &'static str,
    /// What turned rows into tokens.
    #[serde(flatten)]
    pub identity: Identity,
    /// Version of the `tokenizers` crate whose ids these are.
    pub tokenizers: &'static str,
    /// What was to become of rows that can't be used: `stop` or `quarantine`.
    pub on_error: &'static str,
    /// The file of rejected rows, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rejected: Option<FileFacts>,
    /// The input, in order.
    pub sources: Vec<SourceFacts>,
    /// The shards, in order.
    pub shards: Vec<ShardFacts>,
}

/// How many there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Counts {
    /// Rows read.
    pub rows: u64,
    /// Sequences written, one a row.
    pub sequences: u64,
    /// Packs written.
    pub packs: u64,
    /// Tokens written.
    pub tokens: u64,
    /// Of these, tokens that carry loss.
    pub trained_tokens: u64,
    /// Rows left out because they were too long.
    pub dropped: u64,
    /// Rows left out because they have no token that carries loss.
    pub dropped_untrained: u64,
    /// Rows set aside because they can't be used.
    pub rejected: u64,
    /// Sequences written that have no token that carries loss.
    pub untrained: u64,
}

/// What turned rows into tokens.
#[derive(Debug, Clone, Serialize)]
pub struct Identity {
    /// Hash of templates, tokenizer and options, in hex.
    pub formatter: String,
    /// Hash of the text of each chat template by its name, in hex.
    pub templates: BTreeMap<String, String>,
    /// Hash of the tokenizer's JSON, in hex.
    pub tokenizer: String,
    /// The token to pad with: the tokenizer's, else its end of sequence.
    pub pad_id: Option<u32>,
    /// The options of the formatter.
    pub options: Value,
}

/// A file of the input.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SourceFacts {
    /// Its name, without directories.
    pub name: String,
    /// Its size.
    pub bytes: u64,
    /// Its hash, in hex.
    pub blake3: String,
    /// The shape of its rows in words, such as `alpaca (instruction, input, output)`; none where no row has one.
    pub shape: Option<String>,
}

/// A shard.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ShardFacts {
    /// Its directory.
    pub name: String,
    /// Packs in it.
    pub packs: u64,
    /// Sequences in it.
    pub sequences: u64,
    /// Tokens in it.
    pub tokens: u64,
    /// Its files by name.
    pub files: BTreeMap<String, FileFacts>,
}

/// A file of a shard.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FileFacts {
    /// Its size.
    pub bytes: u64,
    /// Its hash, in hex.
    pub blake3: String,
}

/// How a run went.
#[derive(Debug, Clone, Serialize)]
pub struct Run {
    /// When it started: seconds since 1970, UTC.
    pub started: u64,
    /// How long it took.
    pub seconds: f64,
    /// How many threads it had.
    pub threads: usize,
    /// Versions of what took part.
    pub versions: BTreeMap<String, String>,
}

impl Identity {
    /// The identity of a formatter.
    pub fn of(formatter: &Formatter) -> Self {
        let variables = &formatter.options().settings.variables;
        let id = |name: &str| {
            let (_, token) = variables.iter().find(|(known, _)| known == name)?;
            formatter.vocabulary().token_id(token.as_str()?)
        };
        Self {
            formatter: formatter.fingerprint(),
            templates: templates(formatter.templates()),
            tokenizer: formatter.vocabulary().fingerprint().to_owned(),
            pad_id: id("pad_token").or_else(|| id("eos_token")),
            options: options(formatter),
        }
    }
}

fn templates(templates: &Templates) -> BTreeMap<String, String> {
    let default = templates.default.iter().map(|template| ("default", template));
    let named = templates.named.iter().map(|(name, template)| (name.as_str(), template));
    let hash = |template: &Template| blake3::hash(template.source().as_bytes()).to_hex().to_string();
    default.chain(named).map(|(name, template)| (name.to_owned(), hash(template))).collect()
}

fn options(formatter: &Formatter) -> Value {
    let options = formatter.options();
    let variables = options.settings.variables.iter().map(|(name, value)| (name.clone(), plain(value)));
    json!({
        "boundary": match options.boundary { Boundary::Any => "any", Boundary::All => "all" },
        "end_tokens": match options.end_tokens {
            EndTokens::Turn => "turn",
            EndTokens::Last => "last",
            EndTokens::None => "none",
        },
        "max_length": options.max_length,
        "now": options.settings.now.map(timestamp),
        "overflow": match options.overflow { Overflow::Error => "error", Overflow::Drop => "drop" },
        "variables": variables.collect::<serde_json::Map<_, _>>(),
    })
}

fn timestamp(now: Clock) -> String {
    let Clock { year, month, day, hour, minute, second, .. } = now;
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}")
}

/// A value as JSON; what JSON can't hold becomes text.
fn plain(value: &Data) -> Value {
    match value {
        Data::None => Value::Null,
        Data::Bool(truth) => json!(truth),
        Data::Int(number) => json!(number),
        Data::BigInt(number) => json!(number.to_string()),
        Data::Float(number) if number.is_finite() => json!(number),
        Data::Float(number) => json!(number.to_string()),
        Data::Str(text) => json!(text),
        Data::List(items) | Data::Tuple(items) => items.iter().map(plain).collect(),
        Data::Dict(entries) => entries.iter().map(|(key, value)| (name(key), plain(value))).collect(),
    }
}

fn name(key: &Data) -> String {
    key.as_str().map_or_else(|| plain(key).to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    #[test]
    fn names_the_tokenizers_that_is_built_in() {
        let pin = format!("tokenizers = {{ version = \"={}\"", super::TOKENIZERS);
        assert!(include_str!("../../../Cargo.toml").contains(&pin));
    }
}
