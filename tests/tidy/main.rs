//! Reads the project's sources and fails where they leave the plan of the house: floors, unsafe code, the seam, names.
//!
//! `scan` makes tokens of a source, `floor` follows paths up and down the house, `rule` holds everything else,
//! `proof` shows that each rule catches what it is there for. `reserved` holds two lists in the sources against each
//! other.

mod floor;
mod proof;
mod reserved;
mod rule;
mod scan;

use std::path::{Path, PathBuf};

/// A source file: its path from the root of the project, with `/`, and its text.
struct Source {
    path: String,
    text: String,
}

/// Something that is not as it should be: `src/sys/wire.rs:12: what, and what to do`.
type Finding = String;

/// Everything that is wrong with these sources.
fn findings(sources: &[Source]) -> Vec<Finding> {
    let exports = floor::exports(sources);
    let mut found = Vec::new();
    for source in sources {
        let tokens = scan::tokens(source);
        floor::climbs(source, &tokens, &exports, &mut found);
        rule::all(source, &tokens, &mut found);
    }
    found
}

/// Every Rust source below a folder. The fixture suites and the cases that must not compile do on purpose what is
/// forbidden here; build output is no source.
fn read(root: &Path, folder: &str, sources: &mut Vec<Source>) {
    let apart = [root.join("tests/suites"), root.join("tests/refused/cases")];
    let mut folders = vec![root.join(folder)];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = std::fs::read_dir(&folder) else { continue };
        for path in entries.map(|entry| entry.expect("an entry").path()) {
            let name = path.file_name().unwrap_or_default();
            if path.is_dir() && name != "target" && !apart.contains(&path) {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = std::fs::read_to_string(&path).expect("a source in UTF-8");
                let from_root = path.strip_prefix(root).expect("below the root");
                sources.push(Source { path: from_root.to_string_lossy().replace('\\', "/"), text });
            }
        }
    }
}

#[rehearsal::test]
fn the_sources_are_tidy() {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let mut sources = Vec::new();
    for folder in ["src", "macros/src", "tests", "examples", "benches"] {
        read(&root, folder, &mut sources);
    }
    sources.sort_by(|a, b| a.path.cmp(&b.path));
    assert!(sources.iter().any(|source| source.path == "src/lib.rs"), "the sources were found");
    let found = findings(&sources);
    assert!(found.is_empty(), "{} things to tidy up:\n{}", found.len(), found.join("\n"));
}

rehearsal::main!();
