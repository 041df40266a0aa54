//! Allocations, counted: an allocator around another one.
#![allow(unsafe_code)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::Relaxed};

/// The allocator of a program that counts what is allocated, in front of the system's or another one.
///
/// A program that measures with it says so once:
///
/// ```
/// #[global_allocator]
/// static ALLOCATOR: rehearsal::bench::Counting = rehearsal::bench::Counting::new();
///
/// fn main() {
///     let before = rehearsal::bench::allocated().expect("this program counts");
///     let list = vec![1_u8; 1_000];
///     let after = rehearsal::bench::allocated().expect("this program counts");
///     assert_eq!(after.allocations - before.allocations, 1);
///     assert_eq!(after.bytes - before.bytes, 1_000);
///     assert_eq!(after.live_bytes - before.live_bytes, 1_000);
///     drop(list);
/// }
/// ```
///
/// What it costs is two or three instructions on a cache line that few threads share.
#[derive(Debug)]
pub struct Counting<A = System>(A);

impl Counting {
    /// In front of the system's allocator.
    pub const fn new() -> Counting {
        Counting(System)
    }
}

impl<A> Counting<A> {
    /// In front of this one.
    pub const fn around(allocator: A) -> Counting<A> {
        Counting(allocator)
    }
}

impl Default for Counting {
    fn default() -> Counting {
        Counting::new()
    }
}

/// What has been allocated since the program was started, by all of its threads.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Allocated {
    /// How often memory was asked for; to grow a piece of it counts once.
    pub allocations: u64,
    /// How much was asked for, bytes; of a piece that was to grow, by how much.
    pub bytes: u64,
    /// How much of that is still held, bytes.
    pub live_bytes: u64,
}

/// What has been allocated; `None` where the program's allocator is no [`Counting`].
///
/// While other threads allocate, the three numbers are not of one moment.
pub fn allocated() -> Option<Allocated> {
    if !COUNTS.load(Relaxed) {
        return None;
    }
    let mut sum = Allocated::default();
    let mut freed = 0_u64;
    for stripe in &STRIPES {
        sum.allocations = sum.allocations.wrapping_add(stripe.allocations.load(Relaxed));
        sum.bytes = sum.bytes.wrapping_add(stripe.bytes.load(Relaxed));
        freed = freed.wrapping_add(stripe.freed.load(Relaxed));
    }
    sum.live_bytes = sum.bytes.saturating_sub(freed);
    Some(sum)
}

/// Threads share one of these with few others: one place for all would be fought for.
#[repr(align(128))]
struct Stripe {
    allocations: AtomicU64,
    bytes: AtomicU64,
    freed: AtomicU64,
}

const STRIPE_COUNT: usize = 32;

static STRIPES: [Stripe; STRIPE_COUNT] =
    [const { Stripe { allocations: AtomicU64::new(0), bytes: AtomicU64::new(0), freed: AtomicU64::new(0) } };
        STRIPE_COUNT];

/// Set by the first allocation, which a program makes before its `main`.
static COUNTS: AtomicBool = AtomicBool::new(false);

/// Which stripe the next thread gets.
static NEXT: AtomicUsize = AtomicUsize::new(0);

thread_local! {
    // Has no destructor and a constant at its beginning, so that to look at it allocates nothing.
    static MINE: Cell<usize> = const { Cell::new(STRIPE_COUNT) };
}

fn stripe() -> &'static Stripe {
    // Of a thread that is nearly gone the first one will do.
    let mine = MINE.try_with(|mine| {
        if mine.get() == STRIPE_COUNT {
            mine.set(NEXT.fetch_add(1, Relaxed) % STRIPE_COUNT);
            COUNTS.store(true, Relaxed);
        }
        mine.get()
    });
    &STRIPES[mine.unwrap_or(0)]
}

fn count(got: *mut u8, bytes: usize) {
    if !got.is_null() {
        let stripe = stripe();
        stripe.allocations.fetch_add(1, Relaxed);
        stripe.bytes.fetch_add(bytes as u64, Relaxed);
    }
}

// SAFETY: each call goes on as it came to an allocator that keeps the contract; beside it numbers are added up, which
// neither allocates nor panics.
unsafe impl<A: GlobalAlloc> GlobalAlloc for Counting<A> {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: what the caller promises is what is asked for here.
        let got = unsafe { self.0.alloc(layout) };
        count(got, layout.size());
        got
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: what the caller promises is what is asked for here.
        let got = unsafe { self.0.alloc_zeroed(layout) };
        count(got, layout.size());
        got
    }

    unsafe fn realloc(&self, old: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: what the caller promises is what is asked for here.
        let got = unsafe { self.0.realloc(old, layout, size) };
        count(got, size.saturating_sub(layout.size()));
        if !got.is_null() {
            stripe().freed.fetch_add(layout.size().saturating_sub(size) as u64, Relaxed);
        }
        got
    }

    unsafe fn dealloc(&self, old: *mut u8, layout: Layout) {
        // SAFETY: what the caller promises is what is asked for here.
        unsafe { self.0.dealloc(old, layout) };
        stripe().freed.fetch_add(layout.size() as u64, Relaxed);
    }
}

#[cfg(all(test, feature = "harness"))]
mod tests {
    use super::*;

    /// Called by hand: this program's allocator is another one, whose own pieces are not in the numbers.
    #[rehearsal::test]
    fn each_piece_is_counted_once_and_what_grows_by_how_much() {
        let allocator = Counting::new();
        let layout = |size| Layout::from_size_align(size, 8).expect("a layout");
        let seen = || allocated().unwrap_or_default();
        let before = seen();
        // SAFETY: sizes are not zero, and each piece is given back once with the layout it has by then.
        unsafe {
            let piece = allocator.alloc(layout(100));
            assert!(!piece.is_null());
            let piece = allocator.realloc(piece, layout(100), 250);
            assert_eq!(seen().live_bytes - before.live_bytes, 250);
            let piece = allocator.realloc(piece, layout(250), 50);
            assert_eq!(seen().live_bytes - before.live_bytes, 50);
            allocator.dealloc(piece, layout(50));
            let piece = allocator.alloc_zeroed(layout(8));
            allocator.dealloc(piece, layout(8));
        }
        let after = seen();
        assert_eq!(after.allocations - before.allocations, 4);
        assert_eq!(after.bytes - before.bytes, 100 + 150 + 8);
        assert_eq!(after.live_bytes, before.live_bytes);
    }
}
