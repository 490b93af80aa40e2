//! Renders a template and a conversation, the first line of the input being the conversation's JSON, under a
//! small budget: nothing panics, the segments partition the text, and the budget is kept.
#![no_main]
use chatloom_fuzz::{SMALL, check, conversation};
use chatloom_template::{Call, Clock, Settings, Template};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Ok(input) = std::str::from_utf8(data) else { return };
    let Some((row, source)) = input.split_once('\n') else { return };
    let (Some(conversation), Ok(template)) = (conversation(row), Template::compile(source)) else { return };
    let now = Clock { year: 2025, month: 3, day: 9, hour: 14, minute: 5, second: 7, microsecond: 89 };
    let settings = Settings { limits: SMALL, now: Some(now), ..Settings::default() };
    for add_generation_prompt in [false, true] {
        let call = Call { add_generation_prompt, paths: true, ..Call::default() };
        check(&template, &conversation, &settings, &call);
    }
});
