//! Takes the examples out of the README: those of a suite together, as they stand there, and the program.

use std::path::Path;

const README: &str = "../../../README.md";

/// The Rust of the README that is whole, an example each.
fn examples(readme: &str) -> Vec<&str> {
    let blocks = readme.split("\n```rust\n").skip(1);
    blocks.filter_map(|block| block.split_once("\n```").map(|(example, _)| example)).collect()
}

fn main() {
    println!("cargo::rerun-if-changed={README}");
    let readme = std::fs::read_to_string(README).expect("the README");
    let (programs, tests): (Vec<&str>, Vec<&str>) =
        examples(&readme).into_iter().partition(|example| example.contains("async fn main()"));
    let out = std::env::var_os("OUT_DIR").expect("cargo says where");
    // A suite has one `main`, at its end, wherever the README has it.
    let suite = tests.join("\n").replace("rehearsal::main!();", "");
    for (name, text) in [("suite.rs", suite), ("program.rs", programs.join("\n"))] {
        std::fs::write(Path::new(&out).join(name), text).expect("written");
    }
}
