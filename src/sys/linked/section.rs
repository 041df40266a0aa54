//! Elements in a section of the program's file, side by side, between two symbols that the linker makes.
#![allow(unsafe_code)]

use std::mem::size_of;

/// Begins the name of a section, which the version ends: elements of two versions are of two types. The macros, of
/// exactly this version, know the names too.
macro_rules! symbol {
    ($before:literal, $list:literal) => {
        concat!(
            $before,
            "rehearsal_",
            $list,
            "_",
            env!("CARGO_PKG_VERSION_MAJOR"),
            "_",
            env!("CARGO_PKG_VERSION_MINOR"),
            "_",
            env!("CARGO_PKG_VERSION_PATCH")
        )
    };
}
pub(crate) use symbol;

/// Everything between the two symbols of a section.
///
/// # Safety
/// They are the begin and the end of one section, and `T` is the type of all that is in it.
///
/// # Panics
/// With a section that is not made of such elements.
pub(crate) unsafe fn elements<T: Sync + 'static>(start: *const u8, stop: *const u8) -> &'static [T] {
    let bytes = stop as usize - start as usize;
    assert!(
        bytes.is_multiple_of(size_of::<T>()) && start.cast::<T>().is_aligned(),
        "the section of what was registered at link time holds {bytes} bytes, no whole number of elements: \
         the linker put something between them"
    );
    // SAFETY: by the contract above, and by the check of the size, nothing but elements stands between the symbols. An
    // element's alignment divides its size, so that a linker has no reason to leave gaps. They are statics: they
    // live forever and, being `Sync`, are shared by all threads.
    unsafe { std::slice::from_raw_parts(start.cast::<T>(), bytes / size_of::<T>()) }
}

/// Makes a function that lists the elements. Used once a list: its section holds elements of one type.
macro_rules! linked {
    ($(#[$meta:meta])* fn $name:ident() -> Vec<&'static $element:ty> in $list:literal;) => {
        $(#[$meta])*
        #[allow(unsafe_code)]
        fn $name() -> Vec<&'static $element> {
            unsafe extern "C" {
                #[link_name = $crate::sys::linked::symbol!("__start_", $list)]
                static START: u8;
                #[link_name = $crate::sys::linked::symbol!("__stop_", $list)]
                static STOP: u8;
            }

            // Takes no room. Without it a program that registers nothing would have no such section, and no such
            // symbols.
            #[used]
            #[unsafe(link_section = $crate::sys::linked::symbol!("", $list))]
            static NOTHING: [u64; 0] = [];

            let (start, stop) = (std::ptr::addr_of!(START), std::ptr::addr_of!(STOP));
            // SAFETY: they are the linker's for this section, and one macro alone puts elements into it, of this type.
            unsafe { $crate::sys::linked::elements::<$element>(start, stop) }.iter().collect()
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
        const _: () = {
            #[used]
            #[unsafe(link_section = $section)]
            static NAMED: $crate::__private::actor::OpenNamed = $named;
        };
    };
}
