//! Folds a template for the variables of a run, which are those of the conversation on the first line of the
//! input: nothing panics, and it renders as before.
#![no_main]
use chatloom_fuzz::{SMALL, conversation, outcome};
use chatloom_template::{Call, Class, Conversation, Settings, Template};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Ok(input) = std::str::from_utf8(data) else { return };
    let Some((row, source)) = input.split_once('\n') else { return };
    let (Some(conversation), Ok(template)) = (conversation(row), Template::compile(source)) else { return };
    let settings =
        Settings { limits: SMALL, variables: conversation.variables.clone(), ..Settings::default() };
    let conversation = Conversation { variables: Vec::new(), ..conversation };
    let folded = template.folded(&settings.variables);
    for add_generation_prompt in [false, true] {
        let call = Call { add_generation_prompt, paths: true, ..Call::default() };
        let [plain, folded] =
            [&template, &folded].map(|template| outcome(template, &conversation, &settings, &call));
        // A folded program takes less of the budget.
        if !matches!(&plain, Err((Class::Budget, ..))) {
            assert_eq!(folded, plain);
        }
    }
});
