//! Asks that are handled where they are asked: when, when not, and that nothing else tells the two apart.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use crate::cast::Tested;
use rehearsal::actor::panic;
use rehearsal::prelude::*;
use rehearsal::testkit::{LONG_WAIT, clean, ended, soon};
use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;
use tokio::task::{self, Id};

pub struct Host {
    sum: u64,
}

#[rehearsal::actor]
impl Host {
    #[start]
    pub fn new() -> Host {
        Host { sum: 0 }
    }

    /// The task it is handled in.
    #[command]
    pub fn place(&mut self) -> Option<Id> {
        task::try_id()
    }

    #[command]
    pub fn runtime(&mut self) -> tokio::runtime::Id {
        Handle::current().id()
    }

    #[command]
    pub fn add(&mut self, number: u64) -> u64 {
        self.sum += number;
        self.sum
    }

    #[command]
    pub fn fall(&mut self, now: bool) -> bool {
        if now {
            panic::expected(|| panic!("as it was told to"));
        }
        now
    }

    #[command]
    pub fn leave(&mut self, now: bool, cx: &mut Context<Self>) -> bool {
        if now {
            cx.stop();
        }
        now
    }

    /// Says that it has begun, and blocks until it hears of the other end.
    #[command]
    pub fn block(&mut self, begun: oneshot::Sender<()>, until: Receiver<()>) {
        let _ = begun.send(());
        let _ = until.recv();
    }

    /// Blocks for so long, and tells where.
    #[command]
    pub fn rest(&mut self, time: Duration) -> Option<Id> {
        if !time.is_zero() {
            std::thread::sleep(time);
        }
        task::try_id()
    }

    /// Asks another in an async command.
    #[command]
    pub async fn ask(&mut self, other: HostProxy) -> Result<u64, String> {
        other.add(1).await.map_err(|error| error.to_string())
    }
}

/// Asks until that is handled in the task that asks: nobody knows before that a command is quick.
pub async fn until_here(host: HostProxy) -> Result<(), Error> {
    while host.place().await? != task::try_id() {
        task::yield_now().await;
    }
    Ok(())
}

#[rehearsal::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_quick_command_is_handled_in_the_task_that_asks() -> Tested {
    let _clean = clean();
    let host = Host::spawn().await?;
    soon("an ask that is handled here", tokio::spawn(until_here(host))).await??;
    Ok(())
}

#[rehearsal::test]
async fn one_that_has_its_own_task_handles_all_there() -> Tested {
    let _clean = clean();
    let (host, asked) = (Host::spawn().await?, Host::spawn().own_task().await?);
    let places = tokio::spawn(async move {
        // The command is known to be quick then.
        until_here(host).await?;
        let mut places = Vec::new();
        for _ in 0..300 {
            places.push(asked.place().await?);
        }
        Ok::<_, Error>((task::id(), places))
    });
    let (own, places) = soon("the places", places).await??;
    assert!(places.iter().all(|place| place.is_some_and(|place| place != own)));
    Ok(())
}

/// What is asked on a runtime of two threads, beside that of the test, while a command blocks one of them; and the end of
/// who was asked, with which nothing is left there.
async fn beside_a_blocked_thread<F, T>(
    asks: impl FnOnce(HostProxy, oneshot::Sender<()>) -> F,
) -> Result<T, Box<dyn std::error::Error>>
where
    F: Future<Output = Result<T, Error>> + Send + 'static,
    T: Send + 'static,
{
    let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let (begin, begun) = oneshot::channel();
    let host = soon("a host", runtime.spawn(async { Host::spawn().await })).await??;
    let ended = host.ended();
    let asks = runtime.spawn(asks(host, begin));
    soon("the command that blocks", begun).await?;
    // The other thread may sleep without looking at the timers, which the one that is blocked has looked at until now; one
    // that has something to do looks at them before it sleeps again.
    soon("the other thread", runtime.spawn(async {})).await?;
    let came = soon("the deadline", asks).await??;
    soon("its end", ended).await;
    runtime.shutdown_background();
    Ok(came)
}

#[rehearsal::test]
async fn one_that_blocks_keeps_nobody_from_the_deadline() -> Tested {
    let _clean = clean();
    let asks = |host: HostProxy, begin| async move {
        let (release, until) = channel();
        let late = host.block(begin, until).timeout(Duration::from_millis(50)).await;
        // Only now, so that without a deadline this never ends.
        drop(release);
        Ok((late.is_err_and(|error| error.is_timeout()), host.add(1).await?))
    };
    assert_eq!(beside_a_blocked_thread(asks).await?, (true, 1));
    Ok(())
}

/// What is in the mailbox may be anything: it is the actor's task that handles it, and the ask waits behind it.
#[rehearsal::test]
async fn one_that_is_blocked_by_what_came_before_keeps_nobody_from_the_deadline() -> Tested {
    let _clean = clean();
    let asks = |host: HostProxy, begin| async move {
        until_here(host.clone()).await?;
        let (release, until) = channel();
        host.block(begin, until).tell()?;
        let late = host.place().timeout(Duration::from_millis(50)).await;
        drop(release);
        Ok(late.is_err_and(|error| error.is_timeout()))
    };
    assert!(beside_a_blocked_thread(asks).await?);
    Ok(())
}

#[rehearsal::test]
async fn a_command_that_was_slow_is_handled_by_its_actors_task_again() -> Tested {
    let _clean = clean();
    let host = Host::spawn().await?;
    let asks = tokio::spawn(async move {
        while host.rest(Duration::ZERO).await? != task::try_id() {
            task::yield_now().await;
        }
        // More than once, should the system have no time for the clock that sees it.
        while host.rest(Duration::ZERO).await? == task::try_id() {
            host.rest(Duration::from_millis(100)).await?;
        }
        Ok::<_, Error>(())
    });
    soon("an ask that is handled elsewhere", asks).await??;
    Ok(())
}

/// Time is paused so that a test is the same each time, so who goes first may not hang on how quick something was.
#[rehearsal::test(start_paused = true)]
async fn where_time_is_paused_nothing_is_handled_where_it_is_asked() -> Tested {
    let _clean = clean();
    let host = Host::spawn().await?;
    let asks = tokio::spawn(async move {
        for _ in 0..300 {
            assert_ne!(host.place().await?, task::try_id());
        }
        Ok::<_, Error>(())
    });
    asks.await??;
    Ok(())
}

#[rehearsal::test]
async fn a_panic_there_ends_the_actor_and_not_who_asks() -> Tested {
    // The last ask comes too late.
    let _clean = clean().letters(1);
    let host = Host::spawn().await?;
    let asked = host.clone();
    let asks = tokio::spawn(async move {
        for _ in 0..300 {
            asked.fall(false).await.map_err(|error| error.to_string())?;
        }
        let fallen = asked.fall(true).await.err().map(|error| error.to_string());
        Ok::<_, String>((fallen, asked.fall(false).await.is_err()))
    });
    let (fallen, is_over) = soon("the asks", asks).await??;
    assert!(fallen.as_ref().is_some_and(|text| text.contains("as it was told to")), "{fallen:?}");
    assert!(is_over);
    assert!(matches!(ended(&host, LONG_WAIT).await.reason, Reason::Panicked(_)));
    Ok(())
}

#[rehearsal::test]
async fn an_actor_may_end_by_an_ask_that_is_handled_there() -> Tested {
    let _clean = clean();
    let host = Host::spawn().await?;
    let asked = host.clone();
    let asks = tokio::spawn(async move {
        for _ in 0..300 {
            asked.leave(false).await?;
        }
        asked.leave(true).await
    });
    assert!(soon("the asks", asks).await??);
    assert_eq!(ended(&host, LONG_WAIT).await.reason, Reason::Returned);
    Ok(())
}

#[rehearsal::test]
async fn one_that_asks_without_end_lets_others_have_their_turn() -> Tested {
    let _clean = clean();
    let host = Host::spawn().await?;
    let heard = Arc::new(AtomicBool::new(false));
    let until = heard.clone();
    let asks = tokio::spawn(async move {
        let mut asks = 0_u64;
        // At least so often that the command is known to be quick.
        while asks < 2_000 || !until.load(Ordering::Relaxed) {
            asks = host.add(1).await?;
        }
        Ok::<_, Error>(asks)
    });
    tokio::spawn(async move { heard.store(true, Ordering::Relaxed) });
    assert!(soon("the last of the asks", asks).await?? >= 2_000);
    Ok(())
}

#[rehearsal::test]
async fn an_ask_of_a_command_may_be_handled_there_and_a_circle_is_still_found() -> Tested {
    let _clean = clean();
    let (first, second) = (Host::spawn().await?, Host::spawn().await?);
    let other = second.clone();
    let asks = tokio::spawn(async move {
        for asks in 1..=300 {
            assert_eq!(first.ask(other.clone()).await.map_err(|error| error.to_string())?, asks);
        }
        Ok::<_, String>(first.ask(first.clone()).await.map_err(|error| error.to_string()))
    });
    let circle = soon("the asks", asks).await??.unwrap_err();
    assert!(circle.contains("cycle") || circle.contains("itself"), "{circle}");
    Ok(())
}

/// Askers and tellers, each of which sees its own messages in order.
async fn crowd() -> Result<(), String> {
    const TASKS: u64 = 8;
    const ROUNDS: u64 = 500;
    let host = Host::spawn().await.map_err(|error| error.to_string())?;
    let tasks: Vec<_> = (0..TASKS)
        .map(|_| {
            let host = host.clone();
            tokio::spawn(async move {
                let mut before = 0;
                for round in 0..ROUNDS {
                    if round % 3 == 0 {
                        host.add(1).deliver().await?;
                    } else {
                        before += u64::from(round % 3 == 1);
                        let sum = host.add(1).await?;
                        assert!(sum > before, "{sum} after {before}");
                        before = sum;
                    }
                    if round % 50 == 0 {
                        task::yield_now().await;
                    }
                }
                Ok::<_, Error>(())
            })
        })
        .collect();
    for task in tasks {
        task.await.map_err(|error| error.to_string())?.map_err(|error| error.to_string())?;
    }
    let sum = host.add(0).await.map_err(|error| error.to_string())?;
    if sum == TASKS * ROUNDS { Ok(()) } else { Err(format!("{sum} came")) }
}

#[rehearsal::test(flavor = "multi_thread", worker_threads = 3)]
async fn a_crowd_loses_nothing_and_keeps_its_order() -> Tested {
    let _clean = clean();
    soon("the crowd", tokio::spawn(crowd())).await??;
    Ok(())
}
