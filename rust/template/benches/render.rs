//! Rendering, with segments, of short and long chats through templates of the common kinds: by the engine, by
//! functions written by hand, and with the tails that labels need.
#![allow(missing_docs, clippy::unwrap_used)]
mod by_hand;

use chatloom_template::{Call, Conversation, Data, Rendered, Settings, Template};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use std::hint::black_box;
use std::time::Duration;

const CHATML: &str = "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\n' + \
    message['content'] + '<|im_end|>' + '\n' }}{% endfor %}\
    {% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}";

const LLAMA_3: &str = "{% set loop_messages = messages %}{% for message in loop_messages %}\
    {% set content = '<|start_header_id|>' + message['role'] + '<|end_header_id|>\n\n' + \
    message['content'] | trim + '<|eot_id|>' %}{% if loop.index0 == 0 %}{% set content = bos_token + content %}\
    {% endif %}{{ content }}{% endfor %}\
    {% if add_generation_prompt %}{{ '<|start_header_id|>assistant<|end_header_id|>\n\n' }}{% endif %}";

const TOOLS: &str = "{%- if tools %}{{- '<|im_start|>system\n# Tools\n<tools>' }}\
    {%- for tool in tools %}{{- '\n' }}{{- tool | tojson }}{%- endfor %}{{- '\n</tools><|im_end|>\n' }}{%- endif %}\
    {%- for message in messages %}{{- '<|im_start|>' + message.role }}\
    {%- if message.content %}{{- '\n' + message.content }}{%- endif %}\
    {%- for call in message.tool_calls or [] %}{{- '\n<tool_call>\n{\"name\": \"' + call.function.name + \
    '\", \"arguments\": ' }}{{- call.function.arguments | tojson }}{{- '}\n</tool_call>' }}{%- endfor %}\
    {{- '<|im_end|>\n' }}{%- endfor %}\
    {%- if add_generation_prompt %}{{- '<|im_start|>assistant\n' }}{%- endif %}";

type ByHand = fn(&Conversation) -> Rendered;

const TEMPLATES: [(&str, &str, ByHand); 3] = [
    ("chatml", CHATML, by_hand::chatml),
    ("llama-3", LLAMA_3, by_hand::llama_3),
    ("tools", TOOLS, by_hand::tools),
];

fn message(role: &str, content: String) -> Data {
    Data::dict([("role", role.into()), ("content", content.into())])
}

/// A system message, then users and assistants in turn, of some 600 bytes each.
fn chat(messages: usize) -> Conversation {
    let role = |place| match place {
        0 => "system",
        _ if place % 2 == 1 => "user",
        _ => "assistant",
    };
    let text = |place| format!("{place}: the weaver spoke of warp, weft and selvedge.\n").repeat(12);
    let messages = (0..messages).map(|place| message(role(place), text(place))).collect();
    Conversation { messages, ..Conversation::default() }
}

fn chat_with_tools(messages: usize) -> Conversation {
    let parameters = Data::dict([("city", Data::dict([("type", "string".into())])), ("days", 3.into())]);
    let function = Data::dict([("name", "weather".into()), ("parameters", parameters)]);
    let tool = Data::dict([("type", "function".into()), ("function", function)]);
    let arguments = Data::dict([("city", "Seoul".into()), ("days", 3.into())]);
    let call = Data::dict([("name", "weather".into()), ("arguments", arguments)]);
    let asks = Data::dict([
        ("role", "assistant".into()),
        ("content", "".into()),
        ("tool_calls", Data::List(vec![Data::dict([("function", call)])])),
    ]);
    let mut chat = chat(messages);
    chat.messages[2] = asks;
    chat.messages[3] = message("tool", "12 degrees and rain".to_owned());
    Conversation { tools: Some(Data::List(vec![tool; 3])), ..chat }
}

fn settings() -> Settings {
    Settings { variables: vec![("bos_token".to_owned(), "<s>".into())], ..Settings::default() }
}

fn answers(chat: &Conversation) -> Vec<usize> {
    let is_answer = |place: &usize| chat.messages[*place].get("role").unwrap().as_str() == Some("assistant");
    (0..chat.messages.len()).filter(is_answer).collect()
}

fn render(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("render");
    group.sample_size(20).warm_up_time(Duration::from_millis(300)).measurement_time(Duration::from_secs(1));
    let (settings, call) = (settings(), Call::default());
    for (name, source, by_hand) in TEMPLATES {
        let template = Template::compile(source).unwrap().folded(&settings.variables);
        for messages in [5, 50] {
            let chat = if name == "tools" { chat_with_tools(messages) } else { chat(messages) };
            let before = answers(&chat);
            let rendered = template.render(&chat, &settings, &call).unwrap();
            assert_eq!(by_hand(&chat), rendered);
            group.throughput(Throughput::Bytes(rendered.text.len() as u64));
            group.bench_function(format!("{name}, {messages} messages, by hand"), |bencher| {
                bencher.iter(|| by_hand(black_box(&chat)));
            });
            group.bench_function(format!("{name}, {messages} messages"), |bencher| {
                bencher.iter(|| template.render(black_box(&chat), &settings, &call).unwrap());
            });
            group.bench_function(format!("{name}, {messages} messages, with tails"), |bencher| {
                bencher.iter(|| {
                    template.render_with_tails(black_box(&chat), &settings, &call, &before).unwrap()
                });
            });
        }
    }
    group.finish();
}

fn compile(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("compile");
    group.sample_size(20).warm_up_time(Duration::from_millis(300)).measurement_time(Duration::from_secs(1));
    group.bench_function("tools", |bencher| bencher.iter(|| Template::compile(black_box(TOOLS)).unwrap()));
    group.finish();
}

criterion_group!(benches, render, compile);
criterion_main!(benches);
