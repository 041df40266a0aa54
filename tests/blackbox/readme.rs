//! What the README has people type, word by word.

use std::collections::BTreeSet;

use crate::build::{executable, workspace};
use crate::launch::Launch;
use crate::text::summary;

#[test]
fn its_tests_are_green_and_none_is_missing() {
    let launch = Launch::new(executable("readme", "suite"));
    let data = launch.directory().join("tests/data");
    std::fs::create_dir_all(&data).expect("a folder for the generator");
    std::fs::write(data.join("one.txt"), "one").expect("written");
    let run = launch.run();
    run.ends_with(0).says("test files::tests/data/one.txt ... ok").says("ignored, no network here");
    let summary = summary(&run.stdout);
    assert_eq!((summary.passed, summary.ignored), (11, 1), "{run}");
}

#[test]
fn its_program_ends_well() {
    Launch::new(executable("readme", "readme")).run().ends_with(0).says("name: \"apart\"");
}

/// Its examples are built above with these crates and no others.
#[test]
fn its_manifests_name_what_its_examples_need() {
    let ours = std::fs::read_to_string(workspace().join("readme/Cargo.toml")).expect("a manifest");
    let readme = std::fs::read_to_string(workspace().join("../../README.md")).expect("the README");
    let manifests = readme.split("\n```toml\n").skip(1).filter_map(|block| block.split("\n```").next());
    let of_readme: Vec<&str> = manifests.flat_map(dependencies).collect();
    assert_eq!(BTreeSet::from_iter(of_readme), BTreeSet::from_iter(dependencies(&ours)));
}

/// The crates that a manifest depends on.
fn dependencies(manifest: &str) -> Vec<&str> {
    let mut among = false;
    let mut names = Vec::new();
    for line in manifest.lines() {
        if line.starts_with('[') {
            among = line.ends_with("dependencies]");
        } else if among && let Some((name, _)) = line.split_once([' ', '.', '=']) {
            names.push(name);
        }
    }
    names
}
