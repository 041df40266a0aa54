//! The environment as plain data, taken once, so that what depends on it can be tested without it.

use std::ffi::{OsStr, OsString};

/// A snapshot of environment variables.
///
/// ```
/// let environment = rehearsal::app::Environment::from([("CI", "true")]);
/// assert!(environment.is_set("CI"));
/// ```
#[derive(Debug, Clone, Default)]
pub struct Environment {
    variables: Vec<(OsString, OsString)>,
}

impl Environment {
    /// That of this process, now.
    pub fn of_process() -> Environment {
        Environment { variables: std::env::vars_os().collect() }
    }

    /// The same with this variable set or replaced.
    pub fn set(&mut self, name: impl Into<OsString>, value: impl Into<OsString>) {
        let name = name.into();
        self.variables.retain(|(key, _)| *key != name);
        self.variables.push((name, value.into()));
    }

    /// The value of a variable; `None` where it is unset or empty.
    pub fn get(&self, name: &str) -> Option<&OsStr> {
        let (_, value) = self.variables.iter().find(|(key, _)| key == name)?;
        (!value.is_empty()).then_some(value.as_os_str())
    }

    /// Whether a variable is there and says something other than no (`0`, `false`, nothing at all).
    pub fn is_set(&self, name: &str) -> bool {
        self.get(name).is_some_and(|value| value != "0" && !value.eq_ignore_ascii_case("false"))
    }

    /// The names that begin with `prefix`, as far as they are UTF-8.
    pub fn names_with<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = &'a str> {
        self.variables.iter().filter_map(|(key, _)| key.to_str()).filter(move |key| key.starts_with(prefix))
    }
}

impl<K: Into<OsString>, V: Into<OsString>, const N: usize> From<[(K, V); N]> for Environment {
    fn from(variables: [(K, V); N]) -> Environment {
        Environment { variables: variables.map(|(key, value)| (key.into(), value.into())).into() }
    }
}
