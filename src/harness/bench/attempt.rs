//! Runs one benchmark in Criterion, and reads off what it found.

use std::cell::RefCell;
use std::env;
use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::time::Duration;

use criterion::{Bencher, BenchmarkFilter, Criterion};

use super::baseline::Asked;
use super::compare::round;
use super::directory;
use super::error::BenchError;
use super::files::{Change, Results};
use super::id::Id;
use super::machine::Machine;
use super::runtime::with_runtime;
use super::spec::{self, Bench};
use super::tally::Tally;
use super::tell::Found;
use crate::harness::outcome::{Measured, Returned};
use crate::harness::trial::note_measured;
use crate::sys::capture::{self, Capture};
use crate::sys::limit;

/// Whether what runs in this process is measured; else it runs once, as a test does.
pub fn is_measured() -> bool {
    env::args_os().skip(1).any(|argument| argument == "--bench")
}

/// Has this told of the trial that runs on this thread: it is a benchmark, and this is what it measured.
pub fn measured(measured: Measured) {
    note_measured(measured);
}

/// Runs a benchmark: measured, or once.
pub(super) fn run(bench: &Bench) -> Returned {
    match with_runtime(bench.runtime, || attempt(bench)) {
        Ok(()) => Returned::Success,
        Err(error) => {
            eprintln!("Error: {error}");
            Returned::Failure
        }
    }
}

fn attempt(bench: &Bench) -> Result<(), BenchError> {
    let id = bench.id();
    if !is_measured() {
        drive(bench, &id, criterion(bench), &RefCell::new(Tally::default()));
        return Ok(());
    }
    if let Some(most) = bench.memory_bytes {
        limit::hold_memory(most).map_err(|source| BenchError::Memory { most, source })?;
    }
    let (home, asked) = (directory::of_criterion(true), Asked::of(env::args_os().skip(1)));
    let place = home.join(id.directory());
    check_directory(&id)?;
    let remark = asked.check(&place)?;
    // Before it runs: where it saves, the baseline is another one afterwards.
    let base_machine = Machine::of(&place.join(&asked.against));
    clear(&place.join("change/estimates.json"))?;
    if asked.loaded.is_none() {
        check_room(&place)?;
        clear(&place.join("new/estimates.json"))?;
    }
    let tally = RefCell::new(Tally::begin(round::is_one()));
    let mut criterion = criterion(bench).output_directory(&home);
    criterion = drive(bench, &id, criterion, &tally);
    criterion.final_summary();
    let found = place.join(asked.loaded.as_deref().unwrap_or("new"));
    if !found.join("estimates.json").exists() {
        return Err(BenchError::NoTime { id: id.full() });
    }
    let machine = match &asked.loaded {
        Some(_) => Machine::of(&found).unwrap_or_else(Machine::here),
        None => Machine::here(),
    };
    let results = Results::read(&found)?;
    let change = Change::read(&place.join("change"))?;
    if asked.loaded.is_none() {
        machine.note(&found);
    }
    // Criterion goes on where it cannot write, so that a baseline or a plot may be missing.
    let remark = remark.or_else(|| check_room(&place).err().map(|error| error.to_string()));
    if asked.is_saved {
        machine.note(&place.join(&asked.against));
    }
    let told = Found {
        name: &bench.name(),
        id: &id,
        results: &results,
        change,
        asked: &asked,
        machine: &machine,
        base_machine: base_machine.as_ref(),
        printed: tally.borrow().printed,
        cost: tally.borrow().cost(),
        is_round: round::is_one(),
        remark,
        directory: &place.to_string_lossy(),
    };
    measured(told.told());
    Ok(())
}

/// Criterion as the arguments of this process have it, and above them the attribute.
fn criterion(bench: &Bench) -> Criterion {
    let mut criterion = Criterion::default().configure_from_args();
    criterion = criterion.with_benchmark_filter(BenchmarkFilter::Exact(bench.id().full()));
    if let Some(count) = bench.sample_size {
        criterion = criterion.sample_size(count);
    }
    if let Some(warm_up_ms) = bench.warm_up_ms {
        criterion = criterion.warm_up_time(Duration::from_millis(warm_up_ms));
    }
    if let Some(measurement_ms) = bench.measurement_ms {
        criterion = criterion.measurement_time(Duration::from_millis(measurement_ms));
    }
    if !is_measured() || !round::is_one() {
        return criterion;
    }
    let given: Vec<String> = env::args_os().map(|word| word.to_string_lossy().into_owned()).collect();
    round::brief(criterion, &given)
}

/// Has Criterion run this benchmark. The others of its group are named too, and run by nobody: with them Criterion draws
/// the group together, of what earlier workers have measured.
fn drive(bench: &Bench, id: &Id, mut criterion: Criterion, tally: &RefCell<Tally>) -> Criterion {
    let output = Capture::of_stdout().ok().flatten();
    let written = || {
        capture::flush_all();
        output.as_ref().and_then(Capture::written).unwrap_or(0)
    };
    let call = |bencher: &mut Bencher<'_>| {
        let mut tally = tally.borrow_mut();
        let before = written();
        tally.call(bencher, bench.call);
        tally.printed += written().saturating_sub(before);
    };
    if id.function.is_none() && id.value.is_none() {
        criterion.bench_function(&id.full(), call);
        return criterion;
    }
    let mut members: Vec<Id> =
        spec::all().iter().map(Bench::id).filter(|other| other.group == id.group).collect();
    // A group keeps the throughput of the one before: those without come first.
    members.sort_by_key(|member| member.throughput.is_some());
    let mut group = criterion.benchmark_group(&id.group);
    for member in &members {
        if let Some(throughput) = &member.throughput {
            group.throughput(throughput.clone());
        }
        match (member.within(), &member.function) {
            (Some(within), _) => group.bench_function(within, call),
            (None, Some(function)) => group.bench_function(function, call),
            (None, None) => continue,
        };
    }
    group.finish();
    criterion
}

/// Refuses a benchmark whose results another one would overwrite.
fn check_directory(id: &Id) -> Result<(), BenchError> {
    let directory = id.directory();
    let mut same = spec::all().into_iter().filter(|other| other.id().directory() == directory);
    match (same.next(), same.next()) {
        (Some(first), Some(second)) => {
            let (names, ids) = ([first.name(), second.name()], [first.id().full(), second.id().full()]);
            Err(BenchError::SameDirectory { names, ids, directory })
        }
        _ => Ok(()),
    }
}

/// About as much as Criterion writes of one benchmark.
const ROOM: usize = 128 << 10;

/// Whether there is room for files there.
fn check_room(place: &Path) -> Result<(), BenchError> {
    let probe = place.join(".probe");
    let written = fs::create_dir_all(place).and_then(|()| fs::write(&probe, vec![0; ROOM]));
    // Where there is none there is nothing to be removed.
    let _ = fs::remove_file(&probe);
    written.map_err(|source| BenchError::Unwritable { place: place.to_owned(), source })
}

/// Takes a file of an earlier run away, so that it is not taken for this one's.
fn clear(place: &Path) -> Result<(), BenchError> {
    match fs::remove_file(place) {
        Err(source) if !is_gone(&source) => Err(BenchError::Stale { place: PathBuf::from(place), source }),
        _ => Ok(()),
    }
}

fn is_gone(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory)
}
