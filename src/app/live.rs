//! Settings of a running application: read by whoever needs them, and changed where they were declared live.

use std::sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard};

use super::quantity::exact_duration;
use super::setting::{Form, Setting, Value, nearest};
use super::settings::{Settings, Source};

/// The settings of a running application; every clone sees the same.
///
/// What may be changed while it runs is said where a setting is declared: [`Setting::live`]. A change counts from the
/// next time somebody reads the setting; who has to be told at once [listens](Live::on_change). It counts in this
/// process: actors in other ones are told by messages, as of everything else.
///
/// With the feature `json` the arbiter answers `config`: `send("arbiter", "config", ["get", "limit"])` and
/// `send("arbiter", "config", ["set", "limit", "10"])`, to callers with the permission `authenticated`, for the
/// application that became live last.
///
/// ```
/// use rehearsal::app::{Environment, Form, Setting, Settings};
///
/// const TABLE: &[Setting] = &[
///     Setting { name: "limit", form: Form::Count { least: 1 }, default: Some("5"), live: true, ..Setting::BLANK },
///     Setting { name: "port", flags: &["--port"], form: Form::Count { least: 1 }, default: Some("80"), ..Setting::BLANK },
/// ];
/// let live = Settings::resolve(TABLE, [], &Environment::default(), None)?.live();
/// assert_eq!(live.set("limit", "10")?, "5");
/// assert_eq!(live.read().count("limit"), Some(10));
/// assert_eq!(
///     live.set("limit", "none").unwrap_err().to_string(),
///     "`limit` cannot be `none`: not a whole number; allowed: a whole number of at least 1"
/// );
/// assert_eq!(
///     live.set("port", "81").unwrap_err().to_string(),
///     "`port` cannot be set while the application runs: it is read once, when it starts; give it there with --port"
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Live(Arc<Board>);

struct Board {
    settings: RwLock<Settings>,
    listeners: Mutex<Vec<(String, Listener)>>,
}

type Listener = Arc<dyn Fn(&Live) + Send + Sync>;

/// A setting that cannot be read or changed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConfigError {
    /// No setting has this name.
    Unknown {
        /// The name.
        name: String,
        /// The setting that was probably meant.
        near: Option<String>,
        /// All there are.
        known: Vec<&'static str>,
    },
    /// It is read once, when the application starts.
    NotLive {
        /// The setting.
        name: &'static str,
        /// How it is given there.
        given_by: Vec<&'static str>,
    },
    /// Its form does not allow this value.
    BadValue {
        /// The setting.
        name: &'static str,
        /// The value.
        given: String,
        /// What is wrong with it.
        problem: String,
        /// What is allowed.
        allowed: String,
    },
}

impl Settings {
    /// Makes them the settings of a running application, and has the arbiter answer for them.
    pub fn live(self) -> Live {
        let live = Live(Arc::new(Board { settings: RwLock::new(self), listeners: Mutex::default() }));
        #[cfg(feature = "json")]
        crate::actor::by_name::set_config(Arc::new(live.clone()));
        live
    }
}

impl Live {
    /// The settings as they are now. Not to be held across a wait: who sets one waits for it.
    pub fn read(&self) -> RwLockReadGuard<'_, Settings> {
        self.0.settings.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// The value of a setting as one would type it; empty where it has none.
    ///
    /// # Errors
    /// A name that no setting has.
    pub fn get(&self, name: &str) -> Result<String, ConfigError> {
        let settings = self.read();
        let at = find(settings.table(), name)?;
        Ok(settings.value(at).map(typed).unwrap_or_default())
    }

    /// Changes a setting, tells those who listen, and gives the value it had.
    ///
    /// # Errors
    /// A name that no setting has, one that was not declared live, a value that its form does not allow.
    pub fn set(&self, name: &str, value: &str) -> Result<String, ConfigError> {
        let before = {
            let mut settings = self.0.settings.write().unwrap_or_else(PoisonError::into_inner);
            let at = find(settings.table(), name)?;
            let read = check(&settings.table()[at], value)?;
            let before = settings.value(at).map(typed).unwrap_or_default();
            settings.replace(at, read, Source::Set);
            before
        };
        self.tell(name);
        Ok(before)
    }

    /// Calls `listener` after each change of this setting, on the thread that changed it.
    pub fn on_change(&self, name: impl Into<String>, listener: impl Fn(&Live) + Send + Sync + 'static) {
        let mut listeners = self.0.listeners.lock().unwrap_or_else(PoisonError::into_inner);
        listeners.push((name.into(), Arc::new(listener)));
    }

    fn tell(&self, name: &str) {
        // Not held while they run: one may set another setting.
        let listeners = self.0.listeners.lock().unwrap_or_else(PoisonError::into_inner).clone();
        listeners.iter().filter(|(own, _)| own == name).for_each(|(_, listener)| listener(self));
    }
}

#[cfg(feature = "json")]
impl crate::actor::by_name::Config for Live {
    fn get(&self, setting: &str) -> Result<String, String> {
        Live::get(self, setting).map_err(|error| error.to_string())
    }

    fn set(&self, setting: &str, value: &str) -> Result<String, String> {
        Live::set(self, setting, value).map_err(|error| error.to_string())
    }
}

fn find(table: &'static [Setting], name: &str) -> Result<usize, ConfigError> {
    table.iter().position(|setting| setting.name == name).ok_or_else(|| {
        let known: Vec<&'static str> = table.iter().map(|setting| setting.name).collect();
        let near = nearest(name, known.iter().copied()).map(str::to_owned);
        ConfigError::Unknown { name: name.to_owned(), near, known }
    })
}

fn check(setting: &Setting, value: &str) -> Result<Value, ConfigError> {
    if !setting.live {
        let variables = setting.variables.iter().map(|variable| variable.name);
        let given_by = setting.flags.iter().copied().chain(variables).chain(setting.key).collect();
        return Err(ConfigError::NotLive { name: setting.name, given_by });
    }
    let bad = |problem| ConfigError::BadValue {
        name: setting.name,
        given: value.to_owned(),
        problem,
        allowed: setting.form.allowed(),
    };
    match setting.form {
        Form::List => {
            let words = value.split(',').map(str::trim).filter(|word| !word.is_empty());
            Ok(Value::List(words.map(str::to_owned).collect()))
        }
        form => form.read(value.into()).map_err(bad),
    }
}

/// A value as one would type it.
pub(super) fn typed(value: &Value) -> String {
    match value {
        Value::Switch(on) => on.to_string(),
        Value::Word(word) => (*word).to_owned(),
        Value::Count(count) | Value::Size(count) => count.to_string(),
        Value::Duration(duration) | Value::Limit(Some(duration)) => exact_duration(*duration),
        Value::Limit(None) => "none".to_owned(),
        Value::Pauses(first, None) => exact_duration(*first),
        Value::Pauses(first, Some(most)) => format!("{}..{}", exact_duration(*first), exact_duration(*most)),
        Value::Path(path) => path.display().to_string(),
        Value::Text(text) => text.clone(),
        Value::List(list) => list.join(","),
    }
}

impl std::fmt::Debug for Live {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Live").field(&*self.read()).finish()
    }
}

impl std::fmt::Display for ConfigError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            ConfigError::Unknown { name, near: Some(near), .. } => {
                write!(f, "no setting is called `{name}`; did you mean `{near}`?")
            }
            ConfigError::Unknown { name, near: None, known } => {
                write!(f, "no setting is called `{name}`; there are: {}", known.join(", "))
            }
            ConfigError::NotLive { name, given_by } => {
                write!(
                    f,
                    "`{name}` cannot be set while the application runs: it is read once, when it starts"
                )?;
                if given_by.is_empty() {
                    Ok(())
                } else {
                    write!(f, "; give it there with {}", given_by.join(" or "))
                }
            }
            ConfigError::BadValue { name, given, problem, allowed } => {
                write!(f, "`{name}` cannot be `{given}`: {problem}; allowed: {allowed}")
            }
        }
    }
}

impl std::error::Error for ConfigError {}
