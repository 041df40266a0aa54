//! Paths with placeholders, files that are replaced, and what cannot be written to.

use std::fs;
use std::path::{Path, PathBuf};

use super::suite;
use crate::harness::cli::Reports;
use crate::harness::reporter::ReporterError;
use crate::harness::reporter::written::place::Place;
use crate::harness::reporter::written::reporter::Written;
use crate::sys::process;

/// A directory of one test.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Folder {
        let path = std::env::temp_dir().join(format!("rehearsal-report-{}-{name}", std::process::id()));
        fs::create_dir_all(&path).expect("a directory");
        Folder(path)
    }

    fn place(&self, name: &str) -> Place {
        Place { flag: "--junit", path: self.0.join(name) }
    }

    fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(&self.0).expect("the directory");
        let name = |entry: std::io::Result<fs::DirEntry>| entry.expect("an entry").file_name();
        let mut names: Vec<_> = entries.map(|entry| name(entry).to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[rehearsal::test]
fn placeholders_are_filled_in() {
    let table = [
        ("out.xml", "out.xml"),
        ("{package}/{binary}.xml", "demo/suite.xml"),
        ("{binary}-{binary}", "suite-suite"),
        ("a{b", "a{b"),
        ("a}b", "a}b"),
    ];
    for (asked, path) in table {
        let place = Place::new("--junit", Path::new(asked), &suite()).expect(asked);
        assert_eq!(place.path, Path::new(path));
    }
}

#[rehearsal::test]
fn another_placeholder_is_an_error_that_says_what_was_meant() {
    for (asked, part) in [
        ("{pakage}.xml", "has {pakage} in it, which means nothing there; did you mean {package}?"),
        ("{}.xml", "has {} in it, which means nothing there; {package} and {binary} do"),
    ] {
        let error = Place::new("--junit", Path::new(asked), &suite()).expect_err(asked);
        assert!(error.to_string().contains(part), "{error}");
    }
}

#[rehearsal::test]
fn a_file_is_replaced_in_one_piece_and_nothing_is_left_beside_it() {
    let folder = Folder::new("replaced");
    let place = folder.place("deep/er/out.xml");
    place.prepare().expect("its directory is made");
    assert_eq!(fs::read_dir(folder.0.join("deep/er")).expect("made").count(), 0);
    for text in ["first", "second"] {
        place.put(text.as_bytes()).expect("written");
        assert_eq!(fs::read_to_string(&place.path).expect("there"), text);
    }
    assert_eq!(fs::read_dir(folder.0.join("deep/er")).expect("there").count(), 1);
}

/// A run that was killed in the middle of writing leaves its part of a report; the next one takes it away, and nothing else.
#[rehearsal::test]
fn what_a_killed_run_left_is_taken_away() {
    let folder = Folder::new("swept");
    let place = folder.place("out.xml");
    let Ok(mut gone) = std::process::Command::new("true").spawn() else {
        rehearsal::skip!("there is no program to be started and to end");
    };
    gone.wait().expect("it has ended");
    let (gone, own) = (gone.id(), std::process::id());
    if !process::is_gone(gone) {
        rehearsal::skip!("it is not told here who is gone");
    }
    let old = std::time::SystemTime::now() - std::time::Duration::from_secs(3600);
    let leave = |name: &str, is_old: bool| {
        let file = fs::File::create(folder.0.join(name)).expect("a file");
        if is_old {
            file.set_modified(old).expect("made old");
        }
    };
    let stays = [
        format!(".other.xml.{gone}.partial"),
        format!(".out.xml.{own}x.partial"),
        ".out.xml.1.partial".to_owned(),
        "out.xml.partial".to_owned(),
    ];
    stays.iter().for_each(|name| leave(name, true));
    let young = format!(".out.xml.{}.partial", u32::MAX - 1);
    leave(&young, false);
    leave(&format!(".out.xml.{gone}.partial"), true);
    place.put(b"report").expect("written");
    let mut expected = [stays.as_slice(), &[young, "out.xml".to_owned()]].concat();
    expected.sort();
    assert_eq!(folder.names(), expected);
}

#[rehearsal::test]
fn the_file_behind_a_link_is_replaced_and_the_link_stays() {
    let folder = Folder::new("link");
    let (place, real) = (folder.place("link.xml"), folder.0.join("real.xml"));
    fs::write(&real, "old").expect("written");
    let linked = std::process::Command::new("ln").arg("-s").args([&real, &place.path]).status();
    if !linked.is_ok_and(|status| status.success()) {
        rehearsal::skip!("no links are made here");
    }
    place.put(b"new").expect("written");
    assert_eq!(fs::read_to_string(&real).expect("there"), "new");
    assert!(fs::symlink_metadata(&place.path).expect("there").is_symlink());
}

#[rehearsal::test]
fn what_cannot_be_written_to_names_flag_path_and_reason() {
    let folder = Folder::new("unwritable");
    fs::write(folder.0.join("file"), "").expect("written");
    for (name, reason) in [(".", "directory"), ("file/below.xml", "")] {
        let place = folder.place(name);
        let error = place.prepare().expect_err(name).to_string();
        let begin = format!("cannot write the report of --junit to {}: ", place.path.display());
        assert!(error.starts_with(&begin) && error[begin.len()..].to_lowercase().contains(reason), "{error}");
    }
    assert_eq!(folder.names(), ["file"]);
}

/// A device is written to and not replaced; this one is always full.
#[rehearsal::test]
fn a_full_device_is_told_and_stays_a_device() {
    let place = Place { flag: "--trace", path: "/dev/full".into() };
    if fs::metadata(&place.path).is_ok() {
        place.prepare().expect("it is seen when it is written to");
        let error = place.put(b"text").expect_err("it is full");
        assert!(matches!(error, ReporterError::Report { flag: "--trace", .. }), "{error}");
        assert!(!fs::metadata(&place.path).expect("still there").is_file());
    }
}

#[rehearsal::test]
fn whose_report_is_there_is_read_from_its_head() {
    let folder = Folder::new("head");
    let place = folder.place("out.xml");
    assert_eq!(place.holds("<testsuites name=\"", "\""), None, "there is none");
    place.put(b"<?xml?><testsuites name=\"other::one\" tests=\"1\">").expect("written");
    assert_eq!(place.holds("<testsuites name=\"", "\"").as_deref(), Some("other::one"));
    place.put(&[0xff; 10_000]).expect("written");
    assert_eq!(place.holds("<testsuites name=\"", "\""), None, "it is something else");
}

#[cfg(all(feature = "junit", feature = "report"))]
#[rehearsal::test]
fn two_reports_cannot_go_to_one_file() {
    let folder = Folder::new("same");
    let path = Some(folder.0.join("out"));
    let reports = Reports { junit: path.clone(), trace: path, ..Reports::default() };
    let Err(error) = Written::wanted(&reports, suite, super::again, Default::default) else {
        panic!("they cannot")
    };
    assert!(error.to_string().starts_with("--junit and --trace are both to go to "), "{error}");
}

#[rehearsal::test]
fn where_no_report_is_wanted_nothing_is_asked_for_it() {
    let wanted = Written::wanted(
        &Reports::default(),
        || panic!("no suite"),
        || panic!("no command"),
        || panic!("no history"),
    );
    assert!(wanted.is_ok_and(|wanted| wanted.is_none()));
}
