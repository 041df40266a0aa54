//! The command line, cut into settings and positional arguments.

use std::ffi::OsString;

use lexopt::Arg;

use super::error::SettingsError;
use super::setting::{Form, Setting, nearest};

/// One flag as it was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Given {
    /// Position of its setting in the table.
    pub(crate) setting: usize,
    /// The spelling that was used, with its dashes.
    pub(crate) flag: &'static str,
    /// `None` for a switch.
    pub(crate) value: Option<OsString>,
}

/// What a command line says.
#[derive(Debug, Default)]
pub(crate) struct Arguments {
    /// Flags, in the order they were given.
    pub(crate) given: Vec<Given>,
    /// Everything else.
    pub(crate) positional: Vec<OsString>,
}

/// Cuts `arguments` (without the program's name) by the flags of `table`.
///
/// # Errors
/// An unknown flag, a value that is missing or not wanted.
pub(crate) fn lex(
    table: &[Setting],
    arguments: impl IntoIterator<Item = OsString>,
) -> Result<Arguments, SettingsError> {
    let mut parser = lexopt::Parser::from_args(arguments);
    let mut lexed = Arguments::default();
    loop {
        let typed = match parser.next() {
            Ok(None) => return Ok(lexed),
            Ok(Some(Arg::Value(value))) => {
                lexed.positional.push(value);
                continue;
            }
            Ok(Some(Arg::Short(letter))) => format!("-{letter}"),
            Ok(Some(Arg::Long(name))) => format!("--{name}"),
            Err(error) => return Err(needless_value(error)),
        };
        let (setting, flag) = find(table, &typed)?;
        let value = match table[setting].form {
            Form::Switch => None,
            form => Some(
                parser
                    .value()
                    .map_err(|_| SettingsError::MissingValue { flag: typed, allowed: form.allowed() })?,
            ),
        };
        lexed.given.push(Given { setting, flag, value });
    }
}

fn find(table: &[Setting], typed: &str) -> Result<(usize, &'static str), SettingsError> {
    let found = table
        .iter()
        .enumerate()
        .find_map(|(at, setting)| setting.flags.iter().find(|flag| **flag == typed).map(|flag| (at, *flag)));
    found.ok_or_else(|| {
        let flags = table.iter().flat_map(|setting| setting.flags.iter().copied());
        SettingsError::UnknownFlag {
            flag: typed.to_owned(),
            suggestion: (typed.len() > 3).then(|| nearest(typed, flags)).flatten().map(str::to_owned),
        }
    })
}

/// The lexer itself only ever complains of `--switch=value`, and does so one step later.
fn needless_value(error: lexopt::Error) -> SettingsError {
    match error {
        lexopt::Error::UnexpectedValue { option, value } => {
            SettingsError::NeedlessValue { flag: option, value: value.to_string_lossy().into_owned() }
        }
        other => SettingsError::UnknownFlag { flag: other.to_string(), suggestion: None },
    }
}
