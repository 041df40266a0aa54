//! Each rule catches what it is there for, and leaves alone what only looks like it.

use crate::scan::tokens;
use crate::{Source, findings};

/// What is found in one file, but for the first line that these cases lack.
#[track_caller]
fn found(path: &str, text: &str) -> Vec<String> {
    let mut found = findings(&[source(path, text)]);
    found.retain(|finding| !finding.contains(HEADLESS));
    found
}

const HEADLESS: &str = "the first line of a file says what is in it";

fn source(path: &str, text: &str) -> Source {
    Source { path: path.to_string(), text: text.to_string() }
}

#[track_caller]
fn caught(path: &str, text: &str, word: &str) {
    let found = found(path, text);
    assert!(found.len() == 1 && found[0].contains(word), "{word:?} expected once in {found:?}");
}

#[track_caller]
fn fine(path: &str, text: &str) {
    assert_eq!(found(path, text), Vec::<String>::new());
}

#[rehearsal::test]
fn an_import_that_climbs() {
    caught("src/sys/wire.rs", "use crate::actor::Address;", "climbs from sys (floor 0) to actor (floor 1)");
    caught("src/actor/cell.rs", "use rehearsal::harness::plan;", "climbs from actor");
    caught("src/actor/cell.rs", "fn f() { crate::app::launch() }", "climbs from actor");
    caught("src/actor/cell.rs", "use crate::{sys::seam, harness::plan};", "climbs from actor");
    caught("src/sys/seam.rs", "use super::super::actor::Address;", "climbs from sys");
    caught("src/sys/mod.rs", "//! Map.\nuse super::actor::Address;", "climbs from sys");
    caught("src/app/mod.rs", "//! Map.\nmod a { use super::super::harness::Plan; }", "climbs from app");
    caught(
        "src/sys/wire.rs",
        "#[cfg(test)] mod tests { use super::super::super::actor::A; }",
        "climbs from sys",
    );
    caught("src/net/http.rs", "use crate::harness::plan;", "do not know each other");
    caught("src/sys/wire.rs", "use crate::prelude::*;", "prelude");
}

#[rehearsal::test]
fn an_import_that_climbs_by_way_of_the_root() {
    let root = source("src/lib.rs", "//! Root.\npub use actor::{Address, context::Context as Cx};");
    let user = source("src/sys/wire.rs", "//! Wire.\nuse crate::Cx;");
    let found = findings(&[root, user]);
    assert!(found.len() == 1 && found[0].contains("to actor (floor 1)"), "{found:?}");
}

#[rehearsal::test]
fn an_import_that_stays_or_goes_down() {
    fine("src/actor/cell.rs", "use crate::sys::seam; use super::mailbox; use crate::actor::mailbox::Full;");
    fine("src/harness/run.rs", "use crate::{sys::wire, actor::Address, app::Setting};");
    fine(
        "src/actor/cell.rs",
        "// use crate::harness;\nconst A: &str = \"crate::harness\";\n/* crate::app /* */ */",
    );
    fine(
        "src/sys/wire.rs",
        "#[cfg(test)] mod tests { use super::*; use rehearsal::test; use rehearsal::prelude::*; }",
    );
    fine("src/prelude.rs", "pub use crate::actor::Address; pub use crate::harness::plan;");
    fine("src/actor/cell.rs", "mod inner { mod deeper { use super::super::mailbox; } } use super::context;");
}

#[rehearsal::test]
fn unsafe_code_outside_sys() {
    caught("src/actor/cell.rs", "fn f() { unsafe { g() } }", "unsafe");
    caught("src/actor/cell.rs", "#![allow(unsafe_code)]", "unsafe");
    caught("tests/suite/main.rs", "unsafe fn f() {}", "unsafe");
    fine("src/sys/page.rs", "fn f() { unsafe { g() } }");
    fine("tests/suite/main.rs", "#![forbid(unsafe_code)]");
    fine("benches/peers/src/memory.rs", "unsafe impl GlobalAlloc for Counting {}");
    caught("benches/peers/src/main.rs", "fn f() { unsafe { g() } }", "unsafe");
    fine(
        "src/actor/cell.rs",
        "// unsafe\nconst A: char = '\"'; const B: &str = r#\"unsafe\"#; fn f<'a>() {}",
    );
}

#[rehearsal::test]
fn going_round_the_seam() {
    for text in [
        "fn f() { tokio::spawn(g()); }",
        "use tokio::time::sleep;",
        "use tokio::{sync::mpsc, time};",
        "fn f() { let _ = Instant::now(); }",
        "fn f() { let _ = std::time::SystemTime::now(); }",
        "fn f() { tokio::task::spawn_local(g()); }",
        "use tokio::task::{JoinError, spawn};",
        "fn f() { std::thread::sleep(d); }",
        "async fn f() { tokio::select! { _ = a => {} } }",
    ] {
        let found = found("src/actor/cell.rs", text);
        assert_eq!(found.len(), 1, "{text}: {found:?}");
    }
    fine("src/actor/cell.rs", "async fn f() { tokio::select! { biased; _ = a => {} } }");
    fine("src/actor/cell.rs", "use crate::sys::seam; fn f() { seam::spawn(g()); seam::now(); }");
    fine("src/actor/cell.rs", "#[cfg(test)] mod tests { fn f() { tokio::spawn(g()); } }");
    fine("src/sys/seam.rs", "pub use tokio::time::Instant; fn f() { tokio::spawn(g()); }");
}

#[rehearsal::test]
fn a_platform_outside_sys() {
    caught("src/actor/cell.rs", "#[cfg(unix)] fn f() {}", "cfg(unix)");
    caught("src/harness/run.rs", "#[cfg(all(test, not(target_os = \"linux\")))] fn f() {}", "cfg(target_os)");
    caught("src/harness/run.rs", "fn f() { if cfg!(windows) {} }", "cfg(windows)");
    caught(
        "src/harness/run.rs",
        "#[cfg_attr(rehearsal_portable, path = \"a.rs\")] mod a;",
        "rehearsal_portable",
    );
    caught("src/harness/run.rs", "use std::os::fd::OwnedFd;", "std::os");
    fine("src/sys/process.rs", "#[cfg(unix)] use std::os::fd::OwnedFd;");
    fine("src/harness/run.rs", "#[cfg(feature = \"unix\")] fn f() {}");
}

#[rehearsal::test]
fn a_crate_outside_its_owner() {
    caught("src/harness/run.rs", "fn f() { libc::getpid(); }", "libc belongs to src/sys/");
    caught("src/actor/cell.rs", "use toml::Value;", "toml belongs to src/app/file/");
    fine("src/app/file/value.rs", "use toml::Value;");
}

#[rehearsal::test]
fn names_that_say_nothing() {
    caught("src/sys/utils.rs", "", "utils");
    caught("src/actor/helper/cell.rs", "", "helper");
    caught("macros/src/common.rs", "", "common");
    fine("src/actor/monitor.rs", "");
}

#[rehearsal::test]
fn a_file_that_is_too_long() {
    caught("src/sys/wire.rs", &"\n".repeat(501), "501 lines");
    fine("src/sys/wire.rs", &"\n".repeat(500));
}

#[rehearsal::test]
fn a_file_that_does_not_say_what_is_in_it() {
    let found = |text| findings(&[source("src/sys/wire.rs", text)]);
    let headless = found("use a;\n//! Late.");
    assert!(headless.len() == 1 && headless[0].contains(HEADLESS), "{headless:?}");
    assert_eq!(found("//! Frames.\nuse a;"), Vec::<String>::new());
}

#[rehearsal::test]
fn a_trial_of_actors_without_a_guard() {
    let trial =
        |body: &str| format!("#[rehearsal::test(start_paused = true)]\nasync fn t() -> Tested {{ {body} }}");
    let path = "tests/actor/ask.rs";
    caught(path, &trial("f().await; let _clean = clean();"), "begins with `let _clean = clean();`");
    caught(path, &trial("let _ = clean();"), "begins with");
    caught(path, &trial("// let _clean = clean();\nOk(())"), "begins with");
    caught(path, &trial(""), "begins with");
    fine(path, &trial("let _clean = clean();"));
    fine(path, &trial("let _clean = testkit::clean().letters(1..=3).failures(1); Ok(())"));
    fine("tests/sys/main.rs", &trial("Ok(())"));
}

#[rehearsal::test]
fn a_map_with_logic_in_it() {
    caught("src/sys/mod.rs", "//! Map.\nmod wire;\nfn f() {}", "mod.rs:3: `fn`");
    caught("src/sys/mod.rs", "mod wire;", "begins with");
    caught("src/lib.rs", "//! Root.\nstruct A;", "`struct`");
    fine("src/sys/mod.rs", "//! Map: struct, fn, impl.\npub mod wire;\npub use wire::Frame;");
}

#[rehearsal::test]
fn tokens_leave_out_what_is_no_code() {
    let text = "a /* b /* c */ d */ 'e' '\\'' '\\u{66}' 'life b\"g\\\"h\" cr##\"i\"# j\"## k::l // m\nn";
    let source = source("src/sys/wire.rs", text);
    let tokens = tokens(&source);
    let texts: Vec<&str> = tokens.iter().map(|token| token.text).collect();
    assert_eq!(texts, ["a", "k", "::", "l", "n"]);
    assert_eq!(tokens[4].line, 2);
}
