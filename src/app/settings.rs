//! The values of a settings table, each found once and remembering where it came from.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::arguments::{Arguments, Given, lex};
use super::environment::Environment;
use super::error::SettingsError;
use super::file::content::{Content, DEFAULT_PROFILE, no_profile};
use super::file::{Named, Override, SettingsFile};
use super::setting::{Form, Setting, Value, Variable};

/// Where a value came from, the weakest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// The settings table.
    Default,
    /// `rehearsal.toml`.
    File {
        /// The file.
        path: PathBuf,
        /// One-based line of the value.
        line: usize,
        /// One-based column of the value, in characters.
        column: usize,
        /// The key.
        key: String,
    },
    /// The environment.
    Variable {
        /// The variable.
        name: &'static str,
    },
    /// The command line.
    Flag {
        /// The spelling that was used.
        flag: &'static str,
    },
    /// It was set while the application ran.
    Set,
}

impl std::fmt::Display for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Source::Default => f.write_str("the default"),
            Source::File { path, line, column, key } => {
                write!(f, "{}:{line}:{column}: `{key}`", path.display())
            }
            Source::Variable { name } => f.write_str(name),
            Source::Flag { flag } => f.write_str(flag),
            Source::Set => f.write_str("`config set`"),
        }
    }
}

/// The values of a settings table after all its sources were read.
///
/// The methods that return a value panic when they are asked for a setting that the table does not have, or
/// for one of another form: table and code are written together, so that is a mistake in the program.
#[derive(Debug)]
pub struct Settings {
    table: &'static [Setting],
    values: Vec<Option<(Value, Source)>>,
    positional: Vec<OsString>,
    /// Flags as they were given, each with its row of the table.
    given: Vec<(usize, String)>,
    overrides: Vec<Override>,
    named: Vec<Named>,
    /// The settings file, where there is one.
    file: Option<PathBuf>,
}

impl Settings {
    /// Resolves `table`: default < `file` < `environment` < `arguments` (without the program's name).
    ///
    /// # Errors
    /// The first thing that is wrong in any of them, even where a stronger source would have the last word:
    /// a broken value that goes unnoticed is worse than one that has to be mended.
    pub fn resolve(
        table: &'static [Setting],
        arguments: impl IntoIterator<Item = OsString>,
        environment: &Environment,
        file: Option<&SettingsFile>,
    ) -> Result<Settings, SettingsError> {
        let lexed = lex(table, arguments)?;
        let mut settings = Settings {
            table,
            values: vec![None; table.len()],
            positional: Vec::new(),
            given: Vec::new(),
            overrides: Vec::new(),
            named: Vec::new(),
            file: file.map(|file| file.path.clone()),
        };
        settings.take_defaults();
        let profile = profile(table, &lexed, environment)?;
        let profile = profile.as_ref().map(|(name, from)| (name.as_str(), from));
        match (file, profile) {
            (Some(file), _) => settings.take_file(file.content(table, profile)?),
            (None, Some((name, from))) if name != DEFAULT_PROFILE => {
                return Err(no_profile(
                    name,
                    from,
                    [].into_iter(),
                    "the settings: there is no rehearsal.toml",
                ));
            }
            (None, _) => {}
        }
        settings.take_environment(environment)?;
        settings.take_arguments(lexed)?;
        Ok(settings)
    }

    fn take_defaults(&mut self) {
        for (setting, value) in self.table.iter().zip(&mut self.values) {
            let default = match (setting.default, setting.form) {
                (Some(text), form) => form.read(text.into()).ok(),
                (None, Form::Switch) => Some(Value::Switch(false)),
                (None, Form::List) => Some(Value::List(Vec::new())),
                (None, _) => None,
            };
            *value = default.map(|default| (default, Source::Default));
        }
    }

    fn take_file(&mut self, content: Content) {
        for (at, value, from) in content.values {
            self.values[at] = Some((value, from));
        }
        self.overrides = content.overrides;
        self.named = content.named;
    }

    fn take_environment(&mut self, environment: &Environment) -> Result<(), SettingsError> {
        for (setting, value) in self.table.iter().zip(&mut self.values) {
            let set = |variable: &&Variable| environment.get(variable.name).is_some();
            let Some(variable) = setting.variables.iter().find(set) else { continue };
            let text = environment.get(variable.name).unwrap_or_default();
            let from = Source::Variable { name: variable.name };
            let read = match (variable.loose, setting.form) {
                (true, Form::Switch) => Value::Switch(text != "0"),
                _ => read(setting.form, text.to_owned(), &from)?,
            };
            *value = Some((read, from));
        }
        Ok(())
    }

    fn take_arguments(&mut self, lexed: Arguments) -> Result<(), SettingsError> {
        for given in lexed.given {
            let setting = &self.table[given.setting];
            let from = Source::Flag { flag: given.flag };
            self.given.push((given.setting, as_given(&given)));
            let value = match given.value {
                None => Value::Switch(true),
                Some(text) => read(setting.form, text, &from)?,
            };
            match (&mut self.values[given.setting], value) {
                // Only what came from flags adds up; a flag replaces what the file says, as with every form.
                (Some((Value::List(list), Source::Flag { .. })), Value::List(more)) => list.extend(more),
                (place, value) => *place = Some((value, from)),
            }
        }
        self.positional = lexed.positional;
        Ok(())
    }

    /// What these are the values of.
    pub(super) fn table(&self) -> &'static [Setting] {
        self.table
    }

    /// The value of the setting in this row.
    pub(super) fn value(&self, at: usize) -> Option<&Value> {
        self.values[at].as_ref().map(|(value, _)| value)
    }

    /// Where the value of the setting in this row comes from.
    pub(super) fn from(&self, at: usize) -> Option<&Source> {
        self.values[at].as_ref().map(|(_, from)| from)
    }

    /// Gives the setting in this row another value.
    pub(super) fn replace(&mut self, at: usize, value: Value, source: Source) {
        self.values[at] = Some((value, source));
    }

    /// The settings file, where there is one.
    pub fn file(&self) -> Option<&Path> {
        self.file.as_deref()
    }

    /// The overrides of the settings file, the strongest first: where several set one thing, the first counts.
    pub fn overrides(&self) -> &[Override] {
        &self.overrides
    }

    /// The values that named tables of the settings file give to this setting, the strongest first.
    pub fn named<'a>(&'a self, setting: &'a str) -> impl Iterator<Item = &'a Named> {
        self.named.iter().rev().filter(move |named| named.setting == setting)
    }

    /// Positional arguments, in order.
    pub fn positional(&self) -> &[OsString] {
        &self.positional
    }

    /// The flags that were given for one of these settings, each as one word: `--timeout=2s`.
    pub fn flags_of<'a>(&'a self, names: &'a [&str]) -> impl Iterator<Item = &'a str> {
        let given = self.given.iter().filter(|(at, _)| names.contains(&self.table[*at].name));
        given.map(|(_, flag)| flag.as_str())
    }

    /// Whether the table has [`Setting::HELP`] and it was asked for.
    pub fn wants_help(&self) -> bool {
        self.asks_for(&Setting::HELP)
    }

    /// Whether the table has [`Setting::SHOW_CONFIG`] and it was asked for.
    pub fn wants_config(&self) -> bool {
        self.asks_for(&Setting::SHOW_CONFIG)
    }

    fn asks_for(&self, switch: &Setting) -> bool {
        self.table.iter().any(|setting| setting.name == switch.name) && self.switch(switch.name)
    }

    /// Where the value of a setting came from; `None` where it has none.
    pub fn source(&self, name: &str) -> Option<&Source> {
        self.find(name).map(|(_, source)| source)
    }

    /// Whether someone asked for this value: it is there and not the default.
    pub fn is_given(&self, name: &str) -> bool {
        self.source(name).is_some_and(|source| *source != Source::Default)
    }

    /// A [`Form::Switch`].
    pub fn switch(&self, name: &str) -> bool {
        self.take(name, |value| match value {
            Value::Switch(on) => Some(*on),
            _ => None,
        })
        .unwrap_or(false)
    }

    /// A [`Form::Word`].
    pub fn word(&self, name: &str) -> Option<&'static str> {
        self.take(name, |value| match value {
            Value::Word(word) => Some(*word),
            _ => None,
        })
    }

    /// A [`Form::Count`].
    pub fn count(&self, name: &str) -> Option<u64> {
        self.take(name, |value| match value {
            Value::Count(count) => Some(*count),
            _ => None,
        })
    }

    /// A [`Form::CountOr`]: the number, or the word that stands for one.
    pub fn count_or_word(&self, name: &str) -> Option<Result<u64, &'static str>> {
        self.take(name, |value| match value {
            Value::Count(count) => Some(Ok(*count)),
            Value::Word(word) => Some(Err(*word)),
            _ => None,
        })
    }

    /// A [`Form::Duration`].
    pub fn duration(&self, name: &str) -> Option<Duration> {
        self.take(name, |value| match value {
            Value::Duration(duration) => Some(*duration),
            _ => None,
        })
    }

    /// A [`Form::Limit`]; `None` where it is absent or `none`.
    pub fn limit(&self, name: &str) -> Option<Duration> {
        self.take(name, |value| match value {
            Value::Limit(limit) => Some(*limit),
            _ => None,
        })
        .flatten()
    }

    /// A [`Form::Pauses`]: the first, and the longest where they double.
    pub fn pauses(&self, name: &str) -> Option<(Duration, Option<Duration>)> {
        self.take(name, |value| match value {
            Value::Pauses(first, most) => Some((*first, *most)),
            _ => None,
        })
    }

    /// A [`Form::Size`], in bytes.
    pub fn size(&self, name: &str) -> Option<u64> {
        self.take(name, |value| match value {
            Value::Size(bytes) => Some(*bytes),
            _ => None,
        })
    }

    /// A [`Form::Path`].
    pub fn path(&self, name: &str) -> Option<&Path> {
        self.take(name, |value| match value {
            Value::Path(path) => Some(path.as_path()),
            _ => None,
        })
    }

    /// A [`Form::Text`].
    pub fn text(&self, name: &str) -> Option<&str> {
        self.take(name, |value| match value {
            Value::Text(text) => Some(text.as_str()),
            _ => None,
        })
    }

    /// A [`Form::List`]; empty where nothing was given.
    pub fn list(&self, name: &str) -> &[String] {
        self.take(name, |value| match value {
            Value::List(list) => Some(list.as_slice()),
            _ => None,
        })
        .unwrap_or_default()
    }

    fn take<'a, T>(&'a self, name: &str, pick: impl FnOnce(&'a Value) -> Option<T>) -> Option<T> {
        let (value, _) = self.find(name)?;
        let picked = pick(value);
        assert!(picked.is_some(), "the setting `{name}` has another form: {value:?}");
        picked
    }

    fn find(&self, name: &str) -> Option<&(Value, Source)> {
        match self.table.iter().position(|setting| setting.name == name) {
            Some(at) => self.values[at].as_ref(),
            None => panic!("the settings table has no `{name}`"),
        }
    }
}

fn as_given(given: &Given) -> String {
    match &given.value {
        Some(value) => format!("{}={}", given.flag, value.to_string_lossy()),
        None => given.flag.to_owned(),
    }
}

/// The profile that is asked for, by the last flag or the variable: the settings file is read by it.
fn profile(
    table: &[Setting],
    lexed: &Arguments,
    environment: &Environment,
) -> Result<Option<(String, Source)>, SettingsError> {
    let Some(row) = table.iter().position(|setting| setting.name == Setting::PROFILE.name) else {
        return Ok(None);
    };
    let by_flag = lexed.given.iter().rfind(|given| given.setting == row);
    let by_flag =
        by_flag.map(|given| (given.value.clone().unwrap_or_default(), Source::Flag { flag: given.flag }));
    let by_variable = table[row].variables.iter().find_map(|variable| {
        let text = environment.get(variable.name)?.to_owned();
        Some((text, Source::Variable { name: variable.name }))
    });
    let Some((text, from)) = by_flag.or(by_variable) else { return Ok(None) };
    match read(table[row].form, text, &from)? {
        Value::Text(name) => Ok(Some((name, from))),
        _ => Ok(None),
    }
}

fn read(form: Form, text: OsString, from: &Source) -> Result<Value, SettingsError> {
    let given = text.to_string_lossy().into_owned();
    form.read(text).map_err(|problem| SettingsError::BadValue {
        from: Box::new(from.clone()),
        given,
        problem,
        allowed: form.allowed(),
    })
}
