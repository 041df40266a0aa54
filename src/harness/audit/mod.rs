//! `--audit`: test attributes in the sources that registered nothing.
//!
//! Under `harness = false` the compiler drops every plain `#[test]` function without a word, and a bare `#[rstest]` makes
//! nothing but such functions. The audit reads the sources of the running target, from its root file on, and compares
//! each function that carries a test attribute with what is registered.
//!
//! Owns: a scanner that splits Rust into tokens (`scan`), conditions (`condition`), the way from a module to its file
//! (`place`), the walk over items (`walk`), and the comparison (`compare`).
//!
//! Never: expands a macro. What a macro writes by itself is judged by the macro's own text.
//!
//! Read next: `compare`, then `walk`.

mod attribute;
mod compare;
mod condition;
mod place;
mod scan;
#[cfg(test)]
mod tests;
mod walk;

pub use compare::{Audit, AuditError, Finding, audit};
