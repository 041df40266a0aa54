//! `--report PATH`: one page of a run for a browser, which needs no network and no other file.
//!
//! Owns: the page as a whole ([`page`]), a failure on it ([`failure`]), the difference of two values ([`difference`]),
//! output with its colours ([`colour`]), and, beside them, the page's style and script. What needs no script to be read
//! is written without; the list of all trials and the timeline are drawn by the script from data in the page.
//!
//! Never: lets anything that a trial is called or has written become markup or code.
//!
//! Read next: [`page`].

pub mod colour;
pub mod difference;
pub mod failure;
pub mod page;

#[cfg(test)]
mod tests;
