//! One setting, declared once: its names, its form, its default and its line of help.

use std::ffi::OsString;
use std::num::IntErrorKind;
use std::path::PathBuf;
use std::time::Duration;

pub use crate::actor::near::nearest;

use super::quantity::{DURATION_FORMS, PAUSES_FORMS, SIZE_FORMS, parse_duration, parse_pauses, parse_size};

/// One row of an application's settings table.
///
/// ```
/// use rehearsal::app::{Form, Setting, Variable};
///
/// const TIMEOUT: Setting = Setting {
///     name: "timeout",
///     flags: &["--timeout"],
///     variables: &[Variable::exact("REHEARSAL_TIMEOUT")],
///     key: Some("timeout"),
///     form: Form::Limit,
///     default: Some("10m"),
///     help: "Stop a trial that runs longer than this",
///     ..Setting::BLANK
/// };
/// assert!(TIMEOUT.check().is_ok());
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Setting {
    /// Unique in its table; what code asks for it by.
    pub name: &'static str,
    /// Heading it stands under in `--help`; hidden from the help where empty.
    pub heading: &'static str,
    /// With their dashes, the one to show first: `&["-q", "--quiet"]`. May be empty.
    pub flags: &'static [&'static str],
    /// Environment variables, the strongest first. May be empty.
    pub variables: &'static [Variable],
    /// Key in `rehearsal.toml`, with dashes; underscores are taken for dashes there.
    pub key: Option<&'static str>,
    /// What a value looks like.
    pub form: Form,
    /// As one would type it; `None` where the setting is simply absent unless given.
    pub default: Option<&'static str>,
    /// What a value is called in `--help` (`SEED`); the form's own word where empty.
    pub placeholder: &'static str,
    /// One line, or a few sentences; wrapped by `--help`.
    pub help: &'static str,
    /// Where in the settings file its key may stand.
    pub scope: Scope<'static>,
    /// Whether it may be changed while the application runs, through [`Live`](super::Live).
    pub live: bool,
}

/// Where in the settings file a key may stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope<'a> {
    /// For the whole run: at the top, and in a profile.
    Whole,
    /// There, and in an override for what its filter chooses.
    Both,
    /// In an override alone.
    Override,
    /// In the tables below this name, one for each name that the user gives: `group` is for `[group.db]`.
    Named(&'a str),
}

impl Scope<'_> {
    /// Where that is, as the end of a sentence.
    pub(crate) fn place(self) -> String {
        match self {
            Scope::Whole => "at the top or in a `[profile.NAME]`: it is for the whole run".to_owned(),
            Scope::Both => "at the top, in a `[profile.NAME]` or in an `[[override]]`".to_owned(),
            Scope::Override => "in an `[[override]]` with a `filter`".to_owned(),
            Scope::Named(table) => format!("in a `[{table}.NAME]`"),
        }
    }
}

/// An environment variable that gives a setting its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Variable {
    /// Its name.
    pub name: &'static str,
    /// Any value but `0` switches the setting on, as libtest reads its own variables; otherwise a value must
    /// be one that the setting's form allows.
    pub loose: bool,
}

impl Variable {
    /// A variable whose value must be one that the setting's form allows.
    pub const fn exact(name: &'static str) -> Variable {
        Variable { name, loose: false }
    }

    /// A variable that switches on with any value but `0`.
    pub const fn loose(name: &'static str) -> Variable {
        Variable { name, loose: true }
    }
}

/// What the values of a setting look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// On or off. A flag takes no value and means on.
    Switch,
    /// One of these words.
    Word(&'static [&'static str]),
    /// A whole number, at least this.
    Count {
        /// The smallest one allowed.
        least: u64,
    },
    /// A whole number, at least this, or a word that stands for one.
    CountOr {
        /// The smallest one allowed.
        least: u64,
        /// The word.
        word: &'static str,
    },
    /// A duration with its unit.
    Duration,
    /// A duration with its unit, more than zero, or `none`.
    Limit,
    /// A duration before each of several tries, or two for one that doubles from the first up to the second:
    /// `100ms..2s`.
    Pauses,
    /// A number of bytes, with a unit if wanted.
    Size,
    /// A path; need not be UTF-8.
    Path,
    /// Any text that is not empty; the last one counts.
    Text,
    /// Any text; the flag may be repeated and all its values count.
    List,
}

/// A setting's value, of the shape its [`Form`] says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// [`Form::Switch`].
    Switch(bool),
    /// [`Form::Word`].
    Word(&'static str),
    /// [`Form::Count`].
    Count(u64),
    /// [`Form::Duration`].
    Duration(Duration),
    /// [`Form::Limit`].
    Limit(Option<Duration>),
    /// [`Form::Pauses`]: the first, and the longest where they double.
    Pauses(Duration, Option<Duration>),
    /// [`Form::Size`], in bytes.
    Size(u64),
    /// [`Form::Path`].
    Path(PathBuf),
    /// [`Form::Text`].
    Text(String),
    /// [`Form::List`].
    List(Vec<String>),
}

impl Setting {
    /// What a row that does not say otherwise has: no flag, no variable, no key, a switch without default.
    pub const BLANK: Setting = Setting {
        name: "",
        heading: "Options",
        flags: &[],
        variables: &[],
        key: None,
        form: Form::Switch,
        default: None,
        placeholder: "",
        help: "",
        scope: Scope::Whole,
        live: false,
    };

    /// `-h` and `--help`, for every table.
    pub const HELP: Setting = Setting {
        name: "help",
        flags: &["-h", "--help"],
        help: "Show this and do nothing",
        ..Setting::BLANK
    };

    /// `--profile`: which `[profile.NAME]` of the settings file counts. A table without it has no profiles.
    pub const PROFILE: Setting = Setting {
        name: "profile",
        flags: &["--profile"],
        form: Form::Text,
        placeholder: "NAME",
        help: "Take the settings of [profile.NAME] in rehearsal.toml before those at its top",
        ..Setting::BLANK
    };

    /// `--show-config`, for every table.
    pub const SHOW_CONFIG: Setting = Setting {
        name: "show-config",
        flags: &["--show-config"],
        help: "Show each setting with its value and where that comes from, and do nothing",
        ..Setting::BLANK
    };

    /// Checks that the row makes sense by itself: a name, dashes on its flags, a default of its own form.
    ///
    /// # Errors
    /// What is wrong with it, for the author of the table.
    pub fn check(&self) -> Result<(), String> {
        if self.name.is_empty() {
            return Err("a setting has no name".into());
        }
        for flag in self.flags {
            let short = flag.len() == 2 && flag.starts_with('-') && *flag != "--";
            let long = flag.len() > 3 && flag.starts_with("--");
            if !(short || long) {
                return Err(format!("`{flag}` of the setting `{}` is neither -x nor --xyz", self.name));
            }
        }
        match self.default.map(|text| self.form.read(text.into())) {
            Some(Err(problem)) => Err(format!("the default of `{}`: {problem}", self.name)),
            _ => Ok(()),
        }
    }

    /// What stands for a value in the help; empty for a switch.
    pub(crate) fn placeholder(&self) -> String {
        if !self.placeholder.is_empty() {
            return self.placeholder.to_owned();
        }
        match self.form {
            Form::Switch => String::new(),
            Form::Word(words) => words.join("|"),
            Form::Count { .. } => "N".into(),
            Form::CountOr { word, .. } => format!("N|{word}"),
            Form::Duration | Form::Limit => "DURATION".into(),
            Form::Pauses => "PAUSE".into(),
            Form::Size => "SIZE".into(),
            Form::Path => "PATH".into(),
            Form::Text | Form::List => "TEXT".into(),
        }
    }
}

impl Form {
    /// What is allowed, as the end of a sentence: `allowed: …`.
    pub fn allowed(&self) -> String {
        match self {
            Form::Switch => "true or false".into(),
            Form::Word(words) => words.join(", "),
            Form::Count { least: 0 } => "a whole number".into(),
            Form::Count { least } => format!("a whole number of at least {least}"),
            Form::CountOr { least, word } => format!("a whole number of at least {least}, or `{word}`"),
            Form::Duration => DURATION_FORMS.into(),
            Form::Limit => format!("{DURATION_FORMS}, or `none`"),
            Form::Pauses => PAUSES_FORMS.into(),
            Form::Size => SIZE_FORMS.into(),
            Form::Path => "a path".into(),
            Form::Text | Form::List => "a text".into(),
        }
    }

    /// Reads a value from its text.
    ///
    /// # Errors
    /// What is wrong with the text; what is allowed is told by [`Form::allowed`].
    pub fn read(&self, text: OsString) -> Result<Value, String> {
        if let Form::Path = self {
            return match text.is_empty() {
                true => Err("it is empty".into()),
                false => Ok(Value::Path(text.into())),
            };
        }
        let text = text.into_string().map_err(|_| "it is not valid UTF-8".to_owned())?;
        match *self {
            Form::Switch => read_switch(&text).map(Value::Switch),
            Form::Word(words) => read_word(&text, words),
            Form::CountOr { word, .. } if text == word => Ok(Value::Word(word)),
            Form::Count { least } | Form::CountOr { least, .. } => read_count(&text, least).map(Value::Count),
            Form::Duration => {
                parse_duration(&text).map(Value::Duration).ok_or_else(|| "not a duration".into())
            }
            Form::Limit if text == "none" => Ok(Value::Limit(None)),
            Form::Limit => match parse_duration(&text) {
                Some(Duration::ZERO) => Err("zero is no limit; `none` means that there is none".into()),
                Some(limit) => Ok(Value::Limit(Some(limit))),
                None => Err("not a duration".into()),
            },
            Form::Pauses => match parse_pauses(&text) {
                Some((first, most)) => Ok(Value::Pauses(first, most)),
                None => Err("not a pause".into()),
            },
            Form::Size => parse_size(&text).map(Value::Size).ok_or_else(|| "not a size".into()),
            Form::Text if text.trim().is_empty() => Err("it is empty".into()),
            Form::Text => Ok(Value::Text(text)),
            Form::List => Ok(Value::List(vec![text])),
            Form::Path => unreachable!("handled before the text had to be UTF-8"),
        }
    }
}

fn read_switch(text: &str) -> Result<bool, String> {
    match text.to_ascii_lowercase().as_str() {
        "1" | "true" | "yes" | "on" => Ok(true),
        "0" | "false" | "no" | "off" => Ok(false),
        _ => Err("neither on nor off".into()),
    }
}

fn read_word(text: &str, words: &'static [&'static str]) -> Result<Value, String> {
    match words.iter().find(|word| **word == text) {
        Some(word) => Ok(Value::Word(word)),
        None => Err(match nearest(text, words.iter().copied()) {
            Some(word) => format!("no such word; did you mean `{word}`?"),
            None => "no such word".into(),
        }),
    }
}

fn read_count(text: &str, least: u64) -> Result<u64, String> {
    let count: u64 = text.trim().parse().map_err(|error: std::num::ParseIntError| match error.kind() {
        IntErrorKind::PosOverflow => "too large".to_owned(),
        _ => "not a whole number".to_owned(),
    })?;
    match count >= least {
        true => Ok(count),
        false => Err("too small".into()),
    }
}
