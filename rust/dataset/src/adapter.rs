//! From a row to a conversation. An adapter is a pure function for each form of rows; beside the messages it
//! tells where the row has them.
mod columns;
mod extras;
mod list;
mod speaker;

pub use extras::RESERVED_NAMES;

use crate::Reading;
use crate::row::{Row, RowShapeError};
use crate::shape::{Format, Shape};
use chatloom_template::{Conversation, Data, Place};

/// What an adapter makes: messages, where they are from, and which may carry loss if not all may.
#[derive(Default)]
struct Chat {
    messages: Vec<Data>,
    places: Vec<Place>,
    trained: Vec<bool>,
}

/// Reads a row in the form that it has by its keys, such as that of Hugging Face and `OpenAI`.
///
/// `messages` is a list of objects that have a `role`. `tools` and `documents` may be lists of objects, `tools`
/// also such a list as JSON text; `chat_template_kwargs` may hold template variables of this row. `null` is as
/// good as absent. Other keys of the row are ignored; messages keep all of theirs.
///
/// # Errors
/// A row of another shape, by the part that is wrong.
///
/// # Example: a row with tools as text
/// ```
/// use chatloom_dataset::{json, row_to_conversation};
/// let row = json::parse(br#"{"messages": [{"role": "user", "content": "hi"}], "tools": "[]", "id": 7}"#)?;
/// let conversation = row_to_conversation(row)?;
/// assert_eq!(conversation.messages.len(), 1);
/// assert!(conversation.tools.is_some());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn row_to_conversation(row: Data) -> Result<Conversation, RowShapeError> {
    Reading::default().conversation(row)
}

/// Reads a row of a known shape.
pub(crate) fn convert(mut row: Row, shape: Shape, reading: &Reading) -> Result<Conversation, RowShapeError> {
    let chat = match shape.format {
        Format::Messages => list::messages(&mut row, reading)?,
        Format::ShareGpt => list::sharegpt(&mut row, reading)?,
        Format::UltraChat => columns::ultrachat(&mut row, reading)?,
        Format::PromptCompletion => columns::prompt_completion(&mut row, reading)?,
        Format::Alpaca => columns::alpaca(&mut row, shape, reading)?,
        Format::Columns => columns::columns(&mut row, reading)?,
    };
    Ok(Conversation {
        messages: chat.messages,
        tools: extras::tools(&mut row, reading)?,
        documents: extras::documents(&mut row, reading)?,
        variables: extras::variables(&mut row, reading)?,
        places: chat.places,
        trained: chat.trained,
    })
}

impl Chat {
    fn push(&mut self, message: Data, place: Place) {
        self.messages.push(message);
        self.places.push(place);
    }
}
