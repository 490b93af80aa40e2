//! The table of character classes is what Oniguruma and the normalizer say of every code point.
#[path = "../examples/lane_classes.rs"]
mod generator;

#[test]
fn the_committed_table_is_the_generated_one() {
    let committed = include_str!("../src/lane/classes/runs.rs");
    assert!(committed == generator::table(), "run the generator again: see examples/lane_classes.rs");
}
