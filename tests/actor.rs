//! Actors as a user writes them: placed as a task, a thread and a process.

#![allow(missing_docs)]

use std::time::Duration;

pub struct Counter {
    n: i64,
}

#[rehearsal::actor]
impl Counter {
    #[start]
    pub fn new(n: i64) -> Counter {
        Counter { n }
    }

    #[command]
    pub fn add(&mut self, by: i64) -> i64 {
        self.n += by;
        self.n
    }

    #[command]
    pub async fn fetch(&mut self, url: String) -> Result<String, String> {
        if url.is_empty() { Err("no url".to_owned()) } else { Ok(format!("from {url}")) }
    }

    #[command]
    pub fn fail(&mut self) -> i64 {
        panic!("the counter is broken at {}", self.n)
    }
}

fn main() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let boot = rehearsal::sys::boot::enter();
    if let rehearsal::sys::boot::Role::Worker(worker) = boot.role {
        drop(runtime);
        rehearsal::actor::spawn::worker::serve(worker);
    }
    runtime.block_on(async {
        let task = Counter::spawn(0).await.unwrap();
        let thread = Counter::spawn(0).thread().name("t1").await.unwrap();
        let process = Counter::spawn(0).process().name("p1").await.unwrap();
        for counter in [task, thread, process] {
            println!("{counter:?}");
            assert_eq!(counter.add(5).await.unwrap(), 5);
            counter.add(1).tell().unwrap();
            let (a, b) = (counter.add(1).send().unwrap(), counter.add(2).send().unwrap());
            assert_eq!((a.await.unwrap(), b.await.unwrap()), (7, 9));
            counter.add(1).timeout(Duration::from_secs(2)).await.unwrap();
            assert_eq!(counter.fetch("x".into()).await.unwrap(), "from x");
            println!("{}", counter.fetch(String::new()).await.unwrap_err());
            counter.ping().await.unwrap();
            println!("{:?}", counter.info().await.unwrap());
            assert_eq!(counter.echo("hi").await.unwrap(), "hi");
            let pending = counter.add(1);
            println!("{:?}", pending);
            println!("{}", counter.fail().await.unwrap_err());
            println!("{}", counter.ended().await);
            println!("{}", counter.add(1).await.unwrap_err());
        }
    });
}
