//! The page: its parts in their order, and the data for its script.

use std::fmt::Write;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::colour::push_text;
use super::failure::{self, span};
use crate::harness::history::record::Mark;
use crate::harness::outcome::Verdict;
use crate::harness::reporter::escape::push_json;
use crate::harness::reporter::words;
use crate::harness::reporter::written::account::{Account, Told};

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");
/// Nothing is fetched, whatever a page is told to.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'";
/// How many of the slowest are listed.
const SLOWEST: usize = 15;
/// How many trials with a past are listed.
const PASTS: usize = 100;

/// The whole page.
pub fn write(account: &Account) -> String {
    let mut out = String::with_capacity(64 * 1024 + account.trials.len() * 128);
    out.push_str(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n<meta name=\"suite\" content=\"",
    );
    push_text(&mut out, &account.suite.id);
    let _ = write!(
        out,
        "\">\n<meta http-equiv=\"Content-Security-Policy\" content=\"{POLICY}\">\n<meta name=\"viewport\" \
         content=\"width=device-width\">\n<title>"
    );
    push_text(&mut out, &account.suite.id);
    let word = if account.success { "ok" } else { "FAILED" };
    let _ = write!(out, ": {word}</title>\n<style>\n{STYLE}</style></head><body>\n");
    push_head(&mut out, account);
    push_messages(&mut out, account);
    push_failures(&mut out, account);
    out.push_str(concat!(
        "<section id=\"time\" hidden><h2>Timeline</h2><p class=\"hint\">A row a worker. Drag to move, scroll with Ctrl ",
        "or the buttons to zoom, click on a test to find it below.</p><p class=\"tools\"><button id=\"in\">+</button> ",
        "<button id=\"out\">−</button> <button id=\"whole\">whole run</button> <span id=\"seen\"></span></p>",
        "<div id=\"lanes\"><canvas id=\"line\"></canvas></div><div id=\"tip\" hidden></div></section>\n",
    ));
    push_slowest(&mut out, account);
    push_pasts(&mut out, account);
    out.push_str(concat!(
        "<section id=\"all\" hidden><h2>All tests <small id=\"count\"></small></h2><p class=\"tools\"><input id=\"find\" ",
        "type=\"search\" placeholder=\"words of a name\" aria-label=\"words of a name\"> <span id=\"kinds\"></span></p>",
        "<div class=\"row head\"><button data-by=\"1\">outcome</button><button data-by=\"0\">test</button>",
        "<button data-by=\"2\">worker</button><button data-by=\"3\">began</button><button data-by=\"4\">took</button></div>",
        "<div id=\"list\" tabindex=\"0\"><div id=\"height\"></div></div></section>\n",
        "<noscript><p>The timeline and the list of all tests need JavaScript.</p></noscript>\n",
    ));
    out.push_str("<script type=\"application/json\" id=\"data\">");
    push_data(&mut out, account);
    let _ = write!(out, "</script>\n<script>\n{SCRIPT}</script>\n</body></html>\n");
    out
}

fn push_head(out: &mut String, account: &Account) {
    let (class, word) = if account.success { ("good", "ok") } else { ("bad", "FAILED") };
    let _ = write!(out, "<header><h1>");
    push_text(out, &account.suite.id);
    let _ = write!(
        out,
        " <span class=\"verdict {class}\">{word}</span></h1><button id=\"theme\" hidden>theme</button><p>"
    );
    let is_flaky = |told: &&Told| matches!(told.outcome.verdict, Verdict::Flaky { red: false, .. });
    let flaky = account.trials.iter().filter(is_flaky).count();
    let tally = &account.tally;
    let counts = [
        (tally.failed, "failed", "bad"),
        (flaky, "flaky", "mild"),
        (tally.passed.saturating_sub(flaky), "passed", "good"),
        (tally.measured, "measured", "good"),
        (tally.ignored, "ignored", "dim"),
        (tally.cancelled, "cancelled", "mild"),
        (tally.filtered_out, "filtered out", "dim"),
    ];
    for (count, what, class) in counts.into_iter().filter(|(count, ..)| *count > 0) {
        let _ = write!(out, "<span class=\"chip {class}\"><b>{count}</b> {what}</span> ");
    }
    let plural = if account.workers == 1 { "" } else { "s" };
    let _ = write!(
        out,
        "</p><p class=\"facts\">{} · {} worker{plural}",
        span(account.elapsed.as_nanos() as u64),
        account.workers
    );
    if let Some(seed) = account.shuffle_seed {
        let _ = write!(out, " · shuffle seed {seed}");
    }
    let _ = writeln!(out, " · <span id=\"began\">{}</span></p></header>", written_out(account.began));
}

fn push_messages(out: &mut String, account: &Account) {
    for message in &account.messages {
        let (class, word) = if message.is_error { ("bad", "error") } else { ("mild", "warning") };
        let _ = write!(out, "<p class=\"said {class}\"><b>{word}</b> ");
        push_text(out, &message.text);
        out.push_str("</p>\n");
    }
}

/// Whether a trial has a block of its own.
fn has_block(told: &Told) -> bool {
    let verdict = &told.outcome.verdict;
    matches!(verdict, Verdict::Flaky { .. })
        || (verdict.is_red() && !matches!(verdict, Verdict::Cancelled { .. }))
}

fn push_failures(out: &mut String, account: &Account) {
    let blocks = account.trials.iter().filter(|told| has_block(told));
    let count = blocks.clone().count();
    if count == 0 {
        return;
    }
    let red = blocks.clone().filter(|told| told.outcome.verdict.is_red()).count();
    let (title, more) = match (red, count - red) {
        (0, _) => ("Flaky", String::new()),
        (_, 0) => ("Failures", String::new()),
        (_, flaky) => ("Failures", format!(", and {flaky} flaky")),
    };
    let shown = if red > 0 { red } else { count };
    let _ = writeln!(out, "<section id=\"failures\"><h2>{title} <small>{shown}{more}</small></h2>");
    for (number, told) in blocks.enumerate() {
        failure::push(out, account, told, number);
    }
    out.push_str("</section>\n");
}

fn push_slowest(out: &mut String, account: &Account) {
    let mut slowest: Vec<&Told> = account.trials.iter().filter(|told| told.outcome.ran.is_some()).collect();
    slowest.sort_by_key(|told| std::cmp::Reverse(told.outcome.duration_ns));
    slowest.truncate(SLOWEST);
    let Some(longest) = slowest.first().map(|told| told.outcome.duration_ns.max(1)) else { return };
    out.push_str("<section id=\"slow\"><h2>Slowest</h2><table>");
    for told in slowest {
        let taken_ns = told.outcome.duration_ns;
        let share = taken_ns as f64 / longest as f64 * 100.0;
        let _ = write!(
            out,
            "<tr><td class=\"bar\"><i style=\"width:{share:.1}%\"></i></td><td>{}</td><td><code>",
            span(taken_ns)
        );
        push_text(out, &told.name);
        out.push_str("</code></td></tr>");
    }
    out.push_str("</table></section>\n");
}

/// Trials that did not always end in the same way, those first that changed most often.
fn push_pasts(out: &mut String, account: &Account) {
    let past = |told: &'_ Told| {
        let mut marks = account.history.results(&told.name).to_vec();
        marks.extend(Mark::of(&told.outcome.verdict));
        let changes = marks.windows(2).filter(|pair| pair[0] != pair[1]).count();
        let was_flaky = marks.contains(&Mark::Flaky);
        (changes > 0 || was_flaky).then_some((changes, marks))
    };
    let mut pasts: Vec<_> = account
        .trials
        .iter()
        .filter_map(|told| past(told).map(|(changes, marks)| (changes, marks, told)))
        .collect();
    if pasts.is_empty() {
        return;
    }
    pasts.sort_by_key(|(changes, ..)| std::cmp::Reverse(*changes));
    let _ = write!(
        out,
        "<section id=\"past\"><h2>History <small>{}</small></h2><p class=\"hint\">Tests that did not end alike every time; \
         the run of this page is the last mark. <b class=\"good\">.</b> passed, <b class=\"mild\">~</b> flaky, \
         <b class=\"bad\">F</b> failed, <b class=\"bad\">T</b> timed out, <b class=\"bad\">C</b> crashed</p><table>",
        pasts.len()
    );
    for (_, marks, told) in pasts.iter().take(PASTS) {
        out.push_str("<tr><td class=\"marks\">");
        for mark in marks {
            let class = if mark.is_red() {
                "bad"
            } else if *mark == Mark::Flaky {
                "mild"
            } else {
                "good"
            };
            let _ = write!(out, "<b class=\"{class}\">{}</b>", mark.letter());
        }
        out.push_str("</td><td><code>");
        push_text(out, &told.name);
        out.push_str("</code></td></tr>");
    }
    out.push_str("</table></section>\n");
}

/// `[name, outcome, worker, began, took, place, reason, block]` a trial, times in microseconds; and the attempts beside
/// the deciding ones, `[row, worker, began, took]`.
fn push_data(out: &mut String, account: &Account) {
    let began_ms = account.began.duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO).as_millis();
    let (workers, elapsed_us) = (account.workers, account.elapsed.as_micros());
    let mut data =
        format!("{{\"began\":{began_ms},\"elapsed\":{elapsed_us},\"workers\":{workers},\"rows\":[");
    let (mut block, mut others) = (0, String::new());
    for (row, told) in account.trials.iter().enumerate() {
        let outcome = &told.outcome;
        data.push_str(if row == 0 { "[" } else { ",\n[" });
        push_json(&mut data, &told.name);
        let worker = outcome.ran.map_or(-1, |ran| ran.worker as i64);
        let began_us = outcome.ran.map_or(0, |ran| account.since_start(&ran).as_micros());
        let _ =
            write!(data, ",{},{worker},{began_us},{},", code(&outcome.verdict), outcome.duration_ns / 1_000);
        push_json(&mut data, &format!("{}:{}", told.file, told.line));
        data.push(',');
        push_json(&mut data, words::reason(&outcome.verdict).trim_start_matches([',', ' ']));
        if has_block(told) {
            let _ = write!(data, ",{block}");
            block += 1;
        }
        data.push(']');
        for attempt in &outcome.attempts {
            if let Some(ran) = attempt.ran {
                let began_us = account.since_start(&ran).as_micros();
                let gap = if others.is_empty() { "" } else { "," };
                let _ =
                    write!(others, "{gap}[{row},{},{began_us},{}]", ran.worker, attempt.duration_ns / 1_000);
            }
        }
    }
    let _ = write!(data, "],\"others\":[{others}]}}");
    // A script ends where these say so, whatever its type.
    out.push_str(&data.replace('<', "\\u003c"));
}

/// The outcome as the script has it in its list of kinds.
fn code(verdict: &Verdict) -> usize {
    match verdict {
        Verdict::Flaky { .. } => 1,
        Verdict::Ignored { .. } => 3,
        Verdict::Cancelled { .. } => 4,
        verdict if verdict.is_pass() => 2,
        _ => 0,
    }
}

/// `2026-11-21 09:40:11 UTC`.
fn written_out(time: SystemTime) -> String {
    let seconds = time.duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO).as_secs();
    let (days, rest) = (seconds / 86_400, seconds % 86_400);
    // Years that begin in March end with the day that is not always there; 400 of them have 146,097 days.
    let shifted = days + 719_468;
    let (era, day_of_era) = (shifted / 146_097, shifted % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    let (hour, minute, second) = (rest / 3_600, rest / 60 % 60, rest % 60);
    format!("{year}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02} UTC")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[rehearsal::test]
    fn a_time_is_written_out() {
        let table = [
            (0, "1970-01-01 00:00:00 UTC"),
            (951_782_399, "2000-02-28 23:59:59 UTC"),
            (951_782_400, "2000-02-29 00:00:00 UTC"),
            (1_709_251_200, "2024-03-01 00:00:00 UTC"),
            (4_107_542_399, "2100-02-28 23:59:59 UTC"),
            (4_107_542_400, "2100-03-01 00:00:00 UTC"),
        ];
        for (seconds, text) in table {
            assert_eq!(written_out(UNIX_EPOCH + Duration::from_secs(seconds)), text);
        }
    }
}
