//! The shapes that rows have.
use chatloom_dataset::{Reading, ReadingError, json, row_to_conversation};
use chatloom_template::{Call, Conversation, Data, Origin, Settings, Template};
use proptest::prelude::*;

type Said = Vec<(String, String)>;

fn read_as(reading: &Reading, row: &str) -> Result<Conversation, String> {
    let row = json::parse(row.as_bytes()).map_err(|error| error.to_string())?;
    reading.conversation(row).map_err(|error| error.to_string())
}

fn read(row: &str) -> Result<Conversation, String> {
    read_as(&Reading::default(), row)
}

fn text(message: &Data, key: &str) -> String {
    message.get(key).and_then(Data::as_str).unwrap_or("-").to_owned()
}

/// Role and content of each message.
fn said(conversation: Result<Conversation, String>) -> Result<Said, String> {
    let messages = conversation?.messages;
    Ok(messages.iter().map(|message| (text(message, "role"), text(message, "content"))).collect())
}

#[allow(clippy::unnecessary_wraps, reason = "it is compared with results")]
fn pairs(expected: &[(&str, &str)]) -> Result<Said, String> {
    Ok(expected.iter().map(|(one, other)| ((*one).to_owned(), (*other).to_owned())).collect())
}

/// The text of each piece of data that a plain template prints, and the path that it is told by.
fn paths(row: &str) -> Result<Vec<(String, String)>, String> {
    let conversation = read(row)?;
    let source = "{% for m in messages %}<{{ m.content }}>{% for call in m.tool_calls or [] %}{{ call.function.name }}{% endfor %}{% endfor %}";
    let template = Template::compile(source).map_err(|error| error.to_string())?;
    let call = Call { paths: true, ..Call::default() };
    let rendered =
        template.render(&conversation, &Settings::default(), &call).map_err(|error| error.to_string())?;
    let data = rendered.segments.iter().filter_map(|segment| match segment.origin {
        Origin::Data(field) => Some((
            rendered.text[segment.start..segment.end].to_owned(),
            rendered.fields[field as usize].path.clone(),
        )),
        _ => None,
    });
    Ok(data.collect())
}

#[test]
fn columns_are_messages() {
    let row = r#"{"assistant": "4", "user": "2 + 2?", "system": "Be brief.", "id": 1}"#;
    assert_eq!(said(read(row)), pairs(&[("system", "Be brief."), ("user", "2 + 2?"), ("assistant", "4")]));
    for system in ["", r#", "system": null"#, r#", "system": """#] {
        let row = format!(r#"{{"user": "가", "assistant": "나"{system}}}"#);
        assert_eq!(said(read(&row)), pairs(&[("user", "가"), ("assistant", "나")]));
    }
}

#[test]
fn an_instruction_and_its_input_are_one_message() {
    for (input, output) in
        [("input", "output"), ("context", "answer"), ("context", "output"), ("input", "answer")]
    {
        let row = |text: &str| format!(r#"{{"instruction": "Add.", "{input}": {text}, "{output}": "4"}}"#);
        assert_eq!(said(read(&row(r#""2 + 2""#))), pairs(&[("user", "Add.\n\n2 + 2"), ("assistant", "4")]));
        for none in ["null", r#""""#] {
            assert_eq!(said(read(&row(none))), pairs(&[("user", "Add."), ("assistant", "4")]));
        }
    }
}

#[test]
fn a_template_that_prints_the_input_gets_it_apart() -> Result<(), String> {
    let row = r#"{"instruction": "Add.", "input": "2 + 2", "output": "4"}"#;
    let source = "{{ messages[0].content }}|{{ messages[0].input }}{% for message in messages %}{{ message.input }}{% endfor %}";
    let template = Template::compile(source).map_err(|error| error.to_string())?;
    let conversation = read_as(&Reading::default().for_template(Some(&template)), row)?;
    assert_eq!(text(&conversation.messages[0], "content"), "Add.");
    assert_eq!(text(&conversation.messages[0], "input"), "2 + 2");
    Ok(())
}

#[test]
fn sharegpt_speakers_have_roles() {
    let row = r#"{"conversations": [
        {"from": "system", "value": "s"}, {"from": "human", "value": "h"}, {"from": "gpt", "value": "g"},
        {"from": "tool", "value": "t"}, {"from": "observation", "value": "o"}, {"value": "a", "from": "assistant"}]}"#;
    let expected = [
        ("system", "s"),
        ("user", "h"),
        ("assistant", "g"),
        ("tool", "t"),
        ("tool", "o"),
        ("assistant", "a"),
    ];
    assert_eq!(said(read(row)), pairs(&expected));
    let row = r#"{"conversations": [{"role": "user", "content": "h"}, {"role": "wizard", "content": "w"}]}"#;
    assert_eq!(said(read(row)), pairs(&[("user", "h"), ("wizard", "w")]));
}

#[test]
fn a_function_call_is_a_tool_call() {
    for call in [
        r#"{\"name\": \"f\", \"arguments\": {\"a\": 1}}"#,
        r#"[{\"name\": \"f\", \"arguments\": {\"a\": 1}}]"#,
    ] {
        let row = format!(
            r#"{{"tools": "[]", "conversations": [{{"from": "human", "value": "h"}}, {{"from": "function_call", "value": "{call}"}}]}}"#
        );
        let expected = json::parse(
            br#"{"role": "assistant", "tool_calls": [{"type": "function", "function": {"name": "f", "arguments": {"a": 1}}}], "content": ""}"#,
        );
        let messages = read(&row).map(|conversation| conversation.messages);
        assert_eq!(messages.map(|messages| messages[1].clone()), expected.map_err(|error| error.to_string()));
    }
}

#[test]
fn the_system_column_opens_a_sharegpt_chat_that_has_none() {
    let row =
        |first: &str| format!(r#"{{"system": "s", "conversations": [{{"from": "{first}", "value": "x"}}]}}"#);
    assert_eq!(said(read(&row("human"))), pairs(&[("system", "s"), ("user", "x")]));
    assert_eq!(said(read(&row("system"))), pairs(&[("system", "x")]));
}

#[test]
fn ultrachat_takes_turns() {
    let row = r#"{"id": "0", "data": ["a", "b", "c"]}"#;
    assert_eq!(said(read(row)), pairs(&[("user", "a"), ("assistant", "b"), ("user", "c")]));
}

#[test]
fn a_completion_alone_is_trained() {
    let row = r#"{"prompt": "p", "completion": "c"}"#;
    assert_eq!(said(read(row)), pairs(&[("user", "p"), ("assistant", "c")]));
    assert_eq!(read(row).map(|conversation| conversation.trained), Ok(vec![false]));
    let row = r#"{"prompt": [{"role": "user", "content": "p"}, {"role": "assistant", "content": "a"}],
                  "completion": [{"role": "assistant", "content": "c"}]}"#;
    assert_eq!(said(read(row)), pairs(&[("user", "p"), ("assistant", "a"), ("assistant", "c")]));
    assert_eq!(read(row).map(|conversation| conversation.trained), Ok(vec![false, false]));
}

#[test]
fn data_are_told_by_the_users_own_names() {
    for (row, expected) in [
        (r#"{"messages": [{"role": "user", "content": "a"}]}"#, pairs(&[("a", "content")])),
        (r#"{"user": "a", "assistant": "b"}"#, pairs(&[("a", "user"), ("b", "assistant")])),
        (
            r#"{"instruction": "a", "input": "b", "output": "c"}"#,
            pairs(&[("a", "instruction"), ("b", "input"), ("c", "output")]),
        ),
        (
            r#"{"conversations": [{"from": "human", "value": "a"}, {"from": "function_call", "value": "{\"name\": \"f\", \"arguments\": 1}"}]}"#,
            pairs(&[("a", "conversations[0].value"), ("f", "conversations[1].value[0].function.name")]),
        ),
        (
            r#"{"conversations": [{"role": "user", "content": "a"}]}"#,
            pairs(&[("a", "conversations[0].content")]),
        ),
        (r#"{"data": ["a", "b"]}"#, pairs(&[("a", "data[0]"), ("b", "data[1]")])),
        (
            r#"{"prompt": [{"role": "user", "content": "a"}], "completion": "b"}"#,
            pairs(&[("a", "prompt[0].content"), ("b", "completion")]),
        ),
    ] {
        assert_eq!(paths(row), expected, "{row}");
    }
}

#[test]
fn keys_and_formats_can_be_said() -> Result<(), ReadingError> {
    let reading = Reading::new(None, [("messages", "dialog"), ("role", "who"), ("content", "what")])?;
    let row = r#"{"dialog": [{"who": "human", "what": "h"}, {"who": "gpt", "what": "g"}]}"#;
    assert_eq!(said(read_as(&reading, row)), pairs(&[("user", "h"), ("assistant", "g")]));

    let reading = Reading::new(None, [("output", "response")])?;
    let row = r#"{"instruction": "i", "context": "c", "response": "r", "answer": "other"}"#;
    assert_eq!(said(read_as(&reading, row)), pairs(&[("user", "i\n\nc"), ("assistant", "r")]));

    let both = r#"{"messages": [{"role": "user", "content": "m"}], "user": "u", "assistant": "a"}"#;
    assert_eq!(
        read(both).map(|_| ()),
        Err("row: expected one shape; say which with --format, found messages (messages) and columns (user, assistant)".to_owned())
    );
    let columns = Reading::new::<&str, &str>(Some("columns"), [])?;
    assert_eq!(said(read_as(&columns, both)), pairs(&[("user", "u"), ("assistant", "a")]));
    assert_eq!(
        read_as(&columns, r#"{"messages": []}"#).map(|_| ()),
        Err("row: expected the keys `user` and `assistant`, found the keys `messages`".to_owned())
    );

    let refused = |format, map: &[(&str, &str)]| {
        Reading::new(format, map.iter().copied())
            .map_or_else(|error| error.to_string(), |_| "taken".to_owned())
    };
    assert!(refused(Some("chat"), &[]).starts_with("format `chat`: expected one of messages, sharegpt"));
    assert!(refused(None, &[("speaker", "from")]).starts_with("map `speaker`: expected one of answer"));
    assert_eq!(refused(None, &[("role", "a"), ("role", "b")]), "map `role`: expected one place, found two");
    Ok(())
}

#[test]
fn errors_name_the_users_own_key_and_no_contents() {
    for (row, expected) in [
        (r#"{"user": 1, "assistant": "s3cret"}"#, "`user`: expected text, found a number"),
        (r#"{"user": "s3cret", "assistant": null}"#, "`assistant`: expected text, found null"),
        (
            r#"{"instruction": "i", "input": "s3cret", "context": "s3cret", "output": "o"}"#,
            "`input`, `context`: expected one input of the instruction, found two",
        ),
        (
            r#"{"instruction": "i", "answer": "s3cret", "output": "s3cret"}"#,
            "row: expected one shape; say which with --format, found alpaca (instruction, output) and alpaca (instruction, answer)",
        ),
        (r#"{"conversations": []}"#, "`conversations`: expected a message, found an empty list"),
        (r#"{"conversations": ["s3cret"]}"#, "`conversations[0]`: expected an object, found text"),
        (
            r#"{"conversations": [{"from": "wizard", "value": "s3cret"}]}"#,
            "`conversations[0].from`: expected one of the speakers system, developer, human, user, gpt, assistant, chatgpt, bing, bard, model, function_call, tool, observation, function_response, function, found `wizard`",
        ),
        (
            r#"{"conversations": [{"from": "human"}]}"#,
            "`conversations[0]`: expected an object with the key `value`, found nothing",
        ),
        (
            r#"{"conversations": [{"from": "human", "value": true}]}"#,
            "`conversations[0].value`: expected text, or a list of parts, found a boolean",
        ),
        (
            r#"{"conversations": [{"from": "function_call", "value": "s3cret"}]}"#,
            "`conversations[0].value`: expected JSON text of a call with `name` and `arguments`, or of a list of calls, found text with expected value at byte 1",
        ),
        (r#"{"data": ["s3cret", 1]}"#, "`data[1]`: expected text, found a number"),
        (r#"{"data": []}"#, "`data`: expected a message, found an empty list"),
        (
            r#"{"prompt": 1, "completion": "s3cret"}"#,
            "`prompt`: expected text or a list of messages, found a number",
        ),
        (
            r#"{"prompt": "s3cret", "completion": [{"content": "s3cret"}]}"#,
            "`completion[0]`: expected an object with the key `role`, found the keys `content`",
        ),
    ] {
        assert_eq!(read(row).map(|_| ()), Err(expected.to_owned()), "{row}");
    }
}

/// A row of every shape, with the same chat.
fn in_every_shape(user: &str, assistant: &str) -> [Data; 6] {
    let text = |text: &str| Data::from(text);
    let message =
        |role: &str, own: &str, keys: [&str; 2]| Data::dict([(keys[0], text(role)), (keys[1], text(own))]);
    let list = |roles: [&str; 2], keys| {
        Data::List(vec![message(roles[0], user, keys), message(roles[1], assistant, keys)])
    };
    [
        Data::dict([("messages", list(["user", "assistant"], ["role", "content"]))]),
        Data::dict([("conversations", list(["human", "gpt"], ["from", "value"]))]),
        Data::dict([("data", Data::List(vec![text(user), text(assistant)]))]),
        Data::dict([("prompt", text(user)), ("completion", text(assistant))]),
        Data::dict([("instruction", text(user)), ("output", text(assistant))]),
        Data::dict([("user", text(user)), ("assistant", text(assistant))]),
    ]
}

proptest! {
    #[test]
    fn the_same_chat_in_any_shape_is_the_same(user in "\\PC{0,20}", assistant in "\\PC{0,20}") {
        let said = in_every_shape(&user, &assistant).map(|row| row_to_conversation(row).map(|read| read.messages));
        for other in &said {
            prop_assert_eq!(other, &said[0]);
        }
    }
}
