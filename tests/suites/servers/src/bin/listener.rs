//! A server that answers each connection with its process id and how many it has answered.
//!
//! `listener PORT [WAYS..]`: `child` starts another process, `deaf` ignores SIGTERM, `mortal` crashes once it is asked.

use std::io::Write;
use std::net::TcpListener;
use std::process::Command;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let port = arguments.next().expect("a port");
    let ways: Vec<String> = arguments.collect();
    let is = |way: &str| ways.iter().any(|given| given == way);
    if let Some(log) = std::env::var_os("SERVER_LOG") {
        let mut log = std::fs::File::options().append(true).create(true).open(log).expect("the log");
        log.write_all(format!("{}\n", std::process::id()).as_bytes()).expect("a line");
    }
    if is("child") {
        // Nobody waits for it: it goes with the group.
        Command::new("sleep").arg("600").spawn().expect("sleep");
    }
    if is("deaf") {
        // SAFETY: changes what a signal does to this process.
        unsafe { libc::signal(libc::SIGTERM, libc::SIG_IGN) };
    }
    let listener = TcpListener::bind(format!("127.0.0.1:{port}")).expect("the port");
    println!("listening on {port}");
    let mut answered = 0;
    for stream in listener.incoming().flatten() {
        let mut stream = stream;
        if writeln!(stream, "{} {answered}", std::process::id()).is_err() {
            continue;
        }
        answered += 1;
        if is("mortal") {
            println!("that was too much");
            std::process::abort();
        }
    }
}
