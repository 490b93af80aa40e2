//! What labels cost: finding the trained text of a chat, and carrying it over to tokens.
#![allow(missing_docs, clippy::unwrap_used)]
use chatloom_template::{Call, Conversation, Data, Template};
use chatloom_tokenize::{Formatter, Options, Templates, Vocabulary};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

const CHATML: &str = "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\n' + \
    message['content'] + '<|im_end|>' + '\n' }}{% endfor %}\
    {% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}";

/// A tokenizer as fast as they come, so that what is measured is ours: words looked up whole.
const WORDS: &str = r#"{"version": "1.0",
    "added_tokens": [
        {"id": 7, "content": "<|im_start|>", "single_word": false, "lstrip": false, "rstrip": false,
         "normalized": false, "special": true},
        {"id": 8, "content": "<|im_end|>", "single_word": false, "lstrip": false, "rstrip": false,
         "normalized": false, "special": true}],
    "pre_tokenizer": {"type": "WhitespaceSplit"},
    "model": {"type": "WordLevel", "unk_token": "?",
        "vocab": {"?": 0, "user": 1, "assistant": 2, "the": 3, "weaver": 4, "spoke": 5, "of": 6}}}"#;

fn formatter() -> Formatter {
    let templates = Templates::single(Arc::new(Template::compile(CHATML).unwrap()));
    let vocabulary = Arc::new(Vocabulary::from_json(WORDS.as_bytes()).unwrap());
    Formatter::new(templates, vocabulary, Options::default()).unwrap()
}

fn chat(messages: usize) -> Conversation {
    let message = |place: usize| {
        let role = if place.is_multiple_of(2) { "user" } else { "assistant" };
        let content = "the weaver spoke of warp and weft ".repeat(18);
        Data::dict([("role", role.into()), ("content", content.into())])
    };
    Conversation { messages: (0..messages).map(message).collect(), ..Conversation::default() }
}

fn labels(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("labels");
    group.sample_size(20).warm_up_time(Duration::from_millis(300)).measurement_time(Duration::from_secs(1));
    let (formatter, call) = (formatter(), Call::default());
    for messages in [4, 50] {
        let chat = chat(messages);
        let trace = formatter.trace(&chat, &call).unwrap();
        group.throughput(Throughput::Bytes(trace.rendered.text.len() as u64));
        let mut bench = |name: &str, run: &dyn Fn()| {
            group.bench_function(format!("{name}, {messages} messages"), |bencher| bencher.iter(run));
        };
        bench("render", &|| drop(black_box(formatter.render(&chat, &call))));
        bench("render and find trained text", &|| drop(black_box(formatter.trace(&chat, &call))));
        bench("tokenize", &|| drop(black_box(formatter.vocabulary().encode(&trace.rendered.text))));
        bench("tokenize and label", &|| drop(black_box(formatter.tokens(&trace))));
    }
    group.finish();
}

criterion_group!(benches, labels);
criterion_main!(benches);
