//! A filter expression, as `-E` and the overrides of `rehearsal.toml` have it.

use std::fmt;

use super::pattern::Pattern;
use crate::harness::history::record::History;
use crate::harness::registry::Kind;

/// What is asked of a trial.
///
/// Its `Display` is a text that [`Expression::parse`] makes the same expression of.
///
/// ```
/// use rehearsal::harness::select::Expression;
///
/// let expression = Expression::parse("tag(db) and not (test(slow) or group(=disk))").unwrap();
/// assert_eq!(expression.to_string(), "tag(db) and not (test(slow) or group(disk))");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expression {
    /// One predicate.
    Is(Predicate),
    /// `not ..`
    Not(Box<Expression>),
    /// `.. and ..`: all of two or more.
    All(Vec<Expression>),
    /// `.. or ..`: any of two or more.
    Any(Vec<Expression>),
}

/// The smallest thing that can be asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Predicate {
    /// `test(..)`: the trial's full name.
    Test(Text),
    /// `tag(..)`: one of its tags.
    Tag(Text),
    /// `group(..)`: its group.
    Group(Text),
    /// `kind(..)`: test or benchmark.
    Kind(Kind),
    /// `failed()`: it failed when it ran last.
    Failed,
    /// `all()`: nothing at all.
    All,
    /// `none()`: what no trial has.
    None,
}

/// What a name is compared with. None of them is empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Text {
    /// `~part`: it stands in the name. What `test(..)` means without a sign.
    Part(String),
    /// `=whole`: it is the name. What `tag(..)` and `group(..)` mean without a sign.
    Whole(String),
    /// `/regular expression/`: it matches in the name.
    Matches(Pattern),
}

/// A trial, as far as an expression can ask of it.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    /// Full name without the crate's root module.
    pub name: &'a str,
    /// Test or benchmark.
    pub kind: Kind,
    /// Its tags.
    pub tags: &'a [&'a str],
    /// Its group.
    pub group: Option<&'a str>,
    /// What earlier runs have left to know.
    pub history: &'a History,
}

impl Expression {
    /// Whether this is so of a trial.
    pub fn holds(&self, of: &Subject<'_>) -> bool {
        match self {
            Expression::Is(predicate) => predicate.holds(of),
            Expression::Not(inner) => !inner.holds(of),
            Expression::All(parts) => parts.iter().all(|part| part.holds(of)),
            Expression::Any(parts) => parts.iter().any(|part| part.holds(of)),
        }
    }

    /// Calls `each` with every predicate in it, from left to right.
    pub fn predicates<'a>(&'a self, each: &mut dyn FnMut(&'a Predicate)) {
        match self {
            Expression::Is(predicate) => each(predicate),
            Expression::Not(inner) => inner.predicates(each),
            Expression::All(parts) | Expression::Any(parts) => {
                parts.iter().for_each(|part| part.predicates(each));
            }
        }
    }

    /// Whether the answer depends on what earlier runs have left to know.
    pub fn asks_history(&self) -> bool {
        let mut asks = false;
        self.predicates(&mut |predicate| asks |= *predicate == Predicate::Failed);
        asks
    }

    /// Writes it so that it can stand beside `and`, or behind `not`.
    fn bound(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Expression::All(_) | Expression::Any(_) => write!(f, "({self})"),
            _ => write!(f, "{self}"),
        }
    }
}

impl Predicate {
    /// Whether this is so of a trial.
    pub fn holds(&self, of: &Subject<'_>) -> bool {
        match self {
            Predicate::Test(text) => text.fits(of.name),
            Predicate::Tag(text) => of.tags.iter().any(|tag| text.fits(tag)),
            Predicate::Group(text) => of.group.is_some_and(|group| text.fits(group)),
            Predicate::Kind(kind) => *kind == of.kind,
            Predicate::Failed => of.history.failed_last(of.name),
            Predicate::All => true,
            Predicate::None => false,
        }
    }
}

impl Text {
    /// Whether a name is one that is meant.
    pub fn fits(&self, name: &str) -> bool {
        match self {
            Text::Part(part) => name.contains(part.as_str()),
            Text::Whole(whole) => name == whole,
            Text::Matches(pattern) => pattern.fits(name),
        }
    }

    /// Writes it; the form that needs no sign is the one that is asked for.
    fn write(&self, f: &mut fmt::Formatter<'_>, plain_is_whole: bool) -> fmt::Result {
        match self {
            Text::Part(text) => quoted(f, if plain_is_whole { "~" } else { "" }, text),
            Text::Whole(text) => quoted(f, if plain_is_whole { "" } else { "=" }, text),
            Text::Matches(pattern) => write!(f, "/{}/", pattern.written()),
        }
    }
}

/// A text as it may stand in an expression: in quotes unless it is plain.
fn quoted(f: &mut fmt::Formatter<'_>, sign: &str, text: &str) -> fmt::Result {
    let plain = |letter: char| letter.is_alphanumeric() || "_:-.#".contains(letter);
    if text.chars().all(plain) {
        return write!(f, "{sign}{text}");
    }
    write!(f, "{sign}\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

impl fmt::Display for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (parts, between) = match self {
            Expression::Is(predicate) => return write!(f, "{predicate}"),
            Expression::Not(inner) => {
                f.write_str("not ")?;
                return inner.bound(f);
            }
            Expression::All(parts) => (parts, " and "),
            Expression::Any(parts) => (parts, " or "),
        };
        for (at, part) in parts.iter().enumerate() {
            if at > 0 {
                f.write_str(between)?;
            }
            match (self, part) {
                // `and` binds more closely than `or`.
                (Expression::Any(_), Expression::All(_)) => write!(f, "{part}")?,
                _ => part.bound(f)?,
            }
        }
        Ok(())
    }
}

impl fmt::Display for Predicate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, text, plain_is_whole) = match self {
            Predicate::Test(text) => ("test", text, false),
            Predicate::Tag(text) => ("tag", text, true),
            Predicate::Group(text) => ("group", text, true),
            Predicate::Kind(Kind::Test) => return f.write_str("kind(test)"),
            Predicate::Kind(Kind::Bench) => return f.write_str("kind(bench)"),
            Predicate::Failed => return f.write_str("failed()"),
            Predicate::All => return f.write_str("all()"),
            Predicate::None => return f.write_str("none()"),
        };
        write!(f, "{name}(")?;
        text.write(f, plain_is_whole)?;
        f.write_str(")")
    }
}
