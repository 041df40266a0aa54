//! What people and tools are told of a run, from one stream of events.
//!
//! Owns: the [`Reporter`] trait and the fan-out to several of them ([`reporters`]); libtest's formats
//! ([`lines`], [`json`], [`junit`]); the live display on a terminal ([`progress`] on its [`screen`]); warnings and
//! errors on stderr ([`notice`]); annotations and a summary for GitHub Actions ([`github`]); the deprecated log file ([`logfile`]); reports
//! that are written when the run is over ([`written`]); listing ([`list`]). Beneath them: the
//! one place that writes ([`sink`]), colours ([`paint`]), the words for a verdict ([`words`]), counts and the
//! blocks at the end of a run ([`summary`]), escaping ([`escape`]).
//!
//! Never: feeds anything back into the run. A reporter sees events and nothing else.
//!
//! Read next: [`reporters`], then [`lines`].

pub mod escape;
pub mod github;
pub mod json;
pub mod junit;
pub mod lines;
pub mod list;
pub mod logfile;
pub mod notice;
pub mod paint;
pub mod progress;
pub mod reporters;
pub mod screen;
pub mod sink;
pub mod summary;
pub mod words;
pub mod written;

pub use list::write_list;
pub use reporters::{Reporter, ReporterError, Reporters};
pub use sink::Sink;

#[cfg(test)]
mod tests;
