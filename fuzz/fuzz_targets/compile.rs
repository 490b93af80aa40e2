//! Compiles any bytes: nothing panics, and what compiles renders a chat or fails with an error.
#![no_main]
use chatloom_template::{Template, Call, Settings};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Ok(source) = std::str::from_utf8(data) else { return };
    if let Ok(template) = Template::compile(source) {
        assert_eq!(template.source(), source);
        let _ = template.render(&chatloom_fuzz::hello(), &Settings::default(), &Call::default());
    }
});
