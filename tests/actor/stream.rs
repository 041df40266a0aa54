//! Commands that answer with streams: what is the same in every placement while all goes well.

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;

use crate::cast::{Bytes, PLACEMENTS, Tested, TooLittle};
use crate::source::{Source, all, source};
use rehearsal::prelude::*;
use rehearsal::testkit::{clean, soon};

#[rehearsal::test]
async fn thousands_come_in_order_and_end() -> Tested {
    let _clean = clean();
    for place in PLACEMENTS {
        let source = source(place).await?;
        let mut counted = source.count(5_000).await?;
        for n in 0..5_000 {
            assert_eq!(soon("an item", counted.next()).await.transpose()?, Some(n), "{place}");
        }
        for _ in 0..2 {
            assert!(soon("the end", counted.next()).await.is_none(), "{place}");
        }
        assert!(all(source.count(0).await?).await?.is_empty(), "{place}");
        assert_eq!(source.made().await?, 0, "it answers others");
    }
    Ok(())
}

#[rehearsal::test]
async fn a_command_can_refuse_and_other_streams_can_be_made_of_it() -> Tested {
    let _clean = clean();
    for place in PLACEMENTS {
        let source = source(place).await?;
        let refused = source.try_count(0).await.unwrap_err();
        assert_eq!(refused.command(), Some(TooLittle { from: 0 }), "{place}");
        // It is a stream like others.
        let even = source.try_count(10).await?.map(|item| item.map(|n| 2 * n));
        let even: Vec<_> =
            soon("all", even.collect::<Vec<_>>()).await.into_iter().collect::<Result<_, _>>()?;
        assert_eq!(even, [0, 2, 4, 6, 8, 10, 12, 14, 16, 18], "{place}");
    }
    Ok(())
}

/// The count of those that were made is the measure, taken where they are made.
#[rehearsal::test]
async fn the_producer_is_ahead_by_the_bound_and_no_more() -> Tested {
    let _clean = clean();
    for place in PLACEMENTS {
        for (ahead, by_hand) in [(1, false), (1, true), (5, false), (64, true)] {
            let source = source(place).await?;
            let mut stream =
                if by_hand { source.sent_by_task(ahead).await? } else { source.tracked(ahead).await? };
            for taken in 0..200_u32 {
                let made = source.made().await?;
                assert!(made <= taken + ahead as u32, "{place}: {made} made, {taken} taken, {ahead} allowed");
                assert_eq!(soon("an item", stream.next()).await.transpose()?, Some(taken), "{place}");
            }
            // As far ahead as it may be it gets by itself, but for what it was not told of yet.
            let least = 200 + ahead as u32 - (ahead as u32).div_ceil(2) + 1;
            let filled = async {
                while source.made().await? < least {}
                Ok::<_, Error>(())
            };
            soon("the producer to go on", filled).await?;
        }
    }
    Ok(())
}

#[rehearsal::test]
async fn large_items_cross_while_others_ask() -> Tested {
    let _clean = clean();
    for place in PLACEMENTS {
        let source = source(place).await?;
        let mut blocks = source.blocks(300, 64 << 10).await?;
        for n in 0..300 {
            let block = soon("a block", blocks.next()).await.transpose()?;
            assert_eq!(block, Some(Bytes(vec![n as u8; 64 << 10])), "{place}");
            assert_eq!(source.add(1).await?, n + 1, "{place}");
        }
        assert!(soon("the end", blocks.next()).await.is_none(), "{place}");
    }
    Ok(())
}

/// Nobody reads a hundred endless streams of 64 KiB items; asks are answered, and the process writes no more of them.
#[rehearsal::test]
async fn streams_that_nobody_reads_are_in_nobodys_way() -> Tested {
    let _clean = clean();
    for place in PLACEMENTS {
        let source = source(place).await?;
        let mut unread = Vec::new();
        for n in 0..100 {
            unread.push((source.blocks(usize::MAX, 64 << 10).await?, source.tracked(8).await?));
            assert_eq!(soon("an ask beside them", source.add(1)).await?, n + 1, "{place}");
        }
        let made = async {
            while source.made().await? < 800 {}
            for _ in 0..1_000 {
                source.add(1).await?;
            }
            source.made().await
        };
        assert_eq!(soon("asks", made).await?, 800, "{place}: each is as far ahead as it may be");
        // Each goes on from where it was.
        let (blocks, _) = &mut unread[57];
        for n in 0..50 {
            let block = soon("a block", blocks.next()).await.transpose()?;
            assert_eq!(block.map(|block| (block.0.len(), block.0[0])), Some((64 << 10, n)), "{place}");
        }
    }
    Ok(())
}

#[rehearsal::test]
async fn many_at_once_each_get_their_own() -> Tested {
    let _clean = clean();
    for place in PLACEMENTS {
        let source = source(place).await?;
        let mut reading = FuturesUnordered::new();
        for to in 0..200 {
            let source = &source;
            reading.push(async move {
                Ok::<_, Box<dyn std::error::Error>>((to, all(source.count(to).await?).await?))
            });
        }
        while let Some(read) = soon("a stream", reading.next()).await {
            let (to, items) = read?;
            assert_eq!(items, (0..to).collect::<Vec<_>>(), "{place}");
        }
    }
    Ok(())
}

#[rehearsal::test]
async fn dropping_a_stream_ends_its_producer() -> Tested {
    let _clean = clean();
    for place in PLACEMENTS {
        for by_hand in [false, true] {
            let source = source(place).await?;
            let mut stream = if by_hand { source.sent_by_task(4).await? } else { source.tracked(4).await? };
            assert_eq!(stream.next().await.transpose()?, Some(0));
            drop(stream);
            soon("the end of the producer", source.gone()).await?;
        }
        let source = source(place).await?;
        drop(source.held().await?);
        let why = soon("the producer to learn of it", source.unread()).await?;
        assert_eq!(why, "the item was not sent: nobody reads the stream any more", "{place}");
        assert_eq!(source.send(1).await.unwrap_err().command(), Some(why), "{place}");
    }
    Ok(())
}

#[rehearsal::test]
async fn an_answer_that_nobody_takes_ends_its_producer() -> Tested {
    let _clean = clean();
    for place in PLACEMENTS {
        let told = source(place).await?;
        told.tracked(4).tell()?;
        soon("the end of one told", told.gone()).await?;
        let asked = source(place).await?;
        drop(asked.tracked(4).send()?);
        soon("the end of one given up", asked.gone()).await?;
    }
    Ok(())
}

#[rehearsal::test]
async fn a_wait_that_is_given_up_loses_nothing() -> Tested {
    let _clean = clean();
    for place in PLACEMENTS {
        let source = source(place).await?;
        let mut held = source.held().await?;
        for n in 0..100 {
            {
                let next = std::pin::pin!(held.next());
                let polled = next.poll(&mut std::task::Context::from_waker(std::task::Waker::noop()));
                assert!(polled.is_pending(), "{place}");
            }
            source.send(n).await?;
            assert_eq!(soon("an item", held.next()).await.transpose()?, Some(n), "{place}");
        }
        source.finish().await?;
        assert!(soon("the end", held.next()).await.is_none(), "{place}");
    }
    Ok(())
}

#[rehearsal::test]
async fn what_was_sent_before_the_answer_comes_first() -> Tested {
    let _clean = clean();
    for place in PLACEMENTS {
        let source = source(place).await?;
        let waits = source.held().send()?;
        for n in 0..4 {
            source.send(n).tell()?;
        }
        source.finish().tell()?;
        assert_eq!(soon("all", all(waits.await?)).await?, [0, 1, 2, 3], "{place}");
    }
    Ok(())
}

#[rehearsal::test]
async fn a_stream_is_handed_on_from_one_actor_to_the_next() -> Tested {
    let _clean = clean();
    for place in PLACEMENTS {
        let source = source(place).await?;
        let counted = source.second_hand(1_000, true).await?;
        assert_eq!(soon("all", all(counted)).await?, (0..1_000).collect::<Vec<_>>(), "{place}");
        source.end_second().await?;
    }
    Ok(())
}

#[rehearsal::test]
async fn without_an_actor_it_is_driven_by_who_reads_it() -> Tested {
    let _clean = clean();
    let source = Source::new();
    assert_eq!(all(source.count(100)).await?, (0..100).collect::<Vec<_>>());
    drop(source.tracked(1));
    source.gone().await;
    Ok(())
}

/// Answers by name, but for what cannot be read so.
#[cfg(feature = "json")]
pub struct Clerk;

#[cfg(feature = "json")]
#[rehearsal::actor(named)]
impl Clerk {
    #[start]
    pub fn new() -> Clerk {
        Clerk
    }

    #[command]
    pub fn letters(&self) -> Streaming<char> {
        Streaming::of(futures_util::stream::iter('a'..='z'))
    }

    #[command]
    pub fn count(&self) -> u32 {
        26
    }
}

#[cfg(feature = "json")]
#[rehearsal::test]
async fn what_answers_with_a_stream_has_no_name() -> Tested {
    let _clean = clean();
    let clerk = Clerk::spawn().name("streaming-clerk").process().await?;
    assert_eq!(
        rehearsal::send("streaming-clerk", "count", rehearsal::json!({})).await?,
        rehearsal::json!(26)
    );
    let error = rehearsal::send("streaming-clerk", "letters", rehearsal::json!({})).await.unwrap_err();
    assert!(matches!(error, rehearsal::actor::SendError::UnknownCommand { .. }), "{error}");
    assert_eq!(all(clerk.letters().await?).await?.len(), 26);
    Ok(())
}
