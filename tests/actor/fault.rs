//! What can go wrong between a process actor and its parent: before the handshake, in the middle of a frame, at the
//! limits of the system.

use std::os::unix::process::CommandExt;
use std::time::Duration;

use crate::cast::{Counter, CounterProxy, Tested, counter};
use rehearsal::actor::{Cause, Part, panic};
use rehearsal::prelude::*;
use rehearsal::sys::process::{Child, ExitStatus, SpawnOptions, children, spawn_self};
use rehearsal::sys::wire::{BlockingSender, FrameReader, encode};
use rehearsal::testkit::{clean, eventually, soon, strike};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::process::{is_running, signal};

/// What happens when it is read: then a process has been started and has not answered the handshake.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fuse {
    Exit,
    Kill,
    Hang,
    Panic,
}

const FUSES: [Fuse; 4] = [Fuse::Exit, Fuse::Kill, Fuse::Hang, Fuse::Panic];

impl Serialize for Fuse {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u8(*self as u8)
    }
}

impl<'de> Deserialize<'de> for Fuse {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Fuse, D::Error> {
        match FUSES[usize::from(u8::deserialize(deserializer)?)] {
            Fuse::Exit => std::process::exit(7),
            Fuse::Kill => {
                signal(std::process::id(), "-KILL");
                unreachable!("nobody comes back from that")
            }
            Fuse::Hang => loop {
                std::thread::park();
            },
            Fuse::Panic => panic::expected(|| panic!("the fuse blew")),
        }
    }
}

/// Never lives.
#[derive(Debug)]
pub struct Blown;

#[rehearsal::actor]
impl Blown {
    #[start]
    pub fn new(_fuse: Fuse) -> Self {
        Blown
    }
}

async fn blown(fuse: Fuse) -> SpawnError {
    let mut spawn = Blown::spawn(fuse).process();
    if fuse == Fuse::Hang {
        spawn = spawn.timeout(Duration::from_millis(500));
    }
    soon("the spawn", spawn).await.expect_err("it cannot live")
}

#[rehearsal::test]
async fn a_process_dead_before_its_handshake_says_how_it_died() {
    let _clean = clean();
    let error = blown(Fuse::Exit).await;
    let SpawnError::Died { exit, .. } = &error else { panic!("{error}") };
    assert_eq!(exit.reason, Reason::Exited { code: 7 });
    assert!(error.to_string().contains("exited with code 7"), "{error}");

    let error = blown(Fuse::Kill).await;
    let SpawnError::Died { exit, .. } = &error else { panic!("{error}") };
    assert_eq!(exit.reason, Reason::Killed { signal: Some(9) });

    let error = blown(Fuse::Panic).await;
    assert!(matches!(error, SpawnError::Refused { .. }), "{error}");
    assert!(error.to_string().contains("the fuse blew"), "{error}");
}

#[rehearsal::test]
async fn a_process_that_hangs_before_its_handshake_is_killed_at_the_deadline() {
    let _clean = clean();
    let before = pids();
    let error = blown(Fuse::Hang).await;
    assert!(matches!(error, SpawnError::Timeout { .. }), "{error}");
    // The spawn is over before its process is; nothing is left in a moment.
    let is_left = |pid: &u32| !before.contains(pid) && is_running(*pid) && is_worker(*pid);
    eventually("the end of its process", async || !pids().iter().any(is_left)).await;
}

fn pids() -> Vec<u32> {
    children().into_iter().map(|child| child.pid).collect()
}

/// One that a spawn here has named, not the guardian.
fn is_worker(pid: u32) -> bool {
    let title = std::fs::read_to_string(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    title.contains("-Blown-")
}

/// Says this as the parent of a fresh worker and gives what that answers, if anything, and how it ended.
async fn say_first(first: &[u8]) -> Result<(Option<Vec<u8>>, ExitStatus), Box<dyn std::error::Error>> {
    let child: Child = spawn_self(SpawnOptions::default())?;
    let socket = child.socket()?.into_std()?;
    BlockingSender::new(&socket)?.send(first, Duration::from_secs(30))?;
    let mut frames = FrameReader::new(tokio::net::UnixStream::from_std(socket)?);
    let answer = soon("an answer", frames.next()).await?.map(<[u8]>::to_vec);
    Ok((answer, soon("its end", child.wait()).await))
}

#[rehearsal::test]
async fn a_handshake_of_another_version_is_refused_in_words() -> Tested {
    let _clean = clean();
    let (answer, status) = say_first(&encode(&(4_711_u32, "what follows is another protocol"))?).await?;
    let words = String::from_utf8_lossy(&answer.expect("a refusal")).into_owned();
    assert!(words.contains("speaks version 4711 of the handshake"), "{words}");
    assert_eq!(status, ExitStatus::Exited(101));
    Ok(())
}

#[rehearsal::test]
async fn what_is_no_handshake_is_refused_too() -> Tested {
    let _clean = clean();
    let (answer, status) = say_first(&encode(&())?).await?;
    assert!(answer.is_some(), "it says why");
    assert_eq!(status, ExitStatus::Exited(101));
    // More than a frame may have: nothing that follows can be told apart, so there is nothing to answer to.
    let (_, status) = say_first(&u32::MAX.to_le_bytes()).await?;
    assert_eq!(status, ExitStatus::Exited(101));
    Ok(())
}

/// Panics when it is written.
#[derive(Debug)]
pub struct Dud;

impl Serialize for Dud {
    fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        panic::expected(|| panic!("it would not be written"))
    }
}

impl<'de> Deserialize<'de> for Dud {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Dud, D::Error> {
        <()>::deserialize(deserializer).map(|()| Dud)
    }
}

/// Handles them.
pub struct Clerk;

#[rehearsal::actor]
impl Clerk {
    #[start]
    pub fn new() -> Self {
        Clerk
    }

    #[command]
    pub fn file(&mut self, _it: Dud) -> u32 {
        0
    }

    #[command]
    pub fn find(&mut self) -> Dud {
        Dud
    }
}

#[rehearsal::test]
async fn a_value_that_panics_when_written_is_an_error_and_the_actor_lives() -> Tested {
    let _clean = clean();
    let clerk = Clerk::spawn().process().await?;
    for (part, error) in [
        (Part::Arguments, soon("the ask", clerk.file(Dud)).await.unwrap_err()),
        (Part::Answer, soon("the ask", clerk.find()).await.unwrap_err()),
    ] {
        assert!(matches!(error.cause(), Cause::Crossing { part: at, .. } if *at == part), "{error}");
        assert!(error.to_string().contains("it would not be written"), "{error}");
    }
    clerk.ping().await?;
    assert_eq!(clerk.stop().await?.reason, Reason::Stopped);
    Ok(())
}

/// Whether the process's main thread waits for its socket to take more: it is in `poll` then, which it is in for
/// nothing else.
fn is_stuck_in_a_write(pid: u32) -> bool {
    let syscall = std::fs::read_to_string(format!("/proc/{pid}/syscall")).expect("a child of ours");
    let number = syscall.split_whitespace().next().unwrap_or_default();
    let poll: &[&str] = if cfg!(target_arch = "x86_64") { &["7", "271"] } else { &["73"] };
    poll.contains(&number)
}

#[rehearsal::test]
async fn a_process_killed_in_the_middle_of_a_frame_ends_its_calls() -> Tested {
    let _clean = clean().letters(2);
    let counter = counter(Placement::Process).await?;
    let (torn, behind) = (counter.bytes(64 << 20).send()?, counter.add(1).send()?);
    // The asks go out; then nobody reads here, and the answer gets stuck half way.
    tokio::task::yield_now().await;
    while !is_stuck_in_a_write(counter.pid()) {
        std::thread::yield_now();
    }
    strike(&counter);
    let error = soon("the torn answer", torn).await.unwrap_err();
    assert_eq!(error.exit().map(|exit| &exit.reason), Some(&Reason::Killed { signal: Some(9) }), "{error}");
    assert!(soon("the one behind", behind).await.unwrap_err().is_dead());
    assert_eq!(counter.ended().await.reason, Reason::Killed { signal: Some(9) });
    Ok(())
}

/// Has the process become another program as soon as it is stuck in the middle of a frame: its socket is closed then,
/// and it runs on.
#[rehearsal::command]
fn become_another_program_when_stuck() {
    std::thread::spawn(|| {
        while !is_stuck_in_a_write(std::process::id()) {
            std::thread::yield_now();
        }
        let error = std::process::Command::new("sleep").arg("600").exec();
        eprintln!("it did not become `sleep`: {error}");
    });
}

#[rehearsal::test]
async fn a_socket_closed_in_the_middle_of_a_frame_ends_the_process_that_closed_it() -> Tested {
    let _clean = clean().letters(1);
    let counter = counter(Placement::Process).await?;
    counter.run(become_another_program_when_stuck()).await?;
    let torn = counter.bytes(64 << 20).send()?;
    tokio::task::yield_now().await;
    let program = format!("/proc/{}/comm", counter.pid());
    while std::fs::read_to_string(&program)?.trim() != "sleep" {
        std::thread::yield_now();
    }
    let error = soon("the torn answer", torn).await.unwrap_err();
    let exit = error.exit().expect("it says how its actor ended");
    assert_eq!(exit.reason, Reason::Unreachable, "{error}");
    assert!(error.to_string().contains("closed its socket while its process ran on"), "{error}");
    assert!(!is_running(counter.pid()));
    Ok(())
}

#[rehearsal::test]
async fn an_answer_is_not_held_back_by_a_command_that_computes() -> Tested {
    let _clean = clean().letters(1);
    let counter = counter(Placement::Process).await?;
    // The first answer may wait for company, but not for as long as the second command takes.
    let (first, second) = (counter.add(1).send()?, counter.compute(3_600_000).send()?);
    assert_eq!(soon("the first answer", first).await?, 1);
    counter.kill();
    assert!(soon("the second answer", second).await.unwrap_err().is_dead());
    Ok(())
}

/// Starts process actors until the system has no more, and tells how many there were, what the error says, and how
/// many answered then.
#[rehearsal::command]
async fn storm(limit: u32) -> Result<(usize, String, usize), String> {
    let own = std::process::id().to_string();
    let limited = std::process::Command::new("prlimit")
        .args(["--pid", &own, &format!("--nofile={limit}")])
        .status()
        .map_err(|error| error.to_string())?;
    if !limited.success() {
        return Err("no limit could be set".to_owned());
    }
    let mut counters: Vec<CounterProxy> = Vec::new();
    let error = loop {
        match Counter::spawn(0).process().await {
            Ok(counter) => counters.push(counter),
            Err(error) => break error.to_string(),
        }
        if counters.len() > limit as usize {
            return Err("the limit was never reached".to_owned());
        }
    };
    let mut answers = 0;
    for counter in &counters {
        answers += usize::from(counter.add(1).await.is_ok());
    }
    let started = counters.len();
    // With one less there is room for one more.
    if let Some(counter) = counters.pop() {
        counter.stop().await.map_err(|error| error.to_string())?;
    }
    Counter::spawn(0).process().await.map_err(|error| error.to_string())?;
    Ok((started, error, answers))
}

#[rehearsal::test]
async fn a_storm_of_spawns_beyond_the_limit_is_an_error_and_those_that_live_answer() -> Tested {
    let _clean = clean();
    // A process of its own, which may be short of everything.
    let host = counter(Placement::Process).await?;
    let (started, error, answers) = soon("the storm", host.run(storm(48))).await??;
    assert!(started > 2, "{started}");
    assert_eq!(answers, started);
    assert!(error.contains("cannot start process") && error.contains("(limit 48)"), "{error}");
    assert!(error.contains("ulimit -n"), "{error}");
    Ok(())
}

/// Processes at once that a developer's machine is asked for.
const MANY: usize = 64;

#[rehearsal::test]
async fn sixty_four_live_at_once() -> Tested {
    let _clean = clean();
    let starting: Vec<_> =
        (0..MANY).map(|n| tokio::spawn(Counter::spawn(n as i64).process().into_future())).collect();
    let mut counters = Vec::new();
    for counter in starting {
        counters.push(soon("a counter", counter).await??);
    }
    let asks: Vec<_> = counters.iter().map(|counter| counter.add(1).send()).collect::<Result<_, _>>()?;
    for (n, ask) in asks.into_iter().enumerate() {
        assert_eq!(soon("a sum", ask).await?, n as i64 + 1);
    }
    let pids: std::collections::BTreeSet<u32> = counters.iter().map(|counter| counter.pid()).collect();
    assert_eq!(pids.len(), MANY);
    assert!(pids.iter().all(|pid| is_running(*pid)));
    Ok(())
}

#[rehearsal::test(isolation = "process")]
async fn a_thousand_spawns_leave_no_descriptor_and_no_zombie() -> Tested {
    let _clean = clean();
    let descriptors = || std::fs::read_dir("/proc/self/fd").map(Iterator::count);
    // The guardian and the thread that starts processes stay; they come with the first two.
    for _ in 0..2 {
        counter(Placement::Process).await?.stop().await?;
    }
    let before = (descriptors()?, children().len());
    for batch in 0..125 {
        let starting: Vec<_> =
            (0..8).map(|_| tokio::spawn(Counter::spawn(0).process().into_future())).collect();
        for (n, counter) in starting.into_iter().enumerate() {
            let counter = soon("a counter", counter).await??;
            assert_eq!(counter.add(batch).await?, batch);
            let ended = counter.ended();
            // Each way to end.
            match n % 4 {
                0 => drop(counter.stop().await?),
                1 => counter.kill(),
                2 => strike(&counter),
                _ => drop(counter),
            }
            soon("the end", ended).await;
        }
    }
    // An actor has ended once all is known of it; its parent's end of the socket goes with the task that held it.
    let after = || descriptors().map(|descriptors| (descriptors, children().len()));
    eventually("what they had to be given back", async || after().is_ok_and(|after| after == before)).await;
    assert!(children().iter().all(|child| !child.finished), "{:?}", children());
    Ok(())
}
