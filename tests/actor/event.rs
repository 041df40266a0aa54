//! Events: what an actor tells its parent without being asked, from any thread, up to its last instruction.

use std::sync::mpsc;

use crate::cast::{Bytes, PLACEMENTS, Tested};
use rehearsal::prelude::*;
use rehearsal::testkit::{LONG_WAIT, clean, ended, soon};

/// Tells numbers.
pub struct Teller;

#[rehearsal::actor(event = u32)]
impl Teller {
    #[start]
    pub fn new() -> Self {
        Teller
    }

    /// From a thread of its own, which is waited for.
    #[command]
    pub fn tell_to(&mut self, last: u32, cx: &mut Context<Self>) -> bool {
        let outlet = cx.outlet();
        let telling = move || (1..=last).all(|number| outlet.send(number).is_ok());
        std::thread::spawn(telling).join().expect("telling does not panic")
    }

    /// And then no more.
    #[command]
    pub fn tell_and_abort(&mut self, last: u32, cx: &mut Context<Self>) {
        let outlet = cx.outlet();
        let telling = move || {
            (1..=last).for_each(|number| outlet.send(number).expect("the parent listens"));
            std::process::abort();
        };
        let _ = std::thread::spawn(telling).join();
    }
}

fn teller(place: Placement) -> (Spawn<Teller>, mpsc::Receiver<u32>) {
    let (tell, told) = mpsc::channel();
    let spawn = Teller::spawn().on_event(move |event| tell.send(event).expect("the test listens"));
    let spawn = match place {
        Placement::Thread => spawn.thread(),
        Placement::Process => spawn.process(),
        _ => spawn,
    };
    (spawn, told)
}

#[rehearsal::test]
async fn events_come_in_order_and_before_the_answer_after_them() -> Tested {
    let _clean = clean();
    for place in PLACEMENTS {
        let (spawn, told) = teller(place);
        let teller = spawn.await?;
        assert!(teller.tell_to(1_000).await?);
        let told: Vec<u32> = told.try_iter().collect();
        assert_eq!(told, (1..=1_000).collect::<Vec<_>>(), "{place}");
    }
    Ok(())
}

#[rehearsal::test]
async fn every_event_before_an_abort_is_heard_before_the_end() -> Tested {
    let _clean = clean().letters(20);
    for round in 0..20 {
        let (spawn, told) = teller(Placement::Process);
        let teller = spawn.await?;
        teller.tell_and_abort(100 + round).tell()?;
        let exit = ended(&teller, LONG_WAIT).await;
        assert_eq!(exit.reason, Reason::Killed { signal: Some(6) });
        assert_eq!(told.try_iter().last(), Some(100 + round), "all of them, before ended() resolved");
    }
    Ok(())
}

/// Shouts.
pub struct Shouter;

#[rehearsal::actor(event = Bytes)]
impl Shouter {
    #[start]
    pub fn new() -> Self {
        Shouter
    }

    /// So many bytes; what went wrong with it.
    #[command]
    pub fn shout(&mut self, bytes: usize, cx: &mut Context<Self>) -> String {
        cx.outlet().send(Bytes(vec![7; bytes])).map_or_else(|gone| gone.to_string(), |()| String::new())
    }
}

/// Too large for the way to the parent: its sender is told, nothing of it is on the wire, and what follows comes.
#[rehearsal::test]
async fn an_event_that_is_too_large_is_its_senders_error() -> Tested {
    let _clean = clean();
    let (tell, told) = mpsc::channel();
    let shouter = Shouter::spawn().process();
    let shouter = shouter.on_event(move |event: Bytes| tell.send(event.0.len()).expect("the test listens"));
    let shouter = shouter.await?;
    assert_eq!(shouter.shout(1).await?, "");
    let why = soon("the shout", shouter.shout(rehearsal::sys::wire::MAX_FRAME + 1)).await?;
    assert!(why.contains("over the wire's limit"), "{why}");
    assert_eq!(shouter.shout(3).await?, "");
    assert_eq!(shouter.stop().await?.reason, Reason::Stopped);
    assert_eq!(told.try_iter().collect::<Vec<_>>(), [1, 3]);
    Ok(())
}

#[rehearsal::test]
async fn without_a_listener_the_sender_is_told() -> Tested {
    let _clean = clean();
    for place in PLACEMENTS {
        let spawn = Teller::spawn();
        let spawn = match place {
            Placement::Thread => spawn.thread(),
            Placement::Process => spawn.process(),
            _ => spawn,
        };
        assert!(!spawn.await?.tell_to(1).await?, "{place}");
    }
    Ok(())
}

#[rehearsal::test]
async fn a_listener_that_panics_ends_a_process_actor_with_a_reason() -> Tested {
    let _clean = clean().letters(1);
    let spawn = Teller::spawn().process().on_event(|event| {
        rehearsal::actor::panic::expected(|| panic!("cannot hear {event}"));
    });
    let teller = spawn.await?;
    let error = soon("the ask", teller.tell_to(1)).await.unwrap_err();
    assert!(error.to_string().contains("on_event panicked"), "{error}");
    assert!(error.to_string().contains("cannot hear 1"), "{error}");
    Ok(())
}
