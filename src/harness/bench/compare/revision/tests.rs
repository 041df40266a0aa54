//! A repository of a few commits, and what is found in it.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::super::error::CompareError;
use super::{Repository, executable};

struct Scratch(PathBuf);

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

impl Scratch {
    fn new(name: &str) -> Scratch {
        let path = std::env::temp_dir().join(format!("rehearsal-compare-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).expect("a directory");
        Scratch(path)
    }

    fn git(&self, words: &[&str]) -> String {
        let mut git = Command::new("git");
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("GIT_")) {
            git.env_remove(name);
        }
        let who = ["-c", "user.name=a", "-c", "user.email=a@example.org"];
        let output = git.current_dir(&self.0).args(who).args(words).output().expect("git");
        assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.0.join(path);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        std::fs::write(path, text).expect("written");
    }

    /// One commit without the package, then two with it.
    fn with_history(self) -> Scratch {
        self.git(&["init", "-q", "-b", "main"]);
        self.write("README", "nothing yet");
        for (file, text) in [("crate/Cargo.toml", "1"), ("crate/Cargo.toml", "2")] {
            self.git(&["add", "-A"]);
            self.git(&["commit", "-q", "-m", "before"]);
            self.write(file, text);
        }
        self.git(&["add", "-A"]);
        self.git(&["commit", "-q", "-m", "last"]);
        self.write("crate/Cargo.toml", "changed and not committed");
        self.write("crate/Cargo.lock", "versions");
        self
    }

    fn package(&self) -> PathBuf {
        self.0.join("crate")
    }
}

fn text(path: &Path) -> String {
    std::fs::read_to_string(path).expect("a file")
}

#[rehearsal::test]
fn a_revision_is_found_by_any_name_that_git_has_for_it() {
    let scratch = Scratch::new("names").with_history();
    let repository = Repository::of(&scratch.package()).expect("a repository");
    let head = scratch.git(&["rev-parse", "HEAD"]);
    for name in ["HEAD", "main", &head, &head[..8]] {
        let revision = repository.revision(name).expect("git runs").expect(name);
        assert_eq!((&revision.commit, revision.short()), (&head, &head[..12]), "{name}");
    }
    let before = scratch.git(&["rev-parse", "HEAD~1"]);
    assert_eq!(repository.revision("HEAD~1").expect("git runs").expect("one").commit, before);
    for unknown in ["HEAD~9", "no-such", "0000000", "", "-h", "--help", "HEAD:README"] {
        assert_eq!(repository.revision(unknown).expect("git runs"), None, "{unknown:?}");
    }
}

#[rehearsal::test]
fn what_is_in_no_repository_is_said_to_be() {
    let scratch = Scratch::new("none");
    // A directory above it may be in one, but not by this.
    std::fs::write(scratch.0.join(".git"), "nonsense").expect("written");
    let said = Repository::of(&scratch.0).expect_err("no repository");
    assert!(said.contains("git"), "{said}");
}

/// The checkout has what is committed and nothing of the work that goes on, which is left as it is.
#[rehearsal::test]
fn a_checkout_is_of_the_commit_alone_and_goes_without_a_trace() {
    let scratch = Scratch::new("tree").with_history();
    let repository = Repository::of(&scratch.package()).expect("a repository");
    let place = scratch.0.join("target/compare");
    for _ in 0..2 {
        let revision = repository.revision("HEAD~1").expect("git runs").expect("a revision");
        let checkout = repository.check_out(&revision, &place).expect("a checkout");
        assert_eq!(text(&checkout.package().join("Cargo.toml")), "1");
        // The same versions as here, where none are committed.
        assert_eq!(text(&checkout.package().join("Cargo.lock")), "versions");
        // A comparison that is killed leaves it behind: the next one gets on all the same.
        std::mem::forget(checkout);
    }
    let revision = repository.revision("HEAD").expect("git runs").expect("a revision");
    let checkout = repository.check_out(&revision, &place).expect("a checkout");
    let root = checkout.root.clone();
    assert!(root.is_dir());
    drop(checkout);
    assert!(!root.exists());
    assert_eq!(text(&scratch.package().join("Cargo.toml")), "changed and not committed");
    let trees = scratch.git(&["worktree", "list"]);
    assert!(!trees.contains(&*root.to_string_lossy()), "{trees}");
}

#[rehearsal::test]
fn a_revision_without_the_package_has_nothing_to_compare_with() {
    let scratch = Scratch::new("package").with_history();
    let repository = Repository::of(&scratch.package()).expect("a repository");
    let revision = repository.revision("HEAD~2").expect("git runs").expect("a revision");
    let refused = repository.check_out(&revision, &scratch.0.join("target/compare"));
    let error = refused.expect_err("no package");
    assert!(matches!(error, CompareError::NoPackage { .. }), "{error}");
    assert!(error.to_string().starts_with("HEAD~2 has no crate/Cargo.toml"), "{error}");
}

#[rehearsal::test]
fn cargo_names_the_program_of_the_target() {
    let message = |name: &str, executable: &str| {
        format!(r#"{{"reason":"compiler-artifact","target":{{"name":"{name}"}},"executable":{executable}}}"#)
    };
    assert_eq!(executable(&message("parse", r#""/t/parse-1""#), "parse"), Some(PathBuf::from("/t/parse-1")));
    assert_eq!(executable(&message("other", r#""/t/other""#), "parse"), None);
    assert_eq!(executable(&message("parse", "null"), "parse"), None);
    assert_eq!(executable("warning: not JSON", "parse"), None);
    assert_eq!(executable(r#"{"reason":"build-finished","success":true}"#, "parse"), None);
}
