//! Finding an actor by its name and its type: a proxy, or what there is instead.

use std::any::Any;
use std::future::{Future, IntoFuture};
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use super::address::Address;
use super::behavior::{Actor, ProcessActor};
use super::call::DEFAULT_DEADLINE;
use super::names;
use super::near::nearest;
use super::node::Shared;
use super::realm::Realm;

/// A look-up of an actor by name, `Counter::lookup("c1")`. Await it for a proxy.
///
/// A name means the actor of the same realm that has it: in a test those that this test spawned, elsewhere those of the
/// process. With the feature `reach` it may also be in a process of its own family, if all its commands can cross: an
/// actor in a process of its own finds what its parent's realm has, and what other processes there have; a parent finds
/// what the actors it placed in processes have spawned. An actor found so is called, stopped, killed and waited for like
/// any other, but for commands that answer with streams; its proxy here keeps it alive there.
///
/// An actor without a name is found by the one it shows, `Counter-7`; one whose last proxy is gone is not found.
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
/// let error = Counter::lookup("c11").await.unwrap_err();
/// assert_eq!(error.to_string(), "no actor `c11` (Counter) lives here; did you mean `c1`?");
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

/// How messages of an actor cross to where it is; known where the compiler has checked that they can.
pub struct Passage<A: Actor> {
    #[cfg(feature = "reach")]
    pub(super) pack: fn(A::Message, super::crossing::Outbound<'_>),
    /// What the other process calls to find it.
    #[cfg(feature = "reach")]
    pub(super) seek: crate::sys::anchor::Entry,
    kind: PhantomData<fn() -> A>,
}

/// Asks for the passage of a type in a way that has an answer for every type.
pub struct Way<A>(PhantomData<fn() -> A>);

impl<A> Way<A> {
    /// The one there is.
    pub const NEW: Way<A> = Way(PhantomData);
}

/// The answer for a type whose messages can cross.
pub trait Crosses<A: Actor> {
    /// How.
    fn passage(&self) -> Option<Passage<A>>;
}

/// The answer for every other type: found after [`Crosses`], because it takes a reference more.
pub trait Stays<A: Actor> {
    /// Not at all.
    fn passage(&self) -> Option<Passage<A>>;
}

impl<A: ProcessActor> Crosses<A> for Way<A> {
    fn passage(&self) -> Option<Passage<A>> {
        Some(Passage {
            #[cfg(feature = "reach")]
            pack: A::pack,
            #[cfg(feature = "reach")]
            seek: super::reach::receive::<A>,
            kind: PhantomData,
        })
    }
}

impl<A: Actor> Stays<A> for &Way<A> {
    fn passage(&self) -> Option<Passage<A>> {
        None
    }
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
        find_here::<A>(Realm::current().id(), &self.name)
    }
}

#[cfg(feature = "reach")]
impl<A: Actor> Lookup<A> {
    async fn elsewhere(self, realm: u64, error: LookupError) -> Result<A::Proxy, LookupError> {
        match A::passage() {
            Some(passage) => super::reach::search(realm, self.name, passage, self.limit, error).await,
            None => Err(error.beyond_reach()),
        }
    }
}

#[cfg(feature = "reach")]
impl LookupError {
    /// The same of a type that no other process can be asked for.
    fn beyond_reach(self) -> LookupError {
        let LookupError::NoSuchActor { name, kind, near, .. } = self else { return self };
        let why = "other processes were not asked, because what its commands take or return cannot cross";
        LookupError::NoSuchActor { name, kind, near, unasked: Some(why.to_owned()) }
    }
}

#[cfg(not(feature = "reach"))]
impl<A: Actor> Lookup<A> {
    async fn elsewhere(self, _realm: u64, error: LookupError) -> Result<A::Proxy, LookupError> {
        let LookupError::NoSuchActor { name, kind, near, .. } = error else { return Err(error) };
        let apart = "this process was started for an actor of another one, and look-ups stay in their process without \
                     the feature `reach`";
        let unasked = names::is_apart().then(|| apart.to_owned());
        Err(LookupError::NoSuchActor { name, kind, near, unasked })
    }
}

/// The actor of this name and type that is in this realm, or that this process was started for.
fn find_here<A: Actor>(realm: u64, name: &str) -> Result<A::Proxy, LookupError> {
    let is_host = realm == 0 && names::find(names::HOST, name).is_some();
    find::<A>(if is_host { names::HOST } else { realm }, name)
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
        Box::pin(async move {
            let realm = Realm::current().id();
            match find_here::<A>(realm, &self.name) {
                Err(error @ LookupError::NoSuchActor { .. }) => self.elsewhere(realm, error).await,
                found => found,
            }
        })
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
        }
    }
}

impl std::error::Error for LookupError {}

impl<A: Actor> std::fmt::Debug for Lookup<A> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Lookup({} `{}`)", A::KIND, self.name)
    }
}
