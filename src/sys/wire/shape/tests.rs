//! What `wired!` writes against what serde's own derive writes for a twin of the type.

use std::collections::BTreeMap;
use std::fmt::Debug;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::sys::wire::{self, PREFIX};

/// The same type twice, once for each of the two ways.
macro_rules! twins {
    ($($item:item)*) => {
        mod ours {
            use super::*;
            $(#[derive(Debug, PartialEq)] $item)*
        }
        mod derived {
            use super::*;
            $(#[derive(Debug, PartialEq, Serialize, Deserialize)] $item)*
        }
    };
}

twins! {
    pub(super) struct Plain {
        pub(super) number: i64,
        pub(super) text: String,
        pub(super) maybe: Option<u16>,
        pub(super) inner: Vec<Choice>,
    }

    pub(super) enum Choice {
        Unit,
        Inner(BTreeMap<String, bool>),
        Fields { left: char, right: Option<Box<Plain>> },
        Last,
    }
}

mod wiring {
    use super::ours::{Choice, Plain};

    wired! { struct Plain { number, text, maybe, inner } }
    wired! { enum Choice { Unit, Inner(map), Fields { left, right }, Last } }
}

macro_rules! sample {
    ($of:ident) => {{
        use $of::{Choice, Plain};
        let map = || BTreeMap::from([("yes".to_owned(), true), ("no".to_owned(), false)]);
        let small = Plain { number: i64::MIN, text: String::new(), maybe: None, inner: Vec::new() };
        let fields = Choice::Fields { left: 'ß', right: Some(Box::new(small)) };
        let inner = vec![Choice::Unit, Choice::Inner(map()), fields, Choice::Last];
        Plain { number: -3, text: "a \"text\"".to_owned(), maybe: Some(300), inner }
    }};
}

fn json<T: Serialize>(value: &T) -> String {
    serde_json::to_string_pretty(value).expect("writes")
}

fn back<T: DeserializeOwned>(text: &str) -> Result<T, String> {
    serde_json::from_str(text).map_err(|error| error.to_string())
}

#[rehearsal::test]
fn people_see_named_fields_and_variants_as_the_derive_writes_them() {
    let (ours, derived) = (sample!(ours), sample!(derived));
    assert_eq!(json(&ours), json(&derived));
    assert_eq!(back::<ours::Plain>(&json(&derived)), Ok(ours));
}

#[rehearsal::test]
fn the_wire_carries_the_same_bytes_as_for_the_derive() {
    let (ours, derived) = (sample!(ours), sample!(derived));
    let bytes = wire::encode(&ours).expect("writes");
    assert_eq!(bytes, wire::encode(&derived).expect("writes"));
    assert_eq!(wire::decode::<ours::Plain>(&bytes[PREFIX..]).expect("reads"), ours);
    for end in 0..bytes.len() - PREFIX {
        let cut = &bytes[PREFIX..PREFIX + end];
        assert!(wire::decode::<ours::Plain>(cut).is_err(), "{end} bytes of {} are no value", bytes.len());
    }
}

/// Whether both ways take this text, and what they make of it.
fn agree<O, D>(text: &str) -> bool
where
    O: DeserializeOwned + Debug + Serialize,
    D: DeserializeOwned + Debug + Serialize,
{
    match (back::<O>(text), back::<D>(text)) {
        (Ok(ours), Ok(derived)) => {
            assert_eq!(json(&ours), json(&derived), "of {text}");
            true
        }
        (Err(_), Err(_)) => false,
        (ours, derived) => panic!("of {text}: {ours:?}, but the derive makes {derived:?}"),
    }
}

#[rehearsal::test]
fn what_may_be_left_out_and_what_is_too_much() {
    let plain = agree::<ours::Plain, derived::Plain>;
    assert!(plain(r#"{"number": 1, "text": "", "inner": []}"#), "an Option may be left out");
    assert!(
        plain(r#"{"number": 1, "more": [{"of": 1}], "text": "", "inner": []}"#),
        "unknown fields are passed over"
    );
    assert!(plain(r#"[1, "", null, []]"#), "a row of all fields");
    assert!(!plain(r#"{"number": 1, "text": ""}"#), "a list may not be left out");
    assert!(!plain(r#"{"number": "1", "text": "", "inner": []}"#), "a text is no number");
    assert!(!plain(r#"[1, "", null]"#), "a row that is too short");
    let choice = agree::<ours::Choice, derived::Choice>;
    assert!(choice(r#""Unit""#));
    assert!(choice(r#"{"Last": null}"#));
    assert!(choice(r#"{"Fields": {"left": "x"}}"#));
    assert!(!choice(r#""None of them""#));
    assert!(!choice(r#"{"Unit": null, "Last": null}"#));
    assert!(!choice(r#"{"Unit": 5}"#));
}

#[rehearsal::test]
fn errors_say_what_is_missing_or_unknown() {
    let error = back::<ours::Plain>(r#"{"number": 1, "text": ""}"#).expect_err("a field is missing");
    assert!(error.starts_with("missing field `inner`"), "{error}");
    let error = back::<ours::Choice>(r#""Third""#).expect_err("no such variant");
    assert!(error.contains("`Unit`") && error.contains("`Last`"), "{error}");
}

#[rehearsal::test]
fn what_is_skipped_stays_behind() {
    #[derive(Debug, PartialEq)]
    struct Half {
        crosses: u8,
        stays: Option<u8>,
    }
    wired! { struct Half { crosses } skips { stays } }
    let frame = wire::encode(&Half { crosses: 1, stays: Some(2) }).expect("writes");
    assert_eq!(frame[PREFIX..], [1]);
    assert_eq!(wire::decode::<Half>(&frame[PREFIX..]).expect("reads"), Half { crosses: 1, stays: None });
    assert_eq!(back::<Half>(r#"{"crosses": 3, "stays": 4}"#), Ok(Half { crosses: 3, stays: None }));
}
