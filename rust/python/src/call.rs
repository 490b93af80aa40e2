//! The arguments of a render, a trace or an encoding.
use crate::convert::{exact, numpy_generic, step, text, two, type_name, value_of, variables};
use crate::errors::{Facts, UnsupportedInputError};
use crate::trouble::Trouble;
use chatloom_template::{Call, Compat, Conversation, Data};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBool, PyDict, PyList, PyString, PyTuple};

/// The variable that opens the assistant's turn.
const PROMPT: &str = "add_generation_prompt";

/// `messages, tools, documents, add_generation_prompt, continue_final_message, variables`.
pub(crate) type Given<'py> = (
    Bound<'py, PyAny>,
    Option<Bound<'py, PyAny>>,
    Option<Bound<'py, PyAny>>,
    Bound<'py, PyAny>,
    Bound<'py, PyAny>,
    Bound<'py, PyDict>,
);

/// A call, converted.
pub(crate) struct Arguments {
    pub(crate) conversation: Conversation,
    pub(crate) call: Call,
    /// What `add_generation_prompt` is, where that is neither True nor False: a template may print it.
    prompt: Option<Data>,
}

impl Arguments {
    /// The arguments of a call that asks for the text alone.
    pub(crate) fn for_text(given: &Given<'_>, compat: Compat) -> PyResult<Self> {
        let mut arguments = convert(given, compat).map_err(|trouble| trouble.raise(None))?;
        if let Some(value) = arguments.prompt.take() {
            arguments.conversation.variables.push((PROMPT.to_owned(), value));
        }
        Ok(arguments)
    }

    /// The arguments of a call that asks for more, which takes True and False alone; `render` gives a text.
    pub(crate) fn for_parts<E>(
        given: &Given<'_>,
        compat: Compat,
        paths: bool,
        render: impl Fn(&Self) -> Result<String, E>,
    ) -> PyResult<Self> {
        let mut arguments = convert(given, compat).map_err(|trouble| trouble.raise(None))?;
        if let Some(value) = arguments.prompt.take() {
            let plain = render(&arguments).ok();
            arguments.conversation.variables.push((PROMPT.to_owned(), value));
            let same = plain == render(&arguments).ok();
            arguments.conversation.variables.pop();
            if !same {
                return Err(no_truth_value());
            }
        }
        arguments.call.paths = paths;
        Ok(arguments)
    }
}

fn no_truth_value() -> PyErr {
    let facts = Facts {
        path: Some(PROMPT.to_owned()),
        hint: Some("give True or False".to_owned()),
        ..Facts::message(format!(
            "`{PROMPT}` is neither True nor False, and the template tells the difference"
        ))
    };
    UnsupportedInputError::new_err(facts.arguments())
}

fn convert(given: &Given<'_>, compat: Compat) -> Result<Arguments, Trouble> {
    let (messages, tools, documents, add_generation_prompt, continue_final_message, others) = given;
    if compat != Compat::Transformers5 {
        require_plain(given)?;
    }
    let (add_generation_prompt, prompt) = truth(add_generation_prompt).map_err(under(PROMPT))?;
    let continue_final_message =
        open_field(continue_final_message).map_err(under("continue_final_message"))?;
    let conversation = Conversation {
        messages: conversation(messages, compat).map_err(under("messages"))?,
        tools: tools.as_ref().map(schemas).transpose().map_err(under("tools"))?,
        documents: documents.as_ref().map(checked_documents).transpose().map_err(under("documents"))?,
        variables: if others.is_empty() { Vec::new() } else { variables(others)? },
        ..Conversation::default()
    };
    let call = Call { add_generation_prompt, continue_final_message, paths: false };
    Ok(Arguments { conversation, call, prompt })
}

fn under(name: &'static str) -> impl Fn(Trouble) -> Trouble {
    move |trouble| trouble.under(|| name.to_owned())
}

/// Whether a prompt is asked for, and by what value if that is neither True nor False.
fn truth(given: &Bound<'_, PyAny>) -> Result<(bool, Option<Data>), Trouble> {
    if let Ok(truth) = given.cast_exact::<PyBool>() {
        return Ok((truth.is_true(), None));
    }
    let truth = given.is_truthy()?;
    if let Some(value) = exact(given, 0) {
        return Ok((truth, Some(value)));
    }
    if given.is_instance(numpy_generic(given.py())?)?
        && given.call_method0("item")?.is_exact_instance_of::<PyBool>()
    {
        return Ok((truth, None));
    }
    let what = format!("is of type {}, expected True or False", type_name(given)?);
    Err(Trouble::unsupported(None, what))
}

/// The field of the last message that stays open.
fn open_field(given: &Bound<'_, PyAny>) -> Result<Option<String>, Trouble> {
    if !given.is_truthy()? {
        return Ok(None);
    }
    match given.cast::<PyString>() {
        Ok(field) => text(field).map(Some),
        Err(_) => Ok(Some("content".to_owned())),
    }
}

/// The messages of one conversation.
pub(crate) fn conversation(given: &Bound<'_, PyAny>, compat: Compat) -> Result<Vec<Data>, Trouble> {
    let message = if compat == Compat::Transformers5 { message } else { message_as_it_is };
    if let Ok(list) = given.cast::<PyList>() {
        refuse_batch(list.len(), || list.get_item(0))?;
    } else if let Ok(tuple) = given.cast::<PyTuple>() {
        refuse_batch(tuple.len(), || tuple.get_item(0))?;
    }
    let messages = if let Ok(list) = given.cast_exact::<PyList>() {
        all(list.iter().map(Ok), message)?
    } else if let Ok(items) = given.try_iter() {
        all(items, message)?
    } else {
        let what = format!("is of type {}, expected a list of messages", type_name(given)?);
        return Err(Trouble::fails("TypeError", what));
    };
    if messages.is_empty() && !is_sequence(given) {
        return Err(Trouble::unsupported(None, "gives no message").hint("give a list of messages"));
    }
    Ok(messages)
}

fn all<'py>(
    items: impl Iterator<Item = PyResult<Bound<'py, PyAny>>>,
    message: fn(&Bound<'py, PyAny>) -> Result<Data, Trouble>,
) -> Result<Vec<Data>, Trouble> {
    let mut messages = Vec::with_capacity(items.size_hint().0);
    for (index, item) in items.enumerate() {
        messages.push(message(&item?).map_err(|trouble| trouble.under(|| format!("[{index}]")))?);
    }
    Ok(messages)
}

fn is_sequence(given: &Bound<'_, PyAny>) -> bool {
    given.is_instance_of::<PyList>() || given.is_instance_of::<PyTuple>()
}

/// transformers takes a list of conversations for a batch.
fn refuse_batch<'py>(
    length: usize,
    first: impl FnOnce() -> PyResult<Bound<'py, PyAny>>,
) -> Result<(), Trouble> {
    if length == 0 {
        return Ok(());
    }
    let first = first()?;
    if first.is_exact_instance_of::<PyDict>() || !(is_sequence(&first) || first.hasattr("messages")?) {
        return Ok(());
    }
    let what = "is a batch of conversations, expected one";
    Err(Trouble::unsupported(None, what).hint("take them one by one, or use encode_batch"))
}

fn message(given: &Bound<'_, PyAny>) -> Result<Data, Trouble> {
    if given.is_exact_instance_of::<PyDict>()
        && let Some(message) = exact(given, 1)
    {
        return Ok(message);
    }
    let Some(items) = given.getattr_opt("items")? else {
        let what = format!("is of type {}, expected a dict", type_name(given)?);
        return Err(Trouble::fails("AttributeError", what).hint("messages are dicts with a role"));
    };
    let kept = PyDict::new(given.py());
    for pair in items.call0()?.try_iter()? {
        let (key, value) = two(&pair?)?;
        if !value.is_none() {
            kept.set_item(key, value)?;
        }
    }
    no_later_none(value_of(&kept, 1)?)
}

/// A message as transformers 4 takes it, with what is None.
fn message_as_it_is(given: &Bound<'_, PyAny>) -> Result<Data, Trouble> {
    value_of(given, 1)
}

/// transformers 4 hands values to templates as they are.
fn require_plain(given: &Given<'_>) -> PyResult<()> {
    static REQUIRE: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let (messages, tools, documents, _, _, variables) = given;
    let require = REQUIRE.import(messages.py(), "chatloom._calls", "require_plain_call")?;
    require.call1((messages, tools, documents, variables)).map(drop)
}

/// What is None from the start is left out, what only turns out to be so is not.
fn no_later_none(message: Data) -> Result<Data, Trouble> {
    let Data::Dict(entries) = &message else { return Ok(message) };
    match entries.iter().find(|(_, value)| *value == Data::None) {
        Some((key, _)) => Err(Trouble::unsupported(None, "becomes None").under(|| step(key))),
        None => Ok(message),
    }
}

fn schemas(tools: &Bound<'_, PyAny>) -> Result<Data, Trouble> {
    let Ok(items) = tools.try_iter() else {
        let what = format!("is of type {}, expected a list of tools", type_name(tools)?);
        return Err(Trouble::fails("TypeError", what));
    };
    let schemas = items.enumerate().map(|(index, tool)| {
        let tool = tool?;
        let tool = if tool.is_instance_of::<PyDict>() { tool } else { described(&tool, index)? };
        value_of(&tool, 1).map_err(|trouble| trouble.under(|| format!("[{index}]")))
    });
    Ok(Data::List(schemas.collect::<Result<_, Trouble>>()?))
}

/// The schema of a function.
fn described<'py>(tool: &Bound<'py, PyAny>, index: usize) -> PyResult<Bound<'py, PyAny>> {
    static SCHEMA: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    SCHEMA.import(tool.py(), "chatloom._calls", "schema")?.call1((tool, index))
}

/// Documents, each of which must be a dict.
fn checked_documents(documents: &Bound<'_, PyAny>) -> Result<Data, Trouble> {
    let Ok(items) = documents.try_iter() else {
        let what = format!("is of type {}, expected a list of dicts", type_name(documents)?);
        return Err(Trouble::fails("TypeError", what));
    };
    for (index, document) in items.enumerate() {
        let document = document?;
        if !document.is_instance_of::<PyDict>() {
            let what = format!("is of type {}, expected a dict", type_name(&document)?);
            return Err(Trouble::fails("TypeError", what).under(|| format!("[{index}]")));
        }
    }
    value_of(documents, 0)
}
