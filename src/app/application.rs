//! What an application is, and how it is launched.

use std::ffi::OsString;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use super::environment::Environment;
use super::error::SettingsError;
use super::file::SettingsFile;
use super::help;
use super::notice::say;
use super::setting::Setting;
use super::settings::Settings;

/// What an application says of itself before it runs.
#[derive(Debug, Clone, Copy)]
pub struct Declaration {
    /// Its name, for messages.
    pub name: &'static str,
    /// The usage line of `--help`, behind `Usage: `.
    pub usage: &'static str,
    /// Its settings, each declared once. [`Setting::HELP`] belongs in it, and where they come from a file
    /// [`Setting::SHOW_CONFIG`].
    pub table: &'static [Setting],
    /// What `--help` says below the flags.
    pub closing: &'static str,
    /// The exit code that says that settings were wrong and nothing has run.
    pub bad_settings: u8,
}

impl Declaration {
    /// The text of `--help`.
    pub fn help(&self) -> String {
        help::render(self.usage, self.table, self.closing)
    }
}

/// A program on the actor layer: settings in, exit code out.
///
/// ```
/// use std::process::ExitCode;
/// use rehearsal::app::{Application, Declaration, Environment, Form, Setting, Settings, SettingsError};
///
/// struct Greeter { times: u64 }
///
/// impl Application for Greeter {
///     const DECLARATION: Declaration = Declaration {
///         name: "greeter",
///         usage: "greeter [OPTIONS]",
///         table: &[
///             Setting {
///                 name: "times",
///                 flags: &["--times"],
///                 form: Form::Count { least: 1 },
///                 default: Some("1"),
///                 help: "How often to greet",
///                 ..Setting::BLANK
///             },
///             Setting::HELP,
///         ],
///         closing: "",
///         bad_settings: 2,
///     };
///
///     fn configure(settings: Settings, _: &Environment) -> Result<Self, SettingsError> {
///         Ok(Greeter { times: settings.count("times").unwrap_or(1) })
///     }
///
///     fn run(self) -> ExitCode {
///         (0..self.times).for_each(|_| println!("hello"));
///         ExitCode::SUCCESS
///     }
/// }
///
/// fn main() -> ExitCode {
///     rehearsal::app::launch::<Greeter>()
/// }
/// ```
pub trait Application: Sized {
    /// What it says of itself.
    const DECLARATION: Declaration;

    /// Takes its settings and becomes ready to run; does nothing else yet.
    ///
    /// # Errors
    /// Settings that are well-formed each by itself and still cannot be honoured.
    fn configure(settings: Settings, environment: &Environment) -> Result<Self, SettingsError>;

    /// Runs to the end and says how it went.
    fn run(self) -> ExitCode;
}

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

    /// The settings of an application in these surroundings.
    ///
    /// # Errors
    /// The first setting that is unknown or malformed.
    pub fn resolve(&self, declaration: &Declaration) -> Result<Settings, SettingsError> {
        let arguments = self.arguments.iter().cloned();
        Settings::resolve(declaration.table, arguments, &self.environment, self.file.as_ref())
    }
}

/// Configures an application from the surroundings of this process, runs it, and returns its exit code.
///
/// `--help` prints the help instead, `--show-config` the settings. Settings that are wrong are told on stderr, nothing runs, and the exit code
/// is [`Declaration::bad_settings`].
pub fn launch<A: Application>() -> ExitCode {
    match Surroundings::of_process() {
        Ok(surroundings) => launch_in::<A>(&surroundings),
        Err(error) => refuse::<A>(&error),
    }
}

/// The same in surroundings of the caller's choice.
pub fn launch_in<A: Application>(surroundings: &Surroundings) -> ExitCode {
    let settings = match surroundings.resolve(&A::DECLARATION) {
        Ok(settings) => settings,
        Err(error) => return refuse::<A>(&error),
    };
    if settings.wants_help() {
        // Not `print!`: a reader that has seen enough (`| head`) is no reason to panic.
        let _ = std::io::stdout().write_all(A::DECLARATION.help().as_bytes());
        return ExitCode::SUCCESS;
    }
    let shown = settings.wants_config().then(|| settings.show());
    // Also where they are only shown, settings that cannot be honoured are told.
    match (A::configure(settings, &surroundings.environment), shown) {
        (Ok(_), Some(shown)) => {
            let _ = std::io::stdout().write_all(shown.as_bytes());
            ExitCode::SUCCESS
        }
        (Ok(application), None) => application.run(),
        (Err(error), _) => refuse::<A>(&error),
    }
}

fn refuse<A: Application>(error: &SettingsError) -> ExitCode {
    say(format_args!("error: {error}"));
    ExitCode::from(A::DECLARATION.bad_settings)
}
