//! An actor that counts what it was given and says so with its last word, wherever it is placed.

use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use crate::cast::put;
use rehearsal::actor::{DeadLetter, DeadLetters, Restart};
use rehearsal::prelude::*;
use serde::{Deserialize, Serialize};

/// What it tells its parent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Told {
    /// It took this number.
    Took(u32),
    /// `#[stopping]` ran to its end.
    Stopping,
    /// `#[exit]` ran, after so many numbers.
    Exit(u32),
    /// The state was dropped.
    Dropped,
}

/// Takes numbers.
pub struct Tally {
    taken: u32,
    outlet: Outlet<Told>,
}

#[rehearsal::actor(event = Told)]
impl Tally {
    #[start]
    pub fn new(cx: &mut Context<Self>) -> Tally {
        Tally { taken: 0, outlet: cx.outlet() }
    }

    /// Takes one.
    #[command]
    pub fn take(&mut self, number: u32) -> u32 {
        self.taken += 1;
        let _ = self.outlet.send(Told::Took(number));
        number
    }

    /// Ends itself, and sends itself one more that is never taken.
    #[command]
    pub fn finish(&mut self, cx: &mut Context<Self>) -> u32 {
        let me = cx.proxy();
        let _ = me.take(1_000).tell();
        cx.stop();
        let _ = me.take(1_001).tell();
        self.taken
    }

    /// Waits for something that never comes.
    #[command]
    pub async fn wait(&mut self) {
        std::future::pending::<()>().await;
    }

    /// Holds its thread.
    #[command]
    pub fn compute(&mut self, for_ms: u64) {
        let until = std::time::Instant::now() + Duration::from_millis(for_ms);
        while std::time::Instant::now() < until {
            std::hint::black_box(self.taken);
        }
    }

    #[command]
    pub fn fail(&mut self) {
        panic!("told to fail")
    }

    #[stopping]
    async fn stopping(&mut self) {
        // Long enough for whoever does not wait for it to be ahead.
        tokio::time::sleep(Duration::from_millis(20)).await;
        let _ = self.outlet.send(Told::Stopping);
    }

    #[exit]
    fn last_word(&mut self, _exit: &Exit) {
        let _ = self.outlet.send(Told::Exit(self.taken));
    }
}

impl Drop for Tally {
    fn drop(&mut self) {
        let _ = self.outlet.send(Told::Dropped);
    }
}

/// One that is to be placed there, and what it tells.
pub fn tally(place: Placement) -> (Spawn<Tally>, Receiver<Told>) {
    let (tell, told) = channel();
    // Nobody may listen any more when it has its last word.
    let spawn = Tally::spawn().on_event(move |event| drop(tell.send(event)));
    (put(spawn, place), told)
}

/// How many numbers it took, over all its lives, by its own account.
pub fn taken(told: &Receiver<Told>) -> u32 {
    told.try_iter().filter(|told| matches!(told, Told::Took(_))).count() as u32
}

/// At once and as often as it takes.
pub fn promptly() -> Restart {
    Restart::on_failure().endlessly().backoff(Duration::ZERO, Duration::ZERO)
}

/// After an hour.
pub fn much_later() -> Restart {
    let hour = Duration::from_secs(3600);
    // However long it ran before: on a busy machine that may be long enough to be started again without a pause.
    Restart::on_failure().backoff(hour, hour).settled(Duration::MAX)
}

/// The letters of one actor that have come.
pub fn letters_of(letters: &mut DeadLetters, id: u64) -> Vec<DeadLetter> {
    std::iter::from_fn(|| letters.try_next()).filter(|letter| letter.actor.id() == id).collect()
}
