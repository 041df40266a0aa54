//! Tests that need a program.

use std::io::Read;
use std::net::TcpStream;

use rehearsal::server::{Server, ServerError, Starting};

fn listener() -> Starting {
    Server::of(env!("CARGO_BIN_EXE_listener"))
}

/// What the server at this place answers.
fn ask(server: &Server) -> String {
    let mut answer = String::new();
    let mut stream = TcpStream::connect(server.address()).expect("it listens");
    stream.read_to_string(&mut answer).expect("an answer");
    answer
}

macro_rules! tests {
    ($server:ident: $($name:ident)*) => {$(
        #[rehearsal::test]
        fn $name($server: &Server) {
            let answer = ask($server);
            assert_eq!(answer.split(' ').next(), Some($server.pid().to_string().as_str()), "{answer}");
            assert!($server.output().contains(&format!("listening on {}", $server.port())));
        }
    )*};
}

mod run {
    use super::*;

    #[rehearsal::fixture(scope = "run", teardown = Server::stop)]
    async fn run_server() -> Result<Server, ServerError> {
        listener().args(["{port}", "child"]).start().await
    }

    tests!(run_server: a b c d e f);
}

mod worker {
    use super::*;

    #[rehearsal::fixture(scope = "worker", teardown = Server::stop)]
    async fn worker_server() -> Result<Server, ServerError> {
        listener().args(["{port}"]).start().await
    }

    tests!(worker_server: a b c d e f);
}

/// Given to the test alone, dropped after it.
mod test {
    use super::*;

    #[rehearsal::fixture]
    async fn test_server() -> Result<Server, ServerError> {
        listener().args(["{port}", "deaf"]).ready_when_it_says("listening").start().await
    }

    tests!(test_server: a b);
}

mod skipped {
    use super::*;

    #[rehearsal::fixture(scope = "run", teardown = Server::stop)]
    async fn skipped_server() -> Result<Server, ServerError> {
        Server::of("no-such-server").or_skip().start().await
    }

    tests!(skipped_server: a b);
}

mod missing {
    use super::*;

    #[rehearsal::fixture(scope = "run", teardown = Server::stop)]
    async fn missing_server() -> Result<Server, ServerError> {
        Server::of("no-such-server").start().await
    }

    tests!(missing_server: a b);
}

mod early {
    use super::*;

    /// Not a port: it panics.
    #[rehearsal::fixture(scope = "run", teardown = Server::stop)]
    async fn early_server() -> Result<Server, ServerError> {
        listener().args(["none of {port}"]).start().await
    }

    tests!(early_server: a);
}

mod mortal {
    use super::*;

    #[rehearsal::fixture(scope = "run", teardown = Server::stop)]
    async fn mortal_server() -> Result<Server, ServerError> {
        listener().args(["{port}", "mortal"]).ready_when_it_says("listening").start().await
    }

    tests!(mortal_server: a);
}

mod deaf {
    use super::*;

    #[rehearsal::fixture(scope = "run", teardown = Server::stop)]
    async fn deaf_server() -> Result<Server, ServerError> {
        listener().args(["{port}", "deaf"]).start().await
    }

    tests!(deaf_server: a);
}

/// Stays until it is stopped from outside.
mod stays {
    use super::*;

    #[rehearsal::fixture(scope = "run", teardown = Server::stop)]
    async fn stays_server() -> Result<Server, ServerError> {
        listener().args(["{port}", "child"]).start().await
    }

    #[rehearsal::test]
    #[ignore = "it stays for good"]
    async fn at_work(stays_server: &Server) {
        let path = std::env::var("STARTED").expect("where to tell");
        std::fs::write(path, ask(stays_server)).expect("told");
        std::future::pending::<()>().await;
    }
}

rehearsal::main!();
