//! What can be wrong with settings; each error names what was asked, what is wrong and what is allowed.

use std::ops::Range;
use std::path::PathBuf;

use super::settings::Source;

/// A setting that cannot be honoured.
#[derive(Debug)]
#[non_exhaustive]
pub enum SettingsError {
    /// A flag that no setting has.
    UnknownFlag {
        /// As it was typed, without a value.
        flag: String,
        /// The flag that was probably meant.
        suggestion: Option<String>,
    },
    /// A positional argument that is not UTF-8, where only names are taken.
    NotUtf8 {
        /// As it was typed, as far as it can be shown.
        argument: String,
    },
    /// A positional argument where none is taken.
    UnexpectedArgument {
        /// As it was typed.
        argument: String,
    },
    /// A flag that takes a value came without one.
    MissingValue {
        /// The flag.
        flag: String,
        /// What is allowed.
        allowed: String,
    },
    /// A flag that takes no value was given one with `=`.
    NeedlessValue {
        /// The flag.
        flag: String,
        /// The value.
        value: String,
    },
    /// A value that its setting does not allow.
    BadValue {
        /// Where it was asked for.
        from: Box<Source>,
        /// The text that was given.
        given: String,
        /// What is wrong with it.
        problem: String,
        /// What is allowed.
        allowed: String,
    },
    /// A text in a language of its own, as an expression is, that is none.
    Malformed {
        /// Where it was given.
        from: Box<Source>,
        /// The text.
        text: String,
        /// The bytes of it that are wrong; empty where something is missing.
        at: Range<usize>,
        /// What is wrong there, and what was expected.
        problem: String,
    },
    /// A flag of what this program was built without.
    Feature {
        /// The flag.
        flag: &'static str,
        /// The feature of this crate that has it.
        feature: &'static str,
    },
    /// Two settings that exclude each other.
    Conflict {
        /// One flag.
        first: &'static str,
        /// The other.
        second: &'static str,
    },
    /// A key in the settings file that no setting has.
    UnknownKey {
        /// The settings file.
        path: PathBuf,
        /// One-based.
        line: usize,
        /// One-based, in characters.
        column: usize,
        /// As it was written.
        key: String,
        /// The key that was probably meant.
        suggestion: Option<String>,
        /// All keys there are.
        known: String,
    },
    /// A key in the settings file that belongs elsewhere in it.
    Misplaced {
        /// The settings file.
        path: PathBuf,
        /// One-based.
        line: usize,
        /// One-based, in characters.
        column: usize,
        /// As it was written.
        key: String,
        /// Where it belongs.
        belongs: String,
    },
    /// A settings file that is not TOML.
    Syntax {
        /// The settings file.
        path: PathBuf,
        /// One-based.
        line: usize,
        /// One-based, in characters.
        column: usize,
        /// What the TOML parser says.
        message: String,
    },
    /// A settings file that is there but cannot be read.
    Unreadable {
        /// The settings file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

impl std::fmt::Display for SettingsError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            SettingsError::UnknownFlag { flag, suggestion } => {
                write!(f, "unknown flag `{flag}`{}; `--help` lists all flags", did_you_mean(suggestion))
            }
            SettingsError::NotUtf8 { argument } => {
                write!(f, "the argument `{argument}` is not valid UTF-8, and so matches no name")
            }
            SettingsError::UnexpectedArgument { argument } => write!(
                f,
                "unexpected argument `{argument}`: no positional arguments are taken; `--help` lists all flags"
            ),
            SettingsError::MissingValue { flag, allowed } => write!(f, "`{flag}` needs a value: {allowed}"),
            SettingsError::NeedlessValue { flag, value } => {
                write!(f, "`{flag}` takes no value, but `{value}` was given; leave out `={value}`")
            }
            SettingsError::BadValue { from, given, problem, allowed } => {
                write!(f, "{}: {problem}; allowed: {allowed}", asked(from, given))
            }
            SettingsError::Malformed { from, text, at, problem } => {
                write!(f, "{from}: {problem}\n{}", pointed(text, at))
            }
            SettingsError::Feature { flag, feature } => write!(
                f,
                "`{flag}` needs the feature `{feature}` of rehearsal, which this program was built without: in its \
                 Cargo.toml, rehearsal = {{ version = \"{}\", features = [\"{feature}\"] }}",
                env!("CARGO_PKG_VERSION")
            ),
            SettingsError::Conflict { first, second } => {
                write!(f, "`{first}` and `{second}` exclude each other; give one of them")
            }
            SettingsError::UnknownKey { path, line, column, key, suggestion, known } => write!(
                f,
                "{}:{line}:{column}: unknown key `{key}`{}; known keys: {known}",
                path.display(),
                did_you_mean(suggestion)
            ),
            SettingsError::Misplaced { path, line, column, key, belongs } => {
                write!(
                    f,
                    "{}:{line}:{column}: `{key}` cannot be set here; it stands {belongs}",
                    path.display()
                )
            }
            SettingsError::Syntax { path, line, column, message } => {
                write!(f, "{}:{line}:{column}: {message}", path.display())
            }
            SettingsError::Unreadable { path, source } => {
                write!(f, "cannot read the settings file {}: {source}", path.display())
            }
        }
    }
}

impl std::error::Error for SettingsError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            SettingsError::Unreadable { source, .. } => Some(source),
            _ => None,
        }
    }
}

/// The line of a text that has this place in it, and a line below it that points there.
fn pointed(text: &str, at: &Range<usize>) -> String {
    let start = text[..at.start].rfind('\n').map_or(0, |line_end| line_end + 1);
    let line = text[start..].lines().next().unwrap_or_default();
    let end = at.end.min(start + line.len()).max(at.start);
    let shown: String = line.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let before = text[start..at.start].chars().count();
    let length = text[at.start..end].chars().count().max(1);
    format!("  {shown}\n  {}{}", " ".repeat(before), "^".repeat(length))
}

fn did_you_mean(suggestion: &Option<String>) -> String {
    suggestion.as_ref().map(|other| format!(", did you mean `{other}`?")).unwrap_or_default()
}

fn asked(from: &Source, given: &str) -> String {
    match from {
        Source::Default => format!("default `{given}`"),
        Source::File { .. } => format!("{from} = `{given}`"),
        Source::Variable { name } => format!("`{name}={given}`"),
        Source::Flag { flag } => format!("`{flag} {given}`"),
        Source::Set => format!("{from} to `{given}`"),
    }
}
