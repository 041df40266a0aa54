//! A program with a family of actors that stays until it is told to end: `--slow` has one that does not end by itself,
//! `--busy` a main that leaves its only thread to nobody.

use programs::Counter;
use rehearsal::prelude::*;

/// Says when it ends, with a child that does too.
pub struct Member {
    name: String,
    slow: bool,
    _child: Option<MemberProxy>,
}

#[rehearsal::actor]
impl Member {
    #[start]
    pub async fn new(name: String, slow: bool) -> Result<Self, SpawnError> {
        let child = if name == "parent" {
            Some(Box::pin(Member::spawn("child".to_owned(), slow).into_future()).await?)
        } else {
            None
        };
        Ok(Member { name, slow, _child: child })
    }

    #[command]
    pub async fn wait(&self) {
        std::future::pending::<()>().await;
    }

    #[stopping]
    async fn close(&mut self) {
        if self.slow {
            std::future::pending::<()>().await;
        }
        println!("{} ends", self.name);
    }
}

#[rehearsal::program(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let how = std::env::args().nth(1).unwrap_or_default();
    let parent = Member::spawn("parent".to_owned(), how == "--slow").await?;
    let counter = Counter::spawn(40).process().await?;
    counter.add(2).await?;
    std::fs::write("ready", "ready")?;
    if how == "--busy" {
        loop {
            std::hint::black_box(&parent);
        }
    }
    // Nobody answers this; it ends with the actor.
    counter.ended().await;
    counter.add(1).await?;
    parent.wait().timeout(std::time::Duration::from_secs(3600)).await?;
    Ok(())
}
