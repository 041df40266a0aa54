//! Spans: one for each command that is handled, below the one it was called in.
//!
//! A message carries the span it was called in only while somebody wants spans: otherwise it is as it is without the
//! feature `tracing`, for the price of reading one number. To a process actor the caller's span stays here, as that of
//! the command under way; its number, `ask`, crosses, and the span in the process has it too.

use std::cell::Cell;

use tracing::{Level, Span, level_enabled};

use super::behavior::Actor;
use super::envelope::Envelope;
use super::exit::Exit;
use super::node::Node;
use crate::sys::seam;

/// What all of it is said under.
const TARGET: &str = "rehearsal";

/// A message, and where it was called.
pub struct Traced<M>(Box<Carried<M>>);

struct Carried<M> {
    caller: Span,
    /// The number of the span in the process it came from; 0 where that is this one.
    ask: u64,
    envelope: Envelope<M>,
}

fn is_on() -> bool {
    level_enabled!(Level::DEBUG)
}

/// Has a message that is about to be sent carry the span it is called in.
#[inline]
pub(crate) fn carry<M>(envelope: &mut Option<Envelope<M>>) {
    if is_on() {
        wrap(envelope, 0);
    }
}

/// Has a message that came from another process carry the number of the span there.
pub(crate) fn carry_from<M>(ask: u64, envelope: Envelope<M>) -> Envelope<M> {
    let mut envelope = Some(envelope);
    if ask != 0 && is_on() {
        wrap(&mut envelope, ask);
    }
    envelope.expect("it is put back")
}

thread_local! {
    /// Whether this thread is ending, and its subscriber's own locals may be gone.
    static ENDING: Cell<bool> = const { Cell::new(false) };
}

/// Nobody is asked any more which span the calling thread is in: it ends, and whoever is asked may fall over what of
/// the thread is gone already.
#[cfg(feature = "harness")]
pub(crate) fn thread_ends() {
    ENDING.set(true);
}

#[cold]
fn wrap<M>(envelope: &mut Option<Envelope<M>>, ask: u64) {
    let is_new =
        |envelope: &mut Envelope<M>| !matches!(envelope, Envelope::Traced(_)) && !envelope.is_question();
    if let Some(inner) = envelope.take_if(is_new) {
        let caller = if ask == 0 && !ENDING.get() { Span::current() } else { Span::none() };
        *envelope = Some(Envelope::Traced(Traced(Box::new(Carried { caller, ask, envelope: inner }))));
    }
}

/// The span of a command that is handled or under way; nothing where nobody wants it.
#[derive(Default)]
pub(crate) struct Handled(Option<Box<(Span, u64)>>);

impl Handled {
    /// Ends it here.
    pub(crate) fn close(self) {}

    /// Runs code inside of it.
    pub(crate) fn within<T>(&self, run: impl FnOnce() -> T) -> T {
        match &self.0 {
            Some(own) => own.0.in_scope(run),
            None => run(),
        }
    }

    /// The number that is to cross with the message; 0 where none is.
    pub(crate) fn ask(&self) -> u64 {
        self.0.as_ref().map_or(0, |own| own.1)
    }
}

impl<M> Traced<M> {
    pub(crate) fn envelope(&self) -> &Envelope<M> {
        &self.0.envelope
    }

    /// The message, to be handled here, and the span it is handled in.
    pub(crate) fn open<A: Actor<Message = M>>(self, node: &Node) -> (Envelope<M>, Handled) {
        let Carried { caller, ask, envelope } = *self.0;
        let span = span_of(node, envelope.command::<A>(), &caller, (ask != 0).then_some(ask));
        (envelope, Handled(Some(Box::new((span, 0)))))
    }

    /// The message, to be sent to another process, and the span that it has here.
    pub(crate) fn cross<A: Actor<Message = M>>(self, node: &Node) -> (Envelope<M>, Handled) {
        let Carried { caller, envelope, .. } = *self.0;
        let ask = seam::random_u64().max(1);
        let span = span_of(node, envelope.command::<A>(), &caller, Some(ask));
        (envelope, Handled(Some(Box::new((span, ask)))))
    }
}

fn span_of(node: &Node, command: &'static str, caller: &Span, ask: Option<u64>) -> Span {
    tracing::span!(
        target: TARGET,
        parent: caller.id(),
        Level::DEBUG,
        "command",
        actor = node.name.name().as_str(),
        kind = node.name.kind,
        command,
        placement = tracing::field::display(node.placement),
        process = node.process_id(),
        ask,
    )
}

/// An actor was placed.
pub(crate) fn spawned(node: &Node) {
    tracing::debug!(
        target: TARGET,
        actor = node.name.name().as_str(),
        kind = node.name.kind,
        placement = tracing::field::display(node.placement),
        "spawned"
    );
}

/// An actor has ended.
pub(crate) fn ended(node: &Node) {
    if is_on()
        && let Some(exit) = node.exit()
    {
        end(node, &exit);
    }
}

fn end(node: &Node, exit: &Exit) {
    let name = || node.name.name();
    if exit.is_orderly() {
        tracing::debug!(target: TARGET, actor = name().as_str(), kind = node.name.kind, %exit, "ended");
    } else {
        tracing::warn!(target: TARGET, actor = name().as_str(), kind = node.name.kind, %exit, "ended");
    }
}

/// An actor is started again after such an end.
pub(crate) fn restarted(node: &Node, restarts: u32, exit: &Exit) {
    let name = node.name.name();
    let kind = node.name.kind;
    tracing::warn!(target: TARGET, actor = name.as_str(), kind, restarts, %exit, "restarted");
}
