//! What the threads of a process are at: what `/proc` tells of each, and, where that is built in, its stack.

use std::fs;

#[cfg(all(feature = "stacks", target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64")))]
mod asked;

#[cfg(not(all(
    feature = "stacks",
    target_os = "linux",
    any(target_arch = "x86_64", target_arch = "aarch64")
)))]
mod asked {
    //! Where stacks are not built in.

    use super::Seen;
    use crate::sys::page::Page;
    use crate::sys::stack::Stack;

    pub(crate) fn answer(_page: &Page) {}

    pub(super) fn stacks(_pid: u32, _page: &Page, seen: &[Seen]) -> Vec<Stack> {
        seen.iter().map(|_| Stack::Unknown("")).collect()
    }
}

#[cfg(all(
    feature = "stacks",
    target_os = "linux",
    any(target_arch = "x86_64", target_arch = "aarch64")
))]
pub(super) use asked::Answer;
pub(crate) use asked::answer;

use crate::sys::page::Page;
use crate::sys::stack::ThreadSeen;

/// What is read of a thread before it is asked.
struct Seen {
    tid: i32,
    name: String,
    state: String,
    /// It is stopped, by a signal or a debugger.
    #[cfg_attr(not(feature = "stacks"), allow(dead_code))]
    is_stopped: bool,
    /// Signals that it lets wait, and signals that its process has handlers for.
    #[cfg_attr(not(feature = "stacks"), allow(dead_code))]
    blocked: u64,
    #[cfg_attr(not(feature = "stacks"), allow(dead_code))]
    caught: u64,
}

/// Looks at the threads of a process of this program, which may be this one; not at the calling one, and not at those of
/// which `leave` says so by their name and whether they are the main thread. `page` is shared with that process.
///
/// Empty where the system does not tell. Takes two seconds at most, and the time it takes to find the functions' names.
pub(crate) fn look(pid: u32, page: &Page, leave: &dyn Fn(&str, bool) -> bool) -> Vec<ThreadSeen> {
    let mut seen = threads(pid);
    seen.retain(|thread| !leave(&thread.name, thread.tid as u32 == pid));
    let stacks = asked::stacks(pid, page, &seen);
    let told = seen.into_iter().zip(stacks);
    told.map(|(Seen { name, state, .. }, stack)| ThreadSeen { name, state, stack }).collect()
}

/// The threads of a process, but for the calling one.
fn threads(pid: u32) -> Vec<Seen> {
    let own = super::surroundings::own_tid();
    let tasks = fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten();
    let mut all: Vec<i32> =
        tasks.filter_map(|task| task.file_name().to_str()?.parse().ok()).filter(|tid| *tid != own).collect();
    all.sort_unstable();
    all.into_iter().filter_map(|tid| thread(pid, tid)).collect()
}

fn thread(pid: u32, tid: i32) -> Option<Seen> {
    let read = |file: &str| {
        let bytes = fs::read(format!("/proc/{pid}/task/{tid}/{file}")).ok()?;
        Some(String::from_utf8_lossy(&bytes).into_owned())
    };
    let (name, status) = (read("comm")?, read("status")?);
    let field = |name: &str| status.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
    let mask = |name| field(name).and_then(|hex| u64::from_str_radix(hex, 16).ok()).unwrap_or(0);
    let letter = field("State:")?.chars().next()?;
    let state = match letter {
        'R' => "runs".to_owned(),
        'T' | 't' => "is stopped".to_owned(),
        'Z' | 'X' => return None,
        letter => match read("syscall").and_then(|call| waits_in(pid, &call)) {
            Some(call) => format!("waits in {call}"),
            None if letter == 'D' => "waits in the kernel".to_owned(),
            None => "sleeps".to_owned(),
        },
    };
    Some(Seen {
        tid,
        name: name.trim_end().to_owned(),
        state,
        is_stopped: matches!(letter, 'T' | 't'),
        blocked: mask("SigBlk:"),
        caught: mask("SigCgt:"),
    })
}

/// The system call of `/proc/PID/task/TID/syscall`, with what its descriptor is where it waits for one.
fn waits_in(pid: u32, line: &str) -> Option<String> {
    let mut words = line.split_ascii_whitespace();
    let number: libc::c_long = words.next()?.parse().ok()?;
    let Some((name, has_descriptor)) = name_of(number) else { return Some(format!("system call {number}")) };
    let descriptor = words.next().filter(|_| has_descriptor);
    let descriptor = descriptor.and_then(|hex| u32::from_str_radix(hex.strip_prefix("0x")?, 16).ok());
    let Some(descriptor) = descriptor else { return Some(name.to_owned()) };
    let what = fs::read_link(format!("/proc/{pid}/fd/{descriptor}"));
    let what = what.map(|what| format!(" ({})", what.display())).unwrap_or_default();
    Some(format!("{name} of descriptor {descriptor}{what}"))
}

/// The names of system calls that something waits in, and whether the first argument is the descriptor it waits for.
fn name_of(number: libc::c_long) -> Option<(&'static str, bool)> {
    macro_rules! calls {
        ($($(#[$only:meta])? $name:ident $constant:ident $descriptor:literal,)*) => {
            match number {
                $($(#[$only])? libc::$constant => Some((stringify!($name), $descriptor)),)*
                _ => None,
            }
        };
    }
    #[cfg(target_os = "linux")]
    return calls! {
        futex SYS_futex false, read SYS_read true, readv SYS_readv true, write SYS_write true, writev SYS_writev true,
        pread64 SYS_pread64 true, pwrite64 SYS_pwrite64 true, openat SYS_openat false, fsync SYS_fsync true,
        fdatasync SYS_fdatasync true, flock SYS_flock true, fcntl SYS_fcntl true, ioctl SYS_ioctl true,
        #[cfg(target_arch = "x86_64")] poll SYS_poll false, ppoll SYS_ppoll false,
        #[cfg(target_arch = "x86_64")] select SYS_select false, pselect6 SYS_pselect6 false,
        #[cfg(target_arch = "x86_64")] epoll_wait SYS_epoll_wait true, epoll_pwait SYS_epoll_pwait true,
        connect SYS_connect true, accept SYS_accept true, accept4 SYS_accept4 true, recvfrom SYS_recvfrom true,
        recvmsg SYS_recvmsg true, sendto SYS_sendto true, sendmsg SYS_sendmsg true, wait4 SYS_wait4 false,
        waitid SYS_waitid false, nanosleep SYS_nanosleep false, clock_nanosleep SYS_clock_nanosleep false,
        #[cfg(target_arch = "x86_64")] pause SYS_pause false, rt_sigsuspend SYS_rt_sigsuspend false,
        rt_sigtimedwait SYS_rt_sigtimedwait false, io_uring_enter SYS_io_uring_enter true,
    };
    #[cfg(not(target_os = "linux"))]
    {
        let _ = number;
        None
    }
}
