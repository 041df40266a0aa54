//! What a process has beside its memory, which a fork would share with it or lack.

use std::os::fd::RawFd;
use std::path::Path;
use std::time::{Duration, Instant};

use super::limit::thread_count;

/// How often threads that are ending are looked at.
const LOOK: Duration = Duration::from_micros(200);

/// The descriptors of this process at one moment.
#[derive(Debug)]
pub struct Belongings {
    open: Vec<(RawFd, String)>,
}

impl Belongings {
    /// Those of now; none where the system does not tell.
    pub fn now() -> Belongings {
        let read = |entry: std::io::Result<std::fs::DirEntry>| {
            let path = entry.ok()?.path();
            let fd: RawFd = path.file_name()?.to_str()?.parse().ok()?;
            // The one by which this list is read is closed by the time it is looked at.
            let target = std::fs::read_link(path).ok()?;
            Some((fd, target.to_string_lossy().into_owned()))
        };
        let open = std::fs::read_dir("/proc/self/fd").into_iter().flatten().filter_map(read).collect();
        Belongings { open }
    }

    /// What has come since then and is shared by everyone who has the descriptor: sockets, pipes, timers, files. A
    /// device or a directory has nothing that one reader could take from another.
    pub fn since(earlier: &Belongings) -> Vec<String> {
        let is_new = |one: &&(RawFd, String)| !earlier.open.contains(one) && is_shared(&one.1);
        let now = Belongings::now();
        now.open.iter().filter(is_new).map(|(fd, target)| format!("{target} (descriptor {fd})")).collect()
    }
}

fn is_shared(target: &str) -> bool {
    let is_device = target.starts_with("/dev/") && !target.starts_with("/dev/shm/");
    let is_listing = is_listing(target);
    !is_device && !is_listing && !Path::new(target).is_dir()
}

/// The directory that a list of descriptors is read from: it is gone with the list.
fn is_listing(target: &str) -> bool {
    target.starts_with("/proc/") && target.ends_with("/fd")
}

/// Waits until this process has no more threads than these, for so long at most; the names of those beside the calling
/// one and the main one where it has. A thread that was joined takes a moment to be gone.
pub fn threads_beyond(count: usize, within: Duration) -> Vec<String> {
    let deadline = Instant::now() + within;
    while thread_count().is_some_and(|threads| threads > count) {
        if Instant::now() >= deadline {
            return others();
        }
        std::thread::sleep(LOOK);
    }
    Vec::new()
}

fn others() -> Vec<String> {
    let own = std::fs::read_link("/proc/thread-self").ok();
    let own = own.as_deref().and_then(Path::file_name).map(std::ffi::OsStr::to_owned);
    let main = std::process::id().to_string();
    let tasks = std::fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
    let others = tasks.filter(|task| Some(task.file_name()) != own && task.file_name() != main.as_str());
    let name = |task: std::fs::DirEntry| std::fs::read_to_string(task.path().join("comm")).ok();
    others.filter_map(name).map(|name| name.trim().to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[rehearsal::test]
    fn what_was_opened_since_is_named() {
        let before = Belongings::now();
        let (_one, _two) = std::os::unix::net::UnixStream::pair().expect("a pair");
        let _device = std::fs::File::open("/dev/null").expect("a device");
        let _directory = std::fs::File::open("/").expect("a directory");
        let came = Belongings::since(&before);
        // Other threads of this process may open something at the same time.
        let sockets = came.iter().filter(|name| name.starts_with("socket:[")).count();
        assert!(sockets >= 2, "{came:?}");
        assert!(!came.iter().any(|name| name.starts_with("/dev/null") || name.starts_with("/ ")), "{came:?}");
    }

    #[rehearsal::test]
    fn threads_are_waited_for_and_named() {
        let many = thread_count().expect("a number") + 100;
        assert!(threads_beyond(many, Duration::ZERO).is_empty());
        let (told, hears) = std::sync::mpsc::channel::<()>();
        let stays = std::thread::Builder::new().name("stays".to_owned()).spawn(move || hears.recv());
        let named = loop {
            // Its name is its own to set, as it begins.
            let named = threads_beyond(1, Duration::ZERO);
            if named.iter().any(|name| name == "stays") {
                break named;
            }
        };
        assert!(!named.is_empty());
        drop(told);
        drop(stays.expect("a thread").join());
    }
}
