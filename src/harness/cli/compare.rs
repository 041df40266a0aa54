//! What is asked of a comparison, and of the machine that benchmarks run on.

use crate::app::{Settings, Source};

use super::CliError;

/// With what this program's benchmarks are compared, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Compare {
    /// A revision or a baseline.
    pub with: String,
    /// How many rounds of each bench.
    pub rounds: usize,
    /// By which part of the old time new may be slower, millionths; anything where `None`.
    pub allowed_ppm: Option<u32>,
    /// What cargo is told beside, when it builds a revision.
    pub build: Vec<String>,
}

/// What it means that the machine is busy where something is to be measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WhenBusy {
    /// A warning.
    Warn,
    /// Nothing is measured.
    Refuse,
    /// Nobody looks.
    Ignore,
}

/// What measures in another way, or keeps what was measured.
const APART: [(&str, &str); 5] = [
    ("save-baseline", "--save-baseline"),
    ("baseline", "--baseline"),
    ("baseline-lenient", "--baseline-lenient"),
    ("load-baseline", "--load-baseline"),
    ("quick", "--quick"),
];

impl Compare {
    /// Reads it from resolved settings.
    ///
    /// # Errors
    /// Where a part of it is given without it, something is no percentage, or nothing is measured.
    pub(super) fn of(settings: &Settings) -> Result<Option<Compare>, CliError> {
        let allowed_ppm =
            settings.text("fail-on-regression").map(|text| percentage(settings, text)).transpose()?;
        let Some(with) = settings.text("compare") else {
            return match allowed_ppm {
                Some(_) => Err(bad(
                    settings,
                    "fail-on-regression",
                    "there is nothing to be slower than",
                    "together with --compare REVISION",
                )),
                None => Ok(None),
            };
        };
        if cfg!(not(feature = "bench")) {
            return Err(CliError::Feature { flag: "--compare", feature: "bench" });
        }
        if !settings.switch("bench") {
            return Err(bad(
                settings,
                "compare",
                "nothing is measured here",
                "where benchmarks are measured: `cargo bench -- --compare REVISION`",
            ));
        }
        for (setting, second) in APART {
            if settings.is_given(setting) {
                return Err(CliError::Conflict { first: "--compare", second });
            }
        }
        let build = settings.text("compare-build").unwrap_or_default();
        Ok(Some(Compare {
            with: with.to_owned(),
            rounds: settings.count("compare-rounds").map_or(15, |count| count.min(200) as usize),
            allowed_ppm,
            build: build.split_whitespace().map(str::to_owned).collect(),
        }))
    }

    /// By which part of the old time new may be slower.
    pub fn allowed(&self) -> Option<f64> {
        self.allowed_ppm.map(|ppm| f64::from(ppm) / 1e6)
    }
}

impl WhenBusy {
    pub(super) fn of(settings: &Settings) -> WhenBusy {
        match settings.word("when-busy") {
            Some("refuse") => WhenBusy::Refuse,
            Some("ignore") => WhenBusy::Ignore,
            _ => WhenBusy::Warn,
        }
    }
}

/// `5%`, as millionths. A bare number is refused: whether 0.05 is a part or a percentage is a guess.
fn percentage(settings: &Settings, text: &str) -> Result<u32, CliError> {
    let number = text.trim().strip_suffix('%').and_then(|number| number.trim().parse::<f64>().ok());
    match number.filter(|number| (0.0..=1_000.0).contains(number)) {
        Some(number) => Ok((number * 1e4).round() as u32),
        None => Err(bad(
            settings,
            "fail-on-regression",
            "not a percentage",
            "one from 0% to 1000%, as in 5% or 2.5%",
        )),
    }
}

fn bad(settings: &Settings, name: &str, problem: &str, allowed: &str) -> CliError {
    CliError::BadValue {
        from: Box::new(settings.source(name).cloned().unwrap_or(Source::Default)),
        given: settings.text(name).unwrap_or_default().to_owned(),
        problem: problem.to_owned(),
        allowed: allowed.to_owned(),
    }
}
