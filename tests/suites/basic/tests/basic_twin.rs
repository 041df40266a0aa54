//! The trials of `cases.rs` under libtest.

use core::prelude::v1::test;

/// An async trial: libtest needs a runtime around it.
macro_rules! asynchronous {
    ($(#[$attribute:meta])* fn $name:ident() $(-> $ret:ty)? $body:block) => {
        #[test]
        $(#[$attribute])*
        fn $name() $(-> $ret)? {
            tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async $body)
        }
    };
}

include!("cases.rs");
