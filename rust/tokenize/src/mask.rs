//! The mask that transformers makes of `{% generation %}` blocks, faults and all.
use crate::EncodeError;
use chatloom_template::{Rendered, Tagged};
use tokenizers::Encoding;

/// Which tokens `apply_chat_template(return_assistant_tokens_mask=True)` marks. A block whose last character is in no
/// token, or in the first, is marked up to the end; from the first block on that begins in no token, none is marked.
///
/// # Errors
/// An empty block at the beginning of the text, on which transformers fails as well.
pub(crate) fn reference_mask(rendered: &Rendered, encoding: &Encoding) -> Result<Vec<bool>, EncodeError> {
    let mut mask = vec![false; encoding.len()];
    let (mut bytes, mut letters) = (0, 0);
    for &Tagged { start, letters: length } in &rendered.tagged {
        letters += rendered.text.get(bytes..start).map_or(0, |text| text.chars().count());
        bytes = start;
        let Some(last) = (letters + length).checked_sub(1) else { return Err(empty_block()) };
        let Some(first) = encoding.char_to_token(letters, 0) else { break };
        let end =
            encoding.char_to_token(last, 0).filter(|&last| last > 0).map_or(mask.len(), |last| last + 1);
        mask.get_mut(first..end).unwrap_or_default().fill(true);
    }
    Ok(mask)
}

fn empty_block() -> EncodeError {
    EncodeError::new("transformers gives no mask where an empty generation block begins the text")
}
