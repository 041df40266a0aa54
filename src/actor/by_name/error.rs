//! What is wrong with a call by name, as the caller sees it.

use serde_json::Value;

use super::arguments::WrongArguments;
use super::built_in;
use super::open;
use super::signature::{Permission, Signature};
use crate::actor::error::Error;
use crate::actor::near::nearest;

/// A call by name that was refused, or got no answer.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum SendError {
    /// No actor of this process has the name.
    NoSuchActor {
        /// The name.
        name: String,
        /// The name that was probably meant.
        near: Option<String>,
        /// How many actors there are.
        alive: usize,
    },
    /// The target has no command of this name.
    UnknownCommand {
        /// The target.
        target: String,
        /// The command.
        command: String,
        /// The command that was probably meant.
        near: Option<String>,
        /// The commands there are, with their arguments.
        known: Vec<String>,
        /// Whether there is a command of this name that cannot be called by name.
        unnamed: bool,
    },
    /// Several open commands have this name.
    Ambiguous {
        /// The name.
        command: String,
        /// Their names with their modules.
        paths: Vec<String>,
    },
    /// The arguments are not what the command takes.
    Arguments {
        /// The target.
        target: String,
        /// The command.
        signature: &'static Signature,
        /// What is wrong.
        wrong: WrongArguments,
    },
    /// The caller may not call this command.
    NotPermitted {
        /// The target.
        target: String,
        /// The command.
        command: &'static str,
        /// What a caller needs.
        needs: Permission,
        /// What this one has.
        has: Permission,
    },
    /// The actor answers other commands by name, and not this one.
    NotAllowed {
        /// The actor.
        actor: String,
        /// The command.
        command: String,
        /// Those that it answers.
        allowed: Vec<String>,
    },
    /// The command was carried out and returned this error.
    Command {
        /// The target.
        target: String,
        /// The command.
        command: &'static str,
        /// The error it returned.
        error: Value,
    },
    /// The call got no answer.
    Call(Error),
}

impl SendError {
    /// The error for a command that nobody knows.
    pub(super) fn unknown_command(
        target: String,
        command: &str,
        own: Option<&'static [Signature]>,
        unnamed: bool,
    ) -> SendError {
        let known = own.into_iter().flatten().chain(built_in::SIGNATURES).chain(open::signatures());
        SendError::unknown_among(target, command, known, unnamed)
    }

    /// The same where these are all there are.
    pub(super) fn unknown_among<'a>(
        target: String,
        command: &str,
        known: impl Iterator<Item = &'a Signature> + Clone,
        unnamed: bool,
    ) -> SendError {
        let near = nearest(command, known.clone().map(|known| known.name)).map(str::to_owned);
        let known = known.map(ToString::to_string).collect();
        SendError::UnknownCommand { target, command: command.to_owned(), near, known, unnamed }
    }
}

impl std::fmt::Display for SendError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            SendError::NoSuchActor { name, near: Some(near), .. } => {
                write!(f, "no actor of this process is called `{name}`; did you mean `{near}`?")
            }
            SendError::NoSuchActor { name, near: None, alive } => write!(
                f,
                "no actor of this process is called `{name}` ({alive} are alive; rehearsal::arbiter().actors() lists them)"
            ),
            SendError::UnknownCommand { target, command, unnamed: true, .. } => write!(
                f,
                "`{command}` of {target} cannot be called by name: its commands can once its type says so, \
                 #[rehearsal::actor(named)]"
            ),
            SendError::UnknownCommand { target, command, near, known, .. } => {
                write!(f, "{target} has no command `{command}`")?;
                match near {
                    Some(near) => write!(f, "; did you mean `{near}`?"),
                    None => write!(f, "; there are: {}", known.join(", ")),
                }
            }
            SendError::Ambiguous { command, paths } => write!(
                f,
                "`{command}` is the name of several open commands; call one of them by its whole path: {}",
                paths.join(", ")
            ),
            SendError::Arguments { target, signature, wrong: WrongArguments { argument, why } } => {
                let which = match argument {
                    Some(argument) => format!("the argument `{argument}`"),
                    None => "the arguments".to_owned(),
                };
                write!(f, "`{}` of {target}: {which}: {why}; it takes {signature}", signature.name)
            }
            SendError::NotPermitted { target, command, needs, has } => write!(
                f,
                "`{command}` of {target} needs the permission `{needs}`, and this call has `{has}`; one who may calls \
                 it with .with(Permission::..)"
            ),
            SendError::NotAllowed { actor, command, allowed } => write!(
                f,
                "{actor} does not answer `{command}` by name; those it was spawned to allow are: {}",
                allowed.join(", ")
            ),
            SendError::Command { target, command, error } => {
                write!(f, "`{command}` of {target} returned an error: ")?;
                match error {
                    Value::String(text) => f.write_str(text),
                    other => write!(f, "{other}"),
                }
            }
            SendError::Call(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for SendError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            SendError::Call(error) => Some(error),
            _ => None,
        }
    }
}
