//! Elements in a list that functions put together before `main`.

pub use inventory;
pub use rehearsal_macros::test_by_constructor as test;

/// Makes a function that lists the elements.
macro_rules! linked {
    ($(#[$meta:meta])* fn $name:ident() -> Vec<&'static $element:ty>;) => {
        ::inventory::collect!($element);

        $(#[$meta])*
        fn $name() -> Vec<&'static $element> {
            ::inventory::iter::<$element>.into_iter().collect()
        }
    };
}
pub(crate) use linked;
