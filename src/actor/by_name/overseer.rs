//! What the arbiter answers by name.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde_json::{Value, json};

use super::answer::value_of;
use super::arguments::{Arguments, WrongArguments};
use super::built_in;
use super::call::admit;
use super::error::SendError;
use super::signature::{Permission, Signature};
use crate::actor::arbiter::arbiter;

/// The commands of the arbiter.
const SIGNATURES: &[Signature] = &[
    built_in::PING,
    built_in::INFO,
    built_in::ECHO,
    Signature {
        name: "stop",
        number: 3,
        permission: Permission::Authenticated,
        arguments: &[("grace_ms", "Option<u64>")],
    },
    Signature {
        name: "kill_actor",
        number: 4,
        permission: Permission::Authenticated,
        arguments: &[("name", "String")],
    },
    Signature {
        name: "config",
        number: 5,
        permission: Permission::Authenticated,
        arguments: &[("what", "get or set"), ("setting", "String"), ("value", "any value, for set")],
    },
];

/// How long actors may take to stop unless the caller says otherwise.
const STOP_GRACE_MS: u64 = 30_000;

/// Live settings, kept by a floor above.
pub(crate) trait Config: Send + Sync {
    /// The value of a setting, or what is wrong with asking for it.
    fn get(&self, setting: &str) -> Result<String, String>;
    /// Sets it and gives the value it had.
    fn set(&self, setting: &str, value: &str) -> Result<String, String>;
}

static CONFIG: Mutex<Option<Arc<dyn Config>>> = Mutex::new(None);

/// Says who keeps the settings that `config` is about, from now on.
#[cfg(feature = "harness")]
pub(crate) fn set_config(config: Arc<dyn Config>) {
    *CONFIG.lock().unwrap_or_else(PoisonError::into_inner) = Some(config);
}

pub(super) async fn call(
    command: &str,
    came: Result<Value, String>,
    permission: Permission,
) -> Result<Value, SendError> {
    let target = || "the arbiter".to_owned();
    let Some(signature) = SIGNATURES.iter().find(|own| own.name == command) else {
        return Err(SendError::unknown_among(target(), command, SIGNATURES.iter(), false));
    };
    let arguments = admit(signature, came, permission, target)?;
    let answered = match signature.name {
        "ping" => Ok("pong".into()),
        "info" => Ok(value_of(&arbiter().info()).unwrap_or_default()),
        "echo" => arguments.read().map(|(value,): (Value,)| value),
        "stop" => stop(arguments).await,
        "kill_actor" => kill(arguments),
        _ => config(arguments),
    };
    answered.map_err(|wrong| SendError::Arguments { target: target(), signature, wrong })
}

async fn stop(arguments: Arguments) -> Result<Value, WrongArguments> {
    let (grace_ms,): (Option<u64>,) = arguments.read()?;
    let grace = Duration::from_millis(grace_ms.unwrap_or(STOP_GRACE_MS));
    let ends = arbiter().stop_all(grace).await.into_iter().map(|(name, exit)| {
        let ended = exit.map(|exit| value_of(&exit).unwrap_or_default());
        json!({ "name": name.name(), "exit": ended })
    });
    Ok(ends.collect())
}

fn kill(arguments: Arguments) -> Result<Value, WrongArguments> {
    let (name,): (String,) = arguments.read()?;
    match arbiter().kill_actor(&name) {
        Some(_) => Ok(Value::Bool(true)),
        None => {
            let why = format!("no actor of this process is called `{name}`");
            Err(WrongArguments { argument: Some("name".to_owned()), why })
        }
    }
}

fn config(arguments: Arguments) -> Result<Value, WrongArguments> {
    let (what, setting, value): (String, String, Option<Value>) = arguments.read()?;
    // A number is as good as the text of it.
    let value = value.map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned));
    let wrong = |argument: &str, why: String| WrongArguments { argument: Some(argument.to_owned()), why };
    let config = CONFIG.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let Some(config) = config else {
        let why = "this program has no live settings: they are those of an application that was launched";
        return Err(WrongArguments { argument: None, why: why.to_owned() });
    };
    let answer = match (what.as_str(), value) {
        ("get", None) => config.get(&setting),
        ("set", Some(value)) => config.set(&setting, &value),
        ("get", Some(_)) => return Err(wrong("value", "`get` takes none".to_owned())),
        ("set", None) => return Err(wrong("value", "`set` needs one".to_owned())),
        _ => return Err(wrong("what", format!("`{what}` is neither `get` nor `set`"))),
    };
    answer.map(Value::String).map_err(|why| wrong("setting", why))
}
