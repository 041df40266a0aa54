//! Watching: an actor is told of another's end, in turn with its messages.

use std::any::Any;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;

use crate::actor::behavior::Actor;
use crate::actor::context::Context;
use crate::actor::exit::Exit;
use crate::actor::info::ActorName;
use crate::actor::node::{AnyActor, Ended, Shared};
use crate::sys::seam;

/// The end of an actor, as those are told of it who [watch](Context::watch) it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct End {
    /// The actor.
    pub actor: ActorName,
    /// How it ended.
    pub exit: Exit,
}

/// What an actor does in its own turn, its type left out: a boxed `Work`.
pub type AnyWork = Box<dyn Any + Send>;

/// What an actor does in its own turn, with its state.
pub(crate) type Work<A> = Box<dyn FnOnce(&mut A, &mut Context<A>) + Send>;

/// Has `watcher` do something with the end of `watched`. Forgotten when this life of the watcher is over.
pub(crate) fn watch<A: Actor>(
    watcher: Arc<Shared<A>>,
    watched: Arc<dyn AnyActor>,
    then: impl FnOnce(&mut A, End, &mut Context<A>) + Send + 'static,
) {
    let (own, life) = (watcher.clone(), watcher.node.lives());
    let work = move |end| -> AnyWork {
        let work: Work<A> = Box::new(move |this, cx| {
            if own.node.lives() == life {
                then(this, end, cx);
            }
        });
        Box::new(work)
    };
    drop(seam::spawn(tell(watcher, watched, Box::new(work))));
}

async fn tell(
    watcher: Arc<dyn AnyActor>,
    watched: Arc<dyn AnyActor>,
    work: Box<dyn FnOnce(End) -> AnyWork + Send>,
) {
    let actor = watched.node().name.clone();
    let (mut own, mut other) = (Ended::aside(watcher.clone()), Ended::new(watched));
    let exit = poll_fn(|cx| match Pin::new(&mut other).poll(cx) {
        Poll::Ready(exit) => Poll::Ready(Some(exit)),
        // A watcher that has ended is told nothing.
        Poll::Pending => Pin::new(&mut own).poll(cx).map(|_| None),
    })
    .await;
    if let Some(exit) = exit {
        watcher.put_work(work(End { actor, exit }));
    }
}
