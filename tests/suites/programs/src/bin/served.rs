//! A service of worker processes that loses one, has it replaced, and is then asked to end, all by itself.

use std::process::{Command, ExitCode};

use programs::Counter;
use rehearsal::actor::{ActorName, Exit, MonitorProxy};
use rehearsal::app::{
    Application, Declaration, Environment, Form, Service, Setting, Settings, SettingsError, Variable, launch,
    serve,
};
use rehearsal::prelude::*;

struct Counting {
    workers: usize,
}

impl Application for Counting {
    const DECLARATION: Declaration = Declaration {
        name: "counting",
        usage: "served [OPTIONS]",
        table: &[
            Setting {
                name: "workers",
                flags: &["--workers"],
                variables: &[Variable::exact("SERVED_WORKERS")],
                key: Some("workers"),
                form: Form::Count { least: 1 },
                default: Some("1"),
                help: "How many count",
                ..Setting::BLANK
            },
            Setting::HELP,
        ],
        closing: "",
        bad_settings: 2,
    };

    fn configure(settings: Settings, _: &Environment) -> Result<Counting, SettingsError> {
        Ok(Counting { workers: settings.count("workers").unwrap_or(1) as usize })
    }

    fn run(self) -> ExitCode {
        serve(self)
    }
}

impl Service for Counting {
    type Worker = Counter;

    fn workers(&self) -> usize {
        self.workers
    }

    fn worker(&mut self, number: usize) -> Spawn<Counter> {
        Counter::spawn(number as i64).name(format!("counter-{number}")).process()
    }

    fn monitor_start(&mut self, monitor: &MonitorProxy<Counter>) {
        println!("{} at work", self.workers);
        let monitor = monitor.clone();
        tokio::spawn(async move {
            let workers = monitor.workers().await.expect("an answer");
            workers.last().expect("a worker").kill();
        });
    }

    fn worker_ended(&mut self, worker: &ActorName, _: &Exit) {
        println!("{} is gone", worker.name());
    }

    fn worker_replaced(&mut self, worker: &ActorName) {
        println!("{} is back", worker.name());
        let own = std::process::id().to_string();
        assert!(Command::new("kill").args(["-TERM", &own]).status().expect("kill").success());
    }

    fn monitor_stopping(&mut self) {
        println!("closing");
    }
}

#[rehearsal::program]
fn main() -> ExitCode {
    launch::<Counting>()
}
