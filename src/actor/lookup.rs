//! Finding an actor by its name and its type: a proxy, or what there is instead.

use std::any::Any;
use std::future::{Future, IntoFuture};
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use super::address::Address;
use super::behavior::Actor;
use super::call::DEFAULT_DEADLINE;
use super::names;
use super::near::nearest;
use super::node::Shared;
use super::realm::Realm;

/// A look-up of an actor by name, `Counter::lookup("c1")`. Await it for a proxy.
///
/// A name means the actor of the same realm that has it: in a test those that this test spawned, elsewhere those of the
/// process. An actor without a name is found by the one it shows, `Counter-7`; one whose last proxy is gone is not
/// found.
///
/// ```
/// # use rehearsal::prelude::*;
/// # pub struct Counter { n: i64 }
/// # #[rehearsal::actor] impl Counter {
/// #     #[start] pub fn new(n: i64) -> Counter { Counter { n } }
/// #     #[command] pub fn add(&mut self, by: i64) -> i64 { self.n += by; self.n }
/// # }
/// # #[rehearsal::program] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let counter = Counter::spawn(5).name("c1").process().await?;
/// let found: CounterProxy = Counter::lookup("c1").await?;
/// assert!(found.is_same(&counter));
///
/// let error = Counter::lookup("c2").await.unwrap_err();
/// assert_eq!(error.to_string(), "no actor `c2` (Counter) lives here; did you mean `c1`?");
/// let error = Counter::spawn(0).name("c1").await.unwrap_err();
/// assert!(error.to_string().contains("its name is taken"), "{error}");
/// # Ok(()) }
/// ```
#[must_use = "nothing is looked up until this is awaited"]
pub struct Lookup<A: Actor> {
    name: String,
    limit: Duration,
    kind: PhantomData<fn() -> A>,
}

/// Why a look-up gave no proxy.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum LookupError {
    /// Nobody within reach has the name.
    NoSuchActor {
        /// The name.
        name: String,
        /// The type that was asked for.
        kind: &'static str,
        /// The name that was probably meant.
        near: Option<String>,
        /// Where else it may be, that could not be asked, and why.
        unasked: Option<String>,
    },
    /// Who has the name is of another type.
    WrongType {
        /// The name.
        name: String,
        /// The type that was asked for, with its path.
        asked: &'static str,
        /// The type that there is, with its path.
        found: String,
    },
    /// Who has the name is in another process and cannot be called from here.
    OutOfReach {
        /// The name.
        name: String,
        /// The type.
        kind: &'static str,
        /// Why not.
        why: String,
    },
}

impl<A: Actor> Lookup<A> {
    /// A look-up by this name; what the macro's `lookup` gives.
    pub fn new(name: impl Into<String>) -> Lookup<A> {
        Lookup { name: name.into(), limit: DEFAULT_DEADLINE, kind: PhantomData }
    }

    /// How long other processes may be asked; 30 s unless told otherwise. Nothing is waited for within this one.
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }

    /// The same within this process, at once.
    ///
    /// # Errors
    /// Where nobody here has the name, or one of another type has.
    pub fn here(self) -> Result<A::Proxy, LookupError> {
        find::<A>(Realm::current().id(), &self.name)
    }
}

/// The actor of this name and type in a realm of this process.
pub(super) fn find<A: Actor>(realm: u64, name: &str) -> Result<A::Proxy, LookupError> {
    let Some(actor) = names::find(realm, name) else {
        let near = nearest(name, names::taken_in(realm).iter().map(String::as_str)).map(str::to_owned);
        return Err(LookupError::NoSuchActor { name: name.to_owned(), kind: A::KIND, near, unasked: None });
    };
    let found = actor.type_path();
    let actor: Arc<dyn Any + Send + Sync> = actor;
    match actor.downcast::<Shared<A>>() {
        Ok(shared) => Ok(A::Proxy::from(Address::new(shared))),
        Err(_) => Err(LookupError::WrongType {
            name: name.to_owned(),
            asked: std::any::type_name::<A>(),
            found: found.to_owned(),
        }),
    }
}

impl<A: Actor> IntoFuture for Lookup<A> {
    type Output = Result<A::Proxy, LookupError>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move { self.here() })
    }
}

impl std::fmt::Display for LookupError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            LookupError::NoSuchActor { name, kind, near, unasked } => {
                write!(f, "no actor `{name}` ({kind}) lives here")?;
                if let Some(near) = near {
                    write!(f, "; did you mean `{near}`?")?;
                }
                unasked.as_ref().map_or(Ok(()), |unasked| write!(f, "; it may be elsewhere: {unasked}"))
            }
            LookupError::WrongType { name, asked, found } => write!(
                f,
                "actor `{name}` is a `{found}`, and was looked up as a `{asked}`: look it up by its own type"
            ),
            LookupError::OutOfReach { name, kind, why } => {
                write!(f, "actor `{name}` ({kind}) cannot be called from this process: {why}")
            }
        }
    }
}

impl std::error::Error for LookupError {}

impl<A: Actor> std::fmt::Debug for Lookup<A> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Lookup({} `{}`)", A::KIND, self.name)
    }
}
