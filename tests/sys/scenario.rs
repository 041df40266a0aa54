//! Scenarios: this binary started again to play an arbiter, and again by that to play its workers.

use std::future::Future;
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio, exit};

use rehearsal::sys::boot::{self, Role, WorkerBoot};
use rehearsal::sys::process::{self, Output, SpawnOptions};
use rehearsal::sys::wire::{BlockingSender, FrameReader, decode, encode};

use serde::Serialize;
use serde::de::DeserializeOwned;

/// Which scenario a process plays.
const SCENARIO: &str = "SYS_TEST_SCENARIO";
/// Which part one of its workers plays.
const WORKER: &str = "SYS_TEST_WORKER";

/// The frames of these tests are small and their peers read: this is not waited for.
pub(crate) const PATIENCE: std::time::Duration = std::time::Duration::from_secs(30);

const SCENARIOS: &[&[crate::Named]] = &[
    crate::boot::SCENARIOS,
    crate::child::SCENARIOS,
    crate::death::SCENARIOS,
    crate::fork::SCENARIOS,
    crate::leaving::SCENARIOS,
    crate::limit::SCENARIOS,
    crate::offspring::SCENARIOS,
];

/// A part that a worker plays.
pub(crate) type Part = (&'static str, fn(WorkerBoot));

const PARTS: &[&[Part]] = &[
    crate::boot::PARTS,
    crate::child::PARTS,
    crate::death::PARTS,
    crate::fork::PARTS,
    crate::offspring::PARTS,
];

/// Plays what the environment asks for, and then exits.
pub(crate) fn enter_if_asked() {
    let Ok(name) = std::env::var(SCENARIO) else { return };
    if let Some(scenario) = name.strip_prefix("without boot ") {
        find(SCENARIOS, scenario)();
        exit(0);
    }
    match boot::enter().role {
        Role::Arbiter => find(SCENARIOS, &name)(),
        Role::Worker(boot) => {
            let part = std::env::var(WORKER).expect("a worker is told its part");
            find(PARTS, &part)(boot);
        }
    }
    exit(0);
}

fn find<T: Copy>(tables: &[&[(&str, T)]], name: &str) -> T {
    let found = tables.iter().flat_map(|table| table.iter()).find(|(known, _)| *known == name);
    found.unwrap_or_else(|| panic!("nothing is called {name:?}")).1
}

/// A command that plays a scenario, with its output piped.
pub(crate) fn command(name: &str) -> Command {
    prepared(Command::new("/proc/self/exe"), name)
}

/// A command that plays a scenario after a few lines of shell, as `exec "$0"`.
pub(crate) fn after_shell(lines: &str, name: &str) -> Command {
    let mut command = Command::new("sh");
    command.arg("-c").arg(format!("{lines}\nexec \"$0\"")).arg(std::env::current_exe().expect("this binary"));
    prepared(command, name)
}

fn prepared(mut command: Command, name: &str) -> Command {
    command.env(SCENARIO, name).env_remove(WORKER);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Plays a scenario to its end, which must be a good one, and gives what it printed.
pub(crate) fn check(name: &str) -> String {
    finish(command(name))
}

/// Runs a command to its end, which must be a good one, and gives what it printed.
pub(crate) fn finish(mut command: Command) -> String {
    let output = command.output().expect("starts");
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{}\n{out}\n{err}", output.status);
    out.into_owned()
}

/// A scenario that is under way.
pub(crate) struct Running {
    child: Child,
    stdout: BufReader<ChildStdout>,
}

pub(crate) fn start(name: &str) -> Running {
    let mut child = command(name).stderr(Stdio::inherit()).spawn().expect("starts");
    let stdout = BufReader::new(child.stdout.take().expect("piped"));
    Running { child, stdout }
}

impl Running {
    /// The next line it prints.
    pub(crate) fn line(&mut self) -> String {
        let mut line = String::new();
        self.stdout.read_line(&mut line).expect("a line");
        line.trim_end().to_string()
    }

    /// Kills the scenario's own process, with SIGKILL, and nothing else.
    pub(crate) fn kill(&mut self) {
        self.child.kill().expect("killed");
    }

    /// Waits until every process that holds the scenario's stdout is gone.
    pub(crate) fn all_gone(mut self) -> ExitStatus {
        let mut rest = Vec::new();
        self.stdout.read_to_end(&mut rest).expect("reads to the end");
        self.child.wait().expect("ended")
    }
}

/// Runs a scenario's future on a runtime like the arbiter's.
pub(crate) fn run<F: Future>(future: F) -> F::Output {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime").block_on(future)
}

/// Options for a worker that plays this part.
pub(crate) fn part(name: &str) -> SpawnOptions {
    SpawnOptions {
        args: Vec::new(),
        title: format!("worker {name}"),
        output: Output::Inherit,
        pass: Vec::new(),
        env: vec![(WORKER.into(), name.into())],
    }
}

/// Starts a worker that plays this part.
pub(crate) fn worker(name: &str) -> process::Child {
    process::spawn_self(part(name)).expect("a worker")
}

/// The next thing a worker says.
pub(crate) async fn hear<T: DeserializeOwned>(child: &process::Child) -> T {
    let mut reader = FrameReader::new(child.socket().expect("its socket"));
    decode(reader.next().await.expect("a frame").expect("not the end")).expect("decodes")
}

/// Says something to the arbiter.
pub(crate) fn say<T: Serialize>(boot: &WorkerBoot, value: &T) {
    let sender = BlockingSender::new(&boot.socket).expect("a sender");
    sender.send(&encode(value).expect("encodes"), PATIENCE).expect("sent");
}

/// Runs a line of shell; its words may be `$$` and the like.
pub(crate) fn shell(line: &str) {
    let status = Command::new("sh").args(["-c", line]).status().expect("a shell");
    assert!(status.success(), "{line}: {status}");
}

/// Sends a signal to a process.
pub(crate) fn signal(name: &str, pid: u32) {
    shell(&format!("kill -{name} {pid}"));
}

/// A process that does nothing for longer than any test takes, with this process's stdout.
pub(crate) fn sleeper() -> Child {
    Command::new("sleep").arg("1000").spawn().expect("starts")
}

/// Never returns, and waits for nothing that could come.
pub(crate) fn wait_for_ever() -> ! {
    loop {
        std::thread::park();
    }
}
