//! What process listings call actors.

use crate::cast::{Counter, Tested};
use rehearsal::sys::process::program_name;
use rehearsal::testkit::clean;

/// The title of a process, and the short name that listings have for it.
fn listed(pid: u32) -> std::io::Result<(String, String)> {
    let cmdline = std::fs::read_to_string(format!("/proc/{pid}/cmdline"))?;
    let comm = std::fs::read_to_string(format!("/proc/{pid}/comm"))?;
    Ok((cmdline.split('\0').next().unwrap_or_default().to_owned(), comm.trim_end().to_owned()))
}

#[rehearsal::test]
async fn a_process_is_called_after_the_program_and_the_actor() -> Tested {
    let _clean = clean();
    let program = program_name();
    assert!(program.starts_with("actor"), "{program}");
    let counter = Counter::spawn(0).name("clerk").process().await?;
    assert_eq!(listed(counter.pid())?, (format!("{program}-clerk"), "clerk".to_owned()));

    let unnamed = Counter::spawn(0).process().await?;
    let own = format!("Counter-{}", unnamed.id());
    assert_eq!(listed(unnamed.pid())?, (format!("{program}-{own}"), own));

    let long = Counter::spawn(0).name("the-one-with-the-long-name").process().await?;
    let (title, short) = listed(long.pid())?;
    assert_eq!((title, &*short), (format!("{program}-the-one-with-the-long-name"), "the-one-with-th"));

    let options =
        rehearsal::sys::process::SpawnOptions { title: "as-i-like".to_owned(), ..Default::default() };
    let titled = Counter::spawn(0).name("clerk-2").process_options(options).await?;
    assert_eq!(listed(titled.pid())?, ("as-i-like".to_owned(), "as-i-like".to_owned()));
    Ok(())
}

#[rehearsal::test]
async fn a_thread_is_called_after_its_actor() -> Tested {
    let _clean = rehearsal::testkit::clean();
    let counter = Counter::spawn(0).name("thread-clerk").thread().await?;
    let tasks = std::fs::read_dir("/proc/self/task")?;
    let names = tasks.filter_map(|task| std::fs::read_to_string(task.ok()?.path().join("comm")).ok());
    assert_eq!(names.filter(|name| name.trim_end() == "thread-clerk").count(), 1);
    counter.stop().await?;
    Ok(())
}
