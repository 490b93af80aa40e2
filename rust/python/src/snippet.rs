//! The piece of a template that an error points at.
use chatloom_template::Position;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

const BEFORE: usize = 40;
const AFTER: usize = 40;

/// The line around `position`, cut to a window since templates are often one long line, and a caret below.
pub(crate) fn draw(source: &str, position: Position) -> Option<String> {
    let line = source.lines().nth(position.line.checked_sub(1)? as usize)?;
    let column = position.column.checked_sub(1)? as usize;
    let start = column.saturating_sub(BEFORE);
    let lead = if start > 0 { "… " } else { "" };
    let before: String = line.chars().skip(start).take(column - start).map(printable).collect();
    let after: String = line.chars().skip(column).take(AFTER).map(printable).collect();
    let tail = if line.chars().nth(column + AFTER).is_some() { " …" } else { "" };
    let number = position.line.to_string();
    let gutter = " ".repeat(number.len());
    let indent = " ".repeat(lead.width() + before.width());
    Some(format!("{number} | {lead}{before}{after}{tail}\n{gutter} | {indent}^"))
}

fn printable(character: char) -> char {
    if character.width().is_none() { ' ' } else { character }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(line: u32, column: u32) -> Position {
        Position { line, column }
    }

    #[test]
    fn short_lines_stand_whole() {
        assert_eq!(draw("a\n{{ b.c }}", at(2, 6)).as_deref(), Some("2 | {{ b.c }}\n  |      ^"));
    }

    #[test]
    fn long_lines_are_cut_on_both_sides() {
        let source = "x".repeat(100) + "!" + &"y".repeat(100);
        let drawn = draw(&source, at(1, 101)).unwrap_or_default();
        let expected = format!("1 | … {}!{} …\n  |   {}^", "x".repeat(40), "y".repeat(39), " ".repeat(40));
        assert_eq!(drawn, expected);
    }

    #[test]
    fn wide_characters_take_two_columns() {
        assert_eq!(draw("한국 x", at(1, 4)).as_deref(), Some("1 | 한국 x\n  |      ^"));
    }

    #[test]
    fn a_place_outside_the_source_draws_nothing() {
        assert_eq!(draw("one line", at(2, 1)), None);
        assert_eq!(draw("one line", at(0, 0)), None);
    }
}
