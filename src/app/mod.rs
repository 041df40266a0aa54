//! Floor 2: applications: settings declared once, and the way from `main` to an exit code.
//!
//! Owns: the settings table and what resolves it ([`setting`], [`settings`], [`arguments`], [`environment`],
//! [`mod@file`], [`quantity`]), the generated `--help` ([`help`]) and `--show-config` ([`show`]), the errors of all of these ([`error`]), lines on stderr ([`notice`]),
//! settings that change while an application runs ([`live`]) and the
//! [`Application`] trait with its [`launch`] ([`application`]).
//!
//! Never: knows what a trial is. The test application one floor up is the first user of all this.
//!
//! Read next: [`setting`] for what one setting says, then [`settings`] for how its value is found.

pub mod application;
pub mod arguments;
pub mod environment;
pub mod error;
pub mod file;
pub mod help;
pub mod live;
pub mod notice;
pub mod quantity;
pub mod service;
pub mod setting;
pub mod settings;
pub mod show;

pub use application::{Application, Declaration, Surroundings, launch};
pub use environment::Environment;
pub use error::SettingsError;
pub use file::{Named, Override, SettingsFile};
pub use live::{ConfigError, Live};
pub use service::{Service, ServiceError, serve, serve_until};
pub use setting::{Form, Scope, Setting, Value, Variable};
pub use settings::{Settings, Source};

#[cfg(test)]
mod tests;
