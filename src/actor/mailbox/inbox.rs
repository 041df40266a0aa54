//! The receiver's own side of a mailbox.

use super::lane::Lane;

/// The receiver's own side: the buffer it took.
pub(crate) struct Inbox<M> {
    pub(super) batch: Lane<M>,
    /// Whether several messages came at once the last time.
    burst: bool,
    /// Whether nothing came after the first message of the last turn: as a rule, then, nothing will this time.
    alone: bool,
    pub(super) turn: Turn,
    /// Whether nothing was behind the message that was taken last.
    pub(super) lone: bool,
    /// Whether those who wait for room may be told of it when all is handled that has been taken.
    late: bool,
    /// Whether somebody waits for that.
    owes: bool,
    /// Whether the mailbox was closed into it.
    pub(super) closed: bool,
}

/// What the receiver has seen of the mailbox since it began to look.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Turn {
    /// It does not say when it begins.
    Untold,
    /// Nothing.
    Begun,
    /// A message.
    One,
    /// A message, and none beside it; the receiver was parked at once, with the waker it still has.
    OneAndParked,
    /// Messages.
    More,
}

impl<M> Default for Inbox<M> {
    fn default() -> Self {
        Inbox::new()
    }
}

impl<M> Inbox<M> {
    pub(crate) const fn new() -> Inbox<M> {
        Inbox {
            batch: Lane::new(),
            burst: false,
            alone: true,
            turn: Turn::Untold,
            lone: false,
            late: false,
            owes: false,
            closed: false,
        }
    }

    /// Messages taken out of the mailbox and not handled.
    pub(crate) fn len(&self) -> usize {
        self.batch.len()
    }

    /// Whether nothing waited behind the message that was taken last, when it was.
    pub(crate) fn is_lone(&self) -> bool {
        self.lone
    }

    /// Begins a turn: messages are taken and handled now, all under the waker of this one poll. So one that comes alone
    /// can be taken and the receiver parked with one lock.
    pub(crate) fn begin_turn(&mut self) {
        self.turn = Turn::Begun;
    }

    /// Says whether those who wait for room may be told of it [late](Inbox::owes_room).
    pub(crate) fn tells_late(&mut self, late: bool) {
        self.late = late;
    }

    /// Whether somebody waits for room that there is, and is told when all is handled that has been taken: until then it is
    /// room for few. Told at once they would run beside the receiver and fight it for the lock, message by message, where
    /// they would otherwise take turns with it. Before anything that may take long it is for the caller to
    /// [tell them](super::Mailbox::tell_of_room).
    #[inline]
    pub(crate) fn owes_room(&self) -> bool {
        self.owes
    }

    /// Whether those who wait for room, if `somebody` does, are to be told now.
    pub(super) fn tells_now(&mut self, somebody: bool) -> bool {
        let later = self.late && !self.batch.is_empty();
        self.owes = somebody && later;
        somebody && !later
    }

    /// They have been told.
    pub(crate) fn room_is_told(&mut self) {
        self.owes = false;
    }

    /// Whether a burst has just been handled to its end. It is worth letting others have a turn then: more of it gathers
    /// meanwhile, where taking it message by message would be a fight for the lock with those who send.
    pub(crate) fn ends_a_burst(&mut self) -> bool {
        self.batch.is_empty() && std::mem::take(&mut self.burst)
    }

    pub(super) fn begin_burst(&mut self) {
        self.burst = true;
        if self.turn != Turn::Untold {
            self.turn = Turn::More;
        }
    }

    /// Whether the receiver is to be parked, having looked for a message and found one or not.
    pub(super) fn is_last(&mut self, found: bool, behind: &Lane<M>) -> bool {
        let seen = self.turn;
        if !found {
            self.alone = matches!(seen, Turn::One | Turn::OneAndParked);
            return true;
        }
        let ahead = seen == Turn::Begun && self.alone && self.batch.is_empty() && behind.is_empty();
        self.turn = match seen {
            Turn::Untold => Turn::Untold,
            Turn::Begun if ahead => Turn::OneAndParked,
            Turn::Begun => Turn::One,
            Turn::One | Turn::OneAndParked | Turn::More => Turn::More,
        };
        self.alone &= self.turn != Turn::More;
        ahead
    }

    /// Takes them all, the one that has waited longest first.
    pub(crate) fn drain(&mut self) -> impl Iterator<Item = M> {
        self.batch.drain()
    }
}
