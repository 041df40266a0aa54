//! The settings file.
//!
//! Owns: where it is found ([`find`]), what stands in it, at its top, in profiles, overrides and named tables
//! ([`content`]), and what a TOML value is as that of a setting ([`value`]). All that is known of TOML is known here.
//!
//! Never: decides which of several sources wins.
//!
//! Read next: [`content`], then [`super::settings`].

pub mod content;
pub mod find;
pub mod value;

#[cfg(test)]
mod tests;

pub use content::{Named, Override};
pub use find::{FILE_NAME, SettingsFile};
