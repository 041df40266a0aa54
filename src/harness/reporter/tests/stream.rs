//! When text is written, what happens when it cannot be, and what a display draws.

use std::io::{self, ErrorKind, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use crate::harness::event::{Event, Running};
use crate::harness::outcome::{Death, Verdict};
use crate::harness::reporter::lines::Lines;
use crate::harness::reporter::notice::Notice;
use crate::harness::reporter::paint::Paint;
use crate::harness::reporter::progress::Progress;
use crate::harness::reporter::screen::Screen;
use crate::harness::reporter::sink::Memory;
use crate::harness::reporter::{Reporter, Reporters, Sink};

use super::script::{options, outcome, play, play_green, trial};

/// Counts what is written to it, and fails in the end if told to.
struct Counting {
    writes: Arc<AtomicUsize>,
    fail: Option<ErrorKind>,
}

impl Write for Counting {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.writes.fetch_add(1, Ordering::Relaxed);
        match self.fail {
            Some(kind) => Err(kind.into()),
            None => Ok(bytes.len()),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn counting(fail: Option<ErrorKind>) -> (Lines, Arc<AtomicUsize>) {
    let writes = Arc::new(AtomicUsize::new(0));
    let sink = Sink::writer("the pipe", Counting { writes: writes.clone(), fail });
    (Lines::pretty(sink, Paint::PLAIN, &options(""), None), writes)
}

#[rehearsal::test]
fn a_thousand_lines_are_a_few_writes() {
    let (mut pretty, writes) = counting(None);
    play_green(&mut pretty, 1_000);
    assert!(writes.load(Ordering::Relaxed) <= 3, "{writes:?} writes");
}

#[rehearsal::test]
fn nothing_is_held_back_when_the_run_is_idle() {
    let (sink, memory) = Sink::memory();
    let mut pretty = Lines::pretty(sink, Paint::PLAIN, &options(""), None);
    let passed = outcome(Verdict::Passed, b"");
    pretty.event(&Event::Finished { trial: trial("adds"), outcome: &passed });
    assert_eq!(memory.text(), "");
    pretty.flush();
    assert_eq!(memory.text(), "test adds ... ok\n");
}

#[rehearsal::test]
fn a_reader_that_has_gone_away_is_no_trouble() {
    let (mut pretty, writes) = counting(Some(ErrorKind::BrokenPipe));
    play(&mut pretty, None);
    play_green(&mut pretty, 5_000);
    assert_eq!(pretty.trouble(), None);
    assert_eq!(writes.load(Ordering::Relaxed), 1, "nothing more is written to it");
}

#[rehearsal::test]
fn a_full_disk_is_told() {
    let (mut pretty, _) = counting(Some(ErrorKind::StorageFull));
    play(&mut pretty, None);
    let reporters = Reporters::of(vec![Box::new(pretty)]);
    let trouble = reporters.trouble().expect("it is told");
    assert!(trouble.starts_with("cannot write to the pipe: "), "{trouble}");
}

#[rehearsal::test]
fn stderr_does_not_overtake_stdout() {
    let (sink, memory) = Sink::memory();
    let pretty = Lines::pretty(sink, Paint::PLAIN, &options(""), None);
    let mut reporters = Reporters::of(vec![Box::new(pretty), Box::new(Notice::new(Sink::memory().0))]);
    let passed = outcome(Verdict::Passed, b"");
    reporters.event(&Event::Finished { trial: trial("adds"), outcome: &passed });
    reporters.event(&Event::Warning { message: "w" });
    assert_eq!(memory.text(), "test adds ... ok\n");
}

/// What was drawn since this was last asked.
fn drawn_since(memory: &Memory, seen: &mut usize) -> String {
    let text = memory.text();
    text[std::mem::replace(seen, text.len())..].to_owned()
}

#[rehearsal::test]
fn the_display_has_a_bar_and_a_line_for_each_busy_worker() {
    let (screen, memory) = Screen::memory();
    let mut seen = 0;
    let mut progress = Progress::on(screen.clone(), Paint::PLAIN);
    progress.event(&Event::RunStarted {
        planned: 10,
        filtered_out: 0,
        workers: 2,
        shuffle_seed: None,
        now_ns: 0,
    });
    let first = drawn_since(&memory, &mut seen);
    assert!(first.contains(" 0/10  0s") && !first.contains("left"), "{first:?}");

    let crashed = outcome(Verdict::Crashed { death: Death::Exited { code: 3 }, message: String::new() }, b"");
    progress.event(&Event::Finished { trial: trial("a"), outcome: &crashed });
    let running = [
        Running { worker: 0, trial: trial("math::adds"), elapsed: Duration::from_millis(1_260), slow: false },
        Running { worker: 1, trial: trial("math::waits"), elapsed: Duration::from_secs(75), slow: true },
    ];
    progress.event(&Event::Busy { running: &running });
    let drawn = drawn_since(&memory, &mut seen);
    assert!(drawn.starts_with("\r\x1b[J█"), "it takes the place of what was there: {drawn:?}");
    for part in [" 1/10, 1 failed", "#0      1.2s  math::adds", "#1    1m 15s  math::waits  SLOW"] {
        assert!(drawn.contains(part), "no {part:?} in {drawn:?}");
    }

    progress.event(&Event::RunFinished { elapsed: Duration::from_secs(80), success: false });
    assert_eq!(drawn_since(&memory, &mut seen), "\r\x1b[2A\x1b[J", "all three lines are taken away");
    progress.event(&Event::Busy { running: &running });
    screen.above(|| ());
    assert_eq!(drawn_since(&memory, &mut seen), "", "nothing is drawn once the run is over");
}

/// What the display draws for so many busy workers, each of them at a trial with a long name.
fn drawn_for(workers: usize) -> String {
    let (screen, memory) = Screen::memory();
    let mut seen = 0;
    let mut progress = Progress::on(screen, Paint::PLAIN);
    progress.event(&Event::RunStarted {
        planned: 100,
        filtered_out: 0,
        workers,
        shuffle_seed: None,
        now_ns: 0,
    });
    let long = format!("outer::{}::the_function", "module::".repeat(20));
    let running: Vec<Running<'_>> = (0..workers)
        .map(|worker| Running { worker, trial: trial(&long), elapsed: Duration::ZERO, slow: false })
        .collect();
    drawn_since(&memory, &mut seen);
    progress.event(&Event::Busy { running: &running });
    let busy = drawn_since(&memory, &mut seen);
    let too_wide = busy.lines().find(|line| line.trim_start_matches("\r\x1b[J").chars().count() > 76);
    assert_eq!(too_wide, None, "a line that is broken by the terminal is two to take away");
    progress.event(&Event::Busy { running: &[] });
    let idle = drawn_since(&memory, &mut seen);
    assert!(!idle.contains("the_function"), "nobody is busy any more: {idle:?}");
    busy
}

#[rehearsal::test]
fn a_long_name_loses_its_beginning() {
    let drawn = drawn_for(1);
    assert!(drawn.contains("#0        0s  …") && drawn.contains("::the_function"), "{drawn:?}");
    assert!(!drawn.contains("outer::"), "{drawn:?}");
}

#[rehearsal::test]
fn more_workers_than_lines_are_told_as_a_number() {
    let drawn = drawn_for(20);
    assert!(drawn.contains("#15 ") && !drawn.contains("#16 ") && drawn.contains("and 4 more"), "{drawn:?}");
}

#[rehearsal::test]
fn what_is_said_scrolls_above_the_display() {
    let (screen, memory) = Screen::memory();
    screen.draw("one\ntwo".to_owned());
    screen.above(|| memory.push(b"said\n"));
    assert_eq!(memory.text(), "one\ntwo\r\x1b[1A\x1b[Jsaid\none\ntwo");
    screen.close();
    screen.above(|| memory.push(b"said\n"));
    assert!(memory.text().ends_with("one\ntwo\r\x1b[1A\x1b[Jsaid\n"), "{:?}", memory.text());
}

#[rehearsal::test]
fn wide_letters_take_two_columns() {
    let (screen, memory) = Screen::memory();
    let mut progress = Progress::on(screen, Paint::PLAIN);
    let wide = "漢".repeat(60);
    let running = [Running { worker: 0, trial: trial(&wide), elapsed: Duration::ZERO, slow: false }];
    progress.event(&Event::Busy { running: &running });
    let text = memory.text();
    // 76 columns, 16 of them for the worker and the time, one for the mark.
    assert_eq!(text.matches('漢').count(), (76 - 16 - 1) / 2, "{text:?}");
}
