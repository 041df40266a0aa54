//! Attributes, and which of them make a test.

use super::condition::{Condition, evaluate, split_commas};
use super::scan::{Kind, Token};

/// Whether an attribute of this name makes a test, or a benchmark, of a function.
pub(super) fn makes_test(name: &str) -> bool {
    const NAMES: [&str; 9] = [
        "test",
        "bench",
        "rstest",
        "test_case",
        "test_matrix",
        "quickcheck",
        "gtest",
        "property_test",
        "parameterized",
    ];
    NAMES.contains(&name)
}

/// One attribute, out of its `cfg_attr` where it was in one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Attribute<'a> {
    /// `a::b` without spaces.
    pub(super) path: String,
    /// The string of `path = "…"`.
    pub(super) value: Option<&'a str>,
    /// Whether it is there at all.
    pub(super) condition: Condition,
    /// What `cfg(…)` says; `Yes` for any other attribute.
    pub(super) says: Condition,
}

impl<'a> Attribute<'a> {
    /// Reads what stands between the brackets.
    pub(super) fn read(tokens: &[Token<'a>], test: bool) -> Vec<Attribute<'a>> {
        // Since edition 2024 some attributes are `unsafe(…)`.
        if let [word, open, inner @ .., _] = tokens
            && word.is_word("unsafe")
            && open.is_open("(")
        {
            return Attribute::read(inner, test);
        }
        let end = tokens.iter().position(|token| token.kind != Kind::Word && !token.is_mark(":"));
        let (path, rest) = tokens.split_at(end.unwrap_or(tokens.len()));
        let path: String = path.iter().map(|token| token.text).collect();
        let inside = match rest {
            [open, inside @ .., _] if open.is_open("(") => inside,
            _ => &[],
        };
        if path == "cfg_attr" {
            return Attribute::read_conditional(inside, test);
        }
        let value = match rest {
            [equals, value, ..] if equals.is_mark("=") && value.kind == Kind::Text => Some(value.text),
            _ => None,
        };
        let says = if path == "cfg" { evaluate(inside, test) } else { Condition::Yes };
        vec![Attribute { path, value, condition: Condition::Yes, says }]
    }

    fn read_conditional(inside: &[Token<'a>], test: bool) -> Vec<Attribute<'a>> {
        let parts = split_commas(inside);
        let Some((condition, attributes)) = parts.split_first() else { return Vec::new() };
        let condition = evaluate(condition, test);
        let mut read: Vec<_> = attributes.iter().flat_map(|part| Attribute::read(part, test)).collect();
        for attribute in &mut read {
            attribute.condition = attribute.condition.and(condition);
        }
        read.retain(|attribute| attribute.condition != Condition::No);
        read
    }

    /// What follows for the item it stands on.
    pub(super) fn of_item(&self) -> Condition {
        match self.condition {
            Condition::Yes => self.says,
            // A condition that may not even be there can take nothing away for certain.
            _ if self.says == Condition::Yes => Condition::Yes,
            _ => Condition::Maybe,
        }
    }

    /// The last segment of its path.
    pub(super) fn last(&self) -> &str {
        self.path.rsplit(':').next().unwrap_or_default()
    }

    /// Whether it makes a test, or a benchmark, of a function.
    pub(super) fn makes_test(&self) -> bool {
        makes_test(self.last())
    }

    /// Whether it is ours by name.
    pub(super) fn is_ours(&self) -> bool {
        self.path.trim_start_matches(':').starts_with("rehearsal::")
    }
}
