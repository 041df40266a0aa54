//! Each bad thing sits between two trials that do nothing wrong and must stay green.
//!
//! The black-box tests know by heart which line each of these has to get.

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

mod actors;
mod blame;
mod cancel;
mod change;
mod crash;
mod forked;
mod gone;
mod hang;
mod leak;
mod leave;
mod output;
mod place;
mod task;
mod wire;

rehearsal::main!();
