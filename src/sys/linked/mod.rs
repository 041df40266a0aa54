//! A list that is put together when a program is linked: each element is a `static` of its own, in any crate of the
//! program, and no code names them all.
//!
//! Owns, a file each:
//! - `section`: where the linker is known to keep the elements side by side and to say where they begin and end. An
//!   element costs the compiler a constant and nothing else;
//! - `constructor`: elsewhere, a function an element that runs before `main` and puts it into a list.
//!
//! Both have [`test`], [`generate`], [`bench`](macro@bench), [`load`](macro@load) and [`fixture`](macro@fixture), the
//! attributes whose output suits them, and the
//! macro `linked!`, which makes a function that
//! lists the elements of a type.
//!
//! Never: knows what the elements are.

#[cfg(all(target_os = "linux", not(rehearsal_portable)))]
mod section;
#[cfg(all(target_os = "linux", not(rehearsal_portable)))]
pub use rehearsal_macros::{bench, fixture, generate, load, test};
#[cfg(all(target_os = "linux", not(rehearsal_portable)))]
pub(crate) use section::{elements, linked, symbol};

#[cfg(not(all(target_os = "linux", not(rehearsal_portable))))]
mod constructor;
#[cfg(not(all(target_os = "linux", not(rehearsal_portable))))]
pub(crate) use constructor::linked;
#[cfg(not(all(target_os = "linux", not(rehearsal_portable))))]
pub use constructor::{bench, fixture, generate, inventory, load, test};
