//! Chat templates, compiled.
//!
//! A chat template is a Jinja program that turns a conversation into the text a model was trained on. This
//! crate compiles one into a flat program and renders conversations through it exactly as
//! `transformers.apply_chat_template` does, while every byte of the output keeps its origin: the template,
//! a run variable, or a field of a message.
//!
//! Stages, one module each: source → `lexer` → `parser` → `scope` and `lower` → `program` → `machine`.
mod ahead;
mod alike;
mod arena;
mod args;
mod ast;
mod beginnings;
mod calling;
mod calls;
mod characters;
mod clock;
mod compare;
mod conversation;
mod cutter;
mod data;
mod error;
mod explain;
mod expressions;
mod fail;
mod fetch;
mod filters;
mod filters_numbers;
mod filters_sequences;
mod filters_text;
mod fold;
mod format;
mod format_method;
mod format_spec;
mod hashing;
mod hidden;
mod hint;
mod idle;
mod input;
mod iterate;
mod json;
mod letters;
mod lexer;
mod listing;
mod looping;
mod lower;
mod lower_blocks;
mod lower_expressions;
mod lower_loops;
mod lower_print;
mod lower_sums;
mod machine;
mod members;
mod number;
mod objects;
mod operands;
mod operators;
mod output;
mod parser;
mod parser_arguments;
mod parser_blocks;
mod points;
mod prefixes;
mod pretty;
mod print;
mod printing;
mod program;
mod reads;
mod rendered;
mod same;
mod scope;
mod slots;
mod snippet;
mod sorting;
mod source;
mod special;
mod strings;
mod template;
mod tests;
mod text;
mod token;
mod unicode;
mod value;
mod walk;
mod wrap;

pub use beginnings::Beginnings;
pub use compact_str::CompactString;
pub use conversation::{Call, Clock, Compat, Conversation, Limits, Name, Place, Settings, Usage};
pub use data::Data;
pub use error::{Class, Error, Position};
pub use num_bigint::BigInt;
pub use rendered::{Alone, Field, Origin, Rendered, Segment, Skipped, Tagged};
pub use template::Template;
