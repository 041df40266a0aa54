//! What Criterion calls a benchmark, and the directory that follows from it.

use criterion::{BenchmarkId, Throughput};

/// Longer names of directories are cut by Criterion.
const LONGEST: usize = 64;

/// The name that Criterion has a benchmark by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Id {
    /// Its group: the one that was given, or the trial's own name.
    pub group: String,
    /// The function in it, where the group was given.
    pub function: Option<String>,
    /// What it is called with.
    pub value: Option<String>,
    /// What an iteration goes through.
    pub throughput: Option<Throughput>,
}

impl Id {
    /// The whole of it: `group/function/value`.
    pub fn full(&self) -> String {
        self.parts().collect::<Vec<_>>().join("/")
    }

    /// Its directory below `target/criterion`.
    pub fn directory(&self) -> String {
        self.parts().map(safe).collect::<Vec<_>>().join("/")
    }

    fn parts(&self) -> impl Iterator<Item = &str> {
        [Some(&self.group), self.function.as_ref(), self.value.as_ref()]
            .into_iter()
            .flatten()
            .map(String::as_str)
    }

    /// Its name within its group; none where it is the whole group.
    pub fn within(&self) -> Option<BenchmarkId> {
        match (&self.function, &self.value) {
            (Some(function), Some(value)) => Some(BenchmarkId::new(function, value)),
            (None, Some(value)) => Some(BenchmarkId::from_parameter(value)),
            // `BenchmarkId` alone cannot be a function without a value.
            (Some(_), None) | (None, None) => None,
        }
    }
}

/// A part of a name as Criterion makes a directory of it, where there are worker processes.
fn safe(part: &str) -> String {
    let mut name = part.replace(['?', '"', '/', '\\', '*', '<', '>', ':', '|', '^'], "_");
    let mut end = name.len().min(LONGEST);
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    name.truncate(end);
    name
}
