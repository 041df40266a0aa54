//! Signals through tokio's handlers, and their names.

use std::io;
use std::task::Poll;

use tokio::signal::unix::{self, SignalKind};

use crate::sys::signal::Signal;

/// The requests to end that reach this process, as a stream. From the first one made on, these signals no longer end
/// the process by themselves.
#[derive(Debug)]
pub struct Signals {
    sources: [(Signal, unix::Signal); 4],
}

impl Signals {
    /// Starts listening.
    ///
    /// # Errors
    /// Where the system does not let us.
    ///
    /// # Panics
    /// Outside of a runtime with i/o enabled.
    pub fn new() -> io::Result<Signals> {
        let source = |signal, kind| io::Result::Ok((signal, unix::signal(kind)?));
        Ok(Signals {
            sources: [
                source(Signal::Interrupt, SignalKind::interrupt())?,
                source(Signal::Terminate, SignalKind::terminate())?,
                source(Signal::Quit, SignalKind::quit())?,
                source(Signal::Hangup, SignalKind::hangup())?,
            ],
        })
    }

    /// The next one. Cancel-safe. Several of one kind that come before this is called may be told as one.
    pub async fn next(&mut self) -> Signal {
        std::future::poll_fn(|cx| {
            for (signal, source) in &mut self.sources {
                if let Poll::Ready(Some(())) = source.poll_recv(cx) {
                    return Poll::Ready(*signal);
                }
            }
            Poll::Pending
        })
        .await
    }
}

/// `SIGSEGV` for 11 on Linux, and so on; `real-time signal` or `unknown signal` for those without a name.
pub fn signal_name(signal: i32) -> &'static str {
    match signal {
        libc::SIGHUP => "SIGHUP",
        libc::SIGINT => "SIGINT",
        libc::SIGQUIT => "SIGQUIT",
        libc::SIGILL => "SIGILL",
        libc::SIGTRAP => "SIGTRAP",
        libc::SIGABRT => "SIGABRT",
        libc::SIGBUS => "SIGBUS",
        libc::SIGFPE => "SIGFPE",
        libc::SIGKILL => "SIGKILL",
        libc::SIGUSR1 => "SIGUSR1",
        libc::SIGSEGV => "SIGSEGV",
        libc::SIGUSR2 => "SIGUSR2",
        libc::SIGPIPE => "SIGPIPE",
        libc::SIGALRM => "SIGALRM",
        libc::SIGTERM => "SIGTERM",
        libc::SIGCHLD => "SIGCHLD",
        libc::SIGCONT => "SIGCONT",
        libc::SIGSTOP => "SIGSTOP",
        libc::SIGTSTP => "SIGTSTP",
        libc::SIGTTIN => "SIGTTIN",
        libc::SIGTTOU => "SIGTTOU",
        libc::SIGURG => "SIGURG",
        libc::SIGXCPU => "SIGXCPU",
        libc::SIGXFSZ => "SIGXFSZ",
        libc::SIGVTALRM => "SIGVTALRM",
        libc::SIGPROF => "SIGPROF",
        libc::SIGWINCH => "SIGWINCH",
        libc::SIGIO => "SIGIO",
        libc::SIGSYS => "SIGSYS",
        #[cfg(any(target_os = "linux", target_os = "android"))]
        libc::SIGPWR => "SIGPWR",
        #[cfg(any(target_os = "linux", target_os = "android"))]
        libc::SIGSTKFLT => "SIGSTKFLT",
        #[cfg(target_vendor = "apple")]
        libc::SIGEMT => "SIGEMT",
        #[cfg(target_vendor = "apple")]
        libc::SIGINFO => "SIGINFO",
        32..=64 => "real-time signal",
        _ => "unknown signal",
    }
}
