//! What goes wrong, made to happen: each a real fault, and undone when its guard is dropped where it can be.

use std::future::Future;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Semaphore;

use super::end::ended;
use crate::actor::{Actor, Address, Any, Context, DEFAULT_DEADLINE, Error, Exit, OpenCommand, Placement};
use crate::sys::process::{Blow, hit};
use crate::sys::seam::{self, Installed, LOST_ANSWER, LOST_MESSAGE, Scripted};

/// Kills the actor and waits for its end: the process of a process actor by a SIGKILL that comes from outside, one that
/// is a task or a thread as [`kill`](Address::kill) does.
///
/// # Panics
/// Where it has not ended within 30 s.
pub async fn kill<A: Actor>(actor: &Address<A>) -> Exit {
    strike(actor);
    ended(actor, DEFAULT_DEADLINE).await
}

/// As [`kill`], and does not wait: for an actor that is started again, and for what goes on while it dies.
pub fn strike<A: Actor>(actor: &Address<A>) {
    match actor.shared.node.placement {
        // One that is gone already has ended too.
        Placement::Process => drop(hit(actor.pid(), Blow::Kill)),
        _ => actor.kill(),
    }
}

/// While this lives the actor does not answer; made by [`silence`] and [`fill`].
#[must_use = "the actor goes on when this is dropped"]
pub struct Silenced(Way);

enum Way {
    /// Its process is stopped.
    Stopped(u32),
    /// It is in a command that ends when this is closed.
    Held(u64, Arc<Hold>),
}

struct Hold {
    begun: Semaphore,
    released: Semaphore,
}

impl Drop for Silenced {
    fn drop(&mut self) {
        match &self.0 {
            // One that has ended meanwhile needs no more.
            Way::Stopped(pid) => drop(hit(*pid, Blow::Continue)),
            Way::Held(id, hold) => {
                hold.released.close();
                holds().retain(|(other, _)| other != id);
            }
        }
    }
}

/// Has the actor answer nothing until the guard is dropped. The process of a process actor is stopped by SIGSTOP, and
/// gives no sign of life either; one that is a task or a thread is held in a command that waits, and still answers
/// `ping` and `info`.
///
/// # Errors
/// Where the actor has ended, its process cannot be signalled, or it did not come to be held within 30 s.
pub async fn silence<A: Actor>(actor: &Address<A>) -> Result<Silenced, Error> {
    let late = || actor.shared.late("silence", DEFAULT_DEADLINE);
    if actor.shared.node.placement == Placement::Process {
        let pid = actor.pid();
        return hit(pid, Blow::Stop).map(|()| Silenced(Way::Stopped(pid))).map_err(|_| match actor.exit() {
            Some(_) => actor.shared.gone("silence"),
            None => late(),
        });
    }
    if actor.state().is_over() {
        // Sent to it the command would be a dead letter, and the test not clean.
        return Err(actor.shared.gone("silence"));
    }
    static LAST: AtomicU64 = AtomicU64::new(0);
    let id = LAST.fetch_add(1, Ordering::Relaxed) + 1;
    let hold = Arc::new(Hold { begun: Semaphore::new(0), released: Semaphore::new(0) });
    holds().push((id, hold.clone()));
    let silenced = Silenced(Way::Held(id, hold.clone()));
    actor.run(BeHeld(id)).deliver().await?;
    match seam::timeout(DEFAULT_DEADLINE, hold.begun.acquire()).await {
        Some(_) => Ok(silenced),
        None => Err(late()),
    }
}

/// [Silences](silence) the actor and fills its mailbox: who asks it waits for room, who tells it is refused. The mailbox
/// is emptied when the guard is dropped.
///
/// # Errors
/// As with [`silence`].
pub async fn fill<A: Actor>(actor: &Address<A>) -> Result<Silenced, Error> {
    let silenced = silence(actor).await?;
    let mut refused = 0;
    // What is on its way to a process leaves room once more before it is full for good.
    while refused < TURNS {
        match actor.echo(String::new()).try_tell() {
            Ok(()) => refused = 0,
            Err(error) if error.is_full() => {
                refused += 1;
                tokio::task::yield_now().await;
            }
            Err(error) => return Err(error),
        }
    }
    Ok(silenced)
}

/// Turns of the runtime in a row in which a mailbox was found full.
const TURNS: u32 = 64;

/// The holds that are on. What an actor is told is the number of one, because an open command may have to cross.
static HOLDS: Mutex<Vec<(u64, Arc<Hold>)>> = Mutex::new(Vec::new());

fn holds() -> MutexGuard<'static, Vec<(u64, Arc<Hold>)>> {
    HOLDS.lock().unwrap_or_else(PoisonError::into_inner)
}

struct BeHeld(u64);

impl OpenCommand for BeHeld {
    const NAME: &'static str = "held by a test";
    type Args = (u64,);
    type Output = ();

    fn into_args(self) -> (u64,) {
        (self.0,)
    }

    fn from_args((id,): (u64,)) -> BeHeld {
        BeHeld(id)
    }

    fn call(self, _: &mut Context<Any>) -> impl Future<Output = ()> + Send {
        let hold = holds().iter().find(|(id, _)| *id == self.0).map(|(_, hold)| hold.clone());
        async move {
            if let Some(hold) = hold {
                hold.begun.close();
                // Closed is what is waited for.
                let _ = hold.released.acquire().await;
            }
        }
    }
}

/// What [`lose`] loses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Lost {
    /// A message on its way to the process.
    Message,
    /// An answer on its way back.
    Answer,
}

/// While this lives frames are lost; made by [`lose`].
#[must_use = "nothing is lost any more when this is dropped"]
#[derive(Debug)]
pub struct Losing {
    _installed: Installed,
}

/// Loses the next `count` frames of this kind between process actors of the calling thread's runtime and their
/// processes. A caller whose frame is lost gets no answer before its deadline; nobody notices sooner. A runtime with
/// several threads does not look here.
///
/// It takes the place of the thread's [`Seam`](crate::sys::seam::Seam) until the guard is dropped.
pub fn lose(what: Lost, count: usize) -> Losing {
    let point = match what {
        Lost::Message => LOST_MESSAGE,
        Lost::Answer => LOST_ANSWER,
    };
    let script = (0..count).fold(Scripted::new(seam::random_u64()), |script, _| script.then_fail(point));
    Losing { _installed: seam::install(Arc::new(script)) }
}

impl std::fmt::Debug for Silenced {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self.0 {
            Way::Stopped(_) => "Silenced(its process is stopped)",
            Way::Held(..) => "Silenced(it is held in a command)",
        })
    }
}
