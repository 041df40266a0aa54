//! Tests against real servers: `cargo run --example servers --features server`.
//!
//! Each server is started once for the whole run, on a free port of its own, from the `PATH`. Where one is not installed
//! its tests are skipped and say so. What happens to the run, Ctrl-C and a kill included, the servers are gone with it.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::time::Duration;

use rehearsal::server::{Server, ServerError};

/// A connection that is spoken to in lines.
struct Lines(BufReader<TcpStream>);

impl Lines {
    fn open(server: &Server) -> std::io::Result<Lines> {
        let stream = TcpStream::connect(server.address())?;
        stream.set_read_timeout(Some(Duration::from_secs(10)))?;
        Ok(Lines(BufReader::new(stream)))
    }

    fn say(&mut self, line: &str) -> std::io::Result<()> {
        self.0.get_mut().write_all(format!("{line}\r\n").as_bytes())
    }

    fn hear(&mut self) -> std::io::Result<String> {
        let mut line = String::new();
        self.0.read_line(&mut line)?;
        Ok(line.trim_end().to_owned())
    }
}

mod redis {
    use super::{Lines, Server, ServerError};

    #[rehearsal::fixture(scope = "run", teardown = Server::stop)]
    async fn redis() -> Result<Server, ServerError> {
        let redis =
            Server::of("redis-server").args(["--bind", "127.0.0.1", "--port", "{port}", "--dir", "{dir}"]);
        redis.args(["--save", "", "--appendonly", "no"]).or_skip().start().await
    }

    #[rehearsal::test]
    fn answers(redis: &Server) -> std::io::Result<()> {
        let mut lines = Lines::open(redis)?;
        lines.say("PING")?;
        assert_eq!(lines.hear()?, "+PONG");
        Ok(())
    }

    #[rehearsal::test]
    #[case::short("a")]
    #[case::long("a much longer one")]
    fn keeps_what_it_is_given(redis: &Server, #[case] text: &str) -> std::io::Result<()> {
        let mut lines = Lines::open(redis)?;
        // A key for each test: the server is everybody's.
        let key = format!("kept:{}", text.len());
        lines.say(&format!("SET {key} \"{text}\""))?;
        assert_eq!(lines.hear()?, "+OK");
        lines.say(&format!("GET {key}"))?;
        assert_eq!((lines.hear()?, lines.hear()?), (format!("${}", text.len()), text.to_owned()));
        Ok(())
    }
}

mod nats {
    use super::{Lines, Server, ServerError};

    #[rehearsal::fixture(scope = "run", teardown = Server::stop)]
    async fn nats() -> Result<Server, ServerError> {
        Server::of("nats-server").args(["--addr", "127.0.0.1", "--port", "{port}"]).or_skip().start().await
    }

    /// One of its own for each test.
    #[rehearsal::fixture]
    fn session(nats: &Server) -> std::io::Result<Lines> {
        let mut lines = Lines::open(nats)?;
        assert!(lines.hear()?.starts_with("INFO "), "it says first who it is");
        lines.say("CONNECT {\"verbose\":false}")?;
        lines.say("PING")?;
        assert_eq!(lines.hear()?, "PONG");
        Ok(lines)
    }

    #[rehearsal::test]
    fn delivers_to_who_subscribed(session: &mut Lines) -> std::io::Result<()> {
        session.say("SUB news 1")?;
        session.say("PUB news 5\r\nhello")?;
        assert_eq!((session.hear()?, session.hear()?), ("MSG news 1 5".to_owned(), "hello".to_owned()));
        Ok(())
    }

    #[rehearsal::test]
    fn says_what_it_does_not_understand(session: &mut Lines) -> std::io::Result<()> {
        session.say("SING")?;
        assert_eq!(session.hear()?, "-ERR 'Unknown Protocol Operation'");
        Ok(())
    }
}

rehearsal::main!();
