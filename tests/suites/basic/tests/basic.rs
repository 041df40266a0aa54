//! The trials of `cases.rs` under Rehearsal.

use rehearsal::test;

/// An async trial: Rehearsal takes it as it is.
macro_rules! asynchronous {
    ($(#[$attribute:meta])* fn $name:ident() $(-> $ret:ty)? $body:block) => {
        #[test]
        $(#[$attribute])*
        async fn $name() $(-> $ret)? $body
    };
}

include!("cases.rs");

rehearsal::main!();
