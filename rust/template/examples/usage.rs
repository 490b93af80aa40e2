//! How much of the default limits the templates in a folder use on long chats: for each chat, the template that
//! comes nearest to them.
//!
//! ```text
//! cargo run --release -p chatloom-template --example usage -- FOLDER
//! ```
#![expect(clippy::print_stdout, reason = "what it is for")]
use std::path::{Path, PathBuf};

use chatloom_template::{Call, Conversation, Data, Limits, Settings, Template, Usage};

/// A chat of so many messages of so many bytes.
fn chat(messages: usize, bytes: usize) -> Conversation {
    let message = |index: usize| {
        let role = if index.is_multiple_of(2) { "user" } else { "assistant" };
        let content = "Words and more. ".repeat(bytes / 16);
        Data::dict([("role", Data::from(role)), ("content", Data::from(content))])
    };
    Conversation { messages: (0..messages).map(message).collect(), ..Conversation::default() }
}

fn templates(folder: &Path, found: &mut Vec<(PathBuf, Template)>) {
    for path in std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()) {
        if path.is_dir() {
            templates(&path, found);
        } else if let Ok(template) = std::fs::read_to_string(&path).map(|text| Template::compile(&text)) {
            found.extend(template.ok().map(|template| (path, template)));
        }
    }
}

fn main() {
    let mut found = Vec::new();
    std::env::args().skip(1).for_each(|folder| templates(Path::new(&folder), &mut found));
    let limits = Limits { steps: 1 << 40, memory: 4 << 30, ..Limits::default() };
    let unbounded = Settings { limits, ..Settings::default() };
    let defaults = Limits::default();
    println!("{} templates; share of the default limits that the one uses that comes nearest", found.len());
    for (messages, bytes) in
        [(2, 160), (10, 1_600), (1_000, 160), (5_000, 16), (100, 100_000), (2, 5_000_000)]
    {
        let conversation = chat(messages, bytes);
        let usage = |template: &Template| template.usage(&conversation, &unbounded, &Call::default());
        let used: Vec<(&PathBuf, Usage)> =
            found.iter().filter_map(|(path, template)| Some((path, usage(template).ok()?))).collect();
        let steps = |usage: &Usage| 100 * usage.steps / defaults.steps_for(usage.size);
        let kept = |usage: &Usage| 100 * usage.memory / defaults.memory_for(usage.size);
        let over = used.iter().filter(|(_, usage)| steps(usage) > 100 || kept(usage) > 100).count();
        println!("{messages} messages of {bytes} bytes: {over} templates need more");
        let most_steps = used.iter().max_by_key(|(_, usage)| usage.steps);
        let most_bytes = used.iter().max_by_key(|(_, usage)| usage.memory);
        for (path, usage) in most_steps.into_iter().chain(most_bytes) {
            let name = path.file_name().unwrap_or_default().display();
            println!(
                "  steps {} ({} %), bytes {} ({} %): {name}",
                usage.steps,
                steps(usage),
                usage.memory,
                kept(usage)
            );
        }
    }
}
