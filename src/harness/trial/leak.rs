//! What a trial leaves behind: actors and tasks that are still there when its function has ended.

use std::fmt::Write;
use std::panic::Location;
use std::time::{Duration, Instant};

use super::runtime::TrialRuntime;
use crate::actor::{Living, Placement, Realm};
use crate::harness::outcome::Verdict;

/// Turns that what is just ending gets before anybody waits for it.
const TURNS: u32 = 16;

/// How long is waited between two looks for tasks, of whose end nobody is told.
const STEP: Duration = Duration::from_millis(1);

/// How long what is left gets to end, from when something last did.
const GRACE: Duration = Duration::from_millis(100);

/// The same where an actor was told to end, or nobody can send to it: it is about to, and with it those that it alone holds;
/// the machine may be busy.
const ENDING: Duration = Duration::from_secs(2);

/// Actors that are named one by one.
const NAMED: usize = 16;

/// Actors and tasks that a trial left behind.
pub(super) struct Left {
    actors: Vec<String>,
    /// Of its runtime, beside those that the actors are.
    tasks: usize,
    /// Where these were spawned, if tokio tells.
    places: Option<Vec<&'static Location<'static>>>,
}

/// Looks for what is left, once what is just ending has ended.
pub(super) fn look(realm: &Realm, runtime: Option<&TrialRuntime>) -> Option<Left> {
    let tasks = || runtime.map_or(0, TrialRuntime::tasks);
    let left = || realm.living_count() + tasks();
    let turn = |limit| match runtime {
        Some(runtime) => runtime.turn(realm, limit),
        None => drop(realm.wait_quiet(limit)),
    };
    for _ in 0..TURNS {
        if left() == 0 {
            return None;
        }
        turn(Duration::ZERO);
    }
    let mut fewest = left();
    let (mut since, mut looked) = (Instant::now(), Instant::now());
    loop {
        turn(STEP);
        let now = left();
        if now == 0 {
            return None;
        }
        if now < fewest {
            (fewest, since, looked) = (now, Instant::now(), Instant::now());
        }
        if looked.elapsed() < GRACE {
            continue;
        }
        let (living, tasks) = (realm.living(), tasks());
        let ending = living.iter().any(Living::is_ending);
        // What ended between the two looks is not left.
        if living.len() + tasks > 0 && since.elapsed() > if ending { ENDING } else { GRACE } {
            return Some(Left::of(&living, tasks, runtime.and_then(TrialRuntime::task_places)));
        }
        looked = Instant::now();
    }
}

impl Left {
    /// `tasks` are all that the runtime has, `places` where those that are no actor's were spawned.
    fn of(living: &[Living], tasks: usize, places: Option<Vec<&'static Location<'static>>>) -> Left {
        let actors = living.iter().map(ToString::to_string).collect();
        if let Some(places) = places {
            return Left { actors, tasks: places.len(), places: Some(places) };
        }
        let has_task = |living: &&Living| living.actor.placement() != Placement::Thread && !living.is_alone();
        let of_actors = living.iter().filter(has_task);
        Left { actors, tasks: tasks.saturating_sub(of_actors.count()), places: None }
    }

    pub(super) fn into_verdict(self) -> Verdict {
        let Left { actors, tasks, places } = self;
        let mut message = "the test has ended, and what it started has not:".to_owned();
        // Writing to a string cannot fail.
        for actor in actors.iter().take(NAMED) {
            let _ = write!(message, "\n  {actor}");
        }
        if actors.len() > NAMED {
            let _ = write!(message, "\n  and {} more actors", actors.len() - NAMED);
        }
        let is_told = places.is_some();
        for place in places.iter().flatten().take(NAMED) {
            let _ = write!(message, "\n  a task spawned at {place}");
        }
        if is_told && tasks > NAMED {
            let _ = write!(message, "\n  and {} more tasks", tasks - NAMED);
        }
        if tasks > 0 && !is_told {
            let tasks = if tasks == 1 { "1 task".to_owned() } else { format!("{tasks} tasks") };
            let whose = if actors.is_empty() { "" } else { ", which may be the actors' own" };
            let _ = write!(
                message,
                "\n  {tasks} of its runtime{whose} (built with --cfg tokio_unstable tokio tells where it was spawned)"
            );
        }
        message.push_str(
            "\nnote: stop what was started, or drop its last proxy; await or abort tasks. If they are meant to be left, \
             say #[rehearsal::test(leaks = \"allow\")] or run with --leaks=allow",
        );
        Verdict::Leaked { actors: actors.len() as u64, tasks: tasks as u64, message }
    }
}

#[cfg(test)]
mod tests;
