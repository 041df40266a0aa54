//! What `spawn(..)` gives: an actor that has not been placed, and what can be said of it before that.

use std::future::IntoFuture;
use std::panic::Location;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::placing::{Placed, Placing, Starting};
use super::{process, ready, task, thread};
use crate::actor::address::Address;
use crate::actor::behavior::{Actor, ProcessActor};
use crate::actor::call::DEFAULT_DEADLINE;
use crate::actor::context::{Callback, Context, Outlet};
use crate::actor::crossing::Crossing;
use crate::actor::error::SpawnError;
use crate::actor::info::{ActorName, Placement};
use crate::actor::life::{Begun, Seat};
use crate::actor::node::{AnyActor, Shared};
use crate::actor::overflow::Overflow;
use crate::actor::params::Params;
use crate::actor::realm::Realm;
use crate::actor::state::State;
use crate::actor::supervise::again::{Again, Fate, Fates, OwnRule, Recipe};
use crate::actor::supervise::{Heartbeat, OnRestart, Recycle, Restart, Restarted};
use crate::actor::{current, lineage, names, panic, roll, span};
use crate::sys::limit::resident_bytes;
use crate::sys::process::SpawnOptions;

/// The number of the actor that was spawned last.
static LAST: AtomicU64 = AtomicU64::new(0);

/// The number of the next actor, which no other of this process has.
pub(crate) fn next_id() -> u64 {
    LAST.fetch_add(1, Ordering::Relaxed) + 1
}

/// Has the next actor's number be larger than this one, which came from another process.
pub(super) fn number_from(id: u64) {
    LAST.fetch_max(id, Ordering::Relaxed);
}

/// A number that no other actor of this process has.
#[cfg(feature = "reach")]
pub(super) fn next_number() -> u64 {
    LAST.fetch_add(1, Ordering::Relaxed) + 1
}

/// Messages that may wait in a mailbox unless told otherwise.
pub(super) const DEFAULT_MAILBOX: usize = 1024;

/// An actor that has not been placed. Await it: it becomes a task of this runtime unless told otherwise, and the
/// await gives its proxy once `#[start]` has returned.
///
/// ```
/// # use rehearsal::prelude::*;
/// # pub struct Counter { n: i64 }
/// # #[rehearsal::actor] impl Counter {
/// #     #[start] pub fn new(n: i64) -> Counter { Counter { n } }
/// #     #[command] pub fn add(&mut self, by: i64) -> i64 { self.n += by; self.n }
/// # }
/// # #[rehearsal::program] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let here: CounterProxy = Counter::spawn(0).await?;
/// let beside = Counter::spawn(0).name("beside").thread().await?;
/// let apart = Counter::spawn(0).name("apart").process().await?;
/// for counter in [here, beside, apart] {
///     assert_eq!(counter.add(5).await?, 5);
/// }
/// # Ok(()) }
/// ```
#[must_use = "an actor that is not awaited is never placed"]
pub struct Spawn<A: Actor> {
    args: A::Args,
    id: u64,
    spawned_at: &'static Location<'static>,
    name: Option<Arc<str>>,
    capacity: usize,
    overflow: Overflow,
    limit: Duration,
    heartbeat: Heartbeat,
    place: Place<A>,
    own_task: bool,
    on_event: Option<Callback<A::Event>>,
    renewal: Option<Box<Renewal<A>>>,
    #[cfg(feature = "json")]
    allowed: Option<Vec<String>>,
}

/// What was said of the lives after the first.
struct Renewal<A: Actor> {
    recipe: Option<Recipe<A>>,
    deciders: Vec<Box<dyn Fate>>,
    on_restart: Option<OnRestart>,
    recycle: Option<Recycle>,
}

/// Where it will be placed. What does that for a thread or a process is named by the method that asks for it, so that
/// it is compiled only for actors that are placed so.
enum Place<A: Actor> {
    Task,
    Thread(fn(Seat<A>) -> Result<(), SpawnError>),
    Process(fn(process::Order<A>) -> Result<(), SpawnError>, Box<(Crossing<A>, SpawnOptions)>),
}

impl<A: Actor> Spawn<A> {
    /// An actor with these start arguments.
    #[track_caller]
    pub fn new(args: A::Args) -> Spawn<A> {
        Spawn {
            args,
            id: next_id(),
            spawned_at: Location::caller(),
            name: None,
            capacity: DEFAULT_MAILBOX,
            overflow: Overflow::Wait,
            limit: DEFAULT_DEADLINE,
            heartbeat: Heartbeat::default(),
            place: Place::Task,
            own_task: false,
            on_event: None,
            renewal: None,
            #[cfg(feature = "json")]
            allowed: None,
        }
    }

    /// The number it will have; no other actor spawned by this process has it.
    pub fn id(&self) -> u64 {
        self.id
    }

    /// What it is called, in errors, in listings, in look-ups, and as a thread or process. Of the actors that live in
    /// one realm (a test's own, else the process's) only one has a name: a second one fails to spawn. The name is free
    /// when the actor has ended, or nobody holds a proxy of it any more.
    pub fn name(mut self, name: impl Into<Arc<str>>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Places it on a thread of its own with its own event loop.
    ///
    /// A runtime whose clock is paused (`start_paused = true`) jumps to its next timer as soon as all of its own tasks
    /// wait, also while another thread or process works on the answer: deadlines then pass at once.
    pub fn thread(mut self) -> Self {
        self.place = Place::Thread(thread::place);
        self
    }

    /// Places it in a process of its own: this program, started again. A paused clock is no more use here than with
    /// [`thread`](Spawn::thread).
    ///
    /// Compiles only where everything its commands take and return can cross:
    ///
    /// ```compile_fail
    /// # use rehearsal::prelude::*;
    /// pub struct Opaque; // no serde
    /// pub struct Local;
    /// #[rehearsal::actor]
    /// impl Local {
    ///     #[start]
    ///     pub fn new() -> Local { Local }
    ///     #[command]
    ///     pub fn take(&mut self, _it: Opaque) {}
    /// }
    /// let _ = Local::spawn().process(); // `Opaque` cannot cross to another process
    /// ```
    pub fn process(self) -> Self
    where
        A: ProcessActor,
    {
        self.process_options(SpawnOptions::default())
    }

    /// Places it in a process of its own, started in this way. An empty title is replaced by the
    /// program's name and the actor's, `program-counter`.
    pub fn process_options(mut self, options: SpawnOptions) -> Self
    where
        A: ProcessActor,
    {
        self.place = Place::Process(process::place, Box::new((Crossing::of(), options)));
        self
    }

    /// Has a task actor handle all of its messages in its own task.
    ///
    /// Otherwise an ask for a command that is a plain function, and has been over within a few microseconds so far, may be
    /// handled by the task that asks, where that is of the same runtime and the actor waits for messages: neither of the two
    /// has to be woken. And what a handler as quick tells it may be handled on that handler's thread, when it has returned. The
    /// actor handles one message at a time all the same, in the same order, and is the one whose panics end. Async commands,
    /// `#[periodic]` and `#[stopping]` are always its own task's.
    ///
    /// It has that task from when it first hears of something that nobody does for it there. Where its last proxy is dropped
    /// before that, its `#[exit]` and the drop of its state are in a task that all such actors of its runtime share; one
    /// that blocks for long at its end keeps others from theirs.
    ///
    /// Say this for an actor whose plain commands mind whose task they are in: by task-locals, by the task's number, by
    /// [`block_in_place`](tokio::task::block_in_place), or by a lock that somebody may hold while an ask is polled; and for
    /// one with a command that is quick as a rule and now and then is not over for long, because who asks for that hears
    /// of its deadline no sooner than it is over, and who told it that handles nothing more before.
    pub fn own_task(mut self) -> Self {
        self.own_task = true;
        self
    }

    /// The most messages that may wait in its mailbox; at least one, 1024 unless told otherwise.
    pub fn mailbox(mut self, capacity: usize) -> Self {
        self.capacity = capacity.max(1);
        self
    }

    /// What its mailbox does with a message for which there is no room: [`Overflow`] has the table. Senders wait for
    /// room, as far as they can, unless told otherwise.
    pub fn overflow(mut self, overflow: Overflow) -> Self {
        self.overflow = overflow;
        self
    }

    /// How long it may take to be ready, 30 s unless told otherwise. One that is not is killed. A plain function cannot be
    /// interrupted: that of a task runs where the spawn is awaited, and is waited for however long it takes.
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }

    /// How long a process actor may give no sign of life before it is asked to stop, and killed where it does not; 30 s
    /// unless told otherwise. The signs come from a thread of their own, so a command that computes is no silence; a
    /// stopped process is.
    pub fn silence(mut self, limit: Duration) -> Self {
        self.heartbeat.timeout = limit;
        self
    }

    /// The same with all that can be said of it. A heartbeat that could not be kept fails the spawn.
    pub fn heartbeat(mut self, heartbeat: Heartbeat) -> Self {
        self.heartbeat = heartbeat;
        self
    }

    /// What is done with each event the actor sends through its [`Outlet`], in order. It must not block for long: for
    /// a process actor it runs where the answers of all calls come in.
    pub fn on_event(mut self, listener: impl FnMut(A::Event) + Send + 'static) -> Self {
        self.on_event = Some(Box::new(listener));
        self
    }

    /// Starts it again, with the same arguments, when it ends in a way that the rule is about. It stays the same actor:
    /// every proxy is still good, and what waits in its mailbox is handled by its next life. A message that was being
    /// handled, or that its process already had, is not handled again; who asked learns how that life ended.
    ///
    /// The first start is not tried again: where that fails, the spawn does. [`ended`](Address::ended) resolves when it
    /// is not started again any more. One that was told to stop, or that nobody can send to, has ended for good.
    pub fn restart(mut self, plan: Restart) -> Self
    where
        A::Args: Clone,
    {
        let args = self.args.clone();
        let renewal = self.renewal();
        renewal.recipe = Some(Box::new(move || args.clone()));
        renewal.deciders.insert(0, Box::new(OwnRule::new(plan)));
        self
    }

    /// Replaces it, with the same arguments and behind the same proxy, when it has served long enough.
    pub fn recycle(mut self, plan: Recycle) -> Self
    where
        A::Args: Clone,
    {
        let args = self.args.clone();
        let renewal = self.renewal();
        renewal.recipe.get_or_insert_with(|| Box::new(move || args.clone()));
        renewal.recycle = Some(plan);
        self
    }

    /// Is told of each restart, when the next life is about to begin. It must not block.
    pub fn on_restart(mut self, listener: impl Fn(&Restarted) + Send + Sync + 'static) -> Self {
        self.renewal().on_restart = Some(Arc::new(listener));
        self
    }

    /// Has `fate` decide what becomes of it when it ends, after its own rule, if it has one.
    pub(crate) fn supervised(mut self, recipe: Recipe<A>, fate: Box<dyn Fate>) -> Self {
        let renewal = self.renewal();
        renewal.recipe.get_or_insert(recipe);
        renewal.deciders.push(fate);
        self
    }

    /// Its start arguments.
    pub(crate) fn args(&self) -> &A::Args {
        &self.args
    }

    /// Takes its start arguments out.
    pub(crate) fn into_args(self) -> A::Args {
        self.args
    }

    fn renewal(&mut self) -> &mut Renewal<A> {
        let none =
            || Box::new(Renewal { recipe: None, deciders: Vec::new(), on_restart: None, recycle: None });
        self.renewal.get_or_insert_with(none)
    }

    /// Has it answer only these commands by name, its own, the open ones and those that every actor has. Its proxies
    /// are not affected.
    ///
    /// ```
    /// # use rehearsal::prelude::*;
    /// # pub struct Idle;
    /// # #[rehearsal::actor] impl Idle { #[start] pub fn new() -> Idle { Idle } }
    /// # #[rehearsal::program] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let idle = Idle::spawn().name("idle").allow(["ping"]).await?;
    /// assert_eq!(rehearsal::send("idle", "ping", ()).await?, "pong");
    /// let error = rehearsal::send("idle", "echo", ["hello"]).await.unwrap_err();
    /// assert!(error.to_string().contains("does not answer `echo` by name"), "{error}");
    /// assert_eq!(idle.echo("hello").await?, "hello");
    /// # Ok(()) }
    /// ```
    #[cfg(feature = "json")]
    pub fn allow<N: Into<String>>(mut self, names: impl IntoIterator<Item = N>) -> Self {
        self.allowed = Some(names.into_iter().map(Into::into).collect());
        self
    }

    pub(super) fn placement(&self) -> Placement {
        match self.place {
            Place::Task => Placement::Task,
            Place::Thread(_) => Placement::Thread,
            Place::Process(..) => Placement::Process,
        }
    }

    /// Has the actor that spawns this one change it.
    fn change(&mut self, on_params: fn(&mut Params)) {
        let mut params = Params {
            kind: A::KIND,
            placement: self.placement(),
            name: self.name.take(),
            mailbox: self.capacity,
            timeout: self.limit,
            silence: self.heartbeat.timeout,
        };
        on_params(&mut params);
        let Params { name, mailbox, timeout, silence, .. } = params;
        (self.name, self.capacity, self.limit, self.heartbeat.timeout) =
            (name, mailbox.max(1), timeout, silence);
    }

    pub(super) fn place(mut self) -> Result<Placed<A>, SpawnError> {
        panic::install();
        if let Some(on_params) = current::on_params() {
            self.change(on_params);
        }
        let (placement, at_once) = (self.placement(), self.starts_at_once());
        let name = ActorName { kind: A::KIND, id: self.id, name: self.name };
        let memory = self.renewal.as_ref().and_then(|renewal| renewal.recycle?.memory());
        if let Some(why) = unfit(placement, &self.heartbeat, memory) {
            return Err(SpawnError::Unfit { actor: name, why });
        }
        let shared = Shared::<A>::new(name.clone(), placement, self.capacity, self.overflow);
        let address = Address::first(shared.clone());
        let actor: Arc<dyn AnyActor> = shared.clone();
        if name.name.is_some() {
            names::take(&actor, Realm::current().id())
                .map_err(|holder| SpawnError::NameTaken { actor: name.clone(), holder })?;
        }
        #[cfg(feature = "json")]
        if let Some(allowed) = self.allowed.take() {
            shared.node.beside().allow(allowed);
        }
        let mut starting = Starting::of(address);
        shared.node.state.set(State::Inactive);
        // Before it is placed: its `#[start]` may look for itself.
        roll::enter(&actor);
        lineage::enter(name.id);
        Realm::watch(&shared);
        span::spawned(&shared.node);
        let again = self.renewal.and_then(|renewal| renewal.again(&shared, self.limit));
        let (ready, is_ready) = if at_once { (None, None) } else { Some(ready::pair()).unzip() };
        match self.place {
            Place::Process(place, plan) => {
                let (crossing, options) = *plan;
                let order = process::Order {
                    shared,
                    args: self.args,
                    crossing,
                    options,
                    heartbeat: self.heartbeat,
                    on_event: self.on_event,
                    ready: ready.expect("no process starts at once"),
                    again,
                };
                place(order)?;
            }
            local => {
                let cx = Context::new(shared.clone(), Outlet::local(self.on_event), Vec::new());
                let (seated, args) = (Some(actor), Some(self.args));
                let Place::Thread(place) = local else {
                    task::see_runtime(&shared.node.name)?;
                    // Before its `#[start]` spawns others.
                    Realm::admit(&shared, self.spawned_at);
                    let seat = Seat { shared, seated, args, actor: None, cx, ready, again };
                    return match task::place(seat, self.own_task) {
                        Some(Begun::Up) => Ok(Placed::Up(starting.take())),
                        Some(Begun::Fell) => Ok(Placed::Fell(starting)),
                        Some(Begun::Failed(error)) => Err(starting.told(error)),
                        None => Ok(Placed::coming(starting, is_ready, self.limit)),
                    };
                };
                place(Seat { shared, seated, args, actor: None, cx, ready, again })?;
            }
        }
        Realm::admit(&starting.address().shared, self.spawned_at);
        Ok(Placed::coming(starting, is_ready, self.limit))
    }
}

/// What of its settings cannot be where it is to be placed.
fn unfit(placement: Placement, heartbeat: &Heartbeat, memory: Option<u64>) -> Option<String> {
    match (placement, memory) {
        (Placement::Process, Some(_)) if resident_bytes(std::process::id()).is_none() => Some(
            "it has a limit of memory, and this system does not tell how much a process holds".to_owned(),
        ),
        (Placement::Process, _) => heartbeat.flaw(),
        (_, Some(bytes)) => Some(format!(
            "it has a limit of {bytes} bytes of memory, and shares this process's memory with everything else in it: \
             place it with .process(), or recycle it after a number of messages"
        )),
        _ => None,
    }
}

impl<A: Actor> Renewal<A> {
    /// What the actor's loop asks, where anybody said anything of another life.
    fn again(self, shared: &Arc<Shared<A>>, limit: Duration) -> Option<Box<Again<A>>> {
        let Renewal { recipe, mut deciders, on_restart, recycle } = self;
        let recipe = recipe?;
        let actor: Arc<dyn AnyActor> = shared.clone();
        deciders.iter_mut().for_each(|fate| fate.placed(&actor));
        shared.node.set_renewable();
        let mut fates = Fates::new(deciders, on_restart, limit);
        fates.recycle = recycle;
        Some(Box::new(Again { recipe, fates, outlet: None }))
    }
}

impl<A: Actor> IntoFuture for Spawn<A> {
    type Output = Result<A::Proxy, SpawnError>;
    type IntoFuture = Placing<A>;

    fn into_future(self) -> Placing<A> {
        Placing::of(self)
    }
}

impl<A: Actor> std::fmt::Debug for Spawn<A> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Spawn({} #{} as a {})", A::KIND, self.id, self.placement())
    }
}
