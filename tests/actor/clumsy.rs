//! Panics outside of commands: in `#[periodic]`, in `#[stopping]`, in the drop of an actor's state.

use crate::cast::{PLACEMENTS, Tested};
use rehearsal::actor::Restart;
use rehearsal::prelude::*;
use rehearsal::testkit::{LONG_WAIT, clean, ended, soon, until};
use serde::{Deserialize, Serialize};

/// Where it stumbles.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Where {
    Tick,
    Stopping,
    Drop,
    /// In a command, and in the drop that follows.
    Twice,
}

/// Stumbles.
pub struct Clumsy(Where);

impl Drop for Clumsy {
    fn drop(&mut self) {
        if matches!(self.0, Where::Drop | Where::Twice) {
            panic!("stumbled in its drop");
        }
    }
}

#[rehearsal::actor]
impl Clumsy {
    #[start]
    pub fn new(place: Where) -> Self {
        Clumsy(place)
    }

    #[periodic(every = "1ms")]
    fn tick(&mut self) {
        if self.0 == Where::Tick {
            panic!("stumbled in a tick");
        }
    }

    #[command]
    pub fn stumble(&mut self) {
        panic!("stumbled in a command");
    }

    #[stopping]
    async fn close(&mut self) {
        if self.0 == Where::Stopping {
            tokio::task::yield_now().await;
            panic!("stumbled while stopping");
        }
    }
}

async fn clumsy(place: Where, placement: Placement) -> Result<ClumsyProxy, SpawnError> {
    placed(Clumsy::spawn(place), placement).await
}

async fn placed(spawn: Spawn<Clumsy>, placement: Placement) -> Result<ClumsyProxy, SpawnError> {
    match placement {
        Placement::Thread => spawn.thread().await,
        Placement::Process => spawn.process().await,
        _ => spawn.await,
    }
}

fn says(exit: &Exit, message: &str) {
    let Reason::Panicked(note) = &exit.reason else { panic!("{exit}") };
    assert_eq!(note.message, message, "{exit}");
    assert!(note.location.starts_with("tests/actor/clumsy.rs:"), "{exit}");
}

#[rehearsal::test]
async fn each_panic_is_how_the_actor_ended() -> Tested {
    let _clean = clean();
    for placement in PLACEMENTS {
        let ticking = clumsy(Where::Tick, placement).await?;
        says(&ended(&ticking, LONG_WAIT).await, "stumbled in a tick");

        let stopping = clumsy(Where::Stopping, placement).await?;
        says(&soon("the end", stopping.stop()).await?, "stumbled while stopping");

        let dropping = clumsy(Where::Drop, placement).await?;
        let exit = soon("the end", dropping.stop()).await?;
        says(&exit, "stumbled in its drop");
        assert_eq!(exit.detail, "while its state was dropped");
    }
    Ok(())
}

#[rehearsal::test]
async fn a_second_panic_does_not_hide_the_first() -> Tested {
    let _clean = clean();
    for placement in PLACEMENTS {
        let clumsy = clumsy(Where::Twice, placement).await?;
        let error = soon("the ask", clumsy.stumble()).await.unwrap_err();
        assert!(error.to_string().contains("stumbled in a command"), "{error}");
        let exit = ended(&clumsy, LONG_WAIT).await;
        says(&exit, "stumbled in a command");
        assert!(exit.detail.contains("stumbled in its drop"), "{placement}: {exit}");
    }
    Ok(())
}

#[rehearsal::test]
async fn each_panic_is_followed_by_another_life_where_the_rule_says_so() -> Tested {
    let _clean = clean();
    let plan = Restart::always().within(3, std::time::Duration::from_secs(60));
    let plan = plan.backoff(std::time::Duration::ZERO, std::time::Duration::ZERO);
    for placement in PLACEMENTS {
        // One that ticks is lost four times over; the reason names the panic.
        let spawn = Clumsy::spawn(Where::Tick).restart(plan.clone());
        let ticking = placed(spawn, placement).await?;
        let exit = ended(&ticking, LONG_WAIT).await;
        says(&exit, "stumbled in a tick");
        assert!(exit.detail.contains("3 restarts within 60s is its limit"), "{placement}: {exit}");
        assert_eq!(ticking.exit(), Some(exit));

        // In a command, and in the drop that follows; then in the drop after a stop, which is for good.
        let spawn = Clumsy::spawn(Where::Twice).restart(plan.clone());
        let twice = placed(spawn, placement).await?;
        for _ in 0..3 {
            soon("the ask", twice.stumble()).await.unwrap_err();
            until(&twice, |info| info.state == State::Run).await;
        }
        until(&twice, |info| info.restarts >= 3).await;
        says(&soon("the end", twice.stop()).await?, "stumbled in its drop");
        let stopping = placed(Clumsy::spawn(Where::Stopping).restart(plan.clone()), placement).await?;
        says(&soon("the end", stopping.stop()).await?, "stumbled while stopping");
    }
    Ok(())
}
