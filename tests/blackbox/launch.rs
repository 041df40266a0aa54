//! Runs a built suite with its output in files, an environment of its own and a deadline, and looks through `/proc` for
//! what it left behind.

use std::fs::File;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc;
use std::time::{Duration, Instant};

/// No run takes this long unless it hangs: a hundred thousand trials on a busy machine take minutes.
const DEADLINE: Duration = Duration::from_secs(300);

/// How long processes of a run may be seen after its arbiter has ended.
const CLEAN_UP: Duration = Duration::from_secs(30);

/// Numbers the runs of this process.
static RUNS: AtomicU32 = AtomicU32::new(0);

/// A run to be.
pub(crate) struct Launch {
    program: PathBuf,
    args: Vec<String>,
    env: Vec<(String, String)>,
    limits: String,
    launcher: Vec<String>,
    directory: PathBuf,
    mark: String,
}

/// A run that was started.
pub(crate) struct Running {
    child: Child,
    directory: PathBuf,
    mark: String,
    since: Instant,
}

/// A run that is over.
#[derive(Debug)]
pub(crate) struct Finished {
    pub(crate) status: ExitStatus,
    pub(crate) pid: u32,
    /// Invalid bytes replaced.
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    pub(crate) elapsed: Duration,
    /// Processes of this run that were still there when its time to clean up was over.
    pub(crate) survivors: Vec<String>,
}

impl Launch {
    /// A run of an executable of `build`.
    pub(crate) fn new(program: PathBuf) -> Launch {
        let mark = format!("{}-{}", std::process::id(), RUNS.fetch_add(1, Ordering::Relaxed));
        let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("runs").join(&mark);
        std::fs::create_dir_all(&directory).expect("a directory for the run");
        // The search for a settings file goes no further up than this.
        std::fs::write(directory.join("Cargo.lock"), "").expect("a mark in it");
        Launch {
            program,
            args: Vec::new(),
            env: Vec::new(),
            limits: String::new(),
            launcher: Vec::new(),
            directory,
            mark,
        }
    }

    /// The same with another program.
    pub(crate) fn instead(mut self, program: PathBuf) -> Launch {
        self.program = program;
        self
    }

    pub(crate) fn args<'a>(mut self, args: impl IntoIterator<Item = &'a str>) -> Launch {
        self.args.extend(args.into_iter().map(str::to_string));
        self
    }

    pub(crate) fn env(mut self, name: &str, value: &str) -> Launch {
        self.env.push((name.to_string(), value.to_string()));
        self
    }

    /// Shell commands to run before the program takes the shell's place: `ulimit -n 20`.
    pub(crate) fn limits(mut self, commands: &str) -> Launch {
        self.limits = commands.to_string();
        self
    }

    /// A program, with its arguments, that starts the suite: `setpriv --reuid=nobody`.
    pub(crate) fn through(mut self, launcher: &[&str]) -> Launch {
        self.launcher = launcher.iter().map(|word| word.to_string()).collect();
        self
    }

    /// A directory of this run alone: the working directory, and `BLACKBOX_DIR` in the environment.
    pub(crate) fn directory(&self) -> &Path {
        &self.directory
    }

    /// Runs it to its end.
    pub(crate) fn run(self) -> Finished {
        self.start().finish()
    }

    pub(crate) fn start(self) -> Running {
        let mut command = Command::new("sh");
        // No dump of a crash: writing one takes longer than the whole run.
        command.args(["-c", &format!("ulimit -c 0; {}\nexec \"$0\" \"$@\"", self.limits)]);
        command.args(&self.launcher).arg(&self.program).args(&self.args);
        command.env_clear();
        for name in ["PATH", "HOME", "CARGO_HOME", "RUSTUP_HOME", "TMPDIR", "LD_LIBRARY_PATH"] {
            if let Some(value) = std::env::var_os(name) {
                command.env(name, value);
            }
        }
        // What one run learns must not change the next one, unless that is what is looked at.
        command.env("REHEARSAL_HISTORY", "none");
        command.env("BLACKBOX_RUN", &self.mark).env("BLACKBOX_DIR", &self.directory);
        command.envs(self.env.iter().map(|(name, value)| (name, value)));
        let file = |name: &str| File::create(self.directory.join(name)).expect("a file for output");
        command.stdin(Stdio::null()).stdout(file("stdout")).stderr(file("stderr"));
        command.current_dir(&self.directory).process_group(0);
        let child = command.spawn().expect("a shell");
        Running { child, directory: self.directory, mark: self.mark, since: Instant::now() }
    }
}

impl Running {
    /// Sends a signal (`INT`) to the process alone.
    pub(crate) fn signal(&self, name: &str) {
        send(name, &self.child.id().to_string());
    }

    /// Sends a signal to its process group, as the terminal does.
    pub(crate) fn signal_group(&self, name: &str) {
        send(name, &format!("-{}", self.child.id()));
    }

    /// Processes of this run, the arbiter not counted.
    pub(crate) fn others(&self) -> Vec<String> {
        processes(&self.mark, self.child.id())
    }

    /// Waits until there are so many others. Whoever starts a program goes on when its memory has been replaced, which is
    /// a moment before its environment, by which it is known here, can be read.
    ///
    /// # Panics
    ///
    /// When that takes longer than any run may.
    pub(crate) fn wait_for_others(&self, count: usize) {
        while self.others().len() < count {
            assert!(self.since.elapsed() < DEADLINE, "no {count} others: {:?}", self.others());
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Waits until stderr, which is a file, has this in it.
    ///
    /// # Panics
    ///
    /// When that takes longer than any run may.
    pub(crate) fn wait_for_complaint(&self, text: &str) {
        self.wait_for("stderr", text);
    }

    /// The same of stdout.
    ///
    /// # Panics
    ///
    /// When that takes longer than any run may.
    pub(crate) fn wait_for_words(&self, text: &str) {
        self.wait_for("stdout", text);
    }

    fn wait_for(&self, file: &str, text: &str) {
        let path = self.directory.join(file);
        self.wait_until(&format!("{text:?} on {file}"), || {
            std::fs::read_to_string(&path).is_ok_and(|said| said.contains(text))
        });
    }

    /// Waits until something is so that only a look at it can tell.
    ///
    /// # Panics
    ///
    /// When that takes longer than any run may.
    pub(crate) fn wait_until(&self, what: &str, is_so: impl Fn() -> bool) {
        while !is_so() {
            assert!(self.since.elapsed() < DEADLINE, "no {what}");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Waits for the end of the arbiter, then for the end of whatever it started.
    ///
    /// # Panics
    ///
    /// When it takes longer than any run may.
    pub(crate) fn finish(self) -> Finished {
        let Running { mut child, directory, mark, since } = self;
        let pid = child.id();
        let (told, ended) = mpsc::channel();
        std::thread::spawn(move || told.send(child.wait()));
        let status = ended.recv_timeout(DEADLINE);
        let elapsed = since.elapsed();
        if status.is_err() {
            send("KILL", &pid.to_string());
        }
        let survivors = wait_until_gone(&mark, pid);
        for survivor in &survivors {
            send("KILL", survivor.split(' ').next().unwrap_or_default());
        }
        let text = |name: &str| {
            String::from_utf8_lossy(&std::fs::read(directory.join(name)).expect("the run's output"))
                .into_owned()
        };
        let (stdout, stderr) = (text("stdout"), text("stderr"));
        let _ = std::fs::remove_dir_all(&directory);
        let Ok(status) = status else {
            panic!(
                "still running after {elapsed:?}\nprocesses: {survivors:?}\nstdout: {stdout}\nstderr: {stderr}"
            );
        };
        Finished { status: status.expect("a status"), pid, stdout, stderr, elapsed, survivors }
    }
}

impl Finished {
    /// Its exit code.
    ///
    /// # Panics
    ///
    /// When a signal ended it.
    pub(crate) fn code(&self) -> i32 {
        self.status.code().unwrap_or_else(|| panic!("ended by signal {:?}: {self}", self.status.signal()))
    }

    /// Asserts the exit code, and that nothing was left behind.
    #[track_caller]
    pub(crate) fn ends_with(&self, code: i32) -> &Finished {
        assert_eq!(self.status.code(), Some(code), "exit code\n{self}");
        assert!(self.survivors.is_empty(), "left behind: {:?}\n{self}", self.survivors);
        self
    }

    /// Asserts that stdout has this in it.
    #[track_caller]
    pub(crate) fn says(&self, text: &str) -> &Finished {
        assert!(self.stdout.contains(text), "no {text:?} on stdout\n{self}");
        self
    }

    /// Asserts that stderr has this in it.
    #[track_caller]
    pub(crate) fn complains(&self, text: &str) -> &Finished {
        assert!(self.stderr.contains(text), "no {text:?} on stderr\n{self}");
        self
    }
}

impl std::fmt::Display for Finished {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let short = |text: &str| match text.char_indices().nth(20_000) {
            Some((at, _)) => format!("{} …", &text[..at]),
            None => text.to_string(),
        };
        write!(f, "{} in {:?}", self.status, self.elapsed)?;
        write!(f, "\n== stdout\n{}\n== stderr\n{}", short(&self.stdout), short(&self.stderr))
    }
}

/// A signal by way of the shell: this project's tests have no unsafe code.
fn send(name: &str, to: &str) {
    let _ = Command::new("sh").args(["-c", "kill -s \"$0\" -- \"$1\" 2>/dev/null", name, to]).status();
}

/// Processes with the run's mark in the environment they were started with, as `PID COMMAND`.
fn processes(mark: &str, but: u32) -> Vec<String> {
    let wanted = format!("BLACKBOX_RUN={mark}");
    let mut found = Vec::new();
    for entry in std::fs::read_dir("/proc").expect("/proc").flatten() {
        let Ok(pid) = entry.file_name().to_string_lossy().parse::<u32>() else { continue };
        // Gone, or somebody else's.
        let Ok(environment) = std::fs::read(entry.path().join("environ")) else { continue };
        if pid != but && environment.split(|byte| *byte == 0).any(|pair| pair == wanted.as_bytes()) {
            let line = std::fs::read(entry.path().join("cmdline")).unwrap_or_default();
            found.push(format!("{pid} {}", String::from_utf8_lossy(&line).replace('\0', " ").trim()));
        }
    }
    found
}

/// Looks until the processes of a run are gone. They are nobody's children by now, so that there is no event to wait
/// for.
fn wait_until_gone(mark: &str, but: u32) -> Vec<String> {
    let until = Instant::now() + CLEAN_UP;
    loop {
        let left = processes(mark, but);
        if left.is_empty() || Instant::now() > until {
            return left;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}
