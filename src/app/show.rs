//! What `--show-config` prints: settings as a settings file would have them, each with where it comes from.

use std::fmt::Write;

use super::live::typed;
use super::setting::{Scope, Setting, Value};
use super::settings::{Settings, Source};

/// Column at which it is said where a value comes from.
const COLUMN: usize = 40;

impl Settings {
    /// The settings as a settings file that sets all of them would have them, without profiles. Behind each stands where
    /// its value comes from.
    pub fn show(&self) -> String {
        let mut shown = String::new();
        let _ = match self.file() {
            Some(path) => writeln!(shown, "# settings file: {}", path.display()),
            None => writeln!(
                shown,
                "# no settings file: there is no rehearsal.toml beside Cargo.toml or above it"
            ),
        };
        for (row, setting) in self.table().iter().enumerate() {
            match (self.value(row), self.from(row), setting.key) {
                _ if !matches!(setting.scope, Scope::Whole | Scope::Both) => {}
                (Some(value), Some(from), Some(key)) => line(&mut shown, key, value, from),
                (None, _, Some(key)) => {
                    let _ = writeln!(shown, "# {key} is not set");
                }
                // Not to be set in a file: told of where somebody has.
                (Some(value), Some(from), None) if *from != Source::Default && !self.is_ours(setting) => {
                    line(&mut shown, &format!("# {}", setting.name), value, from);
                }
                _ => {}
            }
        }
        self.show_named(&mut shown);
        for given in self.overrides() {
            shown.push_str("\n[[override]]\n");
            line(&mut shown, "filter", &Value::Text(given.filter.clone()), &given.from);
            for (name, value, from) in &given.values {
                line(&mut shown, self.key_of(name), value, from);
            }
        }
        shown
    }

    fn show_named(&self, shown: &mut String) {
        let mut told: Vec<(&str, &str)> = Vec::new();
        for setting in self.table() {
            let Scope::Named(table) = setting.scope else { continue };
            for named in self.named(setting.name) {
                let at = told.partition_point(|other| *other < (table, &named.name));
                if told.get(at) != Some(&(table, &named.name)) {
                    told.insert(at, (table, &named.name));
                }
            }
        }
        for (table, name) in told {
            let _ = writeln!(shown, "\n[{table}.{}]", quoted_key(name));
            for setting in self.table().iter().filter(|setting| setting.scope == Scope::Named(table)) {
                if let Some(strongest) = self.named(setting.name).find(|named| named.name == name) {
                    line(shown, self.key_of(setting.name), &strongest.value, &strongest.from);
                }
            }
        }
    }

    fn is_ours(&self, setting: &Setting) -> bool {
        [Setting::HELP.name, Setting::SHOW_CONFIG.name].contains(&setting.name)
    }

    fn key_of<'a>(&self, name: &'a str) -> &'a str {
        self.table()
            .iter()
            .find(|setting| setting.name == name)
            .and_then(|setting| setting.key)
            .unwrap_or(name)
    }
}

fn line(shown: &mut String, key: &str, value: &Value, from: &Source) {
    let value = as_toml(value);
    let _ = writeln!(shown, "{:<COLUMN$} # {}", format!("{key} = {value}"), origin(from));
}

/// Where a value comes from, in few words.
fn origin(from: &Source) -> String {
    match from {
        Source::Default => "default".to_owned(),
        Source::File { path, line, column, key } => {
            let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            let profile = key.strip_prefix("profile.").and_then(|rest| rest.split('.').next());
            let profile = profile.map(|profile| format!(", profile {profile}")).unwrap_or_default();
            format!("{name}:{line}:{column}{profile}")
        }
        Source::Variable { name } => format!("variable {name}"),
        Source::Flag { flag } => format!("flag {flag}"),
        Source::Set => "`config set`".to_owned(),
    }
}

fn as_toml(value: &Value) -> String {
    match value {
        Value::Switch(_) | Value::Count(_) | Value::Size(_) => typed(value),
        Value::List(list) => {
            let items: Vec<String> = list.iter().map(|item| quoted(item)).collect();
            format!("[{}]", items.join(", "))
        }
        other => quoted(&typed(other)),
    }
}

fn quoted_key(key: &str) -> String {
    let is_bare = |letter: char| letter.is_ascii_alphanumeric() || "_-".contains(letter);
    match !key.is_empty() && key.chars().all(is_bare) {
        true => key.to_owned(),
        false => quoted(key),
    }
}

/// A basic string of TOML.
fn quoted(text: &str) -> String {
    let mut quoted = String::from('"');
    for letter in text.chars() {
        match letter {
            '"' | '\\' => quoted.extend(['\\', letter]),
            letter if letter.is_control() => {
                let _ = write!(quoted, "\\u{:04X}", u32::from(letter));
            }
            letter => quoted.push(letter),
        }
    }
    quoted.push('"');
    quoted
}
