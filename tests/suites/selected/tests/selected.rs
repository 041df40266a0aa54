//! What can be asked of these is their names, tags and groups. All of them pass, but for those that are ignored.

use std::time::{Duration, Instant};

mod db {
    #[rehearsal::test(tags("db"), group = "db")]
    fn reads() {}

    #[rehearsal::test(tags("db", "slow"), group = "db")]
    fn writes() {}

    #[rehearsal::test(tags("db"))]
    #[case::small(1)]
    #[case::large(1_000; tags("db", "slow"))]
    fn grows(rows: u32) {
        assert!(rows > 0);
    }
}

mod net {
    #[rehearsal::test(tags("net"))]
    fn reads() {}

    #[rehearsal::generate(tags("net", "made"))]
    fn made() -> [rehearsal::Trial; 2] {
        ["one (1)", "two"].map(|name| rehearsal::Trial::new(name, || {}))
    }
}

#[rehearsal::test]
fn plain() {}

/// Longer than any run of it allows.
#[rehearsal::test(ignore, tags("hangs"))]
fn hangs() {
    std::thread::sleep(Duration::from_secs(600));
}

/// The same with a limit of its own.
#[rehearsal::test(ignore, tags("hangs"), timeout = "200ms")]
fn hangs_briefly() {
    std::thread::sleep(Duration::from_secs(600));
}

/// Longer than what is slow to those who ask for it.
#[rehearsal::test(ignore)]
fn takes_a_while() {
    std::thread::sleep(Duration::from_secs(2));
}

/// Each fails where `FAIL` has its letter in it.
mod moody {
    fn fails(letter: char) {
        assert!(
            !std::env::var("FAIL").is_ok_and(|letters| letters.contains(letter)),
            "{letter} was asked to"
        );
    }

    #[rehearsal::test]
    fn a() {
        fails('a');
    }

    #[rehearsal::test]
    fn b() {
        fails('b');
    }
}

/// One takes longer than all others together.
#[rehearsal::test(ignore, tags("naps"))]
#[case::a(5)]
#[case::b(5)]
#[case::c(5)]
#[case::long(500)]
fn naps(length_ms: u64) {
    std::thread::sleep(Duration::from_millis(length_ms));
}

/// Each tells how many of them it meets: it leaves a mark and waits until there are as many as are expected, for ten
/// seconds at most, and a moment longer for more than that.
#[rehearsal::test(ignore, tags("meets"))]
fn meets(#[values(1, 2, 3, 4)] number: u32) -> std::io::Result<()> {
    let door = std::path::PathBuf::from(std::env::var_os("BLACKBOX_DIR").expect("a directory")).join("door");
    let expected: usize = std::env::var("EXPECTED").expect("a number").parse().expect("a number");
    std::fs::create_dir_all(&door)?;
    let mark = door.join(number.to_string());
    std::fs::write(&mark, "")?;
    let met = || std::fs::read_dir(&door).map_or(0, Iterator::count);
    let until = Instant::now() + Duration::from_secs(10);
    while met() < expected && Instant::now() < until {
        std::thread::sleep(Duration::from_millis(2));
    }
    let most = met();
    std::thread::sleep(Duration::from_millis(30));
    println!("at once: {}", most.max(met()));
    std::fs::remove_file(mark)
}

#[rehearsal::test(tags("pid"))]
fn tells_its_process() {
    println!("it is process {}", std::process::id());
}

/// What comes of these the settings file may say.
mod judged {
    async fn panics_in_a_task() {
        let panicked = tokio::spawn(async { panic!("beside it") }).await;
        assert!(panicked.is_err());
    }

    #[rehearsal::test(ignore)]
    async fn beside() {
        panics_in_a_task().await;
    }

    #[rehearsal::test(ignore, task_panic = "allow")]
    async fn beside_and_may() {
        panics_in_a_task().await;
    }

    #[rehearsal::test(ignore)]
    async fn leaves() {
        tokio::spawn(std::future::pending::<()>());
    }

    #[rehearsal::test(ignore, leaks = "allow")]
    async fn leaves_and_may() {
        tokio::spawn(std::future::pending::<()>());
    }

    #[rehearsal::test(ignore)]
    fn is_not_done() {
        panic!("not done");
    }
}

/// Each attempt tells when it began.
#[rehearsal::test(ignore, retries(count = 1, backoff = "1ms"))]
fn pauses() {
    let began = std::time::SystemTime::UNIX_EPOCH.elapsed().expect("later than that");
    println!("began at {} ms", began.as_millis());
    panic!("again");
}

rehearsal::main!();
