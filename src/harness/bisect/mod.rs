//! `--bisect TEST`: which earlier trials make a trial fail that passes without them, or pass that fails without.
//!
//! Owns: what to try next and what that means ([`search`], pure), the runs that it takes and what is said of them
//! ([`drive`]).
//!
//! Never: runs trials by itself. Each try is a run as any other, of one worker, told to nobody.
//!
//! Read next: [`search`].

pub mod drive;
pub mod search;

#[cfg(test)]
mod tests;
