//! How much loss each message carries, as it says itself.
use crate::{Error, LabelPolicy};
use chatloom_template::{Conversation, Data};

/// A message whose turn is looked at: every assistant's, and others that carry loss.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Speaker {
    pub(crate) message: usize,
    pub(crate) is_assistant: bool,
    /// Whether it carries loss.
    pub(crate) trained: bool,
}

/// The weight of each message's loss: 1 unless its row says otherwise.
pub(crate) fn weights(conversation: &Conversation) -> Result<Vec<f32>, Error> {
    let weight = |(index, message): (usize, &Data)| {
        let said = said(message).map_err(|(key, expected)| Error::Share { message: index, key, expected })?;
        Ok(if conversation.trained.get(index) == Some(&false) { 0.0 } else { said })
    };
    conversation.messages.iter().enumerate().map(weight).collect()
}

/// The product of what a message's keys say.
fn said(message: &Data) -> Result<f32, (&'static str, &'static str)> {
    let train = read(message, "train", truth, "true or false")?;
    let loss = read(message, "loss", |value| truth(value).or_else(|| number(value)), LOSS)?;
    let weight = read(message, "weight", number, NUMBER)?;
    let loss_weight = read(message, "loss_weight", number, NUMBER)?;
    Ok(train * loss * weight * loss_weight)
}

const NUMBER: &str = "a number of at least 0";
const LOSS: &str = "true, false or a number of at least 0";

fn read(
    message: &Data,
    key: &'static str,
    value: impl Fn(&Data) -> Option<f32>,
    expected: &'static str,
) -> Result<f32, (&'static str, &'static str)> {
    match message.get(key) {
        None | Some(Data::None) => Ok(1.0),
        Some(said) => value(said).ok_or((key, expected)),
    }
}

fn truth(value: &Data) -> Option<f32> {
    match value {
        Data::Bool(truth) => Some(f32::from(u8::from(*truth))),
        _ => None,
    }
}

#[allow(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "weights are float32")]
fn number(value: &Data) -> Option<f32> {
    let number = match value {
        Data::Int(number) => *number as f32,
        Data::Float(number) => *number as f32,
        _ => return None,
    };
    (number.is_finite() && number >= 0.0).then_some(number)
}

/// The messages whose turns are looked at, in order.
pub(crate) fn speakers(policy: &LabelPolicy, conversation: &Conversation, weights: &[f32]) -> Vec<Speaker> {
    let speaker = |(message, data): (usize, &Data)| {
        let role = data.get("role").and_then(Data::as_str)?;
        let is_assistant = role == "assistant";
        let wanted = match policy {
            LabelPolicy::Roles(roles) => roles.contains(role),
            _ => is_assistant,
        };
        let trained = wanted && weights.get(message).is_some_and(|&weight| weight > 0.0);
        (is_assistant || wanted).then_some(Speaker { message, is_assistant, trained })
    };
    let mut speakers: Vec<_> = conversation.messages.iter().enumerate().filter_map(speaker).collect();
    if *policy == LabelPolicy::Last {
        let last = speakers.iter().rposition(|speaker| speaker.trained);
        speakers.iter_mut().enumerate().for_each(|(place, speaker)| speaker.trained &= Some(place) == last);
    }
    speakers
}
