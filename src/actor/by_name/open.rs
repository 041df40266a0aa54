//! Open commands that say who may call them by name: every actor of the program answers them.

use serde_core::Serialize;

use super::answer::Answering;
use super::arguments::{Arguments, WrongArguments};
use super::error::SendError;
use super::signature::Signature;
use crate::actor::fallible::Fallible;
use crate::actor::open::{OpenCall, OpenCommand, returned};
use crate::sys::linked::linked;

/// An open command that can be called by name. Written by `#[rehearsal::command(public)]` and the like.
pub struct OpenNamed {
    /// What a caller sees of it.
    pub signature: &'static Signature,
    /// Where it was written.
    pub module: &'static str,
    /// Makes a call of it.
    pub read: fn(Arguments, Answering) -> Result<Box<dyn OpenCall>, WrongArguments>,
}

linked! {
    /// Those of every crate that is linked into this program.
    fn linked_commands() -> Vec<&'static OpenNamed> in "named";
}

/// Makes a call of an open command.
///
/// # Errors
/// Arguments that it does not take.
pub fn read_open<C: OpenCommand>(
    arguments: Arguments,
    answering: Answering,
) -> Result<Box<dyn OpenCall>, WrongArguments> {
    Ok(returned::<C>(arguments.read()?, answering.reply()))
}

/// Makes a call of an open command that returns a `Result`.
///
/// # Errors
/// Arguments that it does not take.
pub fn read_open_result<C>(
    arguments: Arguments,
    answering: Answering,
) -> Result<Box<dyn OpenCall>, WrongArguments>
where
    C: OpenCommand<Output: Fallible<Success: Serialize, Failure: Serialize>>,
{
    Ok(returned::<C>(arguments.read()?, answering.reply_of_result()))
}

/// The open command of this name, or of this path.
pub(super) fn find(name: &str) -> Result<Option<&'static OpenNamed>, SendError> {
    let path = |open: &OpenNamed| format!("{}::{}", open.module, open.signature.name);
    let is_meant = |open: &&OpenNamed| {
        let own = open.signature.name;
        own == name || name.strip_suffix(own).and_then(|rest| rest.strip_suffix("::")) == Some(open.module)
    };
    let mut meant = linked_commands().into_iter().filter(is_meant);
    let (first, second) = (meant.next(), meant.next());
    match (first, second) {
        (Some(first), Some(second)) => {
            let mut paths: Vec<String> = [first, second].into_iter().chain(meant).map(path).collect();
            paths.sort();
            Err(SendError::Ambiguous { command: name.to_owned(), paths })
        }
        (first, _) => Ok(first),
    }
}

/// All of them.
pub(super) fn signatures() -> impl Iterator<Item = &'static Signature> + Clone {
    linked_commands().into_iter().map(|open| open.signature)
}
