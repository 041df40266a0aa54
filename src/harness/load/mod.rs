//! `#[rehearsal::load]`: an operation that many clients run at once, and the figures of it.
//!
//! Owns, in the order in which data goes: what was asked for ([`spec`]); the loop of one client ([`turn`]), which in an
//! open loop waits in a [`line`](mod@line) for the times that [`pace`] sets; one level, a number of clients, from set-up to figures
//! ([`level`]), whose clients may be processes ([`troupe`]); all of them ([`conduct`]); what clients saw ([`sample`]); the scaling law that is fitted to it ([`usl`]).
//!
//! Never: measures anything that ran beside it without saying so.
//!
//! Read next: [`conduct`].

pub mod account;
pub mod cast;
pub mod conduct;
pub mod crew;
pub mod emit;
pub mod level;
pub mod line;
pub mod pace;
pub mod page;
pub mod place;
pub mod plot;
pub mod record;
pub mod sample;
pub mod spec;
pub mod table;
pub mod trouble;
pub mod troupe;
pub mod turn;
pub mod usage;

pub mod usl;
