//! Elements in a list that functions put together before `main`.

pub use inventory;
pub use rehearsal_macros::{
    bench_by_constructor as bench, fixture_by_constructor as fixture, generate_by_constructor as generate,
    load_by_constructor as load, test_by_constructor as test,
};

/// Makes a function that lists the elements.
macro_rules! linked {
    ($(#[$meta:meta])* fn $name:ident() -> Vec<&'static $element:ty> in $list:literal;) => {
        ::inventory::collect!($element);

        $(#[$meta])*
        fn $name() -> Vec<&'static $element> {
            ::inventory::iter::<$element>.into_iter().collect()
        }
    };
}
pub(crate) use linked;

/// Puts an open command that has a name into the list of these.
#[cfg(feature = "json")]
#[doc(hidden)]
#[macro_export]
macro_rules! __link_named {
    ($section:literal, $named:expr) => {
        $crate::sys::linked::inventory::submit! { $named }
    };
}
