//! A hundred thousand task actors in one process.

use crate::cast::{Counter, Tested};
use rehearsal::prelude::*;

const CROWD: usize = 100_000;

#[rehearsal::test]
async fn a_hundred_thousand_live_at_once_and_each_answers_for_itself() -> Tested {
    let _clean = rehearsal::testkit::clean();
    let mut crowd = Vec::with_capacity(CROWD);
    for n in 0..CROWD {
        crowd.push(Counter::spawn(i64::try_from(n)?).await?);
    }
    // Only when the last has started: all of them are alive at the same time.
    for (n, counter) in crowd.iter().enumerate() {
        assert_eq!(counter.state(), State::Run);
        assert_eq!(counter.add(1).await?, i64::try_from(n)? + 1);
    }
    for at in [0, CROWD / 2, CROWD - 1] {
        assert_eq!(crowd[at].stop().await?, Exit::new(Reason::Stopped));
    }
    assert_eq!(crowd[1].add(1).await?, 3, "the end of others is not its own");
    Ok(())
}
