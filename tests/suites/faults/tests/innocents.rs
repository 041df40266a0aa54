//! Who stands beside a fault and must not notice it; both suites have this.

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
