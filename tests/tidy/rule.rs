//! Rules that look at one file at a time.

use crate::floor::expand;
use crate::scan::{Token, texts};
use crate::{Finding, Source};

/// More lines than this are more than one thing.
const MAX_LINES: usize = 500;

/// Names that say nothing of what is inside.
const FORBIDDEN_NAMES: [&str; 9] =
    ["utils", "util", "common", "manager", "managers", "helper", "helpers", "imp", "misc"];

/// What is gated on the platform is gated in `sys`.
const PLATFORM: [&str; 8] = [
    "unix",
    "windows",
    "target_os",
    "target_family",
    "target_arch",
    "target_env",
    "target_vendor",
    "rehearsal_portable",
];

/// An external crate, and the one file or folder that talks to it.
const OWNERS: [(&str, &str); 2] = [("libc", "src/sys/"), ("toml", "src/app/file/")];

/// What counts the bytes of an actor, ours and its peers': an allocator cannot be written without `unsafe`, and this one
/// is in no crate that anybody depends on.
const COUNTING_ALLOCATOR: &str = "benches/peers/src/memory.rs";

/// All of them.
pub(crate) fn all(source: &Source, tokens: &[Token<'_>], found: &mut Vec<Finding>) {
    let rules = [names, size, heads, no_unsafe, seam, platform, owners, maps, guards];
    rules.iter().for_each(|rule| {
        rule(source, tokens, &mut |line, what| {
            found.push(format!("{}:{line}: {what}", source.path));
        })
    });
}

/// Takes a line and what is wrong there.
type Tell<'a> = &'a mut dyn FnMut(usize, String);

fn names(source: &Source, _: &[Token<'_>], tell: Tell<'_>) {
    for part in source.path.trim_end_matches(".rs").split('/') {
        if FORBIDDEN_NAMES.contains(&part) {
            tell(1, format!("{part:?} says nothing of what is inside: name the thing"));
        }
    }
}

fn size(source: &Source, _: &[Token<'_>], tell: Tell<'_>) {
    let lines = source.text.lines().count();
    if lines > MAX_LINES {
        tell(MAX_LINES, format!("{lines} lines; a file of more than {MAX_LINES} is more than one thing"));
    }
}

/// A map has a rule of its own for this.
fn heads(source: &Source, _: &[Token<'_>], tell: Tell<'_>) {
    let is_map = source.path.ends_with("/mod.rs") || source.path == "src/lib.rs";
    if !is_map && !source.text.starts_with("//!") {
        tell(1, "the first line of a file says what is in it: `//! ..`".to_string());
    }
}

/// Trials of actors say first what they mean to lose, which is mostly nothing.
fn guards(source: &Source, tokens: &[Token<'_>], tell: Tell<'_>) {
    if !source.path.starts_with("tests/actor/") {
        return;
    }
    for at in (0..tokens.len()).filter(|at| texts(tokens, *at, &["#", "[", "rehearsal", "::", "test"])) {
        let Some(function) = position(&tokens[at..], "fn") else { continue };
        let Some(open) = position(&tokens[at + function..], "{") else { continue };
        let first = &tokens[at + function + open + 1..];
        let statement = &first[..position(first, ";").unwrap_or_default()];
        let is_guard = texts(statement, 0, &["let", "_clean", "="])
            && (3..statement.len()).any(|at| texts(statement, at, &["clean", "(", ")"]));
        if !is_guard {
            tell(tokens[at].line, "a trial of actors begins with `let _clean = clean();`".to_string());
        }
    }
}

/// Where the first token of this text is.
fn position(tokens: &[Token<'_>], text: &str) -> Option<usize> {
    tokens.iter().position(|token| token.text == text)
}

fn no_unsafe(source: &Source, tokens: &[Token<'_>], tell: Tell<'_>) {
    if source.path.starts_with("src/sys/") || source.path == COUNTING_ALLOCATOR {
        return;
    }
    for (at, token) in tokens.iter().enumerate() {
        let forbidden = at >= 2 && texts(tokens, at - 2, &["forbid", "("]);
        if !["unsafe", "unsafe_code"].contains(&token.text) || forbidden {
            continue;
        }
        tell(token.line, format!("{}: unsafe code lives in src/sys alone", token.text));
    }
}

/// In `actor`, time, tasks, choice and chance go through the seam, so that a simulation can own them.
fn seam(source: &Source, tokens: &[Token<'_>], tell: Tell<'_>) {
    if !source.path.starts_with("src/actor/") {
        return;
    }
    for (at, token) in tokens.iter().enumerate().filter(|(_, token)| !token.in_test) {
        let starts = token.text != "{" && (at == 0 || tokens[at - 1].text != "::");
        if token.text == "select"
            && texts(tokens, at + 1, &["!", "{"])
            && !texts(tokens, at + 3, &["biased", ";"])
        {
            tell(token.line, "select! without `biased;` chooses by chance".to_string());
        }
        if !starts {
            continue;
        }
        for path in expand(tokens, at) {
            let around = match path[..] {
                ["tokio", "time", ..] | ["tokio", "spawn"] => true,
                ["tokio", "task", what, ..] | ["task", what] => what.starts_with("spawn"),
                [.., "Instant" | "SystemTime", "now"] | [.., "thread", "sleep"] => true,
                ["std", "time", "Instant" | "SystemTime"] => true,
                ["rand" | "fastrand", ..] => true,
                _ => false,
            };
            if around {
                tell(token.line, format!("{} goes round the seam: use crate::sys::seam", path.join("::")));
            }
        }
    }
}

fn platform(source: &Source, tokens: &[Token<'_>], tell: Tell<'_>) {
    if !source.path.starts_with("src/") || source.path.starts_with("src/sys/") {
        return;
    }
    for (at, token) in tokens.iter().enumerate() {
        if ["cfg", "cfg_attr"].contains(&token.text) {
            let open = at + 1 + usize::from(texts(tokens, at + 1, &["!"]));
            for inside in inside_parentheses(tokens, open) {
                if PLATFORM.contains(&inside.text) {
                    tell(
                        inside.line,
                        format!("cfg({}): the platform is told apart in src/sys alone", inside.text),
                    );
                }
            }
        }
        if texts(tokens, at, &["std", "::", "os", "::"]) {
            tell(token.line, "std::os is of one platform: src/sys has a name for it".to_string());
        }
    }
}

/// The tokens between the parenthesis that opens here and the one that closes it.
fn inside_parentheses<'t, 'a>(tokens: &'t [Token<'a>], open: usize) -> &'t [Token<'a>] {
    if !texts(tokens, open, &["("]) {
        return &[];
    }
    let mut depth = 0_usize;
    for (at, token) in tokens.iter().enumerate().skip(open) {
        match token.text {
            "(" => depth += 1,
            ")" if depth == 1 => return &tokens[open + 1..at],
            ")" => depth -= 1,
            _ => {}
        }
    }
    &[]
}

fn owners(source: &Source, tokens: &[Token<'_>], tell: Tell<'_>) {
    for (krate, owner) in OWNERS {
        if !source.path.starts_with("src/") || source.path.starts_with(owner) {
            continue;
        }
        for (at, token) in tokens.iter().enumerate().filter(|(_, token)| token.text == krate) {
            let is_path = texts(tokens, at + 1, &["::"]) && (at == 0 || tokens[at - 1].text != "::");
            if is_path || (at > 0 && tokens[at - 1].text == "use") {
                tell(token.line, format!("{krate} belongs to {owner}"));
            }
        }
    }
}

/// `mod.rs` is a map and `lib.rs` a list of re-exports: neither does anything.
fn maps(source: &Source, tokens: &[Token<'_>], tell: Tell<'_>) {
    let is_map = source.path.ends_with("/mod.rs") && source.path.starts_with("src/");
    if !is_map && source.path != "src/lib.rs" {
        return;
    }
    if !source.text.starts_with("//!") {
        tell(1, "begins with `//!`: what it owns, what it never does, where to read next".to_string());
    }
    let logic = ["fn", "impl", "struct", "enum", "union", "trait", "static", "const", "type", "let"];
    for token in tokens.iter().filter(|token| !token.in_test) {
        if logic.contains(&token.text) || (is_map && token.text == "macro_rules") {
            tell(
                token.line,
                format!(
                    "`{}`: a {} has no logic in it",
                    token.text,
                    if is_map { "map" } else { "list of re-exports" }
                ),
            );
        }
    }
}
