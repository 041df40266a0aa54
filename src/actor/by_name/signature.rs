//! What is known of a command that can be called by name, and how it gets into a mailbox.

use std::future::Future;
use std::pin::Pin;

use super::answer::Answering;
use super::arguments::Arguments;
use crate::actor::envelope::BuiltIn;
use crate::actor::error::Error;

/// Who may call a command by name, and who calls. A caller may do what its own permission and each smaller one allow.
///
/// The typed proxies of a program need none: who holds one is trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Permission {
    /// Anybody who can reach the program. What a command has unless it says otherwise, and what a
    /// [`send`](super::send()) has.
    Public,
    /// Who has proved who they are, to whatever let them in.
    Authenticated,
    /// The program itself.
    Internal,
}

impl std::fmt::Display for Permission {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Permission::Public => "public",
            Permission::Authenticated => "authenticated",
            Permission::Internal => "internal",
        })
    }
}

/// A command as one who calls it by name sees it.
#[derive(Debug, Clone, Copy)]
pub struct Signature {
    /// Its name.
    pub name: &'static str,
    /// Its number in its actor.
    pub number: u32,
    /// Who may call it.
    pub permission: Permission,
    /// Its arguments, name and type, in order.
    pub arguments: &'static [(&'static str, &'static str)],
}

impl std::fmt::Display for Signature {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}(", self.name)?;
        for (index, (name, of_type)) in self.arguments.iter().enumerate() {
            let separator = if index == 0 { "" } else { ", " };
            write!(f, "{separator}{name}: {of_type}")?;
        }
        f.write_str(")")
    }
}

/// What is to be put into an actor's mailbox.
pub(crate) enum Post {
    /// A command of its own.
    Command { signature: &'static Signature, arguments: Arguments, answering: Answering },
    /// One that every actor understands.
    BuiltIn { name: &'static str, built_in: BuiltIn },
}

/// A message on its way into a mailbox.
pub(crate) type Posting = Pin<Box<dyn Future<Output = Result<(), Error>> + Send>>;
