//! What stands in a settings file: values at its top, profiles, overrides, named tables.
//!
//! All of it is read, also the profiles that were not asked for: a mistake that goes unnoticed is worse than one that has
//! to be mended.

use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

use super::find::SettingsFile;
use super::value::{as_written, kind, read_value};
use crate::app::error::SettingsError;
use crate::app::setting::{Scope, Setting, Value, nearest};
use crate::app::settings::Source;

/// The profile that all others begin with.
pub const DEFAULT_PROFILE: &str = "default";

/// What a file says.
#[derive(Debug, Default)]
pub(crate) struct Content {
    /// Rows of the table with their values, the weakest first.
    pub(crate) values: Vec<(usize, Value, Source)>,
    /// The strongest first.
    pub(crate) overrides: Vec<Override>,
    /// The weakest first.
    pub(crate) named: Vec<Named>,
}

/// An `[[override]]`: values for what its filter chooses.
#[derive(Debug, Clone)]
pub struct Override {
    /// Its filter, in whatever language the application has for that.
    pub filter: String,
    /// Where the filter stands.
    pub from: Source,
    /// What it sets: the names of settings, their values, where they stand.
    pub values: Vec<(&'static str, Value, Source)>,
}

/// A value of a named table: `limit` of `[group.db]`.
#[derive(Debug, Clone)]
pub struct Named {
    /// The name of the setting.
    pub setting: &'static str,
    /// The name that the table was given: `db`.
    pub name: String,
    /// The value.
    pub value: Value,
    /// Where it stands.
    pub from: Source,
}

/// A key and what is behind it.
type Pair<'a> = (&'a Spanned<DeString<'a>>, &'a Spanned<DeValue<'a>>);

impl SettingsFile {
    /// What the file says to an application with this table, where this profile was asked for.
    ///
    /// # Errors
    /// A file that is not TOML, a key that no setting has, a value that its setting does not allow, a profile that is not
    /// in it.
    pub(crate) fn content(
        &self,
        table: &'static [Setting],
        profile: Option<(&str, &Source)>,
    ) -> Result<Content, SettingsError> {
        let parsed = DeTable::parse(&self.text).map_err(|error| {
            let (line, column) = self.place(error.span().map_or(0, |span| span.start));
            SettingsError::Syntax {
                path: self.path.clone(),
                line,
                column,
                message: error.message().trim().replace('\n', "; "),
            }
        })?;
        let reader = Reader { file: self, table };
        let mut profiles: Vec<(String, Content)> = Vec::new();
        let mut content = reader.section("", parsed.get_ref(), Some(&mut profiles))?;
        let asked = profile.map(|(name, _)| name).filter(|name| *name != DEFAULT_PROFILE);
        for wanted in [Some(DEFAULT_PROFILE), asked].into_iter().flatten() {
            let found = profiles.iter().position(|(name, _)| name == wanted);
            match (found.map(|at| profiles.swap_remove(at).1), profile) {
                (Some(stronger), _) => content.take(stronger),
                (None, Some((name, from))) if name == wanted && name != DEFAULT_PROFILE => {
                    let known = profiles.iter().map(|(name, _)| name.as_str());
                    return Err(no_profile(name, from, known, &format!("{}", self.path.display())));
                }
                (None, _) => {}
            }
        }
        Ok(content)
    }
}

/// Why there is no such profile.
pub(crate) fn no_profile<'a>(
    name: &str,
    from: &Source,
    known: impl Iterator<Item = &'a str>,
    place: &str,
) -> SettingsError {
    let mut all = vec![DEFAULT_PROFILE];
    for name in known {
        all.insert(all.partition_point(|other| *other < name), name);
    }
    let near = nearest(name, all.iter().copied());
    let near = near.map(|near| format!(", did you mean `{near}`?")).unwrap_or_default();
    SettingsError::BadValue {
        from: Box::new(from.clone()),
        given: name.to_owned(),
        problem: format!("there is no such profile in {place}{near}"),
        allowed: all.join(", "),
    }
}

impl Content {
    /// Adds what goes before it.
    fn take(&mut self, stronger: Content) {
        self.values.extend(stronger.values);
        self.named.extend(stronger.named);
        self.overrides.splice(..0, stronger.overrides);
    }
}

/// Reads a file by a table.
struct Reader<'a> {
    file: &'a SettingsFile,
    table: &'static [Setting],
}

impl Reader<'_> {
    /// The top of the file, or a profile: `prefix` is `profile.ci.` then, and there are no profiles in it.
    fn section(
        &self,
        prefix: &str,
        table: &DeTable<'_>,
        mut profiles: Option<&mut Vec<(String, Content)>>,
    ) -> Result<Content, SettingsError> {
        let mut content = Content::default();
        for (key, value) in table {
            let name = spelled(key);
            match (name.as_str(), &mut profiles) {
                ("profile", Some(profiles)) if self.knows(Setting::PROFILE.name) => {
                    for (key, value) in self.table_at("profile", "a table, `[profile.NAME]`", value)? {
                        let name = key.get_ref().to_string();
                        let prefix = format!("profile.{name}.");
                        let table = self.table_at(&prefix, "a table of settings", value)?;
                        profiles.push((name, self.section(&prefix, table, None)?));
                    }
                }
                ("profile", None) if self.knows(Setting::PROFILE.name) => {
                    return Err(self.misplaced(key, "at the top".to_owned()));
                }
                ("override", _) if self.has_overrides() => {
                    let prefix = format!("{prefix}override");
                    let DeValue::Array(items) = value.get_ref() else {
                        return Err(self.wrong(&prefix, value, "tables, `[[override]]`"));
                    };
                    for item in items {
                        content.overrides.push(self.exception(&prefix, item)?);
                    }
                }
                (name, _) if self.rows(Scope::Named(name)).next().is_some() => {
                    self.named(&format!("{prefix}{name}"), name, value, &mut content.named)?;
                }
                _ => {
                    let row = self.row(key, &[Scope::Whole, Scope::Both])?;
                    content.values.push(self.value(prefix, row, (key, value))?);
                }
            }
        }
        Ok(content)
    }

    fn exception(&self, prefix: &str, item: &Spanned<DeValue<'_>>) -> Result<Override, SettingsError> {
        let prefix = format!("{prefix}.");
        let table = self.table_at(&prefix, "a table with a `filter`", item)?;
        let (mut filter, mut values) = (None, Vec::new());
        for (key, value) in table {
            if key.get_ref() == "filter" {
                let from = self.source(&format!("{prefix}filter"), value);
                match value.get_ref() {
                    DeValue::String(text) => filter = Some((text.to_string(), from)),
                    _ => return Err(self.wrong(&format!("{prefix}filter"), value, "a text")),
                }
                continue;
            }
            let row = self.row(key, &[Scope::Both, Scope::Override])?;
            let (row, value, from) = self.value(&prefix, row, (key, value))?;
            values.push((self.table[row].name, value, from));
        }
        match filter {
            Some((filter, from)) => Ok(Override { filter, from, values }),
            None => Err(SettingsError::BadValue {
                from: Box::new(self.source(prefix.trim_end_matches('.'), item)),
                given: "{…}".to_owned(),
                problem: "it has no `filter`, and so is about nothing".to_owned(),
                allowed: "a table with a `filter`".to_owned(),
            }),
        }
    }

    /// The tables `[NAME.any]`, with `prefix` in front of NAME.
    fn named(
        &self,
        prefix: &str,
        name: &str,
        value: &Spanned<DeValue<'_>>,
        into: &mut Vec<Named>,
    ) -> Result<(), SettingsError> {
        for (key, value) in self.table_at(prefix, &format!("a table, `[{name}.NAME]`"), value)? {
            let given = key.get_ref().to_string();
            let prefix = format!("{prefix}.{given}.");
            for (key, value) in self.table_at(&prefix, "a table of settings", value)? {
                let row = self.row(key, &[Scope::Named(name)])?;
                let (row, value, from) = self.value(&prefix, row, (key, value))?;
                into.push(Named { setting: self.table[row].name, name: given.clone(), value, from });
            }
        }
        Ok(())
    }

    fn value(
        &self,
        prefix: &str,
        row: usize,
        (key, value): Pair<'_>,
    ) -> Result<(usize, Value, Source), SettingsError> {
        let from = self.source(&format!("{prefix}{}", spelled(key)), value);
        Ok((row, read_value(self.table[row].form, value.get_ref(), &from)?, from))
    }

    /// The row of the table whose key this is, among those that may stand here.
    fn row(&self, key: &Spanned<DeString<'_>>, here: &[Scope<'_>]) -> Result<usize, SettingsError> {
        let name = spelled(key);
        let is_it = |setting: &&Setting| setting.key == Some(name.as_str());
        let fits = |setting: &Setting| here.contains(&setting.scope);
        if let Some(row) = self.table.iter().position(|setting| is_it(&setting) && fits(setting)) {
            return Ok(row);
        }
        if let Some(elsewhere) = self.table.iter().find(is_it) {
            return Err(self.misplaced(key, elsewhere.scope.place()));
        }
        let (line, column) = self.file.place(key.span().start);
        let (path, key) = (self.file.path.clone(), key.get_ref().to_string());
        let keys = self.table.iter().filter(|setting| fits(setting)).filter_map(|setting| setting.key);
        let mut known: Vec<&str> = Vec::new();
        for key in self.also_known(here).into_iter().chain(keys) {
            if let Err(at) = known.binary_search(&key) {
                known.insert(at, key);
            }
        }
        let suggestion = nearest(&name, known.iter().copied()).map(str::to_owned);
        Err(SettingsError::UnknownKey { path, line, column, key, suggestion, known: known.join(", ") })
    }

    fn misplaced(&self, key: &Spanned<DeString<'_>>, belongs: String) -> SettingsError {
        let (line, column) = self.file.place(key.span().start);
        let (path, key) = (self.file.path.clone(), key.get_ref().to_string());
        SettingsError::Misplaced { path, line, column, key, belongs }
    }

    /// Keys that may stand here beside those of settings.
    fn also_known(&self, here: &[Scope<'_>]) -> Vec<&'static str> {
        let mut known = Vec::new();
        match here {
            [Scope::Whole, ..] => {
                known.extend(self.knows(Setting::PROFILE.name).then_some("profile"));
                known.extend(self.has_overrides().then_some("override"));
                known.extend(self.table.iter().filter_map(|setting| match setting.scope {
                    Scope::Named(name) => Some(name),
                    _ => None,
                }));
            }
            [Scope::Both, ..] => known.push("filter"),
            _ => {}
        }
        known
    }

    fn rows<'a>(&self, scope: Scope<'a>) -> impl Iterator<Item = &'static Setting> + use<'a> {
        self.table.iter().filter(move |setting| setting.scope == scope)
    }

    fn knows(&self, name: &str) -> bool {
        self.table.iter().any(|setting| setting.name == name)
    }

    fn has_overrides(&self) -> bool {
        self.table.iter().any(|setting| matches!(setting.scope, Scope::Both | Scope::Override))
    }

    fn table_at<'a>(
        &self,
        key: &str,
        allowed: &str,
        value: &'a Spanned<DeValue<'a>>,
    ) -> Result<&'a DeTable<'a>, SettingsError> {
        match value.get_ref() {
            DeValue::Table(table) => Ok(table),
            _ => Err(self.wrong(key.trim_end_matches('.'), value, allowed)),
        }
    }

    fn wrong(&self, key: &str, value: &Spanned<DeValue<'_>>, allowed: &str) -> SettingsError {
        SettingsError::BadValue {
            from: Box::new(self.source(key, value)),
            given: as_written(value.get_ref()),
            problem: format!("{} does not fit", kind(value.get_ref())),
            allowed: allowed.to_owned(),
        }
    }

    fn source(&self, key: &str, value: &Spanned<DeValue<'_>>) -> Source {
        let (line, column) = self.file.place(value.span().start);
        Source::File { path: self.file.path.clone(), line, column, key: key.to_owned() }
    }
}

/// A key with dashes, however it is written.
fn spelled(key: &Spanned<DeString<'_>>) -> String {
    key.get_ref().replace('_', "-")
}
