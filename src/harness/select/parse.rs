//! The grammar of filter expressions, and what is said where a text does not keep to it.
//!
//! ```text
//! any       = all { ("or" | "|") all }
//! all       = one { ("and" | "&") one }
//! one       = ("not" | "!") one | "(" any ")" | predicate
//! predicate = "test(" text ")" | "tag(" text ")" | "group(" text ")"
//!           | "kind(" ("test" | "bench") ")" | "failed()" | "all()" | "none()"
//! text      = ["=" | "~"] (word | '"' .. '"') | "/" regular expression "/"
//! ```
//!
//! A word goes on to the closing parenthesis; `\` takes the meaning from the character behind it.

use std::fmt;
use std::ops::Range;

use super::expression::{Expression, Predicate, Text};
use super::pattern::Pattern;
use crate::app::setting::nearest;
use crate::harness::registry::Kind;

/// Parentheses and `not`s in one another: deeper ones are refused, so that no expression can exhaust a stack.
const DEPTH: usize = 100;

/// Predicates by name, each with an example.
const PREDICATES: &[(&str, &str)] = &[
    ("test", "test(part::of::name)"),
    ("tag", "tag(db)"),
    ("group", "group(db)"),
    ("kind", "kind(bench)"),
    ("failed", "failed()"),
    ("all", "all()"),
    ("none", "none()"),
];

/// What is wrong with an expression, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The bytes of the text that it is about; empty, at a place, where something is missing there.
    pub at: Range<usize>,
    /// What is wrong, with what was expected and, where something is near, what was probably meant.
    pub problem: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.problem)
    }
}

impl std::error::Error for Fault {}

impl Expression {
    /// Reads an expression.
    ///
    /// # Errors
    /// The first place at which the text is none.
    pub fn parse(text: &str) -> Result<Expression, Fault> {
        let mut parser = Parser { text, at: 0, depth: 0 };
        let expression = parser.any()?;
        match parser.next() {
            None => Ok(expression),
            Some(')') => parser.wrong("this `)` closes nothing"),
            Some(_) => parser.unexpected("`and`, `or` or the end", &["and", "or"]),
        }
    }
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
}

impl<'a> Parser<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    /// What comes next, spaces passed over.
    fn next(&mut self) -> Option<char> {
        self.at = self.text.len() - self.rest().trim_start().len();
        self.rest().chars().next()
    }

    /// The word that stands here; empty where none does.
    fn word(&self) -> &'a str {
        let rest = self.rest();
        let end = rest.find(|letter: char| !letter.is_alphanumeric() && !"_-".contains(letter));
        &rest[..end.unwrap_or(rest.len())]
    }

    /// Takes this operator if it comes next, as a word or as a sign, once or twice.
    fn takes(&mut self, word: &str, sign: char) -> bool {
        match self.next() {
            Some(next) if next == sign => {
                self.at += 1;
                // Who writes `&&` means it.
                self.at += usize::from(sign != '!' && self.rest().starts_with(sign));
                true
            }
            Some(_) if self.word() == word => {
                self.at += word.len();
                true
            }
            _ => false,
        }
    }

    fn any(&mut self) -> Result<Expression, Fault> {
        let mut parts = vec![self.all()?];
        while self.takes("or", '|') {
            parts.push(self.all()?);
        }
        Ok(several(parts, Expression::Any))
    }

    fn all(&mut self) -> Result<Expression, Fault> {
        let mut parts = vec![self.one()?];
        while self.takes("and", '&') {
            parts.push(self.one()?);
        }
        Ok(several(parts, Expression::All))
    }

    fn one(&mut self) -> Result<Expression, Fault> {
        if self.depth > DEPTH {
            return self.wrong(&format!("nested deeper than {DEPTH} times"));
        }
        self.depth += 1;
        let expression = if self.takes("not", '!') {
            Expression::Not(Box::new(self.one()?))
        } else if self.rest().starts_with('(') {
            let opened = self.at;
            self.at += 1;
            let inner = self.any()?;
            match self.next() {
                Some(')') => self.at += 1,
                Some(_) => return self.unexpected("`and`, `or` or `)`", &["and", "or"]),
                None => return fault(opened..opened + 1, "this `(` is not closed".to_owned()),
            }
            inner
        } else {
            Expression::Is(self.predicate()?)
        };
        self.depth -= 1;
        Ok(expression)
    }

    fn predicate(&mut self) -> Result<Predicate, Fault> {
        let (start, name) = (self.at, self.word());
        let Some((name, example)) = PREDICATES.iter().find(|(known, _)| *known == name) else {
            return self.no_predicate(name);
        };
        self.at += name.len();
        if self.next() != Some('(') {
            return fault(start..start + name.len(), format!("`{name}` needs parentheses: `{example}`"));
        }
        self.at += 1;
        let predicate = match *name {
            "test" => Predicate::Test(self.text_for(example, Text::Part)?),
            "tag" => Predicate::Tag(self.text_for(example, Text::Whole)?),
            "group" => Predicate::Group(self.text_for(example, Text::Whole)?),
            "kind" => Predicate::Kind(self.kind()?),
            "failed" => Predicate::Failed,
            "all" => Predicate::All,
            _ => Predicate::None,
        };
        match self.next() {
            Some(')') => {
                self.at += 1;
                Ok(predicate)
            }
            Some(_) if example.ends_with("()") => self.unexpected(&format!("`)`, as in `{example}`"), &[]),
            Some(_) => self.unexpected("`)`", &[]),
            None => fault(start..start + name.len(), format!("the parenthesis of `{name}(` is not closed")),
        }
    }

    fn no_predicate(&mut self, name: &str) -> Result<Predicate, Fault> {
        let known: Vec<&str> = PREDICATES.iter().map(|(_, example)| *example).collect();
        let known = known.join(", ");
        if name.is_empty() || ["and", "or"].contains(&name) {
            return self.unexpected(&format!("one of {known}, `not` or `(`"), &[]);
        }
        let problem = match nearest(name, PREDICATES.iter().map(|(known, _)| *known).chain(["not"])) {
            Some(near) => format!("there is no `{name}`, did you mean `{near}`?"),
            None => format!("there is no `{name}`; a part of a test's name is asked for by `test({name})`"),
        };
        fault(self.at..self.at + name.len(), format!("{problem}; known are {known}"))
    }

    fn kind(&mut self) -> Result<Kind, Fault> {
        self.next();
        let word = self.word();
        let kind = match word {
            "test" => Kind::Test,
            "bench" => Kind::Bench,
            _ => return self.unexpected("`test` or `bench`", &["test", "bench"]),
        };
        self.at += word.len();
        Ok(kind)
    }

    /// What stands in a predicate's parentheses, before the closing one.
    fn text_for(&mut self, example: &str, plain: fn(String) -> Text) -> Result<Text, Fault> {
        let sign = self.next();
        let kind = match sign {
            Some('/') => return self.pattern().map(Text::Matches),
            Some('=') => Text::Whole,
            Some('~') => Text::Part,
            _ => plain,
        };
        self.at += usize::from(matches!(sign, Some('=' | '~')));
        let start = self.at;
        let text = match self.next() {
            Some('"') => self.in_quotes()?,
            _ => self.bare()?,
        };
        match text.is_empty() {
            true => fault(start..self.at, format!("a text is missing, as in `{example}`")),
            false => Ok(kind(text)),
        }
    }

    /// A text without quotes: as far as the closing parenthesis, spaces at its ends left out.
    fn bare(&mut self) -> Result<String, Fault> {
        let (mut text, mut kept) = (String::new(), 0);
        while let Some(letter) = self.rest().chars().next() {
            match letter {
                ')' => break,
                '(' => {
                    return self.wrong("a parenthesis within a text is written `\\(`, or the text in quotes");
                }
                '\\' => {
                    text.push(self.escaped()?);
                    kept = text.len();
                    continue;
                }
                _ => text.push(letter),
            }
            self.at += letter.len_utf8();
            if !letter.is_whitespace() {
                kept = text.len();
            }
        }
        text.truncate(kept);
        Ok(text)
    }

    /// The character behind a backslash.
    fn escaped(&mut self) -> Result<char, Fault> {
        let start = self.at;
        self.at += 1;
        let Some(letter) = self.rest().chars().next() else {
            return fault(start..self.at, "nothing stands behind this `\\`".to_owned());
        };
        self.at += letter.len_utf8();
        match letter.is_alphanumeric() {
            true => fault(
                start..self.at,
                format!(
                    "`\\{letter}` means nothing; a backslash stands before signs, and is written `\\\\` itself"
                ),
            ),
            false => Ok(letter),
        }
    }

    /// The text between two quotation marks, the first of which stands here.
    fn in_quotes(&mut self) -> Result<String, Fault> {
        let (start, mut text) = (self.at, String::new());
        self.at += 1;
        while let Some(letter) = self.rest().chars().next() {
            if letter == '\\' {
                text.push(self.escaped()?);
                continue;
            }
            self.at += letter.len_utf8();
            match letter {
                '"' => return Ok(text),
                _ => text.push(letter),
            }
        }
        fault(start..start + 1, "this quotation mark is not closed".to_owned())
    }

    /// A regular expression between two slashes, the first of which stands here. `\/` is a slash in it, every other
    /// backslash its own.
    fn pattern(&mut self) -> Result<Pattern, Fault> {
        let (start, mut text, mut escaped) = (self.at, String::new(), false);
        for (at, letter) in self.rest().char_indices().skip(1) {
            if letter == '/' && !escaped {
                self.at += at + 1;
                if text.is_empty() {
                    return fault(start..self.at, "this regular expression is empty".to_owned());
                }
                return Pattern::new(&text).or_else(|problem| fault(start..self.at, problem));
            }
            if letter == '/' {
                text.pop();
            }
            text.push(letter);
            escaped = letter == '\\' && !escaped;
        }
        fault(start..start + 1, "this regular expression has no `/` at its end".to_owned())
    }

    /// What comes next is not what was expected.
    fn unexpected<T>(&mut self, expected: &str, words: &[&str]) -> Result<T, Fault> {
        let Some(next) = self.next() else {
            return fault(self.at..self.at, format!("it ends here, where {expected} is expected"));
        };
        let found = match self.word() {
            "" => &self.rest()[..next.len_utf8()],
            word => word,
        };
        let near = nearest(found, words.iter().copied());
        let near = near.map(|word| format!(", did you mean `{word}`?")).unwrap_or_default();
        fault(self.at..self.at + found.len(), format!("expected {expected}, found `{found}`{near}"))
    }

    /// The character that comes next is wrong.
    fn wrong<T>(&mut self, problem: &str) -> Result<T, Fault> {
        let length = self.next().map_or(0, char::len_utf8);
        fault(self.at..self.at + length, problem.to_owned())
    }
}

fn fault<T>(at: Range<usize>, problem: String) -> Result<T, Fault> {
    Err(Fault { at, problem })
}

/// One part as it is, several as one.
fn several(mut parts: Vec<Expression>, join: fn(Vec<Expression>) -> Expression) -> Expression {
    match parts.len() {
        1 => parts.swap_remove(0),
        _ => join(parts),
    }
}
