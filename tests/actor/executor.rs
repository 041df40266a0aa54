//! CPU-bound work: jobs on other threads while the actor goes on answering.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::cast::{PLACEMENTS, Tested, put};
use rehearsal::actor::{Cancelled, Job, JobError, JobInfo, JobState};
use rehearsal::prelude::*;
use rehearsal::testkit::{LONG_WAIT, clean, ended, soon};

/// Lets through what waits at it.
#[derive(Default)]
struct Gate(AtomicBool);

/// Has work to do that takes a while.
pub struct Smith {
    gate: Arc<Gate>,
    /// Jobs that saw that they were cancelled.
    left_off: Arc<std::sync::atomic::AtomicU64>,
    served: u64,
}

#[rehearsal::actor]
impl Smith {
    #[start]
    pub fn new(threads: usize, cx: &mut Context<Self>) -> Smith {
        cx.executor().threads(threads);
        Smith { gate: Arc::default(), left_off: Arc::default(), served: 0 }
    }

    /// A job that is done when the gate opens, or at once when it is cancelled.
    #[command]
    pub fn forge(&mut self, pieces: u64, cx: &mut Context<Self>) -> Job<u64> {
        let (gate, left_off) = (self.gate.clone(), self.left_off.clone());
        cx.executor().run(move |work| {
            while !gate.0.load(Ordering::Acquire) {
                if let Err(cancelled) = work.progress(1, pieces) {
                    left_off.fetch_add(1, Ordering::AcqRel);
                    return Err(cancelled);
                }
                std::thread::yield_now();
            }
            Ok(pieces)
        })
    }

    /// The same, and nothing else meanwhile.
    #[command]
    pub async fn forge_here(&mut self, pieces: u64, cx: &mut Context<Self>) -> Result<u64, JobError> {
        self.forge(pieces, cx).await
    }

    #[command]
    pub fn open(&mut self) {
        self.gate.0.store(true, Ordering::Release);
    }

    #[command]
    pub fn served(&mut self) -> u64 {
        self.served += 1;
        self.served
    }

    #[command]
    pub fn left_off(&mut self) -> u64 {
        self.left_off.load(Ordering::Acquire)
    }

    #[command]
    pub fn shatter(&mut self, cx: &mut Context<Self>) -> Job<u64> {
        cx.executor().run(|_| panic!("the anvil broke"))
    }

    /// A job that never asks, nor ends. It is left behind, so it takes no processor's time from those that come after it.
    #[command]
    pub fn obsess(&mut self, cx: &mut Context<Self>) -> Job<u64> {
        cx.executor().run(|_| {
            loop {
                std::thread::park();
            }
        })
    }

    /// Who works, and whether there is a runtime.
    #[command]
    pub async fn who(&mut self, cx: &mut Context<Self>) -> Result<(Option<u64>, bool, bool), JobError> {
        let own = std::thread::current().id();
        let job = cx.executor().run(move |_| {
            let current = rehearsal::get_actor().map(|actor| actor.id());
            let has_runtime = tokio::runtime::Handle::try_current().is_ok();
            Ok((current, has_runtime, std::thread::current().id() != own))
        });
        job.await
    }

    /// More than may wait.
    #[command]
    pub async fn overload(&mut self, cx: &mut Context<Self>) -> Vec<JobError> {
        let first = self.forge(1, cx);
        // One that is taken later makes room among those that are refused.
        while matches!(first.info().state, JobState::Waiting) {
            tokio::task::yield_now().await;
        }
        let jobs: Vec<_> = std::iter::once(first).chain((1..1_100).map(|_| self.forge(1, cx))).collect();
        let mut errors = Vec::new();
        for job in jobs.into_iter().rev() {
            // Those behind the last one that fits were refused at once.
            match job.info().state {
                JobState::Waiting if errors.len() < 75 => errors.extend(job.await.err()),
                _ => job.cancel(),
            }
        }
        errors
    }

    #[command]
    pub async fn cancel_one(&mut self, cx: &mut Context<Self>) -> Result<u64, JobError> {
        let job = self.forge(1, cx);
        job.cancel();
        job.await
    }

    #[command]
    pub fn leave_early(&mut self, cx: &mut Context<Self>) -> Job<u64> {
        cx.executor().run(|_| Err(Cancelled))
    }
}

async fn jobs_of(smith: &SmithProxy, enough: impl Fn(&[JobInfo]) -> bool) -> Result<Vec<JobInfo>, Error> {
    let wait = async {
        loop {
            let jobs = smith.info().await?.jobs;
            if enough(&jobs) {
                return Ok(jobs);
            }
            tokio::task::yield_now().await;
        }
    };
    soon("the jobs", wait).await
}

fn told(jobs: &[JobInfo]) -> bool {
    jobs.first().is_some_and(|job| job.total > 0)
}

#[rehearsal::test]
async fn an_actor_serves_while_its_jobs_run() -> Tested {
    let _clean = clean();
    for place in PLACEMENTS {
        let smith = put(Smith::spawn(2), place).await?;
        let (first, second) = (smith.forge(7).send()?, smith.forge(8).send()?);
        let third = smith.forge(9).send()?;
        let are_told =
            |jobs: &[JobInfo]| jobs.len() == 3 && jobs.iter().filter(|job| job.total > 0).count() == 2;
        let jobs = jobs_of(&smith, are_told).await?;
        let states: Vec<_> = jobs.iter().map(|job| job.state).collect();
        assert_eq!(states, [JobState::Running, JobState::Running, JobState::Waiting], "{place}: two threads");
        assert_eq!((jobs[0].done, jobs[0].total), (1, 7), "{place}");
        assert!(jobs[0].running_for > Duration::ZERO && jobs[2].running_for == Duration::ZERO);
        smith.ping().await?;
        assert_eq!(smith.served().await?, 1, "{place}: other commands too");
        smith.open().await?;
        assert_eq!((first.await?, second.await?, third.await?), (7, 8, 9), "{place}");
        jobs_of(&smith, <[_]>::is_empty).await?;
    }
    Ok(())
}

#[rehearsal::test]
async fn a_job_that_is_awaited_holds_commands_up_and_no_questions() -> Tested {
    let _clean = clean().letters(3);
    for place in PLACEMENTS {
        let smith = put(Smith::spawn(1), place).await?;
        let forged = smith.forge_here(3).send()?;
        jobs_of(&smith, told).await?;
        let behind = smith.served().send()?;
        soon("the pong", smith.ping()).await?;
        assert_eq!(smith.info().await?.mailbox.waiting, 1, "{place}");
        // A stop is heard by the job, and the command ends with it.
        smith.stop().tell();
        let error = soon("the forged", forged).await.unwrap_err();
        assert!(matches!(error, Failed::Command(JobError::Cancelled)), "{place}: {error}");
        assert!(soon("what was behind", behind).await.unwrap_err().is_dead());
        assert_eq!(ended(&smith, LONG_WAIT).await.reason, Reason::Stopped, "{place}");
    }
    Ok(())
}

#[rehearsal::test]
async fn a_dropped_ask_cancels_its_job() -> Tested {
    let _clean = clean();
    for place in PLACEMENTS {
        let smith = put(Smith::spawn(1), place).await?;
        let (running, waiting) = (smith.forge(1).send()?, smith.forge(2).send()?);
        jobs_of(&smith, |jobs| jobs.len() == 2 && told(jobs)).await?;
        drop(waiting);
        jobs_of(&smith, |jobs| jobs.len() == 1).await?;
        drop(running);
        jobs_of(&smith, <[_]>::is_empty).await?;
        assert_eq!(smith.left_off().await?, 1, "{place}: the one that ran; the other never did");

        // On a busy machine the deadline may pass before the job has begun, which leaves nothing off: then a longer one.
        for limit in (0..).map(|doublings| Duration::from_millis(20 << doublings)) {
            assert!(limit < LONG_WAIT, "{place}: no job begins");
            let error = smith.forge(1).timeout(limit).await.unwrap_err();
            assert!(error.call().is_some_and(Error::is_timeout), "{place}: {error}");
            jobs_of(&smith, <[_]>::is_empty).await?;
            let left_off = smith.left_off().await?;
            assert!(left_off <= 2, "{place}: {left_off}");
            if left_off == 2 {
                break;
            }
        }
    }
    Ok(())
}

#[rehearsal::test]
async fn a_command_given_up_before_it_was_carried_out_does_no_work() -> Tested {
    let _clean = clean();
    for place in PLACEMENTS {
        let smith = put(Smith::spawn(1), place).await?;
        // What gives a call up goes past the messages: here it is there before the command is.
        for _ in 0..50 {
            drop(smith.forge(5).send()?);
        }
        assert_eq!(smith.served().await?, 1, "{place}");
        jobs_of(&smith, <[_]>::is_empty).await?;
    }
    Ok(())
}

#[rehearsal::test]
async fn a_panic_in_a_job_reaches_the_caller() -> Tested {
    let _clean = clean();
    for place in PLACEMENTS {
        let smith = put(Smith::spawn(1), place).await?;
        let error = soon("the shattered", smith.shatter()).await.unwrap_err();
        let Failed::Command(JobError::Panicked(note)) = &error else { panic!("{place}: {error}") };
        assert_eq!(note.message, "the anvil broke");
        assert!(note.location.contains("tests/actor/executor.rs:"), "{place}: {error}");
        assert_eq!(smith.served().await?, 1, "{place}: it lives");
    }
    Ok(())
}

#[rehearsal::test]
async fn a_stop_cancels_jobs_and_names_the_stuck() -> Tested {
    let _clean = clean();
    for place in PLACEMENTS {
        let smith = put(Smith::spawn(1), place).await?;
        let (running, waiting) = (smith.forge(1).send()?, smith.forge(2).send()?);
        jobs_of(&smith, |jobs| jobs.len() == 2 && told(jobs)).await?;
        assert_eq!(smith.stop().await?, Exit::new(Reason::Stopped), "{place}");
        for answer in [running, waiting] {
            let error = soon("the answer", answer).await.unwrap_err();
            assert!(matches!(error, Failed::Command(JobError::Cancelled)), "{place}: {error}");
        }
    }
    // These take the whole grace: side by side.
    let mut ends = Vec::new();
    for place in PLACEMENTS {
        ends.push(tokio::spawn(async move {
            let smith = put(Smith::spawn(1), place).await.map_err(|error| error.to_string())?;
            let obsessed = smith.obsess().send().map_err(|error| error.to_string())?;
            let is_running = |jobs: &[JobInfo]| jobs.iter().any(|job| job.state == JobState::Running);
            jobs_of(&smith, is_running).await.map_err(|error| error.to_string())?;
            let exit = smith.stop().await.map_err(|error| error.to_string())?;
            let error = soon("the obsessed", obsessed).await.unwrap_err();
            Ok::<_, String>((place, exit, error))
        }));
    }
    for end in ends {
        let (place, exit, error) = end.await??;
        assert_eq!(exit.reason, Reason::Stopped, "{place}");
        assert!(exit.to_string().contains("its job 1 was cancelled and has not left off"), "{place}: {exit}");
        assert!(matches!(error, Failed::Command(JobError::Stuck { id: 1 })), "{place}: {error}");
    }
    Ok(())
}

#[rehearsal::test]
async fn a_kill_waits_for_no_job() -> Tested {
    let _clean = clean().letters(1);
    for place in PLACEMENTS {
        let smith = put(Smith::spawn(1), place).await?;
        let obsessed = smith.obsess().send()?;
        jobs_of(&smith, |jobs| !jobs.is_empty()).await?;
        smith.kill();
        let exit = ended(&smith, LONG_WAIT).await;
        assert!(matches!(exit.reason, Reason::Killed { .. }), "{place}: {exit}");
        assert!(soon("the answer", obsessed).await.is_err(), "{place}");
    }
    Ok(())
}

#[rehearsal::test]
async fn what_a_job_sees() -> Tested {
    let _clean = clean();
    for place in PLACEMENTS {
        let smith = put(Smith::spawn(1), place).await?;
        assert_eq!(smith.who().await?, (Some(smith.id()), true, true), "{place}");
        let error = smith.leave_early().await.unwrap_err();
        assert!(matches!(error, Failed::Command(JobError::Cancelled)), "{place}: {error}");
        assert!(matches!(smith.cancel_one().await, Err(Failed::Command(JobError::Cancelled))), "{place}");
    }
    Ok(())
}

#[rehearsal::test]
async fn jobs_are_bounded() -> Tested {
    let _clean = clean();
    let smith = Smith::spawn(1).await?;
    let errors = soon("the overload", smith.overload()).await?;
    assert_eq!(errors.len(), 75);
    assert!(errors.iter().all(|error| matches!(error, JobError::Full { capacity: 1024 })), "{errors:?}");
    Ok(())
}

#[rehearsal::test]
async fn the_last_proxy_waits_for_jobs_somebody_waits_for() -> Tested {
    let _clean = clean();
    for place in PLACEMENTS {
        let smith = put(Smith::spawn(1), place).await?;
        let forged = smith.forge(4).send()?;
        jobs_of(&smith, told).await?;
        smith.open().tell()?;
        let ended = smith.ended();
        drop(smith);
        assert_eq!(soon("the forged", forged).await?, 4, "{place}");
        assert_eq!(soon("the end", ended).await.reason, Reason::Returned, "{place}");
    }
    Ok(())
}
