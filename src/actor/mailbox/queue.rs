//! What is under a mailbox's lock.

use std::collections::VecDeque;
use std::task::Waker;

use super::lane::Lane;
use super::sight::Sight;

pub(super) struct Queue<M, C> {
    pub(super) messages: Lane<M>,
    /// Messages the receiver's buffer held when it last had the lock: more than are left in it now. As long as these
    /// leave room nobody reads what the receiver writes a message, which costs a trip between two cores.
    pub(super) taken_then: u32,
    pub(super) receiver: Option<Waker>,
    /// Made when first needed: most mailboxes never have any of it.
    pub(super) rare: Option<Box<Rare<M, C>>>,
    pub(super) high_water: u32,
    /// Whether the parked receiver wants to be woken for an ordinary message.
    pub(super) for_messages: bool,
    pub(super) stop: bool,
    pub(super) kill: bool,
    /// Whether the receiver is to look around although it was not parked when it was told so.
    pub(super) nudged: bool,
    pub(super) closed: bool,
}

pub(super) struct Rare<M, C> {
    pub(super) control: VecDeque<C>,
    /// Senders that wait for room, longest first.
    pub(super) room: VecDeque<(u64, Waker)>,
    last_ticket: u64,
    /// Messages that were dropped because there was no room for them.
    pub(super) dropped: u64,
    pub(super) sight: Option<Sight<M>>,
}

impl<M, C> Queue<M, C> {
    pub(super) const fn new() -> Queue<M, C> {
        Queue {
            messages: Lane::new(),
            taken_then: 0,
            receiver: None,
            rare: None,
            high_water: 0,
            for_messages: false,
            stop: false,
            kill: false,
            nudged: false,
            closed: false,
        }
    }

    pub(super) fn rare(&mut self) -> &mut Rare<M, C> {
        self.rare.get_or_insert_with(|| {
            let (control, room) = (VecDeque::new(), VecDeque::new());
            Box::new(Rare { control, room, last_ticket: 0, dropped: 0, sight: None })
        })
    }

    pub(super) fn has_questions(&self) -> bool {
        self.rare.as_ref().is_some_and(|rare| !rare.control.is_empty())
    }

    pub(super) fn park(&mut self, waker: &Waker, for_messages: bool) {
        if std::mem::take(&mut self.nudged) {
            waker.wake_by_ref();
        }
        self.for_messages = for_messages;
        match &mut self.receiver {
            Some(parked) => parked.clone_from(waker),
            none => *none = Some(waker.clone()),
        }
    }

    pub(super) fn wait_for_room(&mut self, ticket: &mut Option<u64>, waker: &Waker) {
        let rare = self.rare();
        if let Some((_, parked)) = rare.room.iter_mut().find(|(waiting, _)| Some(*waiting) == *ticket) {
            parked.clone_from(waker);
            return;
        }
        rare.last_ticket += 1;
        *ticket = Some(rare.last_ticket);
        rare.room.push_back((rare.last_ticket, waker.clone()));
    }
}
