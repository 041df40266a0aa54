//! Groups: proxies of one type that answer to one name, and the ways to choose among them.
//!
//! Owns: [`Group`], who is in it (`members`); who is chosen (`routing`), over `ring`, which is pure and knows numbers
//! only; what is said to all (`broadcast`); [`GroupError`], why nobody could be chosen.
//!
//! Never: has a task or a queue of its own. To choose is all that a group does: what follows is an ordinary call of the
//! member that was chosen.
//!
//! Read next: `members`, then `routing`.

mod broadcast;
mod error;
mod members;
mod ring;
mod routing;

pub use error::GroupError;
pub use members::Group;
pub use routing::Member;
