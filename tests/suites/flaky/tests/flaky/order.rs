//! A trial that depends on what ran before it in its process, among many that leave nothing.

use std::sync::atomic::{AtomicU32, Ordering};

/// What one trial leaves in its process, and another one trips over.
static LEFT: AtomicU32 = AtomicU32::new(0);

macro_rules! innocent {
    ($($name:ident)*) => {
        $(
            #[rehearsal::test]
            fn $name() {}
        )*
    };
}

innocent! { a00 a01 a02 a03 a04 a05 a06 a07 a08 a09 a10 a11 a12 a13 a14 a15 }

#[rehearsal::test]
fn b_pollutes() {
    LEFT.fetch_add(1, Ordering::Relaxed);
}

innocent! { c00 c01 c02 c03 c04 c05 c06 c07 }

#[rehearsal::test]
fn d_pollutes_too() {
    LEFT.fetch_add(10, Ordering::Relaxed);
}

innocent! { e00 e01 e02 e03 }

/// Fails behind `b_pollutes`.
#[rehearsal::test(retries = 1)]
fn y_victim() {
    assert_eq!(LEFT.load(Ordering::Relaxed) % 10, 0, "somebody was here before");
}

/// Fails only behind both.
#[rehearsal::test(ignore)]
fn z_victim_of_two() {
    assert_ne!(LEFT.load(Ordering::Relaxed), 11, "both were here before");
}

/// Passes only behind `b_pollutes`.
#[rehearsal::test(ignore)]
fn z_needs_another() {
    assert_eq!(LEFT.load(Ordering::Relaxed) % 10, 1, "nobody has prepared this");
}

/// Fails by itself.
#[rehearsal::test(ignore)]
fn z_fails_alone() {
    panic!("whoever was here before");
}
