//! Elements in a section of the program's file, side by side, between two symbols that the linker makes.
#![allow(unsafe_code)]

use std::mem::size_of;
use std::ptr::addr_of;

/// Begins the name of the section, which the version ends: elements of two versions are of two types. The macros, of
/// exactly this version, know the name too.
macro_rules! symbol {
    ($before:literal) => {
        concat!(
            $before,
            "rehearsal_trials_",
            env!("CARGO_PKG_VERSION_MAJOR"),
            "_",
            env!("CARGO_PKG_VERSION_MINOR"),
            "_",
            env!("CARGO_PKG_VERSION_PATCH")
        )
    };
}

unsafe extern "C" {
    #[link_name = symbol!("__start_")]
    static START: u8;
    #[link_name = symbol!("__stop_")]
    static STOP: u8;
}

/// Takes no room. Without it a program that registers nothing would have no such section, and no such symbols.
#[used]
#[unsafe(link_section = symbol!(""))]
static NOTHING: [u64; 0] = [];

/// Everything in the section.
///
/// # Safety
/// `T` is the type of all that is in the section.
///
/// # Panics
/// With a section that is not made of such elements.
pub(crate) unsafe fn elements<T: Sync + 'static>() -> &'static [T] {
    let (start, stop) = (addr_of!(START), addr_of!(STOP));
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

/// Makes a function that lists the elements. Used once: the section holds elements of one type.
macro_rules! linked {
    ($(#[$meta:meta])* fn $name:ident() -> Vec<&'static $element:ty>;) => {
        $(#[$meta])*
        #[allow(unsafe_code)]
        fn $name() -> Vec<&'static $element> {
            // SAFETY: the test attribute alone puts elements into the section, and they are of this type.
            unsafe { $crate::sys::linked::elements::<$element>() }.iter().collect()
        }
    };
}
pub(crate) use linked;
