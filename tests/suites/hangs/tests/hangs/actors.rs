//! Trials that hang beside actors with messages in their mailboxes.

use crate::{FOR_EVER, block_every_signal, goes_round_and_round, hears_nothing_from_its_pipe};

/// An actor that can be held up.
pub struct Till;

#[rehearsal::actor]
impl Till {
    #[start]
    pub fn new() -> Till {
        Till
    }

    /// Waits for something that never comes.
    #[command]
    pub async fn wait(&mut self) {
        std::future::pending::<()>().await;
    }

    #[command]
    pub fn add(&mut self, _by: i64) {}
}

/// An actor in the middle of something, with more to do.
async fn a_busy_till() -> TillProxy {
    let till = Till::spawn().name("till").mailbox(16).await.expect("a till");
    till.wait().tell().expect("there is room");
    till.add(1).tell().expect("there is room");
    till.add(2).tell().expect("there is room");
    while !rehearsal::arbiter().info().actors.iter().any(|actor| actor.in_hand.as_deref() == Some("wait")) {
        tokio::task::yield_now().await;
    }
    till
}

#[rehearsal::test]
async fn wait() {
    let _till = a_busy_till().await;
    std::future::pending::<()>().await;
}

#[rehearsal::test]
async fn spin() {
    let _till = a_busy_till().await;
    goes_round_and_round();
}

#[rehearsal::test]
async fn read_a_silent_pipe() {
    let _till = a_busy_till().await;
    hears_nothing_from_its_pipe();
}

#[rehearsal::test]
async fn are_deaf() {
    let _till = a_busy_till().await;
    block_every_signal();
    std::thread::sleep(FOR_EVER);
}

#[rehearsal::test]
async fn ignore_sigterm() {
    let _till = a_busy_till().await;
    // SAFETY: a signal may be ignored.
    unsafe { libc::signal(libc::SIGTERM, libc::SIG_IGN) };
    std::thread::sleep(FOR_EVER);
}
