//! Process actors: real signals, real exits, frames that do not fit.

use crate::cast::{Bytes, Counter, Tested, counter};
use rehearsal::actor::{Cause, Part};
use rehearsal::prelude::*;
use rehearsal::testkit::{clean, eventually, kill, silence, soon, strike, until};

/// Sends a process a signal, as `kill` in a shell does.
pub fn signal(pid: u32, name: &str) {
    let status = std::process::Command::new("kill").args([name, &pid.to_string()]).status();
    assert!(status.is_ok_and(|status| status.success()), "kill {name} {pid}");
}

/// Whether there is such a process, and it is more than an exit status nobody asked for.
pub fn is_running(pid: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"));
    // The state follows the name, which is in brackets.
    stat.is_ok_and(|stat| !stat.rsplit(')').next().unwrap_or_default().trim_start().starts_with('Z'))
}

#[rehearsal::test]
async fn a_process_killed_from_outside_ends_its_calls() -> Tested {
    let _clean = clean().letters(2);
    let counter = counter(Placement::Process).await?;
    let (waiting, behind) = (counter.wait().send()?, counter.add(1).send()?);
    until(&counter, |info| info.messages_handled >= 1).await;
    strike(&counter);
    let error = soon("the pending ask", waiting).await.unwrap_err();
    assert!(error.to_string().contains("killed by signal 9, SIGKILL"), "{error}");
    assert!(soon("the one behind", behind).await.unwrap_err().is_dead());
    assert_eq!(counter.ended().await.reason, Reason::Killed { signal: Some(9) });
    Ok(())
}

#[rehearsal::test]
async fn an_exit_and_an_abort_are_told_apart() -> Tested {
    let _clean = clean().letters(3);
    let leaving = counter(Placement::Process).await?;
    let error = soon("the ask", leaving.leave(3)).await.unwrap_err();
    assert_eq!(error.exit().map(|exit| &exit.reason), Some(&Reason::Exited { code: 3 }), "{error}");
    assert!(error.to_string().contains("exited with code 3"), "{error}");

    let leaving = counter(Placement::Process).await?;
    let error = soon("the ask", leaving.leave(0)).await.unwrap_err();
    assert_eq!(error.exit().map(|exit| &exit.reason), Some(&Reason::Exited { code: 0 }), "{error}");

    let aborting = counter(Placement::Process).await?;
    let error = soon("the ask", aborting.abort()).await.unwrap_err();
    assert!(error.to_string().contains("signal 6, SIGABRT"), "{error}");
    Ok(())
}

#[rehearsal::test]
async fn large_values_cross() -> Tested {
    let _clean = clean();
    let counter = counter(Placement::Process).await?;
    assert_eq!(counter.size_of(Bytes(vec![1; 64 << 20])).await?, 64 << 20);
    assert_eq!(counter.bytes(64 << 20).await?.0.len(), 64 << 20);
    Ok(())
}

#[rehearsal::test]
async fn large_values_cross_both_ways_at_once() -> Tested {
    let _clean = clean();
    let counter = counter(Placement::Process).await?;
    let asks: Vec<_> = (0..64).map(|_| counter.bytes(64 << 10).send()).collect::<Result<_, _>>()?;
    let tells: Vec<_> =
        (0..64).map(|_| counter.size_of(Bytes(vec![0; 64 << 10])).send()).collect::<Result<_, _>>()?;
    for ask in asks {
        assert_eq!(soon("bytes", ask).await?.0.len(), 64 << 10);
    }
    for tell in tells {
        assert_eq!(soon("a size", tell).await?, 64 << 10);
    }
    Ok(())
}

#[rehearsal::test]
async fn what_is_too_large_is_an_error_and_the_actor_lives() -> Tested {
    let _clean = clean();
    let counter = counter(Placement::Process).await?;
    let over = rehearsal::sys::wire::MAX_FRAME + 1;
    let error = soon("the ask", counter.size_of(Bytes(vec![0; over]))).await.unwrap_err();
    assert!(matches!(error.cause(), Cause::Crossing { part: Part::Arguments, .. }), "{error}");
    assert!(error.to_string().contains("over the wire's limit"), "{error}");
    let error = soon("the ask", counter.bytes(over)).await.unwrap_err();
    assert!(matches!(error.cause(), Cause::Crossing { part: Part::Answer, .. }), "{error}");
    assert_eq!(counter.add(1).await?, 1);
    Ok(())
}

#[rehearsal::test]
async fn nothing_is_left_of_a_dropped_actor() -> Tested {
    let _clean = clean();
    let counter = counter(Placement::Process).await?;
    let (pid, ended) = (counter.pid(), counter.ended());
    assert!(is_running(pid));
    drop(counter);
    soon("the end", ended).await;
    assert!(!is_running(pid));
    Ok(())
}

#[rehearsal::test]
async fn a_stuck_process_can_be_killed() -> Tested {
    let _clean = clean().letters(1..);
    let counter = counter(Placement::Process).await?;
    let stuck = counter.compute(3_600_000).send()?;
    let _stopped = silence(&counter).await?;
    // More than the socket takes, so that the writer is stuck too.
    for _ in 0..64 {
        counter.size_of(Bytes(vec![0; 64 << 10])).tell()?;
    }
    tokio::task::yield_now().await;
    counter.kill();
    assert!(soon("the stuck ask", stuck).await.unwrap_err().is_dead());
    assert_eq!(counter.ended().await.reason, Reason::Killed { signal: Some(9) });
    Ok(())
}

/// Goes off when it is read.
#[derive(Debug)]
pub struct Grenade {
    pub in_answer: bool,
}

impl serde::Serialize for Grenade {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bool(self.in_answer)
    }
}

impl<'de> serde::Deserialize<'de> for Grenade {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let in_answer = bool::deserialize(deserializer)?;
        rehearsal::actor::panic::expected(|| panic!("it went off (in the answer: {in_answer})"))
    }
}

/// Handles them.
pub struct Sapper;

#[rehearsal::actor]
impl Sapper {
    #[start]
    pub fn new() -> Self {
        Sapper
    }

    #[command]
    pub fn catch(&mut self, _it: Grenade) -> u32 {
        0
    }

    #[command]
    pub fn throw(&mut self) -> Grenade {
        Grenade { in_answer: true }
    }
}

#[rehearsal::test]
async fn a_value_that_panics_when_read_is_an_error_and_the_actor_lives() -> Tested {
    let _clean = clean();
    let sapper = Sapper::spawn().process().await?;
    let error = soon("the ask", sapper.catch(Grenade { in_answer: false })).await.unwrap_err();
    assert!(matches!(error.cause(), Cause::Crossing { part: Part::Arguments, .. }), "{error}");
    assert!(error.to_string().contains("it went off (in the answer: false)"), "{error}");
    let error = soon("the ask", sapper.throw()).await.unwrap_err();
    assert!(matches!(error.cause(), Cause::Crossing { part: Part::Answer, .. }), "{error}");
    assert!(error.to_string().contains("it went off (in the answer: true)"), "{error}");
    sapper.ping().await?;
    Ok(())
}

#[rehearsal::test]
async fn what_a_process_leaves_behind_does_not_hold_its_end_up() -> Tested {
    let _clean = clean();
    let counter = counter(Placement::Process).await?;
    // A child that outlives it; it is in the actor's process group.
    let child: u32 = counter.run(leave_a_child()).await?;
    assert!(is_running(child));
    kill(&counter).await;
    eventually("the end of its child", async || !is_running(child)).await;
    Ok(())
}

#[rehearsal::command]
fn leave_a_child() -> u32 {
    std::process::Command::new("sleep").arg("600").spawn().expect("a child").id()
}

#[rehearsal::test]
async fn files_are_passed() -> Tested {
    let _clean = clean();
    let path = std::env::temp_dir().join(format!("rehearsal-passed-{}", std::process::id()));
    std::fs::write(&path, "passed on")?;
    let options = rehearsal::sys::process::SpawnOptions {
        pass: vec![std::fs::File::open(&path)?.into()],
        env: vec![("REHEARSAL_TEST_GREETING".into(), "hello".into())],
        ..Default::default()
    };
    let counter = Counter::spawn(0).process_options(options).name("reader").await?;
    std::fs::remove_file(&path)?;
    assert_eq!(
        counter.run(read_passed()).await?,
        ["passed on", "hello", &*format!("{}-reader", rehearsal::sys::process::program_name())]
    );
    assert_eq!(counter.run(read_passed()).await?[0], "nothing", "taken once");
    Ok(())
}

#[rehearsal::command]
fn read_passed(cx: &mut Context) -> Vec<String> {
    let passed = cx.passed().into_iter().next();
    let text = passed.map(|file| std::io::read_to_string(std::fs::File::from(file)).expect("text"));
    let greeting = std::env::var("REHEARSAL_TEST_GREETING").unwrap_or_default();
    let title = std::env::args().next().unwrap_or_default();
    vec![text.unwrap_or_else(|| "nothing".to_owned()), greeting, title]
}
