//! Walks the items of a target, file by file, and collects the functions that carry a test attribute.

use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};

use super::attribute::{Attribute, makes_test};
use super::compare::AuditError;
use super::condition::Condition;
use super::place::Place;
use super::scan::{Kind, Token, scan};

/// A function with a test attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Candidate {
    pub(super) file: PathBuf,
    /// Its name; `None` where a macro's definition holds the attribute.
    pub(super) name: Option<String>,
    /// The line to show a person: that of the function's name.
    pub(super) line: u32,
    /// From its first attribute to the end of its body.
    pub(super) lines: Range<u32>,
    /// The attributes that make it a test, each as `a::b`.
    pub(super) attributes: Vec<String>,
    /// Whether it is part of this build.
    pub(super) condition: Condition,
}

/// What a walk has found.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) candidates: Vec<Candidate>,
    /// Number of files read.
    pub(super) files: usize,
    /// Whether some `use` brings our attribute in under its bare name.
    pub(super) imports_ours: bool,
}

/// Macros whose input is text for other macros, not items of this crate.
const QUOTING: [&str; 5] = ["quote", "quote_spanned", "parse_quote", "parse_quote_spanned", "stringify"];

/// Reads a crate from its root file on. `test` is what `cfg!(test)` is in it.
pub(super) fn walk_crate(root: &Path, test: bool) -> Result<Found, AuditError> {
    let mut walk = Walk { test, found: Found::default(), aliases: Vec::new(), depth: 0 };
    walk.file(root, Place::root(root), Condition::Yes)?;
    Ok(walk.found)
}

struct Walk {
    test: bool,
    found: Found,
    /// Other names that imports have given to attributes that make a test.
    aliases: Vec<String>,
    depth: usize,
}

/// Deeper than any crate nests its files; a file that includes itself ends here.
const MAX_DEPTH: usize = 128;

/// A file being walked.
struct Source<'a> {
    path: &'a Path,
    tokens: &'a [Token<'a>],
}

impl Walk {
    fn file(&mut self, path: &Path, place: Place, condition: Condition) -> Result<(), AuditError> {
        if self.depth >= MAX_DEPTH {
            return Ok(());
        }
        let text = fs::read_to_string(path)
            .map_err(|source| AuditError::Unreadable { path: path.to_path_buf(), source })?;
        let tokens = scan(&text);
        self.found.files += 1;
        self.depth += 1;
        let source = Source { path, tokens: &tokens };
        let walked = self.items(&source, 0..tokens.len(), &place, condition);
        self.depth -= 1;
        walked
    }

    /// Walks a range of tokens. Whatever is no item is passed token by token, so nothing that nests is missed.
    fn items(
        &mut self,
        source: &Source<'_>,
        range: Range<usize>,
        place: &Place,
        mut condition: Condition,
    ) -> Result<(), AuditError> {
        let tokens = source.tokens;
        let mut at = range.start;
        while at < range.end && condition != Condition::No {
            if let Some(end) = inner_attribute(tokens, at) {
                for attribute in Attribute::read(&tokens[at + 3..end], self.test) {
                    condition = condition.and(attribute.of_item());
                }
                at = end + 1;
                continue;
            }
            let start = at;
            let mut attributes = Vec::new();
            while let Some(end) = outer_attribute(tokens, at).filter(|end| *end < range.end) {
                attributes.extend(Attribute::read(&tokens[at + 2..end], self.test));
                at = end + 1;
            }
            let condition = attributes.iter().fold(condition, |all, attribute| all.and(attribute.of_item()));
            let item = Item { start, at, attributes, condition };
            at = self.item(source, item, range.end, place)?;
        }
        Ok(())
    }

    /// One item, or one token of something else; gives back where it ends.
    fn item(
        &mut self,
        source: &Source<'_>,
        item: Item<'_>,
        end: usize,
        place: &Place,
    ) -> Result<usize, AuditError> {
        let tokens = source.tokens;
        let keyword = behind_qualifiers(tokens, item.at, end);
        let follows = |offset: usize| tokens[..end].get(keyword + offset);
        let Some(first) = follows(0) else { return Ok(end) };
        match first.text {
            "mod" if first.kind == Kind::Word => self.module(source, &item, keyword, end, place),
            "fn" if follows(1).is_some_and(|name| name.kind == Kind::Word) => {
                let body = body(tokens, keyword + 2, end);
                self.function(source, &item, keyword + 1, body.end);
                self.group(source, body.clone(), place, item.condition)?;
                Ok(body.end + 1)
            }
            "macro_rules" if follows(1).is_some_and(|mark| mark.is_mark("!")) => {
                let body = body(tokens, keyword + 2, end);
                self.definition(source, body.clone(), item.condition);
                Ok(body.end + 1)
            }
            "include" if follows(1).is_some_and(|mark| mark.is_mark("!")) => {
                if let Some(text) = follows(3).filter(|text| text.kind == Kind::Text)
                    && let Some(file) = place.included(text.text)
                {
                    self.file(&file, Place::root(&file), item.condition)?;
                }
                Ok(keyword + 2)
            }
            "use" if first.kind == Kind::Word => Ok(self.import(tokens, keyword, end)),
            name if QUOTING.contains(&name) && follows(1).is_some_and(|mark| mark.is_mark("!")) => {
                Ok(follows(2).map_or(end, |open| open.close.max(keyword + 2) + 1))
            }
            _ if item.attributes.is_empty() => Ok(item.at + 1),
            _ => self.other(source, &item, end, place),
        }
    }

    /// `mod name;` or `mod name { … }`.
    fn module(
        &mut self,
        source: &Source<'_>,
        item: &Item<'_>,
        keyword: usize,
        end: usize,
        place: &Place,
    ) -> Result<usize, AuditError> {
        let [name, behind] = match source.tokens[..end].get(keyword + 1..keyword + 3) {
            Some([name, behind]) => [name, behind],
            _ => return Ok(keyword + 1),
        };
        let path =
            item.attributes.iter().find(|attribute| attribute.path == "path").and_then(|path| path.value);
        if behind.is_open("{") {
            let inside = place.inline(name.text, path);
            self.items(source, keyword + 3..behind.close, &inside, item.condition)?;
            return Ok(behind.close + 1);
        }
        // A module without a file is one that this build leaves out: the compiler would have complained otherwise.
        if behind.is_mark(";")
            && item.condition != Condition::No
            && let Some((file, inside)) = place.module(name.text, path)
        {
            self.file(&file, inside, item.condition)?;
        }
        Ok(keyword + 3)
    }

    /// A function: a candidate if an attribute makes it a test.
    fn function(&mut self, source: &Source<'_>, item: &Item<'_>, name: usize, end: usize) {
        let makers: Vec<_> = item.attributes.iter().filter(|attribute| self.makes_test(attribute)).collect();
        // A template of `rstest_reuse` makes no test by itself.
        let is_template = item.attributes.iter().any(|attribute| attribute.last() == "template");
        if makers.is_empty() || is_template || item.condition == Condition::No {
            return;
        }
        let certain = makers.iter().any(|attribute| attribute.condition == Condition::Yes);
        let last = source.tokens.get(end).or(source.tokens.last());
        let line = source.tokens[name].line;
        self.found.candidates.push(Candidate {
            file: source.path.to_path_buf(),
            name: Some(source.tokens[name].text.to_owned()),
            line,
            lines: source.tokens[item.start].line..last.map_or(line, |token| token.line) + 1,
            attributes: makers.iter().map(|attribute| attribute.path.clone()).collect(),
            condition: if certain { item.condition } else { item.condition.and(Condition::Maybe) },
        });
    }

    /// A macro's definition: its attributes make tests wherever it is used.
    fn definition(&mut self, source: &Source<'_>, body: Range<usize>, condition: Condition) {
        for at in body {
            let Some(end) = outer_attribute(source.tokens, at) else { continue };
            let read = Attribute::read(&source.tokens[at + 2..end], self.test);
            let makers = read.iter().filter(|attribute| self.makes_test(attribute) && !attribute.is_ours());
            let attributes: Vec<_> = makers.map(|attribute| attribute.path.clone()).collect();
            let (line, lines) = (source.tokens[at].line, source.tokens[at].line..source.tokens[end].line + 1);
            if !attributes.is_empty() && condition != Condition::No {
                let file = source.path.to_path_buf();
                self.found.candidates.push(Candidate {
                    file,
                    name: None,
                    line,
                    lines,
                    attributes,
                    condition,
                });
            }
        }
    }

    fn makes_test(&self, attribute: &Attribute<'_>) -> bool {
        attribute.makes_test() || self.aliases.contains(&attribute.path)
    }

    /// `use …;`: does it bring in our attribute? And which by another name?
    fn import(&mut self, tokens: &[Token<'_>], keyword: usize, end: usize) -> usize {
        let length = tokens[keyword..end].iter().position(|token| token.is_mark(";"));
        let stop = length.map_or(end, |length| keyword + length);
        let names = |word: &str| tokens[keyword..stop].iter().any(|token| token.is_word(word));
        self.found.imports_ours |= names("rehearsal") && names("test");
        for part in tokens[keyword..stop].windows(3) {
            if makes_test(part[0].text) && part[1].is_word("as") {
                self.aliases.push(part[2].text.to_owned());
            }
        }
        stop + 1
    }

    /// Anything else with attributes: their condition holds for all its groups, up to a `;` or the end of its body.
    fn other(
        &mut self,
        source: &Source<'_>,
        item: &Item<'_>,
        end: usize,
        place: &Place,
    ) -> Result<usize, AuditError> {
        let mut at = item.at;
        while at < end {
            let token = &source.tokens[at];
            if token.kind == Kind::Open {
                self.group(source, at + 1..token.close, place, item.condition)?;
                if token.is_open("{") {
                    return Ok(token.close + 1);
                }
                at = token.close;
            } else if token.is_mark(";") || token.is_mark(",") {
                return Ok(at + 1);
            }
            at += 1;
        }
        Ok(end)
    }

    fn group(
        &mut self,
        source: &Source<'_>,
        range: Range<usize>,
        place: &Place,
        condition: Condition,
    ) -> Result<(), AuditError> {
        if condition == Condition::No { Ok(()) } else { self.items(source, range, place, condition) }
    }
}

/// What is known of an item before its keyword.
struct Item<'a> {
    /// Its first attribute, or itself.
    start: usize,
    /// Behind its attributes.
    at: usize,
    attributes: Vec<Attribute<'a>>,
    condition: Condition,
}

/// The closing bracket of `#[…]`.
fn outer_attribute(tokens: &[Token<'_>], at: usize) -> Option<usize> {
    let [mark, open] = tokens.get(at..at + 2)? else { return None };
    (mark.is_mark("#") && open.is_open("[")).then_some(open.close)
}

/// The closing bracket of `#![…]`.
fn inner_attribute(tokens: &[Token<'_>], at: usize) -> Option<usize> {
    let [mark, bang, open] = tokens.get(at..at + 3)? else { return None };
    (mark.is_mark("#") && bang.is_mark("!") && open.is_open("[")).then_some(open.close)
}

/// Passes `pub(in path) default unsafe extern "C" async const` and the like.
fn behind_qualifiers(tokens: &[Token<'_>], mut at: usize, end: usize) -> usize {
    const QUALIFIERS: [&str; 7] = ["pub", "default", "unsafe", "safe", "extern", "async", "const"];
    let start = at;
    while at < end {
        let token = &tokens[at];
        let is_qualifier = token.kind == Kind::Word && QUALIFIERS.contains(&token.text);
        let is_abi = token.kind == Kind::Text && at > start;
        let is_scope = token.is_open("(") && at > start && tokens[at - 1].is_word("pub");
        if is_scope {
            at = token.close + 1;
        } else if is_qualifier || is_abi {
            at += 1;
        } else {
            // Only a function's or module's qualifiers are passed: `const X`, `extern crate` begin something else.
            let keyword = matches!(token.text, "fn" | "mod" | "macro_rules" | "use");
            return if keyword { at } else { start };
        }
    }
    start
}

/// The inside of the first `{ … }` at this level (a macro's may be of another kind), or nothing before a `;`.
fn body(tokens: &[Token<'_>], mut at: usize, end: usize) -> Range<usize> {
    while at < end {
        let token = &tokens[at];
        if token.is_open("{") {
            return at + 1..token.close.min(end);
        }
        if token.is_mark(";") {
            return at..at;
        }
        at = token.close.max(at) + 1;
    }
    end..end
}
