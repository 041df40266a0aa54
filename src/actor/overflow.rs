//! What a full mailbox does with one more message.

use super::behavior::Actor;
use super::envelope::{BuiltIn, Envelope};
use super::letter::{self, Undelivered};
use super::mailbox::{Refused, Squeezed};
use super::node::Shared;

/// What a full mailbox does with one more message: [`Spawn::overflow`](super::Spawn::overflow).
///
/// | | an awaited ask, `deliver()` | `tell()`, `send()` |
/// |---|---|---|
/// | [`Wait`](Overflow::Wait) | waits for room, as long as its deadline says | fails with [`Cause::Full`](super::Cause::Full) |
/// | [`Fail`](Overflow::Fail) | fails with `Cause::Full` | fails with `Cause::Full` |
/// | [`DropNewest`](Overflow::DropNewest) | the message is dropped | the message is dropped |
/// | [`DropOldest`](Overflow::DropOldest) | goes in, the oldest that waits is dropped | goes in, the oldest that waits is dropped |
///
/// A dropped message is counted in [`MailboxInfo::dropped`](super::MailboxInfo::dropped) and goes to the
/// [dead letters](super::dead_letters()). Who waits for its answer gets [`Cause::Dropped`](super::Cause::Dropped) at
/// once; a `tell()` or `deliver()` is content, because dropping is what was asked for.
/// [`try_tell`](super::Call::try_tell) and [`try_send`](super::Call::try_send) never drop anything: they fail with
/// `Cause::Full` under every policy. Messages of one sender keep their order under all of them, and the control lane
/// (`stop`, `kill`, `ping`, `info`) is a lane of its own that no policy touches.
///
/// For a process actor the policy is applied here, at its parent's side: as many messages again as the mailbox holds
/// may be on their way to the process, and those are not dropped any more.
///
/// ```
/// # use rehearsal::prelude::*;
/// use rehearsal::actor::Overflow;
/// # pub struct Gauge { n: i64 }
/// # #[rehearsal::actor] impl Gauge {
/// #     #[start] pub fn new() -> Gauge { Gauge { n: 0 } }
/// #     #[command] pub fn set(&mut self, n: i64) { self.n = n }
/// #     #[command] pub fn get(&mut self) -> i64 { self.n }
/// # }
/// # #[rehearsal::program(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// // Only the latest values matter.
/// let gauge = Gauge::spawn().mailbox(2).overflow(Overflow::DropOldest).await?;
/// for n in 0..100 {
///     gauge.set(n).tell()?;
/// }
/// assert_eq!(gauge.info().await?.mailbox.dropped, 98);
/// assert_eq!(gauge.get().await?, 99);
/// # Ok(()) }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Overflow {
    /// Who can wait waits for room, who cannot is told that it is full. The one unless told otherwise.
    #[default]
    Wait,
    /// Nobody waits: everybody is told that it is full.
    Fail,
    /// The message that would be one too many is dropped.
    DropNewest,
    /// The message that has waited longest is dropped, and the new one goes in.
    DropOldest,
}

impl Overflow {
    /// Whether senders wait for room.
    pub(crate) fn waits(self) -> bool {
        self == Overflow::Wait
    }

    /// Whether messages are taken out one by one, so that the oldest can still be reached by its successor.
    pub(crate) fn reaches_the_oldest(self) -> bool {
        self == Overflow::DropOldest
    }
}

impl std::fmt::Display for Overflow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Overflow::Wait => "wait",
            Overflow::Fail => "fail",
            Overflow::DropNewest => "drop the newest",
            Overflow::DropOldest => "drop the oldest",
        })
    }
}

/// Does with a message that found no room what the policy says. What is dropped is dropped here, outside of the
/// mailbox's lock: its drop runs code of others.
#[cold]
pub(crate) fn settle<A: Actor>(
    shared: &Shared<A>,
    command: &'static str,
    envelope: Envelope<A::Message>,
) -> Result<(), Refused<Envelope<A::Message>>> {
    match shared.mailbox.squeeze(envelope) {
        Squeezed::In => Ok(()),
        // An actor's own work is not what the policy is about.
        Squeezed::Instead(Envelope::BuiltIn(work)) if matches!(*work, BuiltIn::Work(_)) => {
            shared.mailbox.push_anyway(&mut Some(Envelope::BuiltIn(work)));
            Ok(())
        }
        Squeezed::Instead(oldest) => {
            let command = oldest.command::<A>();
            letter::bury(shared, command, oldest, Undelivered::Overflow);
            Ok(())
        }
        Squeezed::Dropped(newest) => {
            letter::bury(shared, command, newest, Undelivered::Overflow);
            Ok(())
        }
        Squeezed::Refused(refused) => Err(refused),
    }
}
