//! Rendered conversations to token ids and labels.
//!
//! A [`Formatter`] holds a model's chat templates, its [`Vocabulary`] and the [`Options`] of a run. It renders
//! a conversation, decides from the origin of each byte which text the model has to learn, encodes the whole
//! text once and carries that decision over to the tokens.
//!
//! # Example
//! ```
//! use chatloom_template::{Call, Conversation, Data, Template};
//! use chatloom_tokenize::{Formatter, Options, Templates, Vocabulary};
//! use std::sync::Arc;
//!
//! let json = r#"{"version": "1.0", "pre_tokenizer": {"type": "Whitespace"}, "model": {"type": "WordLevel",
//!     "vocab": {"?": 0, "user": 1, "assistant": 2, ":": 3, "hello": 4, "hi": 5}, "unk_token": "?"}}"#;
//! let source = "{% for m in messages %}{{ m.role }}: {{ m.content }}\n{% endfor %}\
//!     {% if add_generation_prompt %}assistant: {% endif %}";
//! let templates = Templates::single(Arc::new(Template::compile(source)?));
//! let vocabulary = Arc::new(Vocabulary::from_json(json.as_bytes())?);
//! let formatter = Formatter::new(templates, vocabulary, Options::default())?;
//!
//! let message = |role: &str, content: &str| Data::dict([("role", role.into()), ("content", content.into())]);
//! let messages = vec![message("user", "hello"), message("assistant", "hi")];
//! let trace = formatter.trace(&Conversation { messages, ..Conversation::default() }, &Call::default())?;
//! assert_eq!(trace.rendered.text, "user: hello\nassistant: hi\n");
//! let example = formatter.tokens(&trace)?.example;
//! assert_eq!(example.input_ids, [1, 3, 4, 2, 3, 5]);
//! assert_eq!(example.labels, [-100, -100, -100, -100, -100, 5]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
mod control_ids;
mod encoder;
mod error;
mod example;
mod fields;
mod fingerprint;
mod fit;
mod formatter;
mod guard;
mod labels;
mod lane;
mod load;
mod look_alikes;
mod mask;
mod options;
mod outcome;
mod outline;
mod panics;
mod policies;
mod project;
mod ranges;
mod report;
mod rewrite;
mod share;
mod spans;
mod stability;
mod templates;
mod vocabulary;

#[cfg(test)]
#[path = "../tests/small/mod.rs"]
mod small;

pub(crate) use encoder::Encoder;
pub use error::{EncodeError, Error, LoadError};
pub use example::{Example, LookAlike, NO_LOSS, Tokens};
pub use formatter::Formatter;
pub use options::{
    Boundary, ControlPolicy, EndTokens, Keep, LabelPolicy, Options, Overflow, Reasoning, Surrogates,
    ToolCalls, Unstable,
};
pub use outcome::{Fit, Outcome};
pub use policies::ControlPolicies;
pub use report::{EndKind, Facts, HeaderKind, Trace, TurnReport};
pub use rewrite::{Change, Rewrite};
pub use templates::{Broken, Templates};
pub use vocabulary::{AddedToken, Encoding, Lane, TOKENIZERS_VERSION, Vocabulary};
