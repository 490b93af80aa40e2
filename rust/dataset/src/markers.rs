//! Markers that a template frames its turns with, and whether the vocabulary knows them.
use chatloom_template::Template;
use chatloom_tokenize::Vocabulary;

/// What opens a marker, what closes it, and what it may hold.
type Frame = (&'static str, &'static str, fn(char) -> bool);

const FRAMES: &[Frame] = &[
    ("<|", "|>", |c| !c.is_whitespace() && !"<>|".contains(c)),
    ("<｜", "｜>", |c| !c.is_whitespace() && !"<>｜".contains(c)),
    ("<<", ">>", is_upper_case),
    ("[", "]", is_upper_case),
];

const HEADING: &str = "### ";

fn is_upper_case(c: char) -> bool {
    c.is_ascii_uppercase() || c == '_' || c == '/'
}

/// The markers that templates print and that are no single token of a vocabulary, so that a model sees them as
/// ordinary text; in the order of the alphabet.
pub(crate) fn unknown<'a>(
    templates: impl Iterator<Item = &'a Template>,
    vocabulary: &Vocabulary,
) -> Vec<String> {
    let literals = templates.flat_map(Template::literals);
    let mut unknown: Vec<_> = literals
        .flat_map(markers)
        .filter(|marker| vocabulary.token_id(marker).is_none())
        .map(str::to_owned)
        .collect();
    unknown.sort_unstable();
    unknown.dedup();
    unknown
}

/// The markers in a text that a template prints of its own: `<|im_start|>`, `[INST]`, `<<SYS>>`, `### Response:`.
fn markers(literal: &str) -> Vec<&str> {
    let framed = FRAMES.iter().flat_map(|&(open, close, may_hold)| {
        literal.match_indices(open).filter_map(move |(start, _)| {
            let inside = start + open.len();
            let length = literal[inside..].find(|c| !may_hold(c)).filter(|&length| length > 0)?;
            let end = inside + length;
            literal[end..].starts_with(close).then(|| &literal[start..end + close.len()])
        })
    });
    let lines = literal.lines().map(str::trim_end);
    framed.chain(lines.filter(|line| line.starts_with(HEADING) && line.ends_with(':'))).collect()
}

#[cfg(test)]
mod tests {
    use super::markers;

    #[test]
    fn finds_what_frames_turns_and_nothing_else() {
        for (literal, expected) in [
            ("<|im_start|>user\n", &["<|im_start|>"][..]),
            ("<|im_end|>\n<|im_start|>", &["<|im_end|>", "<|im_start|>"]),
            ("<｜Assistant｜>", &["<｜Assistant｜>"]),
            ("<<SYS>>\nx\n<</SYS>>\n\n", &["<<SYS>>", "<</SYS>>"]),
            ("[INST] [/INST]", &["[INST]", "[/INST]"]),
            ("### Instruction:\n", &["### Instruction:"]),
            ("a < b | c > d, [], [1], <||>, [x], <<", &[]),
            ("<|open <|x|>", &["<|x|>"]),
        ] {
            assert_eq!(markers(literal), expected, "{literal}");
        }
    }
}
