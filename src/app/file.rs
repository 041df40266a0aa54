//! `rehearsal.toml`: finding it, reading it, and telling where in it something is wrong.

use std::path::{Path, PathBuf};

use toml::de::{DeInteger, DeTable, DeValue};

use super::environment::Environment;
use super::error::SettingsError;
use super::setting::{Form, Setting, Value, nearest};
use super::settings::Source;

/// The name of the settings file.
pub const FILE_NAME: &str = "rehearsal.toml";

/// A settings file that was found, as text.
#[derive(Debug, Clone)]
pub struct SettingsFile {
    /// Where it was found; errors name it.
    pub path: PathBuf,
    /// Its content.
    pub text: String,
}

impl SettingsFile {
    /// Looks for `rehearsal.toml`: beside the `Cargo.toml` of the package that cargo runs
    /// (`CARGO_MANIFEST_DIR`), then in `directory` and upwards, no further than the root of the workspace or
    /// repository.
    ///
    /// # Errors
    /// [`SettingsError::Unreadable`] where it is there but cannot be read; `Ok(None)` where there is none.
    pub fn find(environment: &Environment, directory: &Path) -> Result<Option<SettingsFile>, SettingsError> {
        if let Some(package) = environment.get("CARGO_MANIFEST_DIR")
            && let Some(file) = read(&Path::new(package).join(FILE_NAME))?
        {
            return Ok(Some(file));
        }
        for directory in directory.ancestors() {
            if let Some(file) = read(&directory.join(FILE_NAME))? {
                return Ok(Some(file));
            }
            if ["Cargo.lock", ".git"].iter().any(|mark| directory.join(mark).exists()) {
                break;
            }
        }
        Ok(None)
    }

    /// The values that the file gives to settings of `table`, each with its place.
    ///
    /// # Errors
    /// A file that is not TOML, a key that no setting has, a value that its setting does not allow.
    pub(crate) fn values(&self, table: &[Setting]) -> Result<Vec<(usize, Value, Source)>, SettingsError> {
        let parsed = DeTable::parse(&self.text).map_err(|error| {
            let (line, column) = self.place(error.span().map_or(0, |span| span.start));
            SettingsError::Syntax {
                path: self.path.clone(),
                line,
                column,
                message: error.message().trim().replace('\n', "; "),
            }
        })?;
        let mut values = Vec::new();
        for (key, value) in parsed.get_ref() {
            let (line, column) = self.place(key.span().start);
            let wanted = key.get_ref().replace('_', "-");
            let Some(at) = table.iter().position(|setting| setting.key == Some(wanted.as_str())) else {
                return Err(self.unknown(table, key.get_ref(), line, column));
            };
            let (line, column) = self.place(value.span().start);
            let from = Source::File { path: self.path.clone(), line, column, key: wanted };
            values.push((at, read_value(table[at].form, value.get_ref(), &from)?, from));
        }
        Ok(values)
    }

    fn unknown(&self, table: &[Setting], key: &str, line: usize, column: usize) -> SettingsError {
        let mut keys: Vec<&str> = Vec::new();
        for key in table.iter().filter_map(|setting| setting.key) {
            keys.insert(keys.partition_point(|other| *other < key), key);
        }
        SettingsError::UnknownKey {
            path: self.path.clone(),
            line,
            column,
            key: key.to_owned(),
            suggestion: nearest(&key.replace('_', "-"), keys.iter().copied()).map(str::to_owned),
            known: keys.join(", "),
        }
    }

    /// One-based line and column of a byte offset.
    fn place(&self, offset: usize) -> (usize, usize) {
        let before = &self.text[..offset.min(self.text.len())];
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
    }
}

fn read(path: &Path) -> Result<Option<SettingsFile>, SettingsError> {
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(Some(SettingsFile { path: path.to_owned(), text })),
        Err(error)
            if matches!(error.kind(), std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory) =>
        {
            Ok(None)
        }
        Err(source) => Err(SettingsError::Unreadable { path: path.to_owned(), source }),
    }
}

/// A TOML value of the type that `form` has in TOML: booleans for switches, numbers for counts and sizes,
/// arrays for lists, strings for the rest.
fn read_value(form: Form, value: &DeValue<'_>, from: &Source) -> Result<Value, SettingsError> {
    let wrong = |given: String, problem: String| {
        Err(SettingsError::BadValue { from: Box::new(from.clone()), given, problem, allowed: form.allowed() })
    };
    let text = match (form, value) {
        (Form::Switch, DeValue::Boolean(on)) => return Ok(Value::Switch(*on)),
        (Form::List, DeValue::Array(items)) => {
            let texts = items.iter().map(|item| item.get_ref().as_str().map(str::to_owned));
            return match texts.collect::<Option<Vec<_>>>() {
                Some(texts) => Ok(Value::List(texts)),
                None => wrong("[…]".into(), "not every item is a string".into()),
            };
        }
        (Form::Switch, other) => return wrong(as_written(other), "not a boolean".into()),
        (Form::Count { .. } | Form::Size | Form::Duration | Form::Limit, DeValue::Integer(number)) => {
            decimal(number)
        }
        (_, DeValue::String(text)) => text.to_string(),
        (_, other) => return wrong(as_written(other), format!("{} does not fit", kind(other))),
    };
    form.read(text.clone().into()).or_else(|problem| wrong(text, problem))
}

/// A number as decimal text, whichever radix it was written in.
fn decimal(number: &DeInteger<'_>) -> String {
    match u64::from_str_radix(number.as_str(), number.radix()) {
        Ok(value) => value.to_string(),
        Err(_) => number.to_string(),
    }
}

fn kind(value: &DeValue<'_>) -> String {
    let word = value.type_str();
    let article = if word.starts_with(['a', 'i']) { "an" } else { "a" };
    format!("{article} {word}")
}

fn as_written(value: &DeValue<'_>) -> String {
    match value {
        DeValue::String(text) => format!("\"{text}\""),
        DeValue::Integer(number) => number.to_string(),
        DeValue::Float(number) => number.to_string(),
        DeValue::Boolean(on) => on.to_string(),
        DeValue::Datetime(moment) => moment.to_string(),
        DeValue::Array(_) => "[…]".into(),
        DeValue::Table(_) => "{…}".into(),
    }
}
