//! What templates of the common kinds do, written by hand: the same text with the same segments.
use chatloom_template::{Conversation, Data, Field, Origin, Rendered, Segment};

pub(crate) fn chatml(chat: &Conversation) -> Rendered {
    let mut page = Page::new(chat);
    for (turn, message) in chat.messages.iter().enumerate() {
        page.turn = turn_of(turn);
        page.literal("<|im_start|>");
        page.role(message);
        page.literal("\n");
        page.content(text_of(message, "content"));
        page.literal("<|im_end|>\n");
    }
    page.rendered
}

pub(crate) fn llama_3(chat: &Conversation) -> Rendered {
    let mut page = Page::new(chat);
    for (turn, message) in chat.messages.iter().enumerate() {
        page.turn = turn_of(turn);
        if turn == 0 {
            page.push("<s>", Origin::Variable);
        }
        page.literal("<|start_header_id|>");
        page.role(message);
        page.literal("<|end_header_id|>\n\n");
        page.content(text_of(message, "content").trim());
        page.literal("<|eot_id|>");
    }
    page.rendered
}

pub(crate) fn tools(chat: &Conversation) -> Rendered {
    let mut page = Page::new(chat);
    if let Some(Data::List(tools)) = &chat.tools {
        page.literal("<|im_start|>system\n# Tools\n<tools>");
        for tool in tools {
            page.literal("\n");
            page.json_of(tool);
        }
        page.literal("\n</tools><|im_end|>\n");
    }
    for (turn, message) in chat.messages.iter().enumerate() {
        page.turn = turn_of(turn);
        page.literal("<|im_start|>");
        page.role(message);
        let content = text_of(message, "content");
        if !content.is_empty() {
            page.literal("\n");
            page.content(content);
        }
        if let Some(Data::List(calls)) = message.get("tool_calls") {
            calls.iter().for_each(|call| page.call(call));
        }
        page.literal("<|im_end|>\n");
    }
    page.rendered
}

/// A text in the making.
struct Page {
    rendered: Rendered,
    turn: Option<u32>,
}

fn turn_of(message: usize) -> Option<u32> {
    u32::try_from(message).ok()
}

fn text_of<'a>(message: &'a Data, key: &str) -> &'a str {
    message.get(key).and_then(Data::as_str).unwrap_or_default()
}

impl Page {
    fn new(chat: &Conversation) -> Self {
        let bytes: usize = chat.messages.iter().map(|message| text_of(message, "content").len() + 64).sum();
        let text = String::with_capacity(bytes);
        let segments = Vec::with_capacity(3 * chat.messages.len());
        let fields = Vec::with_capacity(chat.messages.len());
        Self { rendered: Rendered { text, segments, fields, ..Rendered::default() }, turn: None }
    }

    fn push(&mut self, text: &str, origin: Origin) {
        if text.is_empty() {
            return;
        }
        let start = self.rendered.text.len();
        self.rendered.text.push_str(text);
        let end = self.rendered.text.len();
        match self.rendered.segments.last_mut() {
            Some(last) if last.origin == origin && last.turn == self.turn => last.end = end,
            _ => {
                let turn = self.turn;
                self.rendered.segments.push(Segment { start, end, origin, turn, generation: false });
            }
        }
    }

    fn literal(&mut self, text: &str) {
        self.push(text, Origin::Literal);
    }

    fn role(&mut self, message: &Data) {
        let role = text_of(message, "role");
        match role {
            "system" | "user" | "assistant" | "tool" => self.literal(role),
            _ => self.content(role),
        }
    }

    fn field(&mut self) -> Origin {
        self.rendered.fields.push(Field { message: self.turn, path: String::new() });
        Origin::Data(u32::try_from(self.rendered.fields.len() - 1).unwrap_or(u32::MAX))
    }

    fn content(&mut self, text: &str) {
        if !text.is_empty() {
            let field = self.field();
            self.push(text, field);
        }
    }

    fn call(&mut self, call: &Data) {
        let Some(function) = call.get("function") else { return };
        self.literal("\n<tool_call>\n{\"name\": \"");
        self.content(text_of(function, "name"));
        self.literal("\", \"arguments\": ");
        if let Some(arguments) = function.get("arguments") {
            self.json_of(arguments);
        }
        self.literal("}\n</tool_call>");
    }

    fn json_of(&mut self, data: &Data) {
        let field = self.field();
        self.json(data, field);
    }

    fn json(&mut self, data: &Data, field: Origin) {
        match data {
            Data::Str(text) => {
                self.push("\"", field);
                self.push(text, field);
                self.push("\"", field);
            }
            Data::Int(number) => self.push(&number.to_string(), field),
            Data::Dict(entries) => {
                self.push("{", field);
                for (at, (key, value)) in entries.iter().enumerate() {
                    if at > 0 {
                        self.push(", ", field);
                    }
                    let own = self.field();
                    self.json(key, own);
                    self.push(": ", field);
                    self.json(value, own);
                }
                self.push("}", field);
            }
            _ => unimplemented!("the benches have no other data"),
        }
    }
}
