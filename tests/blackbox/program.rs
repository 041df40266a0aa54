//! Programs of their own that place actors in processes.

use crate::build::executable;
use crate::launch::Launch;

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
