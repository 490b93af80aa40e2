//! JSON as Python reads it.
use chatloom_dataset::json::{JsonError, MAX_DEPTH, parse};
use chatloom_template::{BigInt, Data};
use proptest::prelude::*;

fn parsed(text: &str) -> Result<Data, JsonError> {
    parse(text.as_bytes())
}

fn refused(text: &str) -> String {
    parsed(text).map_or_else(|error| error.to_string(), |value| format!("read as {value:?}"))
}

#[test]
fn integers_are_exact() {
    assert_eq!(parsed("-0"), Ok(Data::Int(0)));
    assert_eq!(parsed("9223372036854775807"), Ok(Data::Int(i64::MAX)));
    assert_eq!(parsed("-9223372036854775808"), Ok(Data::Int(i64::MIN)));
    assert_eq!(parsed("9223372036854775808"), Ok(Data::BigInt(BigInt::from(i64::MAX) + 1)));
    assert_eq!(
        parsed("-123456789012345678901234567890"),
        Ok(Data::BigInt("-123456789012345678901234567890".parse().unwrap_or_default()))
    );
    assert_eq!(refused(&"1".repeat(5000)), "a number of more than 4300 digits at byte 4302");
}

#[test]
fn floats_round_as_in_python() {
    for (text, value) in [
        ("0.1", 0.1),
        ("1e400", f64::INFINITY),
        ("-1E-400", 0.0),
        ("2.2250738585072011e-308", f64::from_bits(0x000F_FFFF_FFFF_FFFF)),
        ("123456789012345678901234567890.0", 123_456_789_012_345_680_000_000_000_000.0),
        ("Infinity", f64::INFINITY),
        ("-Infinity", f64::NEG_INFINITY),
    ] {
        assert_eq!(parsed(text), Ok(Data::Float(value)), "{text}");
    }
    assert!(matches!(parsed("NaN"), Ok(Data::Float(value)) if value.is_nan()));
}

#[test]
fn a_repeated_key_keeps_its_first_place_and_last_value() {
    let few = parsed(r#"{"a": 1, "b": 2, "a": 3}"#);
    assert_eq!(few, Ok(Data::dict([("a", 3_i64.into()), ("b", Data::Int(2))])));
    let pairs: Vec<String> = (0..100).map(|index| format!(r#""{}": {index}"#, index % 40)).collect();
    let expected = Data::dict((0..100_i64).map(|index| ((index % 40).to_string(), Data::Int(index))));
    assert_eq!(parsed(&format!("{{{}}}", pairs.join(","))), Ok(expected));
}

#[test]
fn text_is_unescaped() {
    assert_eq!(parsed(r#""\u00e9\ud83d\ude00\n\/\u0000""#), Ok("é😀\n/\0".into()));
    assert_eq!(parsed("\"\u{7f}\u{2028}\""), Ok("\u{7f}\u{2028}".into()));
}

#[test]
fn half_characters_are_refused_by_place() {
    let reason = "an escape for half a character (a lone surrogate)";
    for (text, byte) in [
        (r#"["\ud83d"]"#, 9),
        (r#"["\ude00 "]"#, 8),
        (r#"["\ud83d\n"]"#, 10),
        (r#"["\ud83dx"]"#, 9),
        (r#"["\ud83d\u0041"]"#, 14),
        (r#"{"\ud83d": 1}"#, 9),
    ] {
        assert_eq!(refused(text), format!("{reason} at byte {byte}"), "{text}");
    }
}

#[test]
fn what_python_refuses_is_refused() {
    for text in [
        "",
        " ",
        "{",
        "[1,]",
        "{\"a\":1,}",
        "01",
        "1.",
        ".5",
        "+1",
        "-",
        "-NaN",
        "nul",
        "tru",
        "1 2",
        "{a: 1}",
        "{1: 2}",
        "\"\t\"",
        "\"\\x\"",
        "'a'",
        "[1 2]",
        "\u{feff}1",
        "\"a",
        "\0",
        "1e",
        "infinity",
    ] {
        assert!(parsed(text).is_err(), "{text:?}");
    }
}

#[test]
fn nesting_has_a_limit() {
    let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
    assert!(parsed(&nested(MAX_DEPTH)).is_ok());
    let reason = "more than 200 lists and objects within each other at byte 201";
    assert_eq!(refused(&nested(MAX_DEPTH + 1)), reason);
    assert_eq!(refused(&"[".repeat(1_000_000)), reason);
    assert_eq!(parsed(&"{\"a\":".repeat(1_000_000)).map_err(|error| error.byte()), Err(1001));
}

#[test]
fn not_utf8_is_refused() {
    assert!(parse(b"\"\xff\"").is_err());
    assert!(parse(b"\"\xed\xa0\x80\"").is_err());
}

/// Our value as the JSON that another library reads.
fn written(value: &Data) -> serde_json::Value {
    match value {
        Data::Bool(truth) => (*truth).into(),
        Data::Int(number) => (*number).into(),
        Data::Float(number) => (*number).into(),
        Data::Str(text) => text.as_str().into(),
        Data::List(items) => items.iter().map(written).collect(),
        Data::Dict(entries) => {
            let named = entries
                .iter()
                .map(|(key, value)| (key.as_str().unwrap_or_default().to_owned(), written(value)));
            serde_json::Value::Object(named.collect())
        }
        Data::None | Data::BigInt(_) | Data::Tuple(_) => serde_json::Value::Null,
    }
}

fn values() -> impl Strategy<Value = Data> {
    let leaf = prop_oneof![
        Just(Data::None),
        any::<bool>().prop_map(Data::Bool),
        any::<i64>().prop_map(Data::Int),
        (-1e300..1e300_f64).prop_map(Data::Float),
        any::<String>().prop_map(Data::from),
    ];
    leaf.prop_recursive(4, 40, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Data::List),
            prop::collection::btree_map(any::<String>(), inner, 0..20).prop_map(Data::dict),
        ]
    })
}

proptest! {
    #[test]
    fn reads_what_another_library_writes(value in values()) {
        let text = written(&value).to_string();
        prop_assert_eq!(parsed(&text), Ok(value));
    }

    #[test]
    fn survives_anything(text in prop::collection::vec(any::<u8>(), 0..100)) {
        let _ = parse(&text);
    }

    #[test]
    fn agrees_with_another_library_on_what_is_json(text in r#"[\[\]{},:"\\ua0-9.eE+ -]{0,12}"#) {
        let other: Result<serde_json::Value, _> = serde_json::from_str(&text);
        let too_large = other.as_ref().is_err_and(|error| error.to_string().starts_with("number out of range"));
        if !too_large {
            prop_assert_eq!(parsed(&text).is_ok(), other.is_ok(), "{}", text);
        }
    }
}

proptest! {
    #[test]
    fn what_is_not_utf8_is_refused_wherever_it_stands(
        before in r"([a-z\u{e9}\u{ac00} ]|\\n){0,40}",
        bad in prop::sample::select(vec![&b"\xff"[..], b"\xc3", b"\xe2\x82", b"\xed\xa0\x80", b"\xc0\x80", b"\xf5\x80\x80\x80"]),
        after in "[a-z\u{e9} ]{0,40}",
    ) {
        let text = [before.as_bytes(), bad, after.as_bytes()].concat();
        for (open, close) in [(r#"{"a": ""#, r#""}"#), (r#"{""#, r#"": 1}"#), ("[", "]"), ("1 ", ""), (r#"[1, {"b": [""#, r#""]}]"#)] {
            let row = [open.as_bytes(), &text, close.as_bytes()].concat();
            prop_assert!(parse(&row).is_err());
        }
    }
}
