//! What a trial can do to the process that it is in, so that what comes of it, or of its neighbours, is told wrongly or not
//! at all.
//!
//! Each between two trials that do nothing wrong and must stay green.

/// A module with the fault in the middle and an innocent trial on either side (trials run in the order of names).
macro_rules! among_innocents {
    (mod $name:ident { $($fault:tt)* }) => {
        mod $name {
            #[allow(unused_imports)]
            use super::*;

            #[rehearsal::test]
            fn a_before() {}

            $($fault)*

            #[rehearsal::test]
            async fn z_after() {}
        }
    };
}

mod copies;
mod ends;
mod hooks;
mod signals;
mod standing;
mod wires;

rehearsal::main!();
