//! What stands for spans where the feature `tracing` is off: nothing, and nothing of it is compiled.

use std::convert::Infallible;
use std::marker::PhantomData;

use super::behavior::Actor;
use super::envelope::Envelope;
use super::exit::Exit;
use super::node::Node;

/// A message that carries where it was called: there is none.
pub struct Traced<M>(Infallible, PhantomData<M>);

#[inline]
pub(crate) fn carry<M>(_: &mut Option<Envelope<M>>) {}

#[inline]
pub(crate) fn carry_from<M>(_: u64, envelope: Envelope<M>) -> Envelope<M> {
    envelope
}

#[cfg(feature = "harness")]
#[inline]
pub(crate) fn thread_ends() {}

/// The span of a command.
#[derive(Default)]
pub(crate) struct Handled(());

impl Handled {
    #[inline]
    pub(crate) fn within<T>(&self, run: impl FnOnce() -> T) -> T {
        run()
    }

    pub(crate) fn ask(&self) -> u64 {
        0
    }

    #[inline]
    pub(crate) fn close(self) {}
}

#[allow(clippy::extra_unused_type_parameters, reason = "they are used where there are spans")]
impl<M> Traced<M> {
    pub(crate) fn envelope(&self) -> &Envelope<M> {
        match self.0 {}
    }

    pub(crate) fn open<A: Actor<Message = M>>(self, _: &Node) -> (Envelope<M>, Handled) {
        match self.0 {}
    }

    pub(crate) fn cross<A: Actor<Message = M>>(self, _: &Node) -> (Envelope<M>, Handled) {
        match self.0 {}
    }
}

#[inline]
pub(crate) fn spawned(_: &Node) {}

#[inline]
pub(crate) fn ended(_: &Node) {}

#[inline]
pub(crate) fn restarted(_: &Node, _: u32, _: &Exit) {}
