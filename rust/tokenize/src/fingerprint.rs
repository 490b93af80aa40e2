//! A hash of what decides what comes out.
use crate::{ControlPolicies, Options, Templates, Vocabulary};
use blake3::Hasher;
use chatloom_template::{Clock, Data, Settings};

/// Templates, tokenizer and options, in hex; the clock only where a template reads it.
pub(crate) fn of(templates: &Templates, vocabulary: &Vocabulary, options: &Options) -> String {
    let mut print = Print(Hasher::new());
    print.templates(templates);
    print.text(vocabulary.fingerprint());
    print.text(&options.read_by);
    print.text(&format!("{:?} {:?} {:?}", options.end_tokens, options.boundary, options.overflow));
    print.text(&format!("{:?} {:?} {:?}", options.keep, options.unstable, options.surrogates));
    print.text(&format!("{:?} {:?}", options.labels, options.reasoning_tags));
    print.policies(&options.control_tokens);
    print.text(&format!("{:?} {:?}", options.reasoning, options.tool_calls));
    print.text(&format!("{:?} {:?}", options.max_length, options.settings.limits));
    print.settings(&options.settings, reads_clock(templates));
    print.0.finalize().to_hex().to_string()
}

fn reads_clock(templates: &Templates) -> bool {
    let named = templates.named.iter().map(|(_, template)| template);
    templates.default.iter().chain(named).any(|template| template.reads_clock())
}

/// Everything is written with its length or count before it, so that no two contents write the same bytes.
struct Print(Hasher);

impl Print {
    fn text(&mut self, text: &str) {
        self.count(text.len());
        self.0.update(text.as_bytes());
    }

    fn count(&mut self, count: usize) {
        self.0.update(&(count as u64).to_le_bytes());
    }

    fn policies(&mut self, ControlPolicies { default, own }: &ControlPolicies) {
        self.text(&format!("{default:?}"));
        self.count(own.len());
        for (name, policy) in own {
            self.tagged(name, &format!("{policy:?}"));
        }
    }

    fn templates(&mut self, templates: &Templates) {
        self.count(templates.default.iter().count());
        if let Some(template) = &templates.default {
            self.text(template.source());
        }
        self.count(templates.named.len());
        for (name, template) in &templates.named {
            self.text(name);
            self.text(template.source());
        }
        self.count(templates.broken.len());
        for broken in &templates.broken {
            self.text(&broken.name);
            self.text(&broken.source);
        }
    }

    fn settings(&mut self, settings: &Settings, with_clock: bool) {
        self.text(settings.compat.name());
        self.count(settings.variables.len());
        for (name, value) in &settings.variables {
            self.text(name);
            self.data(value);
        }
        match settings.now.filter(|_| with_clock) {
            Some(now) => self.clock(now),
            None => self.text("no clock"),
        }
    }

    fn clock(&mut self, now: Clock) {
        let Clock { year, month, day, hour, minute, second, microsecond } = now;
        self.text(&format!("{year}-{month}-{day} {hour}:{minute}:{second}.{microsecond}"));
    }

    fn data(&mut self, value: &Data) {
        match value {
            Data::None => self.text("none"),
            Data::Bool(truth) => self.text(if *truth { "true" } else { "false" }),
            Data::Int(number) => self.tagged("int", &number.to_string()),
            Data::BigInt(number) => self.tagged("int", &number.to_string()),
            Data::Float(number) => self.tagged("float", &format!("{:x}", number.to_bits())),
            Data::Str(text) => self.tagged("str", text),
            Data::List(items) => self.items("list", items),
            Data::Tuple(items) => self.items("tuple", items),
            Data::Dict(entries) => {
                self.text("dict");
                self.count(entries.len());
                for (key, value) in entries {
                    self.data(key);
                    self.data(value);
                }
            }
        }
    }

    fn tagged(&mut self, tag: &str, text: &str) {
        self.text(tag);
        self.text(text);
    }

    fn items(&mut self, tag: &str, items: &[Data]) {
        self.text(tag);
        self.count(items.len());
        for item in items {
            self.data(item);
        }
    }
}
