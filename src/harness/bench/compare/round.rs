//! One measurement of one bench, short and in a new process: what a comparison is made of.
//!
//! The program of either side is started as a person would start it, with one bench by its whole name, and with
//! `--round`: it measures briefly, whatever its attribute says of times, and says its results as JSON. Criterion's files
//! of it go to a scratch directory, so that no baseline is touched.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use criterion::Criterion;
use serde_json::Value;

use super::error::CompareError;
use super::program::{Ended, run};
use super::ratio::median;
use super::turns::Reading;
use crate::harness::bench::directory;
use crate::harness::bench::tally::Cost;

/// What tells a worker that it measures for a comparison.
const VARIABLE: &str = "REHEARSAL_ROUND";

/// Before the time counts.
const WARM_UP: Duration = Duration::from_millis(100);

/// While it counts. What takes longer is measured [`SAMPLES`] times.
const MEASURED: Duration = Duration::from_millis(300);

const SAMPLES: usize = 10;

/// How long listing may take.
const LISTING: Duration = Duration::from_secs(120);

/// What a worker that measures for a comparison has in its environment.
pub fn environment() -> (OsString, OsString) {
    (VARIABLE.into(), "1".into())
}

/// Whether this process measures for a comparison.
pub fn is_one() -> bool {
    std::env::var_os(VARIABLE).is_some()
}

/// The settings of Criterion that are handed on to each measurement where they are given.
const HANDED_ON: [&str; 2] = ["--warm-up-time", "--measurement-time"];

/// Of Criterion's arguments those that are for each measurement of a comparison too.
pub fn handed_on(of_criterion: &[OsString]) -> Vec<String> {
    let pairs = of_criterion.windows(2).filter(|pair| HANDED_ON.iter().any(|name| pair[0] == *name));
    pairs.flatten().map(|word| word.to_string_lossy().into_owned()).collect()
}

/// Criterion as it measures for a comparison: briefly, and not as long as a benchmark itself would like. What the command
/// line says goes first.
pub fn brief(criterion: Criterion, given: &[String]) -> Criterion {
    let mut brief = criterion.without_plots().nresamples(1_000).sample_size(SAMPLES);
    let seconds = |name: &str| {
        let at = given.iter().position(|word| word == name)?;
        Duration::try_from_secs_f64(given.get(at + 1)?.parse().ok()?).ok()
    };
    brief = brief.warm_up_time(seconds(HANDED_ON[0]).unwrap_or(WARM_UP));
    brief.measurement_time(seconds(HANDED_ON[1]).unwrap_or(MEASURED))
}

/// A program with benches: one of the two sides.
#[derive(Debug)]
pub struct Program {
    /// Its file.
    pub path: PathBuf,
    /// The package that it was built from, in which it is run.
    pub package: PathBuf,
    /// What it is called.
    pub title: String,
    /// Where Criterion may write.
    pub scratch: PathBuf,
    /// What it is told of how long to measure.
    pub times: Vec<String>,
    /// How long one measurement may take.
    pub within: Duration,
}

impl Program {
    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.path);
        command.args(["--bench", "--color=never", "--no-progress"]).args(arguments);
        command.current_dir(&self.package).env("CARGO_MANIFEST_DIR", &self.package);
        command.env(directory::VARIABLE, &self.scratch);
        // What was said to this process of the whole of it is nothing for a part; how long a trial may take is.
        for (name, _) in std::env::vars_os() {
            let text = name.to_string_lossy();
            if text.starts_with("REHEARSAL_") && text != "REHEARSAL_TIMEOUT" {
                command.env_remove(&name);
            }
        }
        command
    }

    /// The names of all benches in it.
    ///
    /// # Errors
    /// Where it cannot be run, or fails.
    pub fn benches(&self) -> Result<Vec<String>, CompareError> {
        let listed = run(self.command(&["--list", "--format=terse"]), LISTING, true)?;
        if !listed.success {
            return Err(CompareError::NotOurs { asked: self.title.clone(), said: listed.said() });
        }
        let names = listed.stdout.lines().filter_map(|line| line.strip_suffix(": benchmark"));
        Ok(names.map(str::to_owned).collect())
    }

    /// Measures this bench once.
    ///
    /// # Errors
    /// Where it cannot be run, fails, or says nothing that is a result.
    pub fn measure(&self, bench: &str) -> Result<Reading, CompareError> {
        let mut command = self.command(&["--round", "--format=json", "--include-ignored", "--exact", bench]);
        command.args(&self.times);
        let ended = run(command, self.within, true)?;
        let reading = ended.stdout.lines().find_map(|line| read(line, bench));
        match reading {
            Some(reading) if ended.success => Ok(reading),
            _ if is_unknown(&ended) => {
                Err(CompareError::NotOurs { asked: self.title.clone(), said: ended.said() })
            }
            _ => Err(CompareError::NoTime {
                bench: bench.to_owned(),
                side: self.title.clone(),
                said: told(&ended),
            }),
        }
    }
}

/// Whether it does not know what is asked of it.
fn is_unknown(ended: &Ended) -> bool {
    !ended.success && ended.stderr.contains("--round")
}

/// What a failed measurement said: the trial's own words stand in its event, and otherwise all there is.
fn told(ended: &Ended) -> String {
    let said = |line: &str| {
        let event: Value = serde_json::from_str(line).ok()?;
        let failed = event["event"] == "failed" || event["event"] == "timeout";
        failed.then(|| event["stdout"].as_str().or(event["message"].as_str()).map(str::to_owned))?
    };
    ended.stdout.lines().find_map(said).unwrap_or_else(|| ended.said())
}

/// Reads a line that such a process writes, if it is the one with the result.
fn read(line: &str, bench: &str) -> Option<Reading> {
    let event: Value = serde_json::from_str(line).ok()?;
    if event["type"] != "bench" || event["name"] != bench || event["measured"]["round"] != true {
        return None;
    }
    let numbers = |list: &Value| list.as_array()?.iter().map(Value::as_f64).collect::<Option<Vec<f64>>>();
    let samples = &event["measured"]["samples"];
    let (iterations, times) = (numbers(&samples["iterations"])?, numbers(&samples["times"])?);
    let cost = &event["measured"]["cost"];
    Some(Reading {
        ns: median(&of_one(&iterations, &times))?,
        cost: Cost {
            allocations: cost["allocations"].as_f64(),
            bytes: cost["bytes"].as_f64(),
            instructions: cost["instructions"].as_f64(),
        },
    })
}

/// What one iteration took in each sample.
pub fn of_one(iterations: &[f64], times: &[f64]) -> Vec<f64> {
    times.iter().zip(iterations).map(|(time, count)| time / count).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[rehearsal::test]
    fn the_result_is_read_and_nothing_else_is() {
        let line = r#"{ "type": "bench", "name": "a::b", "median": 1, "deviation": 0, "measured": {"round":true,
            "samples":{"iterations":[1.0,2.0,3.0],"times":[10.0,22.0,36.0]},"cost":{"allocations":3.0,"bytes":null}} }"#
            .replace('\n', " ");
        let reading = read(&line, "a::b").expect("a result");
        assert_eq!(reading.ns, 11.0);
        assert_eq!(reading.cost, Cost { allocations: Some(3.0), bytes: None, instructions: None });
        for other in [
            line.replace("a::b", "a::c"),
            line.replace("\"round\":true", "\"round\":false"),
            line.replace("\"bench\"", "\"test\""),
            line.replace("[10.0,22.0,36.0]", "[]"),
            line.replace("10.0", "\"x\""),
            "not JSON".to_owned(),
        ] {
            assert_eq!(read(&other, "a::b"), None, "{other}");
        }
    }

    #[rehearsal::test]
    fn how_long_is_measured_is_handed_on_and_nothing_else() {
        let words = ["--save-baseline", "x", "--measurement-time", "0.5", "--noplot", "--warm-up-time", "1"];
        let words: Vec<OsString> = words.into_iter().map(OsString::from).collect();
        assert_eq!(handed_on(&words), ["--measurement-time", "0.5", "--warm-up-time", "1"]);
        assert_eq!(handed_on(&words[..2]), [""; 0]);
    }

    /// What it said on its way out is told, and not that it has no benchmark.
    #[rehearsal::test]
    fn a_program_that_cannot_list_its_benches_is_refused_in_its_own_words() {
        let at = |path: &str| Program {
            path: path.into(),
            package: ".".into(),
            title: "v1".to_owned(),
            scratch: ".".into(),
            times: Vec::new(),
            within: LISTING,
        };
        // It knows no such option.
        let error = at("ls").benches().expect_err("it fails").to_string();
        assert!(
            error.starts_with("the benchmarks of v1 cannot be measured") && error.contains("ls: "),
            "{error}"
        );
        assert_eq!(at("true").benches().expect("it ends well"), [""; 0]);
    }

    #[rehearsal::test]
    fn a_failure_is_told_in_the_words_of_the_bench() {
        let ended = |stdout: &str, stderr: &str| Ended {
            success: false,
            stdout: stdout.to_owned(),
            stderr: stderr.to_owned(),
        };
        let event = r#"{ "type": "test", "event": "failed", "name": "a", "stdout": "panicked: no data" }"#;
        assert_eq!(told(&ended(event, "")), "panicked: no data");
        assert_eq!(told(&ended("", "error: something\n")), "error: something");
        assert!(is_unknown(&ended("", "error: there is no flag `--round`")));
        assert!(!is_unknown(&ended(event, "")));
    }
}
