//! What needs no program of its own; the black-box tests start some.

use std::net::TcpListener;

use super::port::reserve;
use super::{Server, ServerError};
use crate::sys::wire;

/// A port that was reserved can be listened on, and is given to nobody who asks for any.
#[rehearsal::test]
fn a_reserved_port_is_given_to_nobody_else() {
    let reserved: Vec<_> = (0..20).map(|_| reserve().expect("a port")).collect();
    let mut ports: Vec<_> = reserved.iter().map(std::net::SocketAddr::port).collect();
    ports.sort_unstable();
    ports.dedup();
    assert_eq!(ports.len(), reserved.len());
    let others: Vec<_> = (0..200).map(|_| TcpListener::bind("127.0.0.1:0").expect("a port")).collect();
    assert!(others.iter().all(|other| !reserved.contains(&other.local_addr().expect("its address"))));
    for address in reserved {
        TcpListener::bind(address).expect("it is free for who asks for it");
    }
}

#[rehearsal::test]
async fn one_that_is_not_installed_is_told_with_what_to_do() {
    let error = Server::of("no-such-server-anywhere").start().await.expect_err("no such program");
    assert!(matches!(&error, ServerError::NotInstalled { program } if program == "no-such-server-anywhere"));
    let told = error.to_string();
    assert!(told.contains("on the PATH") && told.contains("or_skip"), "{told}");
    assert_eq!(format!("{error:?}"), told);
}

/// `sleep` is a server that never listens; `true` is one that ends at once.
#[rehearsal::test]
async fn one_that_ends_or_never_listens_is_told_with_its_words() {
    let said = ["-c", "echo no room on {port}; exit 3"];
    let error = Server::of("sh").args(said).start().await.expect_err("it has ended");
    let told = error.to_string();
    assert!(told.contains("3 times and ended before it was ready: exit code 3"), "{told}");
    assert!(told.contains("no room on "), "{told}");

    let said = ["-c", "echo in {dir}; pwd; exec sleep 60"];
    // Long enough for a shell to say its two lines on a busy machine.
    let within = std::time::Duration::from_secs(2);
    let error = Server::of("sh").args(said).within(within).start().await.expect_err("it does not listen");
    let ServerError::NotReady { output, .. } = &error else { panic!("{error}") };
    let (given, own) = output.split_once('\n').expect("two lines");
    assert_eq!(given.trim_start_matches("in "), own.trim_end());
    assert!(!std::path::Path::new(own.trim_end()).exists(), "its directory is gone with it");
}

/// A server that says when it is ready, its copy elsewhere, and its end.
#[rehearsal::test]
async fn a_copy_says_where_the_server_is_and_is_not_it() {
    let said = ["-c", "echo $WORD $PORT; exec sleep 60"];
    let server = Server::of("sh").args(said).env("WORD", "ready").env("PORT", "{port}");
    let server = server.ready_when_it_says("ready").start().await.expect("a server");
    assert_eq!(server.output(), format!("ready {}\n", server.port()));

    let frame = wire::encode(&server).expect("a frame");
    let copy: Server = wire::decode(&frame[4..]).expect("a server");
    let all =
        |server: &Server| (server.address(), server.directory().to_owned(), server.pid(), server.output());
    assert_eq!(all(&copy), all(&server));
    copy.stop().await.expect("nothing to do");
    assert!(server.directory().exists());

    let directory = server.directory().to_owned();
    server.stop().await.expect("it ends when it is told to");
    assert!(!directory.exists());
}

#[rehearsal::test]
async fn an_end_that_is_none_is_told() {
    let gone = Server::of("sh").args(["-c", "echo up; sleep 0.05; echo bye; exit 7"]);
    let gone = gone.ready_when_it_says("up").start().await.expect("a server");
    gone.running.as_ref().expect("it is no copy").child.wait().await;
    let told = gone.stop().await.expect_err("it was gone").to_string();
    assert!(told.contains("`sh` ended by itself: exit code 7"), "{told}");
    assert!(told.ends_with("it wrote at last:\nup\nbye"), "{told}");
}
