//! What is in an output, in `manifest.json`.
use crate::markers;
use chatloom_template::{Clock, Data, Limits, Template};
use chatloom_tokenize::{
    Boundary, ControlPolicies, ControlPolicy, EndTokens, Formatter, Keep, LabelPolicy, Overflow, Reasoning,
    Rewrite, Templates, ToolCalls, Unstable,
};
use serde::Serialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;

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
    /// The first row of which a beginning renders otherwise alone, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_unstable: Option<UnstableFacts>,
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
    /// Of these, rows that sequences were made of.
    pub rows_packed: u64,
    /// Sequences written: one a row, but for rows that were split.
    pub sequences: u64,
    /// Packs written.
    pub packs: u64,
    /// Tokens written.
    pub tokens: u64,
    /// Of these, tokens that carry loss.
    pub trained_tokens: u64,
    /// Rows left out because they were too long.
    pub dropped: u64,
    /// Rows left out because they were too long, and cut there would be nothing in them that carries loss.
    pub dropped_cut: u64,
    /// Rows left out because they have no token that carries loss.
    pub dropped_untrained: u64,
    /// Rows set aside because they can't be used.
    pub rejected: u64,
    /// Sequences written that have no token that carries loss.
    pub untrained: u64,
    /// Sequences written that hold control tokens in the row's own text, where that is to be reported.
    pub look_alikes: u64,
    /// Tokens written that hold bytes that carry loss, and others that don't.
    pub straddling: u64,
    /// Rows of which something was cut away because they were too long.
    pub truncated: u64,
    /// Rows that became several sequences because they were too long.
    pub split: u64,
    /// Tokens that carried loss and were cut away or left out because rows were too long.
    pub trained_tokens_lost: u64,
    /// Rows of which a beginning that ends with a trained turn renders otherwise alone, as far as that was looked for.
    pub unstable: u64,
    /// Rows of which not all such beginnings were compared.
    pub unstable_unchecked: u64,
}

/// A row of which a beginning renders otherwise alone than within the whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UnstableFacts {
    /// The row, from 0 over all files.
    pub row: u64,
    /// The message that the beginning ends with.
    pub message: u32,
    /// What the template does, in words.
    pub reason: String,
}

impl UnstableFacts {
    pub(crate) fn of((row, rewrite): (u64, Rewrite)) -> Self {
        Self { row, message: rewrite.message, reason: rewrite.change.to_string() }
    }
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
    /// How answers are taken apart, by the name of the chat template that prints them.
    pub answers: BTreeMap<String, AnswerFacts>,
    /// Markers such as `<|im_start|>` that the chat templates print and that are no single tokens.
    pub plain_markers: Vec<String>,
    /// The options of the formatter.
    pub options: Value,
}

/// How the answers of a chat template are taken apart, as a plain chat shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct AnswerFacts {
    /// How the header is found: `derived`, `guessed` or `none`; `unknown` where plain chats have no answer.
    pub header: &'static str,
    /// How the end token is found: `printed`, `follows`, `none` or `unknown`.
    pub end: &'static str,
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
        Self {
            formatter: formatter.fingerprint(),
            templates: templates(formatter.templates()),
            tokenizer: formatter.vocabulary().fingerprint().to_owned(),
            pad_id: formatter.pad_id(),
            answers: answers(formatter),
            plain_markers: plain_markers(formatter),
            options: options(formatter),
        }
    }
}

/// The templates that conversations use, by name.
fn in_use(templates: &Templates) -> BTreeMap<&str, (&Arc<Template>, bool)> {
    let named = |template| templates.named.iter().find(|(_, known)| Arc::ptr_eq(known, template));
    let name = |template| named(template).map_or("default", |(name, _)| name);
    let chosen = [true, false].into_iter().filter_map(|tools| Some((templates.choose(tools).ok()?, tools)));
    chosen.map(|(template, tools)| (name(template), (template, tools))).collect()
}

fn answers(formatter: &Formatter) -> BTreeMap<String, AnswerFacts> {
    let facts = |tools_given| match formatter.facts(tools_given) {
        Some(facts) => AnswerFacts { header: facts.header.name(), end: facts.end.name() },
        None => AnswerFacts { header: "unknown", end: "unknown" },
    };
    let templates = in_use(formatter.templates()).into_iter();
    templates.map(|(name, (_, tools_given))| (name.to_owned(), facts(tools_given))).collect()
}

fn plain_markers(formatter: &Formatter) -> Vec<String> {
    let templates = in_use(formatter.templates()).into_values();
    markers::unknown(templates.map(|(template, _)| template.as_ref()), formatter.vocabulary())
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
        "labels": labels(&options.labels),
        "reasoning": options.reasoning == Reasoning::Trained,
        "reasoning_tags": options.reasoning_tags,
        "tool_calls": match options.tool_calls {
            ToolCalls::All => "all",
            ToolCalls::Arguments => "arguments",
            ToolCalls::None => "none",
        },
        "control_tokens": control_tokens(&options.control_tokens),
        "boundary": match options.boundary { Boundary::Any => "any", Boundary::All => "all" },
        "compat": options.settings.compat.name(),
        "end_tokens": match options.end_tokens {
            EndTokens::Turn => "turn",
            EndTokens::Last => "last",
            EndTokens::None => "none",
        },
        "limits": limits(options.settings.limits),
        "max_length": options.max_length,
        "now": options.settings.now.map(timestamp),
        "overflow": match options.overflow {
            Overflow::Error => "error",
            Overflow::Drop => "drop",
            Overflow::Truncate => "truncate",
            Overflow::Split => "split",
        },
        "keep": match options.keep { Keep::End => "end", Keep::Start => "start" },
        "unstable": match options.unstable {
            Unstable::Whole => "whole",
            Unstable::Split => "split",
            Unstable::Error => "error",
        },
        "variables": variables.collect::<serde_json::Map<_, _>>(),
    })
}

fn limits(limits: Limits) -> Value {
    let Limits { steps, steps_per_byte, memory, memory_per_byte, depth } = limits;
    json!({
        "steps": steps,
        "steps_per_byte": steps_per_byte,
        "memory": memory,
        "memory_per_byte": memory_per_byte,
        "depth": depth,
    })
}

fn labels(policy: &LabelPolicy) -> Value {
    match policy {
        LabelPolicy::Assistant => json!("assistant"),
        LabelPolicy::Last => json!("last"),
        LabelPolicy::Generation => json!("generation"),
        LabelPolicy::All => json!("all"),
        LabelPolicy::Roles(roles) => json!(roles),
    }
}

fn control_tokens(ControlPolicies { default, own }: &ControlPolicies) -> Value {
    let default = control_policy(*default);
    if own.is_empty() {
        return json!(default);
    }
    let own = own.iter().map(|(name, policy)| (name.as_str(), control_policy(*policy)));
    json!(own.chain([("default", default)]).collect::<BTreeMap<_, _>>())
}

fn control_policy(policy: ControlPolicy) -> &'static str {
    match policy {
        ControlPolicy::Allow => "allow",
        ControlPolicy::Template => "template",
        ControlPolicy::Report => "report",
        ControlPolicy::Error => "error",
    }
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
