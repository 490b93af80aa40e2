//! Rows to conversations.
use chatloom_dataset::{json, row_to_conversation};
use chatloom_template::{Conversation, Data};

fn read(row: &str) -> Result<Conversation, String> {
    let row = json::parse(row.as_bytes()).map_err(|error| error.to_string())?;
    row_to_conversation(row).map_err(|error| error.to_string())
}

fn refused(row: &str) -> String {
    read(row).map_or_else(|error| error, |conversation| format!("read as {conversation:?}"))
}

const KNOWN: &str = "the keys of a known shape: `messages`; `conversations`; `data`; `prompt` and `completion`; \
                     `instruction` and `output`; `instruction` and `answer`; `user` and `assistant`";

const MESSAGES: &str = r#""messages": [{"role": "user", "content": "hi"}]"#;

#[test]
fn a_row_keeps_its_messages_as_they_are() {
    let row = r#"{"id": 7, "messages": [
        {"role": "user", "content": [{"type": "text", "text": "hi"}], "name": null, "weight": 0},
        {"role": "assistant", "tool_calls": [{"function": {"name": "f", "arguments": "{\"a\": 1}"}},
                                             {"function": {"name": "g", "arguments": {"a": 1}}}]}]}"#;
    let expected = json::parse(row.as_bytes()).ok().and_then(|row| row.get("messages").cloned());
    let conversation = read(row).unwrap_or_default();
    assert_eq!(Some(Data::List(conversation.messages)), expected);
    assert_eq!((conversation.tools, conversation.documents, conversation.variables), (None, None, vec![]));
}

#[test]
fn tools_are_a_list_or_its_text() {
    let tools = |field: &str| read(&format!("{{{MESSAGES}{field}}}")).map(|conversation| conversation.tools);
    let list = Data::List(vec![Data::dict([("name", Data::from("f"))])]);
    assert_eq!(tools(""), Ok(None));
    assert_eq!(tools(r#", "tools": null"#), Ok(None));
    assert_eq!(tools(r#", "tools": " ""#), Ok(None));
    assert_eq!(tools(r#", "tools": "null""#), Ok(None));
    assert_eq!(tools(r#", "tools": []"#), Ok(Some(Data::List(vec![]))));
    assert_eq!(tools(r#", "tools": [{"name": "f"}]"#), Ok(Some(list.clone())));
    assert_eq!(tools(r#", "tools": "[{\"name\": \"f\"}]""#), Ok(Some(list)));
}

#[test]
fn documents_and_variables_come_along() {
    let row = format!(
        r#"{{{MESSAGES}, "documents": [{{"text": "t"}}], "chat_template_kwargs": {{"enable_thinking": false}}}}"#
    );
    let conversation = read(&row).unwrap_or_default();
    assert_eq!(conversation.documents, Some(Data::List(vec![Data::dict([("text", Data::from("t"))])])));
    assert_eq!(conversation.variables, [("enable_thinking".to_owned(), Data::Bool(false))]);
}

#[test]
fn errors_name_the_part_and_what_was_found_but_no_contents() {
    let with = |field: &str| format!("{{{MESSAGES}, {field}}}");
    for (row, expected) in [
        ("[1]", "row: expected an object, found a list"),
        ("{}", &format!("row: expected {KNOWN}, found no keys")),
        (
            r#"{"prompt": "s3cret", "a\n": 1}"#,
            &format!(r"row: expected {KNOWN}, found the keys `prompt`, `a\n`"),
        ),
        (r#"{"messages": null}"#, "`messages`: expected a list of messages, found null"),
        (r#"{"messages": "s3cret"}"#, "`messages`: expected a list of messages, found text"),
        (r#"{"messages": []}"#, "`messages`: expected a message, found an empty list"),
        (r#"{"messages": [{"role": "user"}, 1]}"#, "`messages[1]`: expected an object, found a number"),
        (
            r#"{"messages": [{"from": "human", "value": "s3cret"}]}"#,
            "`messages[0]`: expected an object with the key `role`, found the keys `from`, `value`",
        ),
        (r#"{"messages": [{"role": null}]}"#, "`messages[0]`: expected a `role` that is text, found null"),
        (
            r#"{"messages": [{"role": "user", "content": 5}]}"#,
            "`messages[0].content`: expected text, or a list of parts, found a number",
        ),
        (&with(r#""tools": {}"#), "`tools`: expected a list of objects, found an object"),
        (&with(r#""tools": ["s3cret"]"#), "`tools[0]`: expected an object, found text"),
        (
            &with(r#""tools": "s3cret""#),
            "`tools`: expected a list of objects, or JSON text of one, found text with expected value at byte 1",
        ),
        (&with(r#""documents": true"#), "`documents`: expected a list of objects, found a boolean"),
        (&with(r#""chat_template_kwargs": []"#), "`chat_template_kwargs`: expected an object, found a list"),
        (
            &with(r#""chat_template_kwargs": {"tools": []}"#),
            "`chat_template_kwargs`: expected template variables, found the reserved name `tools`",
        ),
    ] {
        assert_eq!(refused(row), expected);
    }
}

#[test]
fn a_key_that_may_be_content_is_not_shown() {
    let error = refused(&format!(r#"{{"{}": 1}}"#, "x".repeat(500)));
    assert_eq!(error, format!("row: expected {KNOWN}, found the keys a very long key"));
    let many: Vec<String> = (0..50).map(|key| format!(r#""{key}": 1"#)).collect();
    assert!(refused(&format!("{{{}}}", many.join(","))).ends_with("`10`, `11`, …"));
}
