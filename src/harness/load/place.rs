//! Where the files of a load benchmark go.

use std::error::Error;
use std::path::PathBuf;

use super::account::Account;
use super::{page, plot, record};
use crate::harness::bench::directory;
use crate::harness::reporter::written::place::Place;

/// Writes `target/rehearsal/load/PATH.json`, `.html` and `.svg`, and says where the page is, or what could not be written: a
/// line each.
pub fn write(account: &Account) -> Vec<String> {
    let directory = files();
    let name = file_name(account.path);
    let files = [("json", record::json(account)), ("svg", plot::svg(account)), ("html", page::html(account))];
    let mut lines = Vec::new();
    for (kind, content) in files {
        let path = directory.join(format!("{name}.{kind}"));
        let put = Place { flag: "load", path: path.clone() }.put(content.as_bytes());
        if let Err(error) = put {
            let why = error.source().map_or_else(|| error.to_string(), ToString::to_string);
            lines.push(format!("  warning: {} could not be written: {why}", path.display()));
        } else if kind == "html" {
            lines.push(format!("  {} (.json, .svg)", path.display()));
        }
    }
    lines
}

/// The target directory's, or that of the working directory where this binary is in no target directory.
fn files() -> PathBuf {
    let target = std::env::current_exe().ok().and_then(|program| directory::of_program(&program));
    target.unwrap_or_else(|| "target".into()).join("rehearsal").join("load")
}

/// The path of a benchmark, crate and modules included, as a file name: two binaries may have benchmarks of one name.
fn file_name(path: &str) -> String {
    path.replace("::", ".")
        .chars()
        .map(|c| if c.is_alphanumeric() || "._-".contains(c) { c } else { '_' })
        .collect()
}
