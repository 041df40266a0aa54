//! What of a node is about its lives: what is wished of its loop, restarts, links, children, those who wait for its end.

use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::Waker;

use super::{Ending, Node, RARE, RENEWABLE};
use crate::actor::current::LastWords;
use crate::actor::exit::{Exit, Reason};
use crate::actor::info::ActorName;
use crate::actor::overview::Role;
#[cfg(feature = "stream")]
use crate::actor::stream::Streams;
use crate::actor::supervise::again::Wish;
use crate::actor::supervise::family::Family;
use crate::actor::supervise::link::Link;

/// What most actors have nothing of.
#[derive(Default)]
pub(super) struct Rare {
    /// Who waits for the end, each with a number of its own.
    pub(super) waiting: Vec<Waiting>,
    pub(super) last_waiting: u64,
    /// How often it was started again.
    pub(super) restarts: u32,
    /// How the life ended after which it was.
    pub(super) last_end: Option<Exit>,
    /// How many of its lives are over.
    pub(super) lives: u64,
    /// Why it is to be ended, where somebody else's end is the reason.
    pub(super) doom: Option<Exit>,
    /// Whether a supervisor looks after it.
    pub(super) is_child: bool,
    pub(super) links: Vec<Link>,
    /// Its children.
    pub(super) family: Option<Arc<Family>>,
    /// Whether it keeps a pool.
    pub(super) is_monitor: bool,
}

/// Those who have to learn of an actor's end.
pub(super) struct Survivors {
    links: Vec<Link>,
    /// Only where the actor's runtime went: otherwise it has ended before.
    family: Option<Arc<Family>>,
    waiting: Vec<Waiting>,
}

/// Somebody who waits for the end.
pub(super) struct Waiting {
    /// Its own number.
    pub(super) place: u64,
    pub(super) waker: Waker,
    /// It learns from it how the actor ended, and not just that it need do no more.
    pub(super) heeds: bool,
}

impl Survivors {
    pub(super) fn of(rare: &mut Rare) -> Survivors {
        let (links, waiting) = (std::mem::take(&mut rare.links), std::mem::take(&mut rare.waiting));
        Survivors { links, family: rare.family.take(), waiting }
    }

    /// Whether there is anybody who learns how the actor ended.
    pub(super) fn is_anybody(&self) -> bool {
        !self.links.is_empty() || self.waiting.iter().any(|waiting| waiting.heeds)
    }

    pub(super) fn learn(self, actor: &ActorName, exit: &Exit) {
        self.links.iter().for_each(|link| link.carry(actor, exit));
        if let Some(family) = self.family {
            family.abandon();
        }
        self.waiting.into_iter().for_each(|waiting| waiting.waker.wake());
    }
}

impl Node {
    /// What most actors have nothing of; made here.
    pub(super) fn rare<'e>(&self, ending: &'e mut Ending) -> &'e mut Rare {
        self.marks.fetch_or(RARE, Ordering::Release);
        ending.rare.get_or_insert_default()
    }

    /// Whether it has anything of that. Who was told so by whoever made it knows it from here without the lock.
    fn has_rare(&self) -> bool {
        self.marks.load(Ordering::Acquire) & RARE != 0
    }

    /// Whether somebody waits for its end.
    #[cfg(feature = "reach")]
    pub(crate) fn is_awaited(&self) -> bool {
        self.ending().rare.as_ref().is_some_and(|rare| !rare.waiting.is_empty())
    }

    /// What is wished of its loop beside its messages.
    pub(crate) fn wish(&self) -> Wish {
        Wish::of(self.wish.load(Ordering::SeqCst))
    }

    /// Whether it is wished that this life ends for another to begin.
    pub(crate) fn is_being_replaced(&self) -> bool {
        matches!(self.wish(), Wish::Renew | Wish::Recycle)
    }

    /// Wishes that this life ends and another begins; `false` where something else is wished already.
    pub(crate) fn wish_for(&self, wish: Wish) -> bool {
        let (none, wish) = (Wish::None as u8, wish as u8);
        self.wish.compare_exchange(none, wish, Ordering::SeqCst, Ordering::SeqCst).is_ok()
    }

    /// Wishes that it ends, and no other life begins.
    pub(crate) fn wish_for_the_end(&self) {
        self.wish.store(Wish::Stop as u8, Ordering::SeqCst);
    }

    /// Takes out a wish for another life; one for the end stays.
    pub(crate) fn take_wish(&self) -> Wish {
        let taken = self.wish.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |wish| {
            (wish != Wish::Stop as u8).then_some(Wish::None as u8)
        });
        Wish::of(taken.unwrap_or(Wish::Stop as u8))
    }

    /// Whether senders are to find its mailbox open although this life has ended so: another may follow.
    pub(crate) fn may_go_on(&self, exit: &Exit) -> bool {
        match self.wish() {
            Wish::Renew | Wish::Recycle => true,
            Wish::Stop => false,
            Wish::None => self.is_renewable() && exit.reason != Reason::Stopped,
        }
    }

    /// Whether its mailbox is to stay open although it was told to stop: another life may follow.
    pub(crate) fn stays_open(&self) -> bool {
        self.is_renewable() && self.wish() != Wish::Stop
    }

    fn is_renewable(&self) -> bool {
        self.marks.load(Ordering::Relaxed) & RENEWABLE != 0
    }

    /// Streams from this actor, if it ever had any.
    #[cfg(feature = "stream")]
    pub(crate) fn streams(&self) -> Option<&Streams> {
        self.has_beside().and_then(|beside| beside.streams_if_any())
    }

    /// Ends the streams from a life that is over: each consumer learns how.
    pub(crate) fn end_streams(&self, exit: &Exit) {
        #[cfg(feature = "stream")]
        if let Some(streams) = self.streams() {
            streams.end_all(exit);
        }
        let _ = exit;
    }

    /// Says that another life may follow one that has ended.
    pub(crate) fn set_renewable(&self) {
        self.marks.fetch_or(RENEWABLE, Ordering::Relaxed);
    }

    /// What callers learn whose command was cut short, while what this returns lives. Nothing for an actor that has
    /// but one life: they learn how that ended.
    pub(crate) fn last_words(&self, reason: &Reason) -> Option<LastWords> {
        let exit = || Exit::because(reason.clone(), "in the middle of a command");
        self.is_renewable().then(|| LastWords::say(exit()))
    }

    /// How many of its lives are over.
    pub(crate) fn lives(&self) -> u64 {
        self.ending().rare.as_ref().map_or(0, |rare| rare.lives)
    }

    /// Another life begins.
    pub(crate) fn count_life(&self) {
        self.rare(&mut self.ending()).lives += 1;
    }

    /// Notes a link. Where the actor has ended it is given back, with how.
    pub(crate) fn add_link(&self, link: Link) -> Option<(Link, Exit)> {
        let mut ending = self.ending();
        match self.exit_of(&ending) {
            Some(exit) => Some((link, exit)),
            None => {
                let links = &mut self.rare(&mut ending).links;
                links.retain(|other| other.other.strong_count() > 0);
                links.push(link);
                None
            }
        }
    }

    pub(crate) fn drop_link(&self, id: u64) {
        if let Some(rare) = &mut self.ending().rare {
            rare.links.retain(|link| !link.leads_to(id));
        }
    }

    /// Its children, if it has any; made by `make` where it has none.
    pub(crate) fn family(&self, make: impl FnOnce() -> Arc<Family>) -> Arc<Family> {
        self.rare(&mut self.ending()).family.get_or_insert_with(make).clone()
    }

    /// Whether it has, or had, children in this life.
    pub(crate) fn has_family(&self) -> bool {
        self.has_rare() && self.ending().rare.as_ref().is_some_and(|rare| rare.family.is_some())
    }

    /// Notes that a supervisor looks after it.
    pub(crate) fn set_child(&self) {
        self.rare(&mut self.ending()).is_child = true;
    }

    pub(crate) fn is_child(&self) -> bool {
        self.has_rare() && self.ending().rare.as_ref().is_some_and(|rare| rare.is_child)
    }

    /// Takes its children out, to be ended.
    pub(crate) fn take_family(&self) -> Option<Arc<Family>> {
        if !self.has_rare() {
            return None;
        }
        self.ending().rare.as_mut()?.family.take()
    }

    /// Says that it keeps a pool.
    pub(crate) fn set_monitor(&self) {
        self.rare(&mut self.ending()).is_monitor = true;
    }

    /// Whose work it does: its own, or that of seeing to others.
    pub(crate) fn role(&self) -> Role {
        match &self.ending().rare {
            Some(rare) if rare.is_monitor => Role::Monitor,
            Some(rare) if rare.family.is_some() => Role::Supervisor,
            _ => Role::Worker,
        }
    }

    /// How it ended, or else how its life ended before it was last started again.
    pub(crate) fn last_end(&self) -> Option<Exit> {
        let ending = self.ending();
        self.exit_of(&ending).or_else(|| ending.rare.as_ref()?.last_end.clone())
    }

    /// Notes a restart after an end like this; how many that makes.
    pub(crate) fn count_restart(&self, exit: Exit) -> u32 {
        let mut ending = self.ending();
        let rare = self.rare(&mut ending);
        rare.restarts += 1;
        rare.last_end = Some(exit);
        rare.restarts
    }

    pub(crate) fn restarts(&self) -> u32 {
        self.ending().rare.as_ref().map_or(0, |rare| rare.restarts)
    }

    /// Says why it is about to be stopped; the first to say so is believed.
    pub(crate) fn doom(&self, exit: Exit) {
        self.rare(&mut self.ending()).doom.get_or_insert(exit);
    }

    /// How an actor ended that was told to stop, or killed: so, or for the reason that was given with it.
    pub(crate) fn told(&self, reason: Reason, when: impl Into<Cow<'static, str>>) -> Exit {
        self.take_doom().unwrap_or_else(|| Exit::because(reason, when))
    }

    /// Takes out why it was to be ended, if anybody said.
    pub(crate) fn take_doom(&self) -> Option<Exit> {
        if !self.has_rare() {
            return None;
        }
        self.ending().rare.as_mut()?.doom.take()
    }
}
