//! The system part of `info`: what an actor's process takes of the machine.

use crate::cast::{Counter, PLACEMENTS, Tested, put};
use rehearsal::prelude::*;
use rehearsal::testkit::{clean, soon};

#[rehearsal::test]
async fn info_tells_what_the_process_takes() -> Tested {
    let _clean = clean();
    for place in PLACEMENTS {
        let counter = put(Counter::spawn(0), place).await?;
        let system = counter.info().await?.system.expect("the feature is on");
        assert!(system.memory_bytes > 100_000, "{place}: {system:?}");
        assert!(system.total_memory_bytes > system.memory_bytes, "{place}: {system:?}");
        assert!(system.threads.is_some_and(|count| count >= 1), "{place}: {system:?}");
        let more = async {
            loop {
                counter.compute(20).await?;
                let now = counter.info().await?.system.expect("the feature is on");
                if now.cpu_time_ms > system.cpu_time_ms && now.cpu_percent > 0.0 {
                    return Ok::<_, Error>(now);
                }
            }
        };
        soon("processor time", more).await?;
    }
    let server = rehearsal::arbiter().info().server;
    assert!(server.system.is_some_and(|system| system.memory_bytes > 100_000));
    Ok(())
}

#[rehearsal::test]
async fn it_is_the_actors_own_process() -> Tested {
    let _clean = clean();
    let counter = Counter::spawn(0).process().await?;
    let before = counter.info().await?.system.expect("the feature is on").memory_bytes;
    let held = counter.run(hold_memory(64 << 20)).await?;
    let after = counter.info().await?.system.expect("the feature is on").memory_bytes;
    assert!(after > before + held / 2, "{before} -> {after}");
    Ok(())
}

/// Takes so many bytes and keeps them.
#[rehearsal::command]
fn hold_memory(bytes: u64) -> u64 {
    let held = vec![1_u8; usize::try_from(bytes).expect("they fit")].leak();
    held.iter().map(|byte| u64::from(*byte)).sum()
}
