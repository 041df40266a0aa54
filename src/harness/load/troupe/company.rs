//! All troupes of a level, as the process that measures sees them.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Poll;
use std::time::Duration;

use tokio::sync::oneshot;

use super::actor::{Troupe, TroupeProxy};
use super::message::{Order, Start, Told};
use crate::harness::load::cast::{Cast, Shared};
use crate::harness::load::crew::Crew;
use crate::harness::load::pace::{Manner, Timetable};
use crate::harness::load::spec::Level;
use crate::harness::load::trouble::Trouble;
use crate::harness::load::turn::{Ended, Field, Window};
use crate::harness::load::usage::{Usage, is_busy};
use crate::harness::trial::note_panic_elsewhere;
use crate::sys::seam;

/// How long a troupe that has nothing to do any more may take to end by itself.
const GRACE: Duration = Duration::from_secs(5);

/// How long it is looked at whether other programs are at work: the system counts in hundredths of a second.
const LOOK: Duration = Duration::from_millis(200);

/// The troupes of a level. None where its clients are no processes.
#[derive(Debug, Default)]
pub struct Company {
    troupes: Vec<Member>,
}

#[derive(Debug)]
struct Member {
    proxy: TroupeProxy,
    first: usize,
    clients: usize,
    /// Whether it has sent home what it saw.
    over: Arc<AtomicBool>,
}

/// What a troupe comes to.
type Home = Result<Told, Trouble>;

impl Company {
    /// Starts all troupes of a level, which `crew` counts among its clients.
    ///
    /// # Errors
    /// What the set-up made cannot cross, or a process could not be started.
    pub async fn start(
        &mut self,
        path: &str,
        level: &Level,
        (cast, shared): (&dyn Cast, &Shared),
        field: &Arc<Field>,
        crew: &mut Crew,
    ) -> Result<(), Trouble> {
        let bytes = cast.packed(shared).map_err(|why| Trouble::Crossing { why })?;
        let processes = level.processes.min(level.clients).max(1) as usize;
        let (all, count) = (level.clients as usize, level.count);
        for at in 0..processes {
            let first = at * all / processes;
            let order = Order {
                path: path.to_owned(),
                first,
                clients: (at + 1) * all / processes - first,
                count: count.map(|count| share(count, at as u64, processes as u64)),
                shared: bytes.clone(),
            };
            let member = Member::start(order, field, crew).await?;
            self.troupes.push(member);
        }
        Ok(())
    }

    /// How they wait for their times at this rate; with other programs at work on the machine it may be another way.
    ///
    /// Whether there are is looked at for a moment, in which nothing of the level runs, where it matters.
    pub async fn manner(&self, rate: Option<u64>) -> Manner {
        let (processes, processors) =
            (self.troupes.len() as u64, std::thread::available_parallelism().map_or(1, usize::from) as u64);
        let of = |busy| {
            rate.map_or(Manner::Chained, |rate| Manner::of_processes(rate, processes, processors, busy))
        };
        if of(false) == of(true) {
            return of(false);
        }
        let before = Usage::now(&self.pids());
        seam::sleep(LOOK).await;
        of(Usage::now(&self.pids()).others(&before).is_some_and(is_busy))
    }

    /// Lets all of them begin at the same time; with a timetable each has its share of it.
    pub fn begin(&self, window: Window, times: Option<&Timetable>, manner: Manner) {
        let step = self.troupes.len() as u64;
        for (member, first) in self.troupes.iter().zip(0..) {
            let times = times.map(|whole| Timetable { first, step, ..*whole });
            // Where it is gone by now it is told so where it is waited for.
            let _ = member.proxy.begin(Start { window, times, manner }).tell();
        }
    }

    /// The processes.
    pub fn pids(&self) -> Vec<u32> {
        self.troupes.iter().map(|member| member.proxy.pid()).collect()
    }

    /// Those of which nothing has come home yet: `client 3 (process 4711)`.
    pub fn under_way(&self) -> Vec<String> {
        let out = self.troupes.iter().filter(|member| !member.over.load(Ordering::SeqCst));
        out.map(|member| format!("{} (process {})", member.clients(), member.proxy.pid())).collect()
    }

    /// Ends all of them, at once where the level was given up, and waits until they are gone.
    pub async fn dismiss(self, given_up: bool) {
        for member in &self.troupes {
            match given_up {
                true => member.proxy.kill(),
                false => member.proxy.stop().tell(),
            }
        }
        for member in &self.troupes {
            if seam::timeout(GRACE, member.proxy.ended()).await.is_none() {
                member.proxy.kill();
                member.proxy.ended().await;
            }
        }
    }
}

/// The part of one of so many, of what is shared out among them as evenly as can be.
fn share(whole: u64, at: u64, of: u64) -> u64 {
    whole / of + u64::from(at < whole % of)
}

impl Member {
    async fn start(order: Order, field: &Arc<Field>, crew: &mut Crew) -> Result<Member, Trouble> {
        let (first, clients) = (order.first, order.clients);
        let (sender, home) = oneshot::channel();
        let (sender, heard) = (Mutex::new(Some(sender)), Arc::clone(field));
        let hear = move |told| match told {
            Told::Ready => heard.arrived.add_permits(clients),
            Told::Moved { ended } => heard.note_of_others(first, &ended),
            last => {
                let sender = sender.lock().unwrap_or_else(PoisonError::into_inner).take();
                // Nobody waits for it any more where the level was given up.
                let _ = sender.map(|sender| sender.send(last));
            }
        };
        let whose = named(first, clients);
        let proxy = Troupe::spawn(order)
            // What it is where actors and processes are listed beside the user's own.
            .name(format!("load {whose}"))
            .on_event(hear)
            .process()
            .await
            .map_err(|error| Trouble::NotStarted { client: first, why: error.to_string() })?;
        let over = Arc::new(AtomicBool::new(false));
        let member = Member { proxy, first, clients, over };
        let gone = Gone { whose, pid: member.proxy.pid(), clients };
        crew.join(come_home(home, gone, member.proxy.clone(), Arc::clone(&member.over), Arc::clone(field)));
        Ok(member)
    }

    /// `client 3`, `clients 4 to 7`.
    fn clients(&self) -> String {
        named(self.first, self.clients)
    }
}

/// So many clients, from the first one on.
fn named(first: usize, clients: usize) -> String {
    match clients {
        1 => format!("client {first}"),
        more => format!("clients {first} to {}", first + more - 1),
    }
}

/// Whose process it was, should it end before its time.
struct Gone {
    whose: String,
    pid: u32,
    clients: usize,
}

/// Waits for what a troupe saw, or for its end.
async fn come_home(
    home: oneshot::Receiver<Told>,
    gone: Gone,
    proxy: TroupeProxy,
    over: Arc<AtomicBool>,
    field: Arc<Field>,
) -> Result<Vec<Ended>, Trouble> {
    let told: Home = last_word(home, proxy.ended()).await.map_err(|exit| Trouble::Gone {
        whose: gone.whose.clone(),
        several: gone.clients > 1,
        pid: gone.pid,
        exit: exit.to_string(),
    });
    match told? {
        Told::Home { ended, tally, beside } => {
            over.store(true, Ordering::SeqCst);
            field.add(&tally.unpacked());
            if let Some(note) = beside {
                note_panic_elsewhere(&note, &format!("the process of {}", gone.whose));
            }
            Ok(ended)
        }
        Told::Failed { trouble } => Err(trouble),
        Told::Ready | Told::Moved { .. } => unreachable!("these are heard where they come in"),
    }
}

/// What a troupe said last, or how its process ended without that.
async fn last_word<E>(mut home: oneshot::Receiver<Told>, ended: impl Future<Output = E>) -> Result<Told, E> {
    let (mut ended, mut listens) = (pin!(ended), true);
    poll_fn(|cx| {
        // Who would say it goes before the end is told: a word that never comes is asked for no more.
        if listens && let Poll::Ready(told) = Pin::new(&mut home).poll(cx) {
            listens = false;
            if let Ok(told) = told {
                return Poll::Ready(Ok(told));
            }
        }
        // All that it had said is heard before it has ended.
        let word = |exit| if listens { home.try_recv().map_err(|_| exit) } else { Err(exit) };
        ended.as_mut().poll(cx).map(word)
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    /// In whatever order the two are seen: the word, that there will be none, the end of the process.
    #[rehearsal::test]
    async fn the_last_word_counts_and_without_one_the_end_does() {
        let pass = || tokio::task::yield_now();
        let (sender, home) = oneshot::channel();
        let heard = last_word(home, std::future::pending::<()>());
        sender.send(Told::Ready).expect("somebody listens");
        assert!(matches!(heard.await, Ok(Told::Ready)));

        let (sender, home) = oneshot::channel();
        let heard = last_word(home, async { sender.send(Told::Ready).expect("somebody listens") });
        assert!(matches!(heard.await, Ok(Told::Ready)), "said just before the end");

        let (sender, home) = oneshot::channel::<Told>();
        let heard = last_word(home, async {
            pass().await;
            drop(sender);
            pass().await;
            pass().await;
            "the end"
        });
        assert_eq!(heard.await.err(), Some("the end"));
    }

    #[rehearsal::test]
    fn what_is_shared_out_is_all_there_is() {
        for (whole, of) in [(0, 1), (1, 3), (100, 7), (64, 64), (1_000_003, 64)] {
            let shares: Vec<u64> = (0..of).map(|at| share(whole, at, of)).collect();
            assert_eq!(shares.iter().sum::<u64>(), whole, "{shares:?}");
            assert!(
                shares.iter().max().zip(shares.iter().min()).is_some_and(|(most, least)| most - least <= 1)
            );
        }
    }
}
