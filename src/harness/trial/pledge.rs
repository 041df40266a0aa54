//! What a trial says of its actors through the test kit (`testkit/clean.rs`), judged when they have ended.

use super::judge::End;
use super::ledger::Ledger;

/// What a trial pledged that has returned; nothing where there is no test kit.
pub(super) struct Pledges(#[cfg(feature = "testkit")] Vec<crate::actor::pledge::Pledge>);

#[cfg(feature = "testkit")]
impl Pledges {
    /// Those of one that ended otherwise are void: it is red as it is.
    pub(super) fn of(ledger: &Ledger, end: &End) -> Pledges {
        Pledges(if *end == End::Returned { ledger.realm().take_pledges() } else { Vec::new() })
    }

    pub(super) fn is_any(&self) -> bool {
        !self.0.is_empty()
    }

    /// The end of a trial whose actors were not as it said: as if it had panicked where it said so.
    pub(super) fn broken(self, ledger: &Ledger) -> Option<End> {
        use super::judge::Payload;
        let broken = self.0.iter().find_map(|pledge| pledge(ledger.realm()))?;
        let location = Some(broken.at.to_string());
        Some(End::Panicked { message: broken.text, location, payload: Payload::Text })
    }
}

#[cfg(not(feature = "testkit"))]
impl Pledges {
    pub(super) fn of(_: &Ledger, _: &End) -> Pledges {
        Pledges()
    }

    pub(super) fn is_any(&self) -> bool {
        false
    }

    pub(super) fn broken(self, _: &Ledger) -> Option<End> {
        None
    }
}

#[cfg(all(test, feature = "testkit"))]
mod tests;
