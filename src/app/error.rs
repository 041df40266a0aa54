//! What can be wrong with settings; each error names what was asked, what is wrong and what is allowed.

use std::path::PathBuf;

use super::settings::Source;

/// A setting that cannot be honoured.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SettingsError {
    /// A flag that no setting has.
    #[error("unknown flag `{flag}`{}; `--help` lists all flags", did_you_mean(suggestion))]
    UnknownFlag {
        /// As it was typed, without a value.
        flag: String,
        /// The flag that was probably meant.
        suggestion: Option<String>,
    },
    /// A positional argument that is not UTF-8, where only names are taken.
    #[error("the argument `{argument}` is not valid UTF-8, and so matches no name")]
    NotUtf8 {
        /// As it was typed, as far as it can be shown.
        argument: String,
    },
    /// A positional argument where none is taken.
    #[error("unexpected argument `{argument}`: no positional arguments are taken; `--help` lists all flags")]
    UnexpectedArgument {
        /// As it was typed.
        argument: String,
    },
    /// A flag that takes a value came without one.
    #[error("`{flag}` needs a value: {allowed}")]
    MissingValue {
        /// The flag.
        flag: String,
        /// What is allowed.
        allowed: String,
    },
    /// A flag that takes no value was given one with `=`.
    #[error("`{flag}` takes no value, but `{value}` was given; leave out `={value}`")]
    NeedlessValue {
        /// The flag.
        flag: String,
        /// The value.
        value: String,
    },
    /// A value that its setting does not allow.
    #[error("{}: {problem}; allowed: {allowed}", asked(from, given))]
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
    /// Two settings that exclude each other.
    #[error("`{first}` and `{second}` exclude each other; give one of them")]
    Conflict {
        /// One flag.
        first: &'static str,
        /// The other.
        second: &'static str,
    },
    /// A key in the settings file that no setting has.
    #[error("{}:{line}:{column}: unknown key `{key}`{}; known keys: {known}", path.display(), did_you_mean(suggestion))]
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
    /// A settings file that is not TOML.
    #[error("{}:{line}:{column}: {message}", path.display())]
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
    #[error("cannot read the settings file {}: {source}", path.display())]
    Unreadable {
        /// The settings file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
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
    }
}
