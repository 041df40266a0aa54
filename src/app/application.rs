//! What an application is, and how it is launched.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use super::environment::Environment;
use super::error::SettingsError;
use super::file::SettingsFile;

/// Everything outside the program that its settings may come from.
#[derive(Debug, Default)]
pub struct Surroundings {
    /// The command line without the program's name.
    pub arguments: Vec<OsString>,
    /// The environment.
    pub environment: Environment,
    /// The settings file, where there is one.
    pub file: Option<SettingsFile>,
}

impl Surroundings {
    /// Those of this process.
    ///
    /// # Errors
    /// A settings file that is there but cannot be read.
    pub fn of_process() -> Result<Surroundings, SettingsError> {
        let environment = Environment::of_process();
        let directory = std::env::current_dir().unwrap_or_else(|_| PathBuf::from("."));
        let file = SettingsFile::find(&environment, &directory)?;
        Ok(Surroundings { arguments: std::env::args_os().skip(1).collect(), environment, file })
    }
}

/// A program on the actor layer: settings in, exit code out.
///
/// Its arbiter calls the hooks: those of a monitor in the arbiter's process, those of a worker wherever that
/// worker was placed.
pub trait Application: Sized {
    /// Its own name, for messages.
    const NAME: &'static str;
    /// The exit code that says that settings were wrong.
    const BAD_SETTINGS: u8 = 2;

    /// Reads its settings and becomes ready to run; does nothing else yet.
    ///
    /// # Errors
    /// A setting that cannot be honoured.
    fn configure(surroundings: Surroundings) -> Result<Self, SettingsError>;

    /// Runs to the end and says how it went.
    fn run(self) -> ExitCode;
}

/// Configures an application from the surroundings of this process, runs it, and returns its exit code.
///
/// Settings that are wrong are told on stderr; then the exit code is [`Application::BAD_SETTINGS`] and nothing
/// has run.
pub fn launch<A: Application>() -> ExitCode {
    match Surroundings::of_process().and_then(A::configure) {
        Ok(application) => application.run(),
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(A::BAD_SETTINGS)
        }
    }
}
