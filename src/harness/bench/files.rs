//! What Criterion has written of a benchmark: its samples, the estimates made of them, and the change against a baseline.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::error::BenchError;

/// A value with the interval that it is in.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimate {
    /// The value itself.
    pub point: f64,
    /// The lower end of the interval.
    pub lower: f64,
    /// The upper end of it.
    pub upper: f64,
    /// How sure that is: 0.95.
    pub confidence: f64,
    /// The standard error.
    pub error: f64,
}

impl Estimate {
    fn of(value: &Value) -> Option<Estimate> {
        let interval = value.get("confidence_interval")?;
        let number = |of: &Value, name: &str| of.get(name)?.as_f64();
        Some(Estimate {
            point: number(value, "point_estimate")?,
            lower: number(interval, "lower_bound")?,
            upper: number(interval, "upper_bound")?,
            confidence: number(interval, "confidence_level")?,
            error: number(value, "standard_error")?,
        })
    }

    /// As a JSON object.
    pub fn to_json(&self) -> Value {
        let Estimate { point, lower, upper, confidence, error } = *self;
        json!({ "point": point, "lower": lower, "upper": upper, "confidence": confidence, "standard_error": error })
    }
}

/// What an iteration takes, nanoseconds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimates {
    /// On average.
    pub mean: Estimate,
    /// In the middle.
    pub median: Estimate,
    /// How far samples are from the average.
    pub deviation: Estimate,
    /// How far they are from the middle.
    pub median_deviation: Estimate,
    /// By a line through the samples, where they have different numbers of iterations.
    pub slope: Option<Estimate>,
}

impl Estimates {
    /// The one that Criterion shows: the slope where there is one, the mean where not.
    pub fn typical(&self) -> &Estimate {
        self.slope.as_ref().unwrap_or(&self.mean)
    }
}

/// Samples outside of Tukey's fences.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Outliers {
    /// Far too quick.
    pub low_severe: usize,
    /// Too quick.
    pub low_mild: usize,
    /// Too slow.
    pub high_mild: usize,
    /// Far too slow.
    pub high_severe: usize,
}

impl Outliers {
    /// How many of these times lie outside of these fences, which go from the lowest to the highest.
    pub fn of(times: impl Iterator<Item = f64>, fences: [f64; 4]) -> Outliers {
        let mut outliers = Outliers::default();
        for time in times {
            match time {
                time if time < fences[0] => outliers.low_severe += 1,
                time if time < fences[1] => outliers.low_mild += 1,
                time if time > fences[3] => outliers.high_severe += 1,
                time if time > fences[2] => outliers.high_mild += 1,
                _ => {}
            }
        }
        outliers
    }

    /// All of them.
    pub fn count(&self) -> usize {
        self.low_severe + self.low_mild + self.high_mild + self.high_severe
    }
}

/// The samples, and what was made of them.
#[derive(Debug, Clone, PartialEq)]
pub struct Results {
    /// Estimates of what an iteration takes.
    pub estimates: Estimates,
    /// Iterations of each sample.
    pub iterations: Vec<f64>,
    /// What all of these took together, nanoseconds, a sample each.
    pub times: Vec<f64>,
    /// Samples outside of the fences.
    pub outliers: Outliers,
}

impl Results {
    /// Reads those in this directory: `new`, or a baseline's.
    ///
    /// # Errors
    /// [`BenchError::Unreadable`] where a file is not there or not what Criterion writes.
    pub fn read(directory: &Path) -> Result<Results, BenchError> {
        let (estimates, place) = read(directory, "estimates.json")?;
        let estimates = Results::estimates(&estimates).ok_or_else(|| not_criterion(place))?;
        let (sample, place) = read(directory, "sample.json")?;
        let numbers = |name: &str| {
            sample.get(name)?.as_array()?.iter().map(Value::as_f64).collect::<Option<Vec<f64>>>()
        };
        let (Some(iterations), Some(times)) = (numbers("iters"), numbers("times")) else {
            return Err(not_criterion(place));
        };
        if iterations.len() != times.len() || times.is_empty() {
            return Err(BenchError::Unreadable {
                place,
                why: "it has no samples, or times without iterations".to_owned(),
            });
        }
        let (fences, place) = read(directory, "tukey.json")?;
        let fences: Option<Vec<f64>> =
            fences.as_array().and_then(|list| list.iter().map(Value::as_f64).collect());
        let Some(fences) = fences.and_then(|fences| <[f64; 4]>::try_from(fences).ok()) else {
            return Err(not_criterion(place));
        };
        let outliers = Outliers::of(iterations.iter().zip(&times).map(|(count, time)| time / count), fences);
        Ok(Results { estimates, iterations, times, outliers })
    }

    fn estimates(value: &Value) -> Option<Estimates> {
        let estimate = |name: &str| Estimate::of(value.get(name)?);
        Some(Estimates {
            mean: estimate("mean")?,
            median: estimate("median")?,
            deviation: estimate("std_dev")?,
            median_deviation: estimate("median_abs_dev")?,
            slope: estimate("slope"),
        })
    }
}

/// How much longer an iteration takes than it did, as a part of that: 0.02 is 2 % more.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Change {
    /// Of the averages.
    pub mean: Estimate,
    /// Of the middles.
    pub median: Estimate,
}

impl Change {
    /// Reads what Criterion found out last; none where there was nothing to compare with.
    ///
    /// # Errors
    /// [`BenchError::Unreadable`] where the file is not what Criterion writes.
    pub fn read(directory: &Path) -> Result<Option<Change>, BenchError> {
        if !directory.join("estimates.json").exists() {
            return Ok(None);
        }
        let (value, place) = read(directory, "estimates.json")?;
        let estimate = |name: &str| Estimate::of(value.get(name)?);
        match (estimate("mean"), estimate("median")) {
            (Some(mean), Some(median)) => Ok(Some(Change { mean, median })),
            _ => Err(not_criterion(place)),
        }
    }
}

fn read(directory: &Path, name: &str) -> Result<(Value, PathBuf), BenchError> {
    let place = directory.join(name);
    let wrong = |why: String| BenchError::Unreadable { place: place.clone(), why };
    let text = fs::read_to_string(&place).map_err(|error| wrong(error.to_string()))?;
    let value = serde_json::from_str(&text).map_err(|error| wrong(error.to_string()))?;
    Ok((value, place))
}

fn not_criterion(place: PathBuf) -> BenchError {
    BenchError::Unreadable { place, why: "it is not what Criterion writes there".to_owned() }
}
