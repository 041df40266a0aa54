//! A load benchmark as a person reads it in a terminal: a table, and a plot of bars.

use std::fmt::Write;

use super::account::Account;
use super::level::Figures;
use super::trouble::counted;
use super::usl::Law;

/// Characters of the longest bar.
const BAR: usize = 48;

/// Everything, a line end behind it.
pub fn text(account: &Account) -> String {
    let mut out = format!("{}\n", title(account));
    if !account.levels.is_empty() {
        out.push_str(&row(headings().map(str::to_owned)));
        let rows = account.levels.iter().chain(&account.again);
        rows.for_each(|level| out.push_str(&row(cells(level).into_iter())));
    }
    if account.levels.len() > 1 {
        bars(&mut out, account);
    }
    for line in remarks(account) {
        let _ = writeln!(out, "  {line}");
    }
    out
}

/// `echo: tasks in a closed loop, 3 s a level after 500 ms`
pub fn title(account: &Account) -> String {
    let spec = &account.spec;
    let how = match spec.rate {
        None => "a closed loop".to_owned(),
        Some(rate) => format!("an open loop of {}/s", quantity(rate as f64)),
    };
    let long = match spec.count {
        Some(count) => format!("{count} operations"),
        None => time(spec.duration_ms * 1_000_000),
    };
    let kind = spec.clients.word();
    let warm_up = time(spec.warm_up_ms * 1_000_000);
    format!("{}: {kind} in {how}, {long} a level after {warm_up}", account.name())
}

/// The columns: what is above them, how wide they are, and what is in them.
type Column = (&'static str, usize, fn(&Figures) -> String);

const COLUMNS: [Column; 10] = [
    ("clients", 7, |level| level.clients.to_string()),
    ("ops/s", 8, |level| quantity(level.throughput)),
    ("p50", 9, |level| time(level.latency.p50_ns)),
    ("p90", 9, |level| time(level.latency.p90_ns)),
    ("p99", 9, |level| time(level.latency.p99_ns)),
    ("p99.9", 9, |level| time(level.latency.p999_ns)),
    ("max", 9, |level| time(level.latency.max_ns)),
    ("errors", 16, errors),
    ("cpu", 9, |level| level.processor_ns.map_or_else(|| "-".to_owned(), time)),
    ("memory", 10, |level| level.memory_bytes.map_or_else(|| "-".to_owned(), memory)),
];

/// The headings of a table.
pub fn headings() -> impl Iterator<Item = &'static str> {
    COLUMNS.iter().map(|column| column.0)
}

/// One row of a table, a cell a heading.
pub fn cells(level: &Figures) -> Vec<String> {
    COLUMNS.iter().map(|column| (column.2)(level)).collect()
}

fn row(cells: impl Iterator<Item = String>) -> String {
    let mut line = String::new();
    for (cell, column) in cells.zip(COLUMNS) {
        let _ = write!(line, "{cell:>width$}", width = column.1);
    }
    line + "\n"
}

/// Throughput, a bar a level, and where the law has it.
fn bars(out: &mut String, account: &Account) {
    let levels = &account.levels;
    let law = account.law.as_ref();
    let by_law = |level: &Figures| law.map_or(0.0, |law| law.throughput(f64::from(level.clients)));
    let most = levels.iter().map(|level| level.throughput.max(by_law(level))).fold(0.0, f64::max);
    let key = if law.is_some() { "; ┆ as the scaling law has it" } else { "" };
    let _ = writeln!(out, "\n  ops/s by clients{key}");
    let width = levels.iter().map(|level| level.clients.to_string().len()).max().unwrap_or_default();
    let place = |value: f64| ((value / most) * BAR as f64).round() as usize;
    for level in levels {
        let mut bar: Vec<char> = vec![' '; BAR + 1];
        bar[..place(level.throughput)].fill('█');
        if law.is_some() {
            bar[place(by_law(level))] = '┆';
        }
        let bar: String = bar.into_iter().collect();
        let _ = writeln!(out, "  {:>width$} {}", level.clients, bar.trim_end(), width = width);
    }
    out.push('\n');
}

/// What is to be said of the figures, a line each.
pub fn remarks(account: &Account) -> Vec<String> {
    let mut lines = Vec::new();
    lines.extend(account.law.as_ref().map(law_line));
    if account.spec.rate.is_none() && account.law.is_none() && account.levels.len() > 1 {
        lines.push("no scaling law: it takes three different numbers of clients".to_owned());
    }
    for level in &account.levels {
        lines.extend(clients_line(level));
        lines.extend(pace_line(level));
        lines.extend(error_lines(level));
    }
    if let (Some(noise), Some(first)) = (account.noise(), account.levels.first()) {
        lines.push(format!(
            "noise: {} measured once more, behind all others: {} differ by {:.1} %, and a smaller difference says nothing",
            of(first),
            if account.spec.rate.is_some() { "the p50" } else { "the ops/s" },
            noise * 100.0
        ));
    }
    lines.extend(account.warnings.iter().map(|warning| format!("warning: {warning}")));
    lines.extend(account.error.iter().map(|error| format!("error: {error}")));
    lines
}

/// What clients took that are processes: it is not in the table, which has what is measured.
fn clients_line(level: &Figures) -> Option<String> {
    let (processor_ns, bytes) = (level.clients_processor_ns?, level.clients_memory_bytes?);
    let (own, plural) = match (level.clients, level.processes) {
        (1, _) => ("its", ""),
        (_, 1) => ("their", ""),
        _ => ("their", "es"),
    };
    (level.processes > 0).then(|| {
        format!(
            "{}: in {} process{plural} of {own} own; {} of processor time and {} there are not counted above",
            of(level),
            level.processes,
            time(processor_ns),
            memory(bytes)
        )
    })
}

fn law_line(law: &Law) -> String {
    let end = match (law.peak(), law.ceiling()) {
        (Some((clients, height)), _) => {
            format!("highest at {clients:.0} clients, {}/s", quantity(height))
        }
        (None, Some(ceiling)) => format!("no peak, never above {}/s", quantity(ceiling)),
        (None, None) => "no peak, no ceiling".to_owned(),
    };
    let fit = match law.error < 1e-6 {
        true => "goes through each of so few points".to_owned(),
        false => format!("off by {:.1} %", law.error * 100.0),
    };
    format!(
        "scaling law: σ {:.4} (contention), κ {:.6} (coherency), {}/s of one client; {end}; {fit}",
        law.sigma,
        law.kappa,
        quantity(law.lambda)
    )
}

fn of(level: &Figures) -> String {
    counted(u64::from(level.clients))
}

/// How well the rate was kept at a level.
fn pace_line(level: &Figures) -> Option<String> {
    let kept = level.kept?;
    let late = &level.lateness;
    let kept_time = format!("started late by {} (p50), {} (p99)", time(late.p50_ns), time(late.p99_ns));
    Some(match kept.is_saturated() {
        true => format!(
            "{}: SATURATED: {} of {} operations were never started, for all clients were busy; the rate is more than \
             can be done, {}/s were, and the latencies are how long was waited so far",
            of(level),
            kept.missed(),
            kept.intended,
            quantity(level.throughput)
        ),
        false if late.count == 0 => {
            format!("{}: the rate was kept, though no client was ever free ahead of time", of(level))
        }
        false => format!("{}: the rate was kept; {kept_time}", of(level)),
    })
}

fn error_lines(level: &Figures) -> Vec<String> {
    let told = |count: u64, kind: &str| {
        format!("{}: {} failed: {kind}", of(level), share(count, level.done + level.errors.total() - count))
    };
    let mut lines: Vec<String> =
        level.errors.kinds().into_iter().map(|(kind, count)| told(count, kind)).collect();
    if level.errors.others() > 0 {
        lines.push(told(level.errors.others(), "errors of other kinds"));
    }
    lines
}

/// In as many characters as there is room for.
fn errors(level: &Figures) -> String {
    let count = level.errors.total();
    let short = if count < 10_000 { count.to_string() } else { quantity(count as f64) };
    if count == 0 { short } else { format!("{short} {}", percent(count, level.done)) }
}

/// `12 (0.5 %)` of these and the others.
fn share(count: u64, others: u64) -> String {
    format!("{count} {}", percent(count, others))
}

fn percent(count: u64, others: u64) -> String {
    let percent = count as f64 * 100.0 / (count + others).max(1) as f64;
    if percent < 0.1 { "(<0.1 %)".to_owned() } else { format!("({percent:.1} %)") }
}

/// A number with three digits that count: `1.23M`.
pub fn quantity(value: f64) -> String {
    let (scaled, unit) = match value {
        value if value >= 999.5e6 => (value / 1e9, "G"),
        value if value >= 999.5e3 => (value / 1e6, "M"),
        value if value >= 999.5 => (value / 1e3, "k"),
        value => (value, ""),
    };
    format!("{}{unit}", three_digits(scaled))
}

/// A time with three digits that count: `1.23 ms`.
pub fn time(ns: u64) -> String {
    let value = ns as f64;
    let (scaled, unit) = match value {
        value if value >= 999.5e6 => (value / 1e9, "s"),
        value if value >= 999.5e3 => (value / 1e6, "ms"),
        value if value >= 999.5 => (value / 1e3, "µs"),
        value => return format!("{value:.0} ns"),
    };
    format!("{} {unit}", three_digits(scaled))
}

/// `12.3 MiB`.
pub fn memory(bytes: u64) -> String {
    let mib = bytes as f64 / f64::from(1 << 20);
    match mib >= 1_023.5 {
        true => format!("{} GiB", three_digits(mib / 1_024.0)),
        false => format!("{} MiB", three_digits(mib)),
    }
}

fn three_digits(value: f64) -> String {
    match value {
        value if value >= 99.95 => format!("{value:.0}"),
        value if value >= 9.995 => format!("{value:.1}"),
        value => format!("{value:.2}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::harness::load::sample::{Spread, Tally};

    /// However large they are.
    #[rehearsal::test]
    fn cells_of_a_row_stand_apart() {
        let mut tally = Tally::default();
        for (failed, errors) in [(9, "9 (0.9 %)"), (1_400, "1400 (58.3 %)"), (140_125, "140k (99.3 %)")] {
            (tally.errors().total()..failed).for_each(|_| tally.failed("refused"));
            let ns = 83_000_000;
            let latency =
                Spread { max_ns: ns, p50_ns: ns, p90_ns: ns, p99_ns: ns, p999_ns: ns, ..Spread::default() };
            let level = Figures {
                clients: 100_000,
                done: 1_000,
                errors: tally.errors().clone(),
                latency,
                throughput: 123_456.0,
                processor_ns: Some(u64::MAX / 1_000_000),
                memory_bytes: Some(1_000 << 20),
                ..Figures::default()
            };
            let cells = cells(&level);
            assert_eq!(cells[7], errors);
            let row = row(cells.clone().into_iter());
            let apart: Vec<&str> =
                row.trim().split("  ").map(str::trim).filter(|cell| !cell.is_empty()).collect();
            assert_eq!(apart, cells, "{row}");
            assert!(
                row.trim_end().chars().count() <= 95,
                "with the margin of reporters, less than a hundred: {row}"
            );
        }
    }
}
