//! Test attributes against registered trials.

use std::collections::HashMap;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use super::condition::Condition;
use super::walk::{Candidate, Found, walk_crate};
use crate::harness::registry::{Entry, Registry};
use crate::harness::target::Target;

/// What an audit came to. Its text is the report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Audit {
    /// Tests that exist in the sources and nowhere else: they make the audit red.
    pub lost: Vec<Finding>,
    /// The same, under a condition that a program cannot know of its own build (`cfg(feature = "..")`): told, not red.
    pub unsure: Vec<Finding>,
    /// Number of files read.
    pub files: usize,
    /// Number of functions with a test attribute.
    pub functions: usize,
}

/// A test attribute that registered nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The source file.
    pub file: PathBuf,
    /// One-based line of the function's name.
    pub line: u32,
    /// The function's name; `None` where the attribute stands in a `macro_rules!` definition.
    pub function: Option<String>,
    /// The attribute, as `a::b`.
    pub attribute: String,
    /// What to write instead.
    pub instead: String,
}

/// Why the sources could not be compared.
#[derive(Debug)]
pub enum AuditError {
    /// The root file is not there.
    NoRoot {
        /// The file, as the compiler knew it.
        file: String,
        /// Where the search began.
        from: String,
    },
    /// `main!()` stands in a module that is not the root.
    NotInRoot {
        /// That module.
        module: String,
    },
    /// A source file that exists cannot be read.
    Unreadable {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

impl std::fmt::Display for AuditError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            AuditError::NoRoot { file, from } => write!(
                f,
                "--audit reads this target's sources, and its root file {file} is not there (looked in {from} and the \
         directories above); run it where the sources are"
            ),
            AuditError::NotInRoot { module } => write!(
                f,
                "--audit starts at the file of `rehearsal::main!()`, which stands in the module {module}; put it into the root \
         of the target"
            ),
            AuditError::Unreadable { path, source } => {
                write!(f, "--audit cannot read the source file {}: {source}", path.display())
            }
        }
    }
}

impl std::error::Error for AuditError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            AuditError::Unreadable { source, .. } => Some(source),
            _ => None,
        }
    }
}

/// Reads the sources of a target and tells which of its test attributes registered nothing.
///
/// # Errors
/// [`AuditError`] where the sources are not there or cannot be read.
pub fn audit(target: &Target, registry: &Registry) -> Result<Audit, AuditError> {
    if target.root_module.contains("::") {
        return Err(AuditError::NotInRoot { module: target.root_module.to_owned() });
    }
    let root = target.find(target.file).ok_or_else(|| AuditError::NoRoot {
        file: target.file.to_owned(),
        from: target.manifest_dir.unwrap_or("the working directory").to_owned(),
    })?;
    let found = walk_crate(&root, target.test)?;
    let registered = Registered::of(target, registry);
    Ok(compare(found, &registered))
}

fn compare(found: Found, registered: &Registered) -> Audit {
    let mut audit = Audit { lost: Vec::new(), unsure: Vec::new(), files: found.files, functions: 0 };
    for candidate in found.candidates {
        let registers = match &candidate.name {
            Some(name) => {
                audit.functions += 1;
                registered.has(&candidate, name)
            }
            // Nobody can say what a definition's uses register. Bare `#[test]` is ours where ours was imported.
            None => found.imports_ours && candidate.attributes.iter().any(|path| path == "test"),
        };
        if registers {
            continue;
        }
        let certain = candidate.condition == Condition::Yes;
        let list = if certain { &mut audit.lost } else { &mut audit.unsure };
        list.push(Finding::of(candidate));
    }
    audit
}

/// Registered trials by the file they stand in.
struct Registered {
    by_file: HashMap<PathBuf, Vec<&'static Entry>>,
}

impl Registered {
    fn of(target: &Target, registry: &Registry) -> Registered {
        let mut real: HashMap<&'static str, Option<PathBuf>> = HashMap::new();
        let mut by_file: HashMap<PathBuf, Vec<&'static Entry>> = HashMap::new();
        for entry in registry.entries() {
            let path = real
                .entry(entry.file)
                .or_insert_with(|| target.find(entry.file).map(|file| canonical(&file)));
            if let Some(path) = path {
                // In the order of lines, in which they come but for a few.
                let entries = by_file.entry(path.clone()).or_default();
                entries.insert(entries.partition_point(|other| other.line <= entry.line), entry);
            }
        }
        Registered { by_file }
    }

    /// Whether a trial comes from this function. What `rstest` makes of one stands in a module of its name.
    fn has(&self, candidate: &Candidate, name: &str) -> bool {
        let Some(entries) = self.by_file.get(&canonical(&candidate.file)) else { return false };
        let first = entries.partition_point(|entry| entry.line < candidate.lines.start);
        entries[first..]
            .iter()
            .take_while(|entry| entry.line < candidate.lines.end)
            .any(|entry| entry.path.split("::").any(|part| part.strip_prefix("r#").unwrap_or(part) == name))
    }
}

fn canonical(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.to_path_buf())
}

impl Finding {
    fn of(candidate: Candidate) -> Finding {
        let Candidate { file, line, name, mut attributes, .. } = candidate;
        let instead = instead(&attributes);
        Finding { file, line, function: name, attribute: attributes.swap_remove(0), instead }
    }
}

/// What to write where these attributes stand.
fn instead(attributes: &[String]) -> String {
    let has = |wanted: &str| attributes.iter().any(|path| path.rsplit("::").next() == Some(wanted));
    if attributes.iter().any(|path| path.starts_with("rehearsal::")) {
        "nothing registered it: is it left out by a condition, or dropped by another attribute on it?"
            .to_owned()
    } else if has("rstest") && !has("test") {
        "add `#[rehearsal::test]` below `#[rstest]`".to_owned()
    } else if has("test") && attributes.len() == 1 {
        format!("write `#[rehearsal::test]` instead of `#[{}]`; its arguments stay", attributes[0])
    } else if has("test") {
        "write `#[rehearsal::test]` instead of the `test` attribute".to_owned()
    } else {
        format!(
            "`#[{}]` registers with libtest, which does not run here: write `#[rehearsal::test]`, or move it to a target \
             with the standard harness",
            attributes[0]
        )
    }
}

impl Audit {
    /// Whether nothing is lost for certain.
    pub fn is_clean(&self) -> bool {
        self.lost.is_empty()
    }
}

impl fmt::Display for Audit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Audit { lost, unsure, files, functions } = self;
        for finding in lost {
            writeln!(f, "lost: {finding}")?;
        }
        for finding in unsure {
            writeln!(f, "lost if its cfg holds: {finding}")?;
        }
        write!(f, "audit: {functions} functions with a test attribute in {files} files")?;
        match lost.len() {
            0 => f.write_str(", none lost"),
            count => write!(f, ", {count} lost: under `harness = false` they compile away and never run"),
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Finding { file, line, function, attribute, instead } = self;
        let file = file.display();
        match function {
            Some(function) => {
                write!(f, "{file}:{line}: `#[{attribute}] fn {function}` registered nothing; {instead}")
            }
            None => write!(f, "{file}:{line}: a macro's definition says `#[{attribute}]`; {instead}"),
        }
    }
}
