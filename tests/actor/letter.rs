//! Dead letters: what reached nobody is told, in each placement.

use std::fs::File;
use std::io::{Read, Write};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::cast::{Counter, PLACEMENTS, Tested, counter, put};
use rehearsal::actor::{DeadLetter, DeadLetters, Undelivered, dead_letter_count, dead_letters};
use rehearsal::prelude::*;
use rehearsal::sys::process::SpawnOptions;
use rehearsal::testkit::{LONG_WAIT, clean, ended, kill, soon, until};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The letters of one actor that have come.
fn of(letters: &mut DeadLetters, id: u64) -> Vec<DeadLetter> {
    std::iter::from_fn(|| letters.try_next()).filter(|letter| letter.actor.id() == id).collect()
}

fn commands(letters: &[DeadLetter]) -> Vec<&'static str> {
    letters.iter().map(|letter| letter.command).collect()
}

#[rehearsal::test]
async fn whatever_is_sent_to_an_actor_that_has_ended() -> Tested {
    let _clean = clean().letters(18);
    for place in PLACEMENTS {
        let counter = counter(place).await?;
        let mut letters = dead_letters();
        let before = dead_letter_count().of(Undelivered::Ended);
        counter.stop().await?;
        assert!(counter.add(1).tell().is_err());
        assert!(counter.add(1).try_tell().is_err());
        assert!(counter.take(1).send().is_err());
        assert!(counter.add(1).deliver().await.is_err());
        assert!(counter.add(1).await.is_err());
        assert!(counter.echo("hello").await.is_err());
        // Questions about an actor are no messages for it.
        assert!(counter.ping().await.is_err());
        assert!(counter.info().send().is_err());
        let letters = of(&mut letters, counter.id());
        assert_eq!(commands(&letters), ["add", "add", "take", "add", "add", "echo"], "{place}");
        assert!(letters.iter().all(|letter| letter.why == Undelivered::Ended), "{place}: {letters:?}");
        assert!(dead_letter_count().of(Undelivered::Ended) >= before + 6, "{place}");
    }
    Ok(())
}

#[rehearsal::test]
async fn what_was_carried_out_or_refused_is_none() -> Tested {
    let _clean = clean();
    for place in PLACEMENTS {
        let counter = counter(place).await?;
        let mut letters = dead_letters();
        counter.add(1).tell()?;
        drop(counter.add(1).send()?);
        assert_eq!(counter.add(1).await?, 3, "{place}");
        assert!(counter.take(10).await.is_err());
        counter.stop().await?;
        assert_eq!(of(&mut letters, counter.id()), [], "{place}: an answer nobody takes is not lost");
    }
    Ok(())
}

#[rehearsal::test]
async fn a_subscription_that_is_awaited_is_woken_by_an_actor_of_another_thread() -> Tested {
    let _clean = clean().letters(1);
    let counter = counter(Placement::Thread).await?;
    let mut letters = dead_letters();
    let waiting = counter.wait().send()?;
    until(&counter, |info| info.messages_handled >= 1).await;
    counter.add(1).tell()?;
    counter.kill();
    let letter = soon("the letter", async {
        loop {
            let letter = letters.next().await;
            if letter.actor.id() == counter.id() {
                break letter;
            }
        }
    })
    .await;
    assert_eq!((letter.command, letter.why), ("add", Undelivered::Left));
    assert!(soon("the end of the command", waiting).await.is_err());
    Ok(())
}

/// The batch the receiver took goes the same way as what is still in the mailbox.
#[rehearsal::test]
fn what_a_runtime_leaves_behind_that_is_shut_down() {
    let _clean = clean().letters(2).failures(1);
    let mut letters = dead_letters();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let id = runtime.block_on(async {
        let counter = counter(Placement::Task).await.expect("a counter");
        counter.wait().tell().expect("room");
        counter.add(1).tell().expect("room");
        until(&counter, |info| info.messages_handled >= 1).await;
        counter.take(1).tell().expect("room");
        counter.id()
    });
    drop(runtime);
    let letters = of(&mut letters, id);
    assert_eq!(commands(&letters), ["add", "take"]);
    assert!(letters.iter().all(|letter| letter.why == Undelivered::Left), "{letters:?}");
}

/// In a worker's mailbox, on the way to it, or here: it is the same to who sent it.
#[rehearsal::test]
async fn what_waits_behind_the_last_command() -> Tested {
    let _clean = clean().letters(84);
    for place in PLACEMENTS {
        for mailbox in [2, 100] {
            let counter = put(Counter::spawn(0), place).mailbox(mailbox).await?;
            let mut letters = dead_letters();
            counter.add(1).await?;
            let mut senders = Vec::new();
            for number in 0..20 {
                let counter = counter.clone();
                // Delivered one after the other by one sender; more than one mailbox of two holds.
                senders.push(async move {
                    match number {
                        5 => counter.finish().deliver().await,
                        odd if odd % 2 == 1 => counter.add(1).deliver().await,
                        _ => counter.take(0).deliver().await,
                    }
                });
            }
            let mut delivered = 0;
            for sender in senders {
                delivered += usize::from(soon("room or the end", sender).await.is_ok());
            }
            assert!(delivered >= 6, "{place}");
            let exit = ended(&counter, LONG_WAIT).await;
            assert_eq!(exit.reason, Reason::Returned, "{place}");
            let letters = of(&mut letters, counter.id());
            let commands = commands(&letters);
            let expected = (6..20).map(|number| if number % 2 == 1 { "add" } else { "take" });
            let mut expected: Vec<_> = expected.collect();
            let mut seen = commands.clone();
            expected.sort_unstable();
            seen.sort_unstable();
            assert_eq!(seen, expected, "{place}, mailbox of {mailbox}: each once");
            let left = letters.iter().filter(|letter| letter.why == Undelivered::Left).count();
            assert_eq!(left, delivered - 6, "{place}, mailbox of {mailbox}: {letters:?}");
        }
    }
    Ok(())
}

/// What is dropped unhandled makes no room: nothing more goes to a process whose actor has ended, and each message that
/// was left is told. The end is held up where some of them have been dropped and the rest has not.
#[rehearsal::test]
async fn what_is_dropped_while_its_process_ends() -> Tested {
    let _clean = clean().letters(5);
    let (gate, theirs) = std::os::unix::net::UnixStream::pair()?;
    let (tell, mut told) = tokio::sync::mpsc::unbounded_channel();
    let options = SpawnOptions { pass: vec![theirs.into()], ..Default::default() };
    let hoarder = Hoarder::spawn().process_options(options).mailbox(4);
    let hoarder = hoarder.on_event(move |()| tell.send(()).expect("the test listens")).await?;
    let mut letters = dead_letters();
    hoarder.end_behind(3).tell()?;
    for number in 1..=3 {
        hoarder.hold(Heavy { number }).tell()?;
    }
    for _ in 0..2 {
        soon("room", hoarder.count().deliver()).await?;
    }
    // Told by the drop of the third: two messages that nobody handled are gone, and half a mailbox makes a report.
    soon("the drop", told.recv()).await.expect("the actor lives");
    (&gate).write_all(b".")?;
    let exit = ended(&hoarder, LONG_WAIT).await;
    assert_eq!(exit.reason, Reason::Returned, "{exit}");
    let letters = of(&mut letters, hoarder.id());
    assert_eq!(commands(&letters), ["hold", "hold", "hold", "count", "count"]);
    assert!(letters.iter().all(|letter| letter.why == Undelivered::Left), "{letters:?}");
    Ok(())
}

/// What cannot be read is told before its turn; that does not hide who waits before it, nor is it told twice.
#[rehearsal::test]
async fn what_waits_on_both_sides_of_what_cannot_be_read() -> Tested {
    let _clean = clean().letters(3);
    let hoarder = Hoarder::spawn().process().mailbox(8).await?;
    let mut letters = dead_letters();
    hoarder.end_behind(3).tell()?;
    hoarder.count().tell()?;
    hoarder.hold(Heavy { number: 0 }).tell()?;
    let unread = hoarder.hold(Heavy { number: 0 }).send()?;
    hoarder.hold(Heavy { number: 1 }).tell()?;
    let exit = ended(&hoarder, LONG_WAIT).await;
    assert_eq!(exit.reason, Reason::Returned, "{exit}");
    assert!(soon("the ask", unread).await.unwrap_err().to_string().contains("weighs nothing"));
    let letters = of(&mut letters, hoarder.id());
    let told: Vec<_> = letters.iter().map(|letter| (letter.command, letter.why)).collect();
    let expected =
        [("hold", Undelivered::Crossing), ("count", Undelivered::Left), ("hold", Undelivered::Left)];
    assert_eq!(told, expected);
    Ok(())
}

/// A process that is killed gives no account: what was under way is told as that.
#[rehearsal::test]
async fn what_was_under_way_to_a_process_that_is_killed() -> Tested {
    let _clean = clean().letters(3);
    let counter = put(Counter::spawn(0), Placement::Process).mailbox(64).await?;
    let mut letters = dead_letters();
    counter.add(1).await?;
    let waiting = counter.wait().send()?;
    until(&counter, |info| info.messages_handled >= 2).await;
    let asked = counter.take(0).send()?;
    counter.add(1).tell()?;
    counter.ping().await?;
    let exit = kill(&counter).await;
    assert_eq!(exit.reason, Reason::Killed { signal: Some(9) });
    assert!(soon("the ask", waiting).await.is_err());
    assert!(soon("the ask", asked).await.is_err());
    let letters = of(&mut letters, counter.id());
    assert_eq!(commands(&letters), ["wait", "take", "add"]);
    assert!(letters.iter().all(|letter| letter.why == Undelivered::UnderWay), "{letters:?}");
    Ok(())
}

/// What cannot be written or read does not cross; whom a tell was from nobody knows.
#[rehearsal::test]
async fn a_tell_that_cannot_cross() -> Tested {
    let _clean = clean().letters(2);
    let picky = Picky::spawn().process().await?;
    let mut letters = dead_letters();
    picky.take(Odd::Fine).tell()?;
    picky.take(Odd::Unwritable).tell()?;
    picky.take(Odd::Unreadable).tell()?;
    assert!(picky.take(Odd::Unreadable).await.is_err(), "who asks is told");
    assert_eq!(picky.take(Odd::Fine).await?, 2);
    picky.stop().await?;
    let letters = of(&mut letters, picky.id());
    assert_eq!(commands(&letters), ["take", "take"]);
    assert!(letters.iter().all(|letter| letter.why == Undelivered::Crossing), "{letters:?}");
    Ok(())
}

/// A value that may be hard to write or to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Odd {
    Fine,
    Unwritable,
    Unreadable,
}

impl Serialize for Odd {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            Odd::Fine => to.serialize_u8(0),
            Odd::Unwritable => Err(serde::ser::Error::custom("not to be written")),
            Odd::Unreadable => to.serialize_u8(2),
        }
    }
}

impl<'de> Deserialize<'de> for Odd {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Odd, D::Error> {
        match u8::deserialize(from)? {
            0 => Ok(Odd::Fine),
            _ => Err(serde::de::Error::custom("not to be read")),
        }
    }
}

/// Counts what it could read.
pub struct Picky(u32);

#[rehearsal::actor]
impl Picky {
    #[start]
    pub fn new() -> Self {
        Picky(0)
    }

    #[command]
    pub fn take(&mut self, _odd: Odd) -> u32 {
        self.0 += 1;
        self.0
    }
}

/// What the drops of [`Heavy`] reach in the hoarder's process; nothing in that of the test.
static REACH: Mutex<Option<(Outlet<()>, File)>> = Mutex::new(None);
static HERE: AtomicU32 = AtomicU32::new(0);

/// A value of which the third holds its process up when it is dropped, until the test lets go.
#[derive(Debug, Serialize)]
pub struct Heavy {
    number: u32,
}

impl<'de> Deserialize<'de> for Heavy {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Heavy, D::Error> {
        HERE.fetch_add(1, Ordering::Relaxed);
        match u32::deserialize(from)? {
            0 => Err(serde::de::Error::custom("it weighs nothing")),
            number => Ok(Heavy { number }),
        }
    }
}

impl Drop for Heavy {
    fn drop(&mut self) {
        let reach = REACH.lock().expect("no drop panics");
        if let (3, Some((outlet, gate))) = (self.number, &*reach) {
            outlet.send(()).expect("the test listens");
            (&mut &*gate).read_exact(&mut [0]).expect("the test lets go");
        }
    }
}

/// Ends when enough has come.
pub struct Hoarder;

#[rehearsal::actor(event = ())]
impl Hoarder {
    #[start]
    pub fn new(cx: &mut Context<Self>) -> Self {
        let gate = cx.passed().into_iter().next().map(File::from);
        *REACH.lock().expect("no drop panics") = gate.map(|gate| (cx.outlet(), gate));
        Hoarder
    }

    #[command]
    pub async fn end_behind(&mut self, values: u32, cx: &mut Context<Self>) {
        while HERE.load(Ordering::Relaxed) < values {
            tokio::task::yield_now().await;
        }
        cx.stop();
    }

    #[command]
    pub fn hold(&mut self, _it: Heavy) {}

    #[command]
    pub fn count(&self) -> u32 {
        HERE.load(Ordering::Relaxed)
    }
}
