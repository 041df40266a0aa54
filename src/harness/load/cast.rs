//! The user's functions, as the harness holds them: what the macro wraps them in, and what their results mean.

use std::any::Any;
use std::fmt::Debug;
use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;

use serde_core::Serialize;
use serde_core::de::DeserializeOwned;

use super::turn::{Ended, Turn};
use crate::harness::fixture::Loans;
use crate::sys::wire;

/// The value of `setup`, which all clients of a level share.
pub type Shared = Arc<dyn Any + Send + Sync>;

/// A set-up under way.
pub type Making<'a> = Pin<Box<dyn Future<Output = Result<Shared, String>> + 'a>>;

/// A client that may move between threads.
pub type Moving = Pin<Box<dyn Future<Output = Ended> + Send>>;

/// A client that stays on its thread.
pub type Staying = Pin<Box<dyn Future<Output = Ended>>>;

/// Set-up and clients of one benchmark.
pub trait Cast {
    /// What all clients of a level share, made anew, the fixtures that it was lent among it.
    fn set_up(&self, loans: Loans) -> Making<'_>;
    /// A client that is to run.
    fn client(&self, shared: &Shared, turn: Turn) -> Placed;

    /// What all clients share, as it crosses to those in other processes.
    ///
    /// # Errors
    /// Those of its `Serialize`.
    fn packed(&self, _: &Shared) -> Result<Vec<u8>, String> {
        Err(NO_PROCESSES.to_owned())
    }

    /// What crossed.
    ///
    /// # Errors
    /// Those of its `Deserialize`.
    fn unpacked(&self, _: &[u8]) -> Result<Shared, String> {
        Err(NO_PROCESSES.to_owned())
    }
}

const NO_PROCESSES: &str = "its clients are no processes";

/// What clients in other processes can share. Each gets what is read there of what was written here; the value itself stays
/// with the process that measures until the level is over.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot cross to another process",
    label = "this makes what clients share that are processes",
    note = "derive serde's `Serialize` and `Deserialize` for it, with `#[serde(skip)]` on what is to stay, or say `clients = \"tasks\"`"
)]
pub trait Crosses: Serialize + DeserializeOwned + Send + Sync + 'static {}

#[diagnostic::do_not_recommend]
impl<T: Serialize + DeserializeOwned + Send + Sync + 'static> Crosses for T {}

/// A client, and where it is to run.
pub enum Placed {
    /// As a task.
    Task(Moving),
    /// On a thread of its own, made there.
    Thread(Box<dyn FnOnce() -> Staying + Send>),
}

/// Clients that are tasks.
pub struct Tasks<S, A, C> {
    set_up: A,
    client: C,
    shared: PhantomData<fn() -> S>,
}

/// Clients that are on threads.
pub struct Threads<S, A, C>(Tasks<S, A, C>);

impl<S, A, C> Tasks<S, A, C> {
    /// Of these functions.
    pub fn new(set_up: A, client: C) -> Tasks<S, A, C> {
        Tasks { set_up, client, shared: PhantomData }
    }
}

/// Clients that are tasks in processes of their own.
pub struct Processes<S, A, C>(Tasks<S, A, C>);

impl<S, A, C> Processes<S, A, C> {
    /// Of these functions.
    pub fn new(set_up: A, client: C) -> Processes<S, A, C> {
        Processes(Tasks::new(set_up, client))
    }
}

impl<S, A, C> Threads<S, A, C> {
    /// Of these functions.
    pub fn new(set_up: A, client: C) -> Threads<S, A, C> {
        Threads(Tasks::new(set_up, client))
    }
}

impl<S, A, F, C> Cast for Tasks<S, A, C>
where
    S: Send + Sync + 'static,
    A: Fn(Loans) -> F,
    F: Future<Output = Result<S, String>>,
    C: Fn(Arc<S>, Turn) -> Moving,
{
    fn set_up(&self, loans: Loans) -> Making<'_> {
        Box::pin(async { (self.set_up)(loans).await.map(|made| Arc::new(made) as Shared) })
    }

    fn client(&self, shared: &Shared, turn: Turn) -> Placed {
        Placed::Task((self.client)(of_type(shared), turn))
    }
}

impl<S, A, F, C> Cast for Threads<S, A, C>
where
    S: Send + Sync + 'static,
    A: Fn(Loans) -> F,
    F: Future<Output = Result<S, String>>,
    C: Fn(Arc<S>, Turn) -> Staying + Copy + Send + 'static,
{
    fn set_up(&self, loans: Loans) -> Making<'_> {
        Box::pin(async { (self.0.set_up)(loans).await.map(|made| Arc::new(made) as Shared) })
    }

    fn client(&self, shared: &Shared, turn: Turn) -> Placed {
        let (client, shared) = (self.0.client, of_type(shared));
        Placed::Thread(Box::new(move || client(shared, turn)))
    }
}

impl<S, A, F, C> Cast for Processes<S, A, C>
where
    S: Crosses,
    A: Fn(Loans) -> F,
    F: Future<Output = Result<S, String>>,
    C: Fn(Arc<S>, Turn) -> Moving,
{
    fn set_up(&self, loans: Loans) -> Making<'_> {
        self.0.set_up(loans)
    }

    fn client(&self, shared: &Shared, turn: Turn) -> Placed {
        self.0.client(shared, turn)
    }

    fn packed(&self, shared: &Shared) -> Result<Vec<u8>, String> {
        let mut frame = wire::encode(&*of_type::<S>(shared)).map_err(|error| error.to_string())?;
        frame.drain(..wire::PREFIX);
        Ok(frame)
    }

    fn unpacked(&self, bytes: &[u8]) -> Result<Shared, String> {
        wire::decode::<S>(bytes).map(|shared| Arc::new(shared) as Shared).map_err(|error| error.to_string())
    }
}

fn of_type<S: Send + Sync + 'static>(shared: &Shared) -> Arc<S> {
    match Arc::downcast(Arc::clone(shared)) {
        Ok(shared) => shared,
        Err(_) => unreachable!("what the set-up of this very cast made is of its type"),
    }
}

/// A result of the user's, whatever its type. Method look-up tells a `Result` from anything else, so that one macro does
/// for both: the first of these two functions of one name is found before that of a trait.
pub struct Got<T>(pub T);

impl<T, E: Debug> Got<Result<T, E>> {
    /// The value, or what the error says of itself.
    ///
    /// # Errors
    /// The error's own, as text.
    #[inline]
    pub fn settle(self) -> Result<T, String> {
        self.0.map_err(|error| unquoted(&format!("{error:?}")))
    }
}

/// An error that is a string says of itself what it is, not how it would be written in a program.
fn unquoted(told: &str) -> String {
    match told.strip_prefix('"').and_then(|told| told.strip_suffix('"')) {
        Some(inside) => {
            let (mut text, mut chars) = (String::with_capacity(inside.len()), inside.chars());
            while let Some(char) = chars.next() {
                text.extend(if char == '\\' { unescaped(&mut chars) } else { Some(char) });
            }
            text
        }
        None => told.to_owned(),
    }
}

/// What stands for one character behind a backslash, as `Debug` writes it; nothing where it is cut off.
fn unescaped(chars: &mut std::str::Chars<'_>) -> Option<char> {
    match chars.next()? {
        'n' => Some('\n'),
        't' => Some('\t'),
        'r' => Some('\r'),
        '0' => Some('\0'),
        'u' => {
            let digits: String = chars.skip(1).take_while(|char| *char != '}').collect();
            u32::from_str_radix(&digits, 16).ok().and_then(char::from_u32)
        }
        itself => Some(itself),
    }
}

/// What is no `Result` has gone well.
pub trait Settle {
    /// The value's type.
    type Value;
    /// The value.
    ///
    /// # Errors
    /// None.
    fn settle(self) -> Result<Self::Value, String>;
}

impl<T> Settle for Got<T> {
    type Value = T;

    #[inline]
    fn settle(self) -> Result<T, String> {
        Ok(self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whatever is in it, as `?` hands it on from a set-up.
    #[rehearsal::test]
    fn an_error_that_is_a_string_is_told_as_it_is() {
        for text in [
            "",
            "no server",
            "two\nlines",
            r"C:\new\table",
            "\"quoted\" it's",
            "tab\t, bell\u{7}, end\0",
            "\r\\n",
            "größe \u{301}",
        ] {
            assert_eq!(Got(Err::<(), _>(text)).settle(), Err(text.to_owned()));
        }
        assert_eq!(Got(Err::<(), _>(4)).settle(), Err("4".to_owned()));
    }
}
