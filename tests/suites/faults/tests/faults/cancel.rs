//! For runs that are ended from outside: all ignored unless asked for.

use std::io::Write;
use std::time::Duration;

/// Tells the black-box test, through the named pipe it made, that this trial is at work; then stays for good, with a
/// grandchild beside it.
#[allow(clippy::zombie_processes)]
fn stay(name: &str) {
    std::process::Command::new("sleep").arg("3600").spawn().unwrap();
    let directory = std::env::var("BLACKBOX_DIR").expect("BLACKBOX_DIR, set by the black-box test");
    let mut told = std::fs::OpenOptions::new().write(true).open(format!("{directory}/started")).unwrap();
    // In one piece: another trial writes into the same pipe.
    told.write_all(format!("{name}\n").as_bytes()).unwrap();
    std::thread::sleep(Duration::from_secs(3600));
}

#[rehearsal::test]
#[ignore = "for runs that are ended from outside"]
fn a_passes() {}

#[rehearsal::test]
#[ignore = "for runs that are ended from outside"]
fn b_stays() {
    stay("b_stays");
}

#[rehearsal::test]
#[ignore = "for runs that are ended from outside"]
async fn c_stays() {
    stay("c_stays");
}

#[rehearsal::test]
#[ignore = "for runs that are ended from outside"]
fn d_is_not_reached() {}

#[rehearsal::test]
#[ignore = "for runs that are ended from outside"]
fn e_is_not_reached() {}
