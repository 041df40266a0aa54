//! Which machine a measurement is of.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

/// The name of the file that stands beside Criterion's own in each directory of results.
const FILE: &str = "rehearsal.json";

/// What makes times of two machines differ, as far as it is seen from here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Machine {
    /// The model of its processor.
    pub processor: String,
    /// How many of these this process may use.
    pub processors: usize,
    /// Architecture and system, as the compiler calls them.
    pub target: String,
}

impl Machine {
    /// This one.
    pub fn here() -> Machine {
        let information = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let field = |name: &str| {
            let line = information.lines().find(|line| line.starts_with(name))?;
            Some(line.split_once(':')?.1.trim().to_owned())
        };
        Machine {
            processor: field("model name")
                .or_else(|| field("CPU part"))
                .unwrap_or_else(|| "unknown".to_owned()),
            processors: std::thread::available_parallelism().map_or(1, usize::from),
            target: format!("{}-{}", std::env::consts::ARCH, std::env::consts::OS),
        }
    }

    /// As a JSON object.
    pub fn to_json(&self) -> Value {
        json!({ "processor": self.processor, "processors": self.processors, "target": self.target })
    }

    /// The machine that the results in this directory are of; none where nobody said, as Criterion alone does not.
    pub fn of(directory: &Path) -> Option<Machine> {
        let text = fs::read_to_string(directory.join(FILE)).ok()?;
        let value: Value = serde_json::from_str(&text).ok()?;
        let machine = value.get("machine")?;
        Some(Machine {
            processor: machine.get("processor")?.as_str()?.to_owned(),
            processors: usize::try_from(machine.get("processors")?.as_u64()?).ok()?,
            target: machine.get("target")?.as_str()?.to_owned(),
        })
    }

    /// Notes it beside these results. Where that cannot be done nothing is known of their machine later.
    pub fn note(&self, directory: &Path) {
        if directory.is_dir() {
            let _ = fs::write(directory.join(FILE), json!({ "machine": self.to_json() }).to_string());
        }
    }
}

impl std::fmt::Display for Machine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}, {} of them, {}", self.processor, self.processors, self.target)
    }
}
