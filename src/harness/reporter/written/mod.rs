//! Reports that are written when a run is over: a JUnit document, a page for a browser, a trace.
//!
//! Owns: where they go and how they get there ([`place`]), what is kept of a run until then ([`account`]), the reporter
//! that keeps it and writes them ([`reporter`]), and each of them: [`junit`] (feature `junit`), [`html`] and
//! [`trace`] (feature `report`).
//!
//! Never: keeps anything where no report was asked for, or leaves half a report behind.
//!
//! Read next: [`reporter`].

pub mod account;
#[cfg(feature = "report")]
pub mod html;
#[cfg(feature = "junit")]
pub mod junit;
pub mod place;
pub mod reporter;
#[cfg(feature = "report")]
pub mod trace;

#[cfg(test)]
mod tests;
