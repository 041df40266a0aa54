//! Trials that do nothing but wait, 100 ms each or as long as `WAIT_MS` says: more of them than there are processors can
//! run at once.

use std::time::Duration;

/// A file for each trial that runs now, so that each can count the others.
#[rehearsal::test]
fn others(
    #[values(0, 1, 2, 3, 4, 5, 6, 7, 8, 9)] ten: u32,
    #[values(0, 1, 2, 3, 4, 5, 6, 7, 8, 9)] one: u32,
) {
    let directory =
        std::path::PathBuf::from(std::env::var_os("BLACKBOX_DIR").expect("a directory")).join("now");
    std::fs::create_dir_all(&directory).expect("a directory");
    let own = directory.join(format!("{ten}{one}"));
    std::fs::write(&own, "").expect("a file");
    let wait_ms = std::env::var("WAIT_MS").map_or(100, |text| text.parse().expect("milliseconds"));
    std::thread::sleep(Duration::from_millis(wait_ms));
    let at_once = std::fs::read_dir(&directory).expect("the others").count();
    println!("{at_once} at once");
    println!("in process {}", std::process::id());
    std::fs::remove_file(own).expect("it is there");
}

rehearsal::main!();
