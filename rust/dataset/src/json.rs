//! JSON text to values, as Python's `json.loads` reads it.
//!
//! Integers are exact, `NaN` and the infinities are accepted, and a repeated key keeps its first place and its
//! last value. Escapes that Python would read as half a character (lone surrogates) are refused, and so is
//! nesting deeper than [`MAX_DEPTH`].
use chatloom_template::{BigInt, CompactString, Data};
use jiter::{Jiter, JiterError, JiterErrorType, JsonErrorType, Peek};
use std::collections::HashMap;
use std::fmt;

/// How many lists and objects may stand within each other.
pub const MAX_DEPTH: usize = 200;

/// Objects of at most so many keys are searched, larger ones hashed.
const FEW_KEYS: usize = 16;

/// Why a text is no JSON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JsonError {
    reason: String,
    byte: usize,
    lone_surrogate: bool,
}

impl JsonError {
    /// The byte at which reading stopped, from 1.
    pub fn byte(&self) -> usize {
        self.byte
    }

    /// Whether it is JSON for Python, but holds half a character.
    pub fn is_lone_surrogate(&self) -> bool {
        self.lone_surrogate
    }

    fn new(reason: impl Into<String>, byte: usize) -> Self {
        Self { reason: reason.into(), byte, lone_surrogate: false }
    }
}

impl fmt::Display for JsonError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at byte {}", self.reason, self.byte)
    }
}

impl std::error::Error for JsonError {}

impl From<JiterError> for JsonError {
    fn from(error: JiterError) -> Self {
        use JsonErrorType::{LoneLeadingSurrogateInHexEscape, NumberOutOfRange, UnexpectedEndOfHexEscape};
        let byte = error.index + 1;
        match error.error_type {
            JiterErrorType::JsonError(LoneLeadingSurrogateInHexEscape | UnexpectedEndOfHexEscape) => {
                let reason = "an escape for half a character (a lone surrogate)";
                Self { lone_surrogate: true, ..Self::new(reason, byte) }
            }
            JiterErrorType::JsonError(NumberOutOfRange) => {
                Self::new("a number of more than 4300 digits", byte)
            }
            other => Self::new(other.to_string(), byte),
        }
    }
}

/// Reads one JSON value that fills the text.
///
/// # Errors
/// What is wrong and at which byte; never what the text holds.
///
/// # Example: Python's semantics
/// ```
/// use chatloom_dataset::json;
/// let row = json::parse(br#"{"a": 1, "b": NaN, "a": 2}"#)?;
/// assert_eq!(row.get("a"), Some(&2_i64.into()));
/// # Ok::<(), json::JsonError>(())
/// ```
pub fn parse(text: &[u8]) -> Result<Data, JsonError> {
    let mut reader = Jiter::new(text).with_allow_inf_nan();
    let peek = reader.peek()?;
    let value = value(&mut reader, peek, MAX_DEPTH)?;
    reader.finish()?;
    Ok(value)
}

fn value(reader: &mut Jiter<'_>, peek: Peek, depth: usize) -> Result<Data, JsonError> {
    match peek {
        Peek::Null => Ok(reader.known_null().map(|()| Data::None)?),
        Peek::True | Peek::False => Ok(Data::Bool(reader.known_bool(peek)?)),
        Peek::String => Ok(Data::from(reader.known_str()?)),
        Peek::Array => list(reader, inner(reader, depth)?),
        Peek::Object => object(reader, inner(reader, depth)?),
        _ => number(reader, peek),
    }
}

fn inner(reader: &Jiter<'_>, depth: usize) -> Result<usize, JsonError> {
    depth.checked_sub(1).ok_or_else(|| {
        let reason = format!("more than {MAX_DEPTH} lists and objects within each other");
        JsonError::new(reason, reader.current_index() + 1)
    })
}

fn list(reader: &mut Jiter<'_>, depth: usize) -> Result<Data, JsonError> {
    let mut items = Vec::new();
    let mut next = reader.known_array()?;
    while let Some(peek) = next {
        items.push(value(reader, peek, depth)?);
        next = reader.array_step()?;
    }
    Ok(Data::List(items))
}

fn object(reader: &mut Jiter<'_>, depth: usize) -> Result<Data, JsonError> {
    let mut pairs = Vec::new();
    let mut next = reader.known_object()?.map(CompactString::from);
    while let Some(key) = next {
        let peek = reader.peek()?;
        pairs.push((key, value(reader, peek, depth)?));
        next = reader.next_key()?.map(CompactString::from);
    }
    Ok(if pairs.len() > FEW_KEYS { large_dict(pairs) } else { Data::dict(pairs) })
}

fn large_dict(pairs: Vec<(CompactString, Data)>) -> Data {
    let mut places: HashMap<CompactString, usize> = HashMap::with_capacity(pairs.len());
    let mut entries: Vec<(Data, Data)> = Vec::with_capacity(pairs.len());
    for (key, value) in pairs {
        if let Some(&place) = places.get(&key) {
            entries[place].1 = value;
        } else {
            places.insert(key.clone(), entries.len());
            entries.push((Data::Str(key), value));
        }
    }
    Data::Dict(entries)
}

fn number(reader: &mut Jiter<'_>, peek: Peek) -> Result<Data, JsonError> {
    let byte = reader.current_index() + 1;
    let digits = std::str::from_utf8(reader.known_number_bytes(peek)?).unwrap_or_default();
    let number = match digits {
        "NaN" => Some(Data::Float(f64::NAN)),
        "Infinity" => Some(Data::Float(f64::INFINITY)),
        "-Infinity" => Some(Data::Float(f64::NEG_INFINITY)),
        _ if digits.contains(['.', 'e', 'E']) => digits.parse().map(Data::Float).ok(),
        _ => digits.parse().map(Data::Int).ok().or_else(|| digits.parse::<BigInt>().map(Data::BigInt).ok()),
    };
    number.ok_or_else(|| JsonError::new("invalid number", byte))
}
