//! Threads that are asked for their stacks: by a signal, one after the other.
//!
//! The signal is SIGURG: nobody sends it, it is ignored where there is no handler, and what it interrupts goes on. The
//! handler notes addresses and calls nothing that may wait: a thread may have been interrupted anywhere, in `malloc` too.
//! Whoever asks runs the same program and has most of the same files in its own memory, elsewhere: it finds the names.
#![allow(unsafe_code)]

use std::ffi::{c_int, c_void};
use std::sync::atomic::{AtomicPtr, AtomicU32, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, Once, PoisonError};
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::Seen;
use crate::sys::page::Page;
use crate::sys::stack::Stack;

mod place;

const ASK: c_int = libc::SIGURG;

/// How long one thread gets to answer, and all of them together.
const PATIENCE: Duration = Duration::from_secs(1);
const PATIENCE_IN_ALL: Duration = Duration::from_secs(2);

/// Functions that are kept of a stack, the innermost.
const DEEPEST: usize = 128;

/// Where a thread writes its answer. All zeros is nobody's.
#[derive(Debug)]
#[repr(C)]
pub(in crate::sys::unix) struct Answer {
    /// The number of the thread in the high half, and below it how far it is.
    whose: AtomicU64,
    len: AtomicU32,
    frames: [AtomicUsize; DEEPEST],
}

/// Of the low half of [`Answer::whose`].
const ASKED: u64 = 1;
const WRITES: u64 = 2;
const WRITTEN: u64 = 3;

/// The answers of this process, where it has no page that another one reads.
static HERE: Answer = Answer {
    whose: AtomicU64::new(0),
    len: AtomicU32::new(0),
    frames: [const { AtomicUsize::new(0) }; DEEPEST],
};

/// Where the threads of this process answer, if not [`HERE`].
static PLACE: AtomicPtr<Answer> = AtomicPtr::new(std::ptr::null_mut());

/// Has the threads of this process, and of those forked from it, answer on this page for as long as they live.
pub(crate) fn answer(page: &Page) {
    if let Some(place) = page.answer() {
        PLACE.store(std::ptr::from_ref(place).cast_mut(), Ordering::SeqCst);
        // A thread may be asked at any time: the page stays.
        std::mem::forget(page.clone());
    }
    install();
}

fn install() {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        // The first walk of a process binds symbols, which a handler had better not do.
        // SAFETY: no other thread walks here at this time, and if one did: both only read.
        unsafe { backtrace::trace_unsynchronized(|_| false) };
        let handler: extern "C" fn(c_int, *mut libc::siginfo_t, *mut c_void) = interrupted;
        // SAFETY: all zeros is a valid `sigaction`; the handler has the signature that SA_SIGINFO asks for, and does
        // nothing that a handler may not do. Where it cannot be installed nobody answers, and that is told.
        unsafe {
            let mut action: libc::sigaction = std::mem::zeroed();
            action.sa_sigaction = handler as *const () as usize;
            action.sa_flags = libc::SA_SIGINFO | libc::SA_RESTART;
            libc::sigaction(ASK, &action, std::ptr::null_mut());
        }
    });
}

/// The handler: a thread that has been asked writes down where it is.
extern "C" fn interrupted(_: c_int, _: *mut libc::siginfo_t, context: *mut c_void) {
    // SAFETY: the place of this thread's `errno`, and what stands in `PLACE` is null or mapped for good.
    let (errno, place) = unsafe { (libc::__errno_location(), PLACE.load(Ordering::SeqCst).as_ref()) };
    // SAFETY: as above.
    let before = unsafe { *errno };
    let place = place.unwrap_or(&HERE);
    // SAFETY: has no precondition.
    let own = u64::from(unsafe { libc::gettid() } as u32) << 32;
    if place.whose.compare_exchange(own | ASKED, own | WRITES, Ordering::SeqCst, Ordering::SeqCst).is_ok() {
        write_down(place, interrupted_at(context));
        place.whose.store(own | WRITTEN, Ordering::SeqCst);
    }
    // SAFETY: as above; what was interrupted may be about to read it.
    unsafe { *errno = before };
}

/// Notes the functions from the one that was interrupted outwards; this handler is further in.
fn write_down(place: &Answer, at: usize) {
    let (mut len, mut is_there) = (0, false);
    // SAFETY: other threads that walk their stacks only read, as this one does.
    unsafe {
        backtrace::trace_unsynchronized(|frame| {
            let address = frame.ip().addr();
            is_there |= address == at;
            if is_there {
                place.frames[len].store(address, Ordering::Relaxed);
                len += 1;
            }
            len < DEEPEST
        });
    }
    if len == 0 {
        // The way out of the handler is not described here: the innermost function is all that is known.
        place.frames[0].store(at, Ordering::Relaxed);
        len = 1;
    }
    place.len.store(len as u32, Ordering::SeqCst);
}

/// The address at which a thread was interrupted.
fn interrupted_at(context: *mut c_void) -> usize {
    // SAFETY: a handler with SA_SIGINFO is handed a `ucontext_t`.
    let context = unsafe { &(*context.cast::<libc::ucontext_t>()).uc_mcontext };
    #[cfg(target_arch = "x86_64")]
    return context.gregs[libc::REG_RIP as usize] as usize;
    #[cfg(target_arch = "aarch64")]
    return context.pc as usize;
}

/// The stacks of these threads, in their order.
pub(super) fn stacks(pid: u32, page: &Page, seen: &[Seen]) -> Vec<Stack> {
    // One at a time: there is one place to answer.
    static ASKING: Mutex<()> = Mutex::new(());
    let asking = ASKING.lock().unwrap_or_else(PoisonError::into_inner);
    let own = pid == std::process::id();
    let place = if own { &HERE } else { page.answer().unwrap_or(&HERE) };
    if own {
        install();
    }
    let until = Instant::now() + PATIENCE_IN_ALL;
    let answers: Vec<Result<Vec<usize>, &'static str>> =
        seen.iter().map(|thread| ask(place, pid, thread, until, own)).collect();
    drop(asking);
    let mut names = place::Names::of(pid);
    let told = |answer: Result<Vec<usize>, _>| match answer {
        Ok(addresses) => Stack::Frames(names.frames(&addresses)),
        Err(why) => Stack::Unknown(why),
    };
    answers.into_iter().map(told).collect()
}

/// The addresses of a thread's functions, or why there are none.
fn ask(
    place: &Answer,
    pid: u32,
    thread: &Seen,
    until: Instant,
    own: bool,
) -> Result<Vec<usize>, &'static str> {
    let bit = 1u64 << (ASK - 1);
    if thread.is_stopped {
        return Err("it is stopped, and cannot be asked for its stack");
    }
    if thread.blocked & bit != 0 {
        return Err("it blocks SIGURG, which asks for its stack");
    }
    if thread.caught & bit == 0 && !own {
        return Err("its process has no handler for SIGURG, which asks for its stack");
    }
    let whose = u64::from(thread.tid as u32) << 32;
    if place.whose.load(Ordering::SeqCst) & u64::from(u32::MAX) == WRITES {
        return Err("another thread was asked for its stack and does not come to an end");
    }
    place.whose.store(whose | ASKED, Ordering::SeqCst);
    // SAFETY: sends a signal to a thread of a process of ours, which has a handler for it or ignores it.
    if unsafe { libc::syscall(libc::SYS_tgkill, pid, thread.tid, ASK) } != 0 {
        place.whose.store(0, Ordering::SeqCst);
        return Err("it has ended, or may not be asked for its stack");
    }
    let until = until.min(Instant::now() + PATIENCE);
    let mut pause = Duration::from_micros(50);
    loop {
        if place.whose.load(Ordering::SeqCst) == whose | WRITTEN {
            let len = (place.len.load(Ordering::SeqCst) as usize).min(DEEPEST);
            return Ok(place.frames[..len].iter().map(|frame| frame.load(Ordering::Relaxed)).collect());
        }
        if Instant::now() >= until {
            // It may come to it later; then it finds that nobody waits.
            let taken = place.whose.compare_exchange(whose | ASKED, 0, Ordering::SeqCst, Ordering::SeqCst);
            if taken != Err(whose | WRITTEN) {
                return Err("it was asked for its stack and did not answer in time");
            }
        }
        sleep(pause);
        pause = (pause * 2).min(Duration::from_millis(2));
    }
}
