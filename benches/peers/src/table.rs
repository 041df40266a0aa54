//! Samples, their medians, and the table they make.

use std::time::Instant;

use crate::column::{Column, sample};
use crate::peer::{Actix, Bounded, Flavor, Kameo, Peer, Ractor, Rehearsal, Unbounded, Xtra};

/// One row of the table.
struct Contender {
    name: &'static str,
    /// Whether it is a framework, not tokio's channels or ourselves.
    is_peer: bool,
    sample: fn(Column, Flavor, u64) -> f64,
}

const fn contender<P: Peer>(is_peer: bool) -> Contender {
    Contender { name: P::NAME, is_peer, sample: sample::<P> }
}

const BASE: usize = 0;
const CONTENDERS: [Contender; 7] = [
    contender::<Unbounded>(false),
    contender::<Bounded>(false),
    contender::<Actix>(true),
    contender::<Ractor>(true),
    contender::<Kameo>(true),
    contender::<Xtra>(true),
    contender::<Rehearsal>(false),
];
const OURS: usize = CONTENDERS.len() - 1;

/// How much is measured.
#[derive(Clone, Copy)]
pub struct Effort {
    pub rounds: usize,
    /// What a sample of a time may take, as far as the number of its operations decides.
    pub sample_ms: f64,
}

/// The median of one column for each contender, in their order: every round takes one sample of each, so that what
/// disturbs the machine disturbs all of them.
fn medians(column: Column, flavor: Flavor, effort: Effort) -> Vec<f64> {
    if !column.is_timed() {
        return CONTENDERS.iter().map(|one| (one.sample)(column, flavor, column.operations())).collect();
    }
    let counts = CONTENDERS.map(|one| fitting(&one, column, flavor, effort));
    let mut samples = vec![Vec::new(); CONTENDERS.len()];
    for round in 0..effort.rounds {
        for turn in 0..CONTENDERS.len() {
            let at = (turn + round) % CONTENDERS.len();
            samples[at].push((CONTENDERS[at].sample)(column, flavor, counts[at]));
        }
    }
    samples.into_iter().map(median).collect()
}

/// How many operations this contender gets: as many as all, unless it takes too long for them.
fn fitting(contender: &Contender, column: Column, flavor: Flavor, effort: Effort) -> u64 {
    let all = column.operations();
    let a_few = all / 20;
    let ns = (contender.sample)(column, flavor, a_few);
    ((effort.sample_ms * 1e6 / ns) as u64).clamp(a_few, all)
}

/// Not a number where there are none.
pub fn median(mut samples: Vec<f64>) -> f64 {
    samples.sort_by(f64::total_cmp);
    samples.get(samples.len() / 2).copied().unwrap_or(f64::NAN)
}

/// One column on the runtimes it is measured on.
struct Measured {
    column: Column,
    flavors: Vec<Vec<f64>>,
}

/// Measures all that `wanted` says and prints the table.
pub fn print(effort: Effort, wanted: impl Fn(Column) -> bool) {
    let begun = Instant::now();
    let both = [Flavor::CurrentThread, Flavor::MultiThread];
    let measured: Vec<Measured> = Column::ALL
        .into_iter()
        .filter(|column| wanted(*column))
        .map(|column| {
            eprintln!("measuring {} ({:.0?} so far)", column.title(), begun.elapsed());
            let flavors = if column.is_timed() { &both[..] } else { &both[..1] };
            let flavors = flavors.iter().map(|flavor| medians(column, *flavor, effort)).collect();
            Measured { column, flavors }
        })
        .collect();
    if measured.is_empty() {
        return;
    }
    println!(
        "ns an operation, current_thread / multi_thread(2), medians of {} interleaved rounds\n",
        effort.rounds
    );
    let titles: Vec<_> = measured.iter().map(|one| one.column.title()).collect();
    println!("| | {} |", titles.join(" | "));
    println!("|---|{}", "---|".repeat(titles.len()));
    for (at, contender) in CONTENDERS.iter().enumerate() {
        row(contender.name, &measured, |medians, _| number(medians[at]));
    }
    row("rehearsal / tokio unbounded", &measured, |medians, _| ratio(medians[OURS], medians[BASE]));
    row("rehearsal / best framework", &measured, |medians, column| {
        let peers = CONTENDERS.iter().zip(medians).filter(|(contender, _)| contender.is_peer);
        let (best, value) = peers.min_by(|a, b| a.1.total_cmp(b.1)).expect("there are frameworks among them");
        let name = best.name.split(',').next().unwrap_or_default();
        if column == Column::Allocations {
            return format!("{} against {} ({name})", number(medians[OURS]), number(*value));
        }
        format!("{} ({name})", ratio(medians[OURS], *value))
    });
    println!("\n**!** where we are not ahead. {:.0?} in all.", begun.elapsed());
}

fn row(name: &str, measured: &[Measured], cell: impl Fn(&[f64], Column) -> String) {
    print!("| {name} |");
    for Measured { column, flavors } in measured {
        let cells: Vec<_> = flavors.iter().map(|medians| cell(medians, *column)).collect();
        print!(" {} |", cells.join(" / "));
    }
    println!();
}

fn ratio(ours: f64, theirs: f64) -> String {
    let mark = if ours < theirs { "" } else { " **!**" };
    format!("{:.2}{mark}", ours / theirs)
}

/// With thousands apart; one decimal where there are few.
pub fn number(value: f64) -> String {
    if value < 10.0 {
        return format!("{value:.1}");
    }
    let digits = format!("{value:.0}");
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
