//! Messages in the order they came.

use std::collections::VecDeque;

/// A queue of messages. Each place holds one: it is an option so that a message is moved into it as it lies where it was
/// made, in one piece. Taken apart on the way it would be read back before it is written.
pub(super) struct Lane<M>(VecDeque<Option<M>>);

impl<M> Lane<M> {
    pub(super) const fn new() -> Lane<M> {
        Lane(VecDeque::new())
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Takes the message, if there is one.
    #[inline]
    pub(super) fn push(&mut self, message: &mut Option<M>) {
        if message.is_none() {
            return;
        }
        if self.0.len() == self.0.capacity() {
            self.grow();
        }
        self.0.push_back(message.take());
    }

    /// Makes room for more: at first for one that never has more than an ask at a time.
    #[cold]
    fn grow(&mut self) {
        match self.0.capacity() {
            0 => self.0.reserve_exact(2),
            _ => self.0.reserve(1),
        }
    }

    #[inline(always)]
    pub(super) fn pop(&mut self) -> Option<M> {
        self.0.pop_front().flatten()
    }

    /// The one that has waited longest.
    pub(super) fn first(&self) -> Option<&M> {
        self.0.front().and_then(Option::as_ref)
    }

    /// What is in it, the one that has waited longest first.
    pub(super) fn iter(&self) -> impl Iterator<Item = &M> {
        self.0.iter().flatten()
    }

    /// Takes all of another after its own.
    pub(super) fn append(&mut self, other: &mut Lane<M>) {
        self.0.append(&mut other.0);
    }

    /// Takes them all, the one that has waited longest first.
    pub(super) fn drain(&mut self) -> impl Iterator<Item = M> {
        self.0.drain(..).flatten()
    }
}
