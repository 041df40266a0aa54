//! What a worker process is started with: a page that it shares with the arbiter, and a file for what trials write.

use std::io;

use crate::harness::registry::Isolation;
use crate::harness::run::Run;
use crate::sys::capture::Capture;
use crate::sys::page::Page;
use crate::sys::{fork, process};

/// Makes these for the worker of this name, and the options that hand them on.
pub(super) fn outfit(
    page: &mut Page,
    capture: &mut Option<Capture>,
    name: &str,
    isolation: Isolation,
    run: &Run,
) -> io::Result<process::SpawnOptions> {
    let mut options = process::SpawnOptions { title: format!("rehearsal-{name}"), ..Default::default() };
    if isolation.is_forked() {
        options.env.push((fork::MARK.into(), "1".into()));
    }
    *page = Page::new()?;
    options.pass = page.fd()?.into_iter().collect();
    options.env.extend(run.measuring.environment.iter().cloned());
    if isolation == Isolation::Own {
        options.args.clone_from(&run.measuring.arguments);
    }
    if run.capture {
        let file = Capture::new()?;
        options.output = process::Output::File(file.fd()?);
        *capture = Some(file);
    }
    Ok(options)
}
