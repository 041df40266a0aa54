//! What a supervisor does when one of its children ends. Pure: an event in, actions out; the time and the random bits
//! are given, and nothing is done here.
//!
//! A restart is a round: those of its members that run are told to begin again, the one started last first, each after
//! the one before it has ended; a pause; then all are started in their order, each after the one before it is ready.
//! With one-for-one a round has one member, and rounds go on side by side. A failure in a round begins it anew.

use std::collections::VecDeque;
use std::time::Duration;

use super::numbered::Numbered;
use super::restart::{Lives, Recent, Restart, Strategy};
use crate::actor::exit::Exit;

/// A child's number; one that was started later has a higher one.
pub(crate) type Child = u64;

/// What is to be done, in this order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Action {
    /// End this child's life, in good order; tell `ended`.
    Renew(Child),
    /// Tell `paused` after so long.
    Pause(Round, Duration),
    /// Begin this child's next life; tell `started`, or `ended`.
    Start(Child),
    /// This child, which has ended, is not started again.
    Let(Child),
    /// The same, and it was one too many: the supervisor ends.
    GiveUp(Child),
}

/// A round's number.
pub(crate) type Round = u64;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// Its first life has not begun; whoever spawned it learns how that goes.
    Spawning,
    Up,
    /// It was told to end this life.
    Stopping,
    Down,
    /// A later life has not begun yet.
    Starting,
}

#[derive(Debug)]
struct Place {
    phase: Phase,
    lives: Lives,
}

#[derive(Debug)]
struct Course {
    /// In the order of their numbers.
    members: Vec<Child>,
    /// Who is still to be stopped; the last one is the next.
    to_stop: Vec<Child>,
    /// Who is being stopped.
    stopping: Option<Child>,
    pause: Option<Duration>,
    pausing: bool,
    to_start: VecDeque<Child>,
    /// Who is being started.
    starting: Option<Child>,
}

/// The state of one supervisor.
#[derive(Debug, Default)]
pub(crate) struct Policy {
    strategy: Strategy,
    plan: Restart,
    recent: Recent,
    children: Numbered<Place>,
    rounds: Numbered<Course>,
    last_round: Round,
    given_up: bool,
}

impl Policy {
    /// Sets the rules; what is under way goes on by the old ones.
    pub(crate) fn set(&mut self, strategy: Strategy, plan: Restart) {
        (self.strategy, self.plan) = (strategy, plan);
    }

    pub(crate) fn plan(&self) -> &Restart {
        &self.plan
    }

    /// A child is being spawned.
    pub(crate) fn add(&mut self, child: Child) {
        self.children.insert(child, Place { phase: Phase::Spawning, lives: Lives::default() });
    }

    /// Whether the child is to end this life and has not.
    pub(crate) fn is_stopping(&self, child: Child) -> bool {
        self.children.get(child).is_some_and(|place| place.phase == Phase::Stopping)
    }

    /// Whether the child's first life has not begun.
    pub(crate) fn is_spawning(&self, child: Child) -> bool {
        self.children.get(child).is_some_and(|place| place.phase == Phase::Spawning)
    }

    /// A child's first life has begun.
    pub(crate) fn spawned(&mut self, child: Child, now: Duration) {
        if let Some(place) = self.children.get_mut(child)
            && place.phase == Phase::Spawning
        {
            place.phase = Phase::Up;
            place.lives.begin(now);
        }
    }

    /// A child's life has begun again.
    pub(crate) fn started(&mut self, child: Child, now: Duration) -> Vec<Action> {
        let Some(place) = self.children.get_mut(child) else { return Vec::new() };
        if place.phase != Phase::Starting {
            return Vec::new();
        }
        place.phase = Phase::Up;
        place.lives.begin(now);
        self.settle(child)
    }

    /// A child's life has ended so.
    pub(crate) fn ended(&mut self, child: Child, exit: &Exit, now: Duration, random: u64) -> Vec<Action> {
        let Some(place) = self.children.get_mut(child) else { return Vec::new() };
        match place.phase {
            Phase::Down => Vec::new(),
            Phase::Stopping => {
                place.phase = Phase::Down;
                self.settle(child)
            }
            _ if self.given_up || !self.plan.wants(exit) => {
                let mut actions = vec![Action::Let(child)];
                actions.append(&mut self.left(child));
                actions
            }
            _ if !self.recent.allows(&self.plan, now) => {
                self.given_up = true;
                self.rounds.clear();
                self.children.remove(child);
                vec![Action::GiveUp(child)]
            }
            _ => {
                place.phase = Phase::Down;
                let pause = place.lives.pause(&self.plan, now, random);
                self.begin_round(child, pause)
            }
        }
    }

    /// A round's pause is over.
    pub(crate) fn paused(&mut self, round: Round) -> Vec<Action> {
        match self.rounds.get_mut(round) {
            Some(course) => {
                course.pause = None;
                self.step(round)
            }
            None => Vec::new(),
        }
    }

    /// A child has ended for good, however.
    pub(crate) fn left(&mut self, child: Child) -> Vec<Action> {
        self.children.remove(child);
        let actions = self.settle(child);
        for (_, course) in self.rounds.iter_mut() {
            course.members.retain(|other| *other != child);
            course.to_stop.retain(|other| *other != child);
            course.to_start.retain(|other| *other != child);
        }
        actions
    }

    fn begin_round(&mut self, child: Child, pause: Duration) -> Vec<Action> {
        let mut members: Vec<Child> = match self.strategy {
            Strategy::OneForOne => vec![child],
            Strategy::AllForOne => self.children.numbers_from(0),
            Strategy::RestForOne => self.children.numbers_from(child),
        };
        // A round that is under way for any of them goes on as part of this one.
        let mut stopping = None;
        self.rounds.retain(|course| {
            let apart = !course.members.iter().any(|member| members.binary_search(member).is_ok());
            if !apart {
                stopping = stopping.or(course.stopping);
                for member in std::mem::take(&mut course.members) {
                    if let Err(at) = members.binary_search(&member) {
                        members.insert(at, member);
                    }
                }
            }
            apart
        });
        // One that is being spawned for the first time belongs to who spawns it.
        let phase = |member: Child| self.children.get(member).map(|place| place.phase);
        members.retain(|member| phase(*member) != Some(Phase::Spawning));
        let runs = |member: &&Child| matches!(phase(**member), Some(Phase::Up | Phase::Starting));
        let course = Course {
            to_stop: members.iter().filter(runs).copied().collect(),
            stopping,
            pause: (!pause.is_zero()).then_some(pause),
            pausing: false,
            to_start: members.iter().copied().collect(),
            starting: None,
            members,
        };
        self.last_round += 1;
        self.rounds.insert(self.last_round, course);
        self.step(self.last_round)
    }

    /// The child is where its round wanted it: the round goes on.
    fn settle(&mut self, child: Child) -> Vec<Action> {
        let mut waiting = None;
        for (round, course) in self.rounds.iter_mut() {
            for place in [&mut course.stopping, &mut course.starting] {
                if *place == Some(child) {
                    *place = None;
                    waiting = Some(*round);
                }
            }
        }
        waiting.map_or_else(Vec::new, |round| self.step(round))
    }

    /// The next step of a round.
    fn step(&mut self, round: Round) -> Vec<Action> {
        let Some(course) = self.rounds.get_mut(round) else { return Vec::new() };
        if course.stopping.is_some() || course.starting.is_some() {
            return Vec::new();
        }
        let mut set = |child, phase| {
            if let Some(place) = self.children.get_mut(child) {
                place.phase = phase;
            }
        };
        if let Some(child) = course.to_stop.pop() {
            course.stopping = Some(child);
            set(child, Phase::Stopping);
            return vec![Action::Renew(child)];
        }
        if let Some(pause) = course.pause {
            let first = !std::mem::replace(&mut course.pausing, true);
            return if first { vec![Action::Pause(round, pause)] } else { Vec::new() };
        }
        let Some(child) = course.to_start.pop_front() else {
            self.rounds.remove(round);
            return Vec::new();
        };
        course.starting = Some(child);
        set(child, Phase::Starting);
        vec![Action::Start(child)]
    }
}

#[cfg(all(test, feature = "harness"))]
mod tests;
