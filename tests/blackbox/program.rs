//! Programs of their own that place actors in processes.

use std::process::Command;
use std::time::Duration;

use crate::build::executable;
use crate::launch::{Launch, Running};

#[test]
fn with_the_bootstrap_an_actor_lives_in_another_process() {
    Launch::new(executable("programs", "placed")).run().ends_with(0).says("sum 42, in another process");
}

/// A clear error, and no fork bomb.
#[test]
fn without_the_bootstrap_it_is_refused() {
    let run = Launch::new(executable("programs", "bootless")).run();
    run.ends_with(9).says("refused: ").says("rehearsal::program");
}

/// Starts the program that stays for good, and returns when all of its actors are there.
fn at_work(args: &[&str]) -> Running {
    let launch = Launch::new(executable("programs", "interrupted")).args(args.iter().copied());
    let pipe = launch.directory().join("ready");
    assert!(Command::new("mkfifo").arg(&pipe).status().expect("mkfifo").success());
    let running = launch.start();
    // Comes back when the program has opened the other end and closed it.
    assert_eq!(std::fs::read_to_string(&pipe).expect("the named pipe"), "ready");
    assert!(!running.others().is_empty(), "a process actor: {:?}", running.others());
    running
}

/// Actors end in good order, children before parents, and the exit code names the signal.
#[test]
fn a_signal_stops_the_actors_of_a_program() {
    for (signal, code) in [("INT", 130), ("TERM", 143), ("HUP", 129)] {
        let running = at_work(&[]);
        running.signal(signal);
        let run = running.finish();
        run.ends_with(code).complains(&format!("SIG{signal}: stopping"));
        assert_eq!(run.stdout, "child ends\nparent ends\n", "{run}");
        assert!(!run.stderr.contains("Error"), "what main says of its actors' end is no news\n{run}");
    }
}

/// Also where an actor does not end and the program's only thread is busy.
#[test]
fn a_second_signal_ends_a_program_at_once() {
    for how in ["--slow", "--busy"] {
        let running = at_work(&[how]);
        running.signal("INT");
        running.wait_for_complaint("SIGINT: stopping");
        running.signal("INT");
        let run = running.finish();
        run.ends_with(130);
        assert!(run.elapsed < Duration::from_secs(25), "{how}: {run}");
    }
}

/// Settings from everywhere, hooks in their order, a worker process that is replaced, a clean end at SIGTERM.
#[test]
fn a_service_replaces_its_workers_and_ends_when_asked() {
    let served = || Launch::new(executable("programs", "served"));
    let lines = |workers: usize| {
        let last = workers - 1;
        format!("{workers} at work\ncounter-{last} is gone\ncounter-{last} is back\nclosing\n")
    };
    let run = served().run();
    run.ends_with(0).complains("SIGTERM: stopping");
    assert_eq!(run.stdout, lines(1));
    assert!(run.survivors.is_empty(), "left behind: {:?}", run.survivors);

    let in_file = || {
        let launch = served();
        std::fs::write(launch.directory().join("rehearsal.toml"), "workers = 2\n").expect("a settings file");
        launch
    };
    assert_eq!(in_file().run().stdout, lines(2));
    assert_eq!(in_file().env("SERVED_WORKERS", "3").run().stdout, lines(3));
    assert_eq!(in_file().env("SERVED_WORKERS", "3").args(["--workers=1"]).run().stdout, lines(1));
}

#[test]
fn an_application_refuses_what_it_does_not_know() {
    let served = || Launch::new(executable("programs", "served"));
    served()
        .args(["--wokers=2"])
        .run()
        .ends_with(2)
        .complains("unknown flag `--wokers`, did you mean `--workers`?");
    served().env("SERVED_WORKERS", "none").run().ends_with(2).complains("SERVED_WORKERS=none");
    served().args(["--help"]).run().ends_with(0).says("--workers <N>").says("SERVED_WORKERS");
}
