//! Floors know only those below them, and rooms of one floor do not know each other.

use std::collections::BTreeMap;

use crate::scan::{Token, tokens};
use crate::{Finding, Source};

/// The rooms, from the ground up.
const FLOORS: [&[&str]; 5] =
    [&["sys"], &["actor"], &["testkit"], &["app", "sim"], &["harness", "net", "tasks", "shell", "cluster"]];

/// The floor of a room.
fn floor_of(room: &str) -> Option<usize> {
    FLOORS.iter().position(|rooms| rooms.contains(&room))
}

/// Names that `lib.rs` re-exports from a room: who uses `crate::Context` uses `actor`.
pub(crate) fn exports(sources: &[Source]) -> BTreeMap<String, String> {
    let mut exports = BTreeMap::new();
    for root in sources.iter().filter(|source| source.path == "src/lib.rs") {
        let tokens = tokens(root);
        let uses = tokens.iter().enumerate().filter(|(_, token)| token.text == "use");
        for path in uses.flat_map(|(at, _)| expand(&tokens, at + 1)) {
            let path: Vec<&str> =
                path.into_iter().skip_while(|part| ["crate", "self"].contains(part)).collect();
            if let [room, .., name] = path[..]
                && floor_of(room).is_some()
            {
                exports.insert(name.to_string(), room.to_string());
            }
        }
    }
    exports
}

/// Finds paths from a room to one on its own floor or above.
pub(crate) fn climbs(
    source: &Source,
    tokens: &[Token<'_>],
    exports: &BTreeMap<String, String>,
    found: &mut Vec<Finding>,
) {
    let Some(file) = source.path.strip_prefix("src/") else { return };
    let file: Vec<&str> = file.trim_end_matches(".rs").split('/').filter(|part| *part != "mod").collect();
    let Some(here) = file.first().copied().filter(|room| floor_of(room).is_some()) else { return };
    let mut place = Place { file, inline: Vec::new(), depth: 0 };
    for (at, token) in tokens.iter().enumerate() {
        place.step(tokens, at);
        let starts = at == 0 || tokens[at - 1].text != "::";
        if !starts || !["crate", "rehearsal", "super", "self"].contains(&token.text) {
            continue;
        }
        for path in expand(tokens, at) {
            let Some(first) = place.resolve(&path) else { continue };
            let there = exports.get(first).map_or(first, String::as_str);
            let finding = match (floor_of(there), floor_of(here)) {
                (Some(to), Some(from)) if to > from => {
                    format!("climbs from {here} (floor {from}) to {there} (floor {to})")
                }
                (Some(to), Some(from)) if to == from && there != here => {
                    format!("{here} and {there} are rooms of one floor and do not know each other")
                }
                _ if first == "prelude" && !token.in_test => {
                    "the prelude is for users: import from the floor below".to_string()
                }
                _ => continue,
            };
            found.push(format!("{}:{}: {}: {finding}", source.path, token.line, path.join("::")));
        }
    }
}

/// The module that a token stands in.
struct Place<'a> {
    file: Vec<&'a str>,
    /// Modules inside the file that are open, with the depth of braces outside them.
    inline: Vec<(&'a str, usize)>,
    depth: usize,
}

impl<'a> Place<'a> {
    /// Goes past one token.
    fn step(&mut self, tokens: &[Token<'a>], at: usize) {
        match tokens[at].text {
            "{" => {
                if at >= 2 && tokens[at - 2].text == "mod" {
                    self.inline.push((tokens[at - 1].text, self.depth));
                }
                self.depth += 1;
            }
            "}" => {
                self.depth = self.depth.saturating_sub(1);
                if self.inline.last().is_some_and(|(_, outside)| *outside == self.depth) {
                    self.inline.pop();
                }
            }
            _ => {}
        }
    }

    /// The first part of a path, seen from the root of the crate.
    fn resolve<'p>(&self, path: &[&'p str]) -> Option<&'p str>
    where
        'a: 'p,
    {
        if ["crate", "rehearsal"].contains(&path[0]) {
            return path.get(1).copied();
        }
        let mut module: Vec<&'p str> =
            self.file.iter().copied().chain(self.inline.iter().map(|(name, _)| *name)).collect();
        let mut rest = path;
        while let Some(part @ (&"super" | &"self")) = rest.first() {
            if *part == "super" {
                module.pop();
            }
            rest = &rest[1..];
        }
        module.first().copied().or_else(|| rest.first().copied())
    }
}

/// The paths that begin here: `a::{b, c::d as e}` is `a::b` and `a::c::e`.
pub(crate) fn expand<'a>(tokens: &[Token<'a>], at: usize) -> Vec<Vec<&'a str>> {
    let mut paths = Vec::new();
    walk(tokens, at, &mut Vec::new(), &mut paths);
    paths
}

/// Follows one branch of a path and returns where it ends.
fn walk<'a>(
    tokens: &[Token<'a>],
    mut at: usize,
    before: &mut Vec<&'a str>,
    paths: &mut Vec<Vec<&'a str>>,
) -> usize {
    let length = before.len();
    while let Some(token) = tokens.get(at) {
        if token.text == "{" {
            at += 1;
            while at < tokens.len() && tokens[at].text != "}" {
                let end = walk(tokens, at, before, paths);
                at = end + usize::from(tokens.get(end).is_some_and(|token| token.text == ","));
                // What is no list of paths is left alone.
                if end == at && tokens.get(at).is_some_and(|token| token.text != "}") {
                    break;
                }
            }
            before.truncate(length);
            return at + 1;
        }
        if !token.text.starts_with(|c: char| c.is_alphanumeric() || c == '_' || c == '*') {
            break;
        }
        before.push(token.text);
        at += 1;
        if tokens.get(at).is_none_or(|token| token.text != "::") {
            break;
        }
        at += 1;
    }
    if tokens.get(at).is_some_and(|token| token.text == "as") {
        before.pop();
        before.extend(tokens.get(at + 1).map(|token| token.text));
        at += 2;
    }
    if before.len() > length {
        paths.push(before.clone());
    }
    before.truncate(length);
    at
}
