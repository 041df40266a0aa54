//! `cfg(…)` as far as it can be known from inside the built program.

use super::scan::{Kind, Token};

/// Whether something is part of this build.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Condition {
    /// It is.
    Yes,
    /// It depends on what a program cannot see of its own build, such as a feature.
    Maybe,
    /// It is not.
    No,
}

impl Condition {
    /// Both hold.
    pub(super) fn and(self, other: Condition) -> Condition {
        match (self, other) {
            (Condition::No, _) | (_, Condition::No) => Condition::No,
            (Condition::Yes, Condition::Yes) => Condition::Yes,
            _ => Condition::Maybe,
        }
    }

    fn not(self) -> Condition {
        match self {
            Condition::Yes => Condition::No,
            Condition::Maybe => Condition::Maybe,
            Condition::No => Condition::Yes,
        }
    }

    fn of(known: bool) -> Condition {
        if known { Condition::Yes } else { Condition::No }
    }
}

/// Judges what stands in the parentheses of `cfg(…)`; `test` is what `cfg!(test)` is in the target.
pub(super) fn evaluate(tokens: &[Token<'_>], test: bool) -> Condition {
    match tokens {
        [name, equals, value] if equals.is_mark("=") && value.kind == Kind::Text => {
            pair(name.text, value.text)
        }
        [name, open, .., _] if open.is_open("(") => {
            let inside = &tokens[2..tokens.len() - 1];
            let parts = split_commas(inside).into_iter().map(|part| evaluate(part, test));
            match name.text {
                "all" => parts.fold(Condition::Yes, Condition::and),
                "any" => parts.map(Condition::not).fold(Condition::Yes, Condition::and).not(),
                "not" => parts.fold(Condition::Yes, Condition::and).not(),
                _ => Condition::Maybe,
            }
        }
        [name] => match name.text {
            "test" => Condition::of(test),
            "true" => Condition::Yes,
            "false" => Condition::No,
            // The two families are short for `target_family = ".."`.
            family @ ("unix" | "windows") => Condition::of(std::env::consts::FAMILY == family),
            _ => Condition::Maybe,
        },
        _ => Condition::Maybe,
    }
}

fn pair(name: &str, value: &str) -> Condition {
    match name {
        "target_os" => Condition::of(std::env::consts::OS == value),
        "target_family" => Condition::of(std::env::consts::FAMILY == value),
        "target_arch" => Condition::of(std::env::consts::ARCH == value),
        _ => Condition::Maybe,
    }
}

/// The parts between commas that are not inside of a delimiter; no empty ones.
pub(super) fn split_commas<'t, 'a>(tokens: &'t [Token<'a>]) -> Vec<&'t [Token<'a>]> {
    let (mut parts, mut depth, mut start) = (Vec::new(), 0_usize, 0);
    for (index, token) in tokens.iter().enumerate() {
        match token.kind {
            Kind::Open => depth += 1,
            Kind::Close => depth = depth.saturating_sub(1),
            Kind::Mark if depth == 0 && token.text == "," => {
                parts.push(&tokens[start..index]);
                start = index + 1;
            }
            _ => {}
        }
    }
    parts.push(&tokens[start..]);
    parts.retain(|part| !part.is_empty());
    parts
}
