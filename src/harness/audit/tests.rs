//! Small crates, written to disk and audited against registries that hold what their build would have.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use super::condition::{Condition, evaluate};
use super::scan::{Kind, scan};
use super::{Audit, AuditError, audit};
use crate::harness::registry::{Body, Entry, Registry};
use crate::harness::target::Target;

/// A directory that goes away with it.
struct Crate(PathBuf);

impl Crate {
    fn of(files: &[(&str, &str)]) -> Crate {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name =
            format!("rehearsal-audit-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let directory = std::env::temp_dir().join(name);
        for (path, text) in files {
            let path = directory.join(path);
            fs::create_dir_all(path.parent().expect("a file in a directory")).expect("a directory");
            fs::write(path, text).expect("a file");
        }
        Crate(directory)
    }

    fn target(&self, file: &'static str) -> Target {
        let manifest_dir = Box::leak(self.0.to_string_lossy().into_owned().into_boxed_str());
        Target {
            root_module: "suite",
            file,
            manifest_dir: Some(manifest_dir),
            package: None,
            crate_name: None,
            bin_name: None,
            is_integration: true,
            test: true,
        }
    }

    /// Audits the crate whose root is the first file; registered are these `(file, line, path)`.
    fn audit(&self, root: &'static str, registered: &[(&'static str, u32, &'static str)]) -> Audit {
        audit(&self.target(root), &registry(registered)).expect("sources that can be read")
    }
}

impl Drop for Crate {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn registry(registered: &[(&'static str, u32, &'static str)]) -> Registry {
    let entry = |(file, line, path): &(&'static str, u32, &'static str)| -> &'static Entry {
        Box::leak(Box::new(Entry::new(path, file, (*line, 1), Body::Sync(|| {}))))
    };
    Registry::of(registered.iter().map(entry).collect())
}

/// `name:line` of what is lost.
fn lost(audit: &Audit) -> Vec<String> {
    let name = |finding: &super::Finding| {
        format!("{}:{}", finding.function.as_deref().unwrap_or("macro"), finding.line)
    };
    audit.lost.iter().map(name).collect()
}

fn words(source: &str) -> Vec<&str> {
    scan(source).iter().filter(|token| token.kind == Kind::Word).map(|token| token.text).collect()
}

#[rehearsal::test]
fn comments_strings_and_characters_leave_no_words() {
    assert_eq!(words("a // b\nc /* d /* e */ f */ g"), ["a", "c", "g"]);
    assert_eq!(words(r##"a "b \" c" d r"e\" f r#"g " h"# i br##"##), ["a", "d", "f", "i", "br"]);
    assert_eq!(words(r###"a r##"b "# c"## d b"e" c"f" cr#"g"# h"###), ["a", "d", "h"]);
    assert_eq!(words(r"a '\'' b '\u{41}' c 'd' e b'f' g '€' h '\\' i"), ["a", "b", "c", "e", "g", "h", "i"]);
    assert_eq!(words("fn a<'b>(c: &'b str) -> &'static str {}"), ["fn", "a", "c", "str", "str"]);
    assert_eq!(words("'a: loop { break 'a }"), ["loop", "break"]);
    assert_eq!(words("r#type größe x1 1.5e3 r#fn"), ["type", "größe", "x1", "1", "5e3", "fn"]);
    assert_eq!(words("#!/usr/bin/env run\na"), ["a"]);
    assert_eq!(words("#![allow(a)] b"), ["allow", "a", "b"]);
}

#[rehearsal::test]
fn a_text_that_never_ends_ends_with_the_file() {
    for source in
        ["a \"b", "a /* b", "a r#\"b", "a 'b", "a { b", "a } b", "a \"b\\", "a '\\", "#![", "#", "b'"]
    {
        assert!(words(source).len() <= 2, "{source}");
    }
}

#[rehearsal::test]
fn lines_are_counted_through_everything() {
    let tokens = scan("a\n\"x\ny\"\n/* \n\n */ b\nr#\"\n\"# c '\n' d");
    let lines: Vec<_> = tokens
        .iter()
        .filter(|token| token.kind == Kind::Word)
        .map(|token| (token.text, token.line))
        .collect();
    assert_eq!(lines, [("a", 1), ("b", 6), ("c", 8), ("d", 9)]);
}

#[rehearsal::test]
fn delimiters_know_where_they_close() {
    let tokens = scan("( [ ] { ( ) } ) {");
    let closes: Vec<_> = tokens.iter().map(|token| token.close).collect();
    assert_eq!(closes, [7, 2, 2, 6, 5, 5, 6, 7, 8]);
}

#[rehearsal::test]
fn conditions_are_judged_as_far_as_they_are_known() {
    let judge = |text: &str| evaluate(&scan(text), true);
    for (text, expected) in [
        ("test", Condition::Yes),
        ("not(test)", Condition::No),
        ("feature = \"x\"", Condition::Maybe),
        ("not(feature = \"x\")", Condition::Maybe),
        ("all()", Condition::Yes),
        ("any()", Condition::No),
        ("all(test, feature = \"x\")", Condition::Maybe),
        ("all(not(test), feature = \"x\")", Condition::No),
        ("any(test, feature = \"x\")", Condition::Yes),
        ("any(not(test), feature = \"x\",)", Condition::Maybe),
        ("not(any(not(test), false))", Condition::Yes),
        ("target_os = \"no such system\"", Condition::No),
        ("debug_assertions", Condition::Maybe),
        ("", Condition::Maybe),
    ] {
        assert_eq!(judge(text), expected, "{text}");
    }
    let os = format!("target_os = \"{}\"", std::env::consts::OS);
    assert_eq!(judge(&os), Condition::Yes);
    assert_eq!(evaluate(&scan("test"), false), Condition::No);
}

#[rehearsal::test]
fn a_plain_test_is_lost_and_a_registered_one_is_not() {
    let suite = Crate::of(&[(
        "tests/suite.rs",
        "#[rehearsal::test]\nfn kept() {}\n\nmod deeper {\n    #[test]\n    #[ignore]\n    fn gone() {}\n}\n",
    )]);
    let audit = suite.audit("tests/suite.rs", &[("tests/suite.rs", 2, "suite::kept")]);
    assert_eq!(lost(&audit), ["gone:7"]);
    assert_eq!((audit.files, audit.functions, audit.is_clean()), (1, 2, false));
    let report = audit.to_string();
    let place =
        format!("{}:7: `#[test] fn gone` registered nothing", suite.0.join("tests/suite.rs").display());
    assert!(report.contains(&place), "{report}");
    assert!(report.contains("write `#[rehearsal::test]` instead of `#[test]`"), "{report}");
    assert!(report.ends_with("2 functions with a test attribute in 1 files, 1 lost: under `harness = false` they compile away and never run"), "{report}");
}

#[rehearsal::test]
fn a_bare_test_that_is_ours_by_import_is_kept() {
    let source = "use rehearsal::test;\n#[test]\nfn kept() {}\n";
    let suite = Crate::of(&[("tests/suite.rs", source)]);
    assert!(suite.audit("tests/suite.rs", &[("tests/suite.rs", 3, "suite::kept")]).is_clean());
}

#[rehearsal::test]
fn of_two_functions_of_one_name_the_lost_one_is_told() {
    let source = "mod a {\n#[rehearsal::test]\nfn same() {}\n}\nmod b {\n#[test]\nfn same() {}\n}\n";
    let suite = Crate::of(&[("tests/suite.rs", source)]);
    let audit = suite.audit("tests/suite.rs", &[("tests/suite.rs", 3, "suite::a::same")]);
    assert_eq!(lost(&audit), ["same:7"]);
}

#[rehearsal::test]
fn what_other_attributes_make_is_lost_too_and_each_gets_its_advice() {
    let source = "\
#[tokio::test(flavor = \"multi_thread\")]\nasync fn one() {}
#[rstest]\n#[case(1)]\nfn two(#[case] n: u32) {}
#[rstest]\n#[tokio::test]\nasync fn three() {}
#[quickcheck]\nfn four(n: u32) -> bool { true }
proptest! {\n    #[test]\n    fn five(n in 0..10) { prop_assert!(n < 10); }\n}
#[template]\n#[rstest]\nfn no_test_by_itself() {}
";
    let suite = Crate::of(&[("tests/suite.rs", source)]);
    let audit = suite.audit("tests/suite.rs", &[]);
    assert_eq!(lost(&audit), ["one:2", "two:5", "three:8", "four:10", "five:13"]);
    let advice: Vec<_> = audit.lost.iter().map(|finding| finding.instead.as_str()).collect();
    assert_eq!(advice[0], "write `#[rehearsal::test]` instead of `#[tokio::test]`; its arguments stay");
    assert_eq!(advice[1], "add `#[rehearsal::test]` below `#[rstest]`");
    assert_eq!(advice[2], "write `#[rehearsal::test]` instead of the `test` attribute");
    assert!(advice[3].contains("`#[quickcheck]` registers with libtest"), "{}", advice[3]);
    assert_eq!(advice[4], "write `#[rehearsal::test]` instead of `#[test]`; its arguments stay");
}

#[rehearsal::test]
fn the_cases_of_rstest_count_for_their_function() {
    let source = "#[rstest]\n#[case(1)]\n#[rehearsal::test]\nfn two(#[case] n: u32) {}\n";
    let suite = Crate::of(&[("tests/suite.rs", source)]);
    assert!(suite.audit("tests/suite.rs", &[("tests/suite.rs", 4, "suite::two::case_1")]).is_clean());
    assert_eq!(lost(&suite.audit("tests/suite.rs", &[])), ["two:4"]);
}

#[rehearsal::test]
fn modules_are_followed_to_their_files_as_the_compiler_does() {
    let gone = "#[test]\nfn gone() {}\n";
    let suite = Crate::of(&[
        (
            "tests/suite.rs",
            "mod flat;\nmod nested;\n#[path = \"elsewhere/odd.rs\"]\nmod named;\nmod inline {\n    mod deep;\n    \
             #[path = \"by_path.rs\"] mod other;\n}\n#[path = \"moved\"]\nmod renamed { mod inside; }\n\
             include!(\"included.rs\");\n#[cfg_attr(test, path = \"conditional.rs\")]\nmod c;\n",
        ),
        ("tests/flat.rs", "mod child;\n#[path = \"beside.rs\"] mod beside;\nmod within { mod far; }"),
        ("tests/flat/child.rs", gone),
        ("tests/beside.rs", gone),
        ("tests/flat/within/far.rs", gone),
        ("tests/nested/mod.rs", "mod child;"),
        ("tests/nested/child.rs", gone),
        ("tests/elsewhere/odd.rs", "mod neighbour;"),
        ("tests/elsewhere/neighbour.rs", gone),
        ("tests/inline/deep.rs", gone),
        ("tests/inline/by_path.rs", gone),
        ("tests/moved/inside.rs", gone),
        ("tests/included.rs", gone),
        ("tests/conditional.rs", gone),
        ("tests/never_named.rs", gone),
    ]);
    let audit = suite.audit("tests/suite.rs", &[]);
    let mut files: Vec<_> =
        audit.lost.iter().map(|finding| finding.file.strip_prefix(&suite.0).expect("inside")).collect();
    files.sort_unstable();
    let mut expected = [
        "tests/beside.rs",
        "tests/conditional.rs",
        "tests/elsewhere/neighbour.rs",
        "tests/flat/child.rs",
        "tests/flat/within/far.rs",
        "tests/included.rs",
        "tests/inline/by_path.rs",
        "tests/inline/deep.rs",
        "tests/moved/inside.rs",
        "tests/nested/child.rs",
    ]
    .map(Path::new);
    expected.sort_unstable();
    assert_eq!(files, expected);
}

#[rehearsal::test]
fn what_the_build_leaves_out_is_not_lost() {
    let source = "\
#[cfg(not(test))]\nmod absent;
#[cfg(not(test))]\nmod outside { #[test] fn a() {} }
#[cfg(any())] #[test] fn b() {}
mod generated_file_that_is_not_there;
#[cfg(false)] proptest! { #[test] fn c(n in 0..3) {} }
mod gated { #![cfg(not(test))] #[test] fn d() {} }
";
    let suite = Crate::of(&[("tests/suite.rs", source), ("tests/absent.rs", "#[test] fn e() {}")]);
    let audit = suite.audit("tests/suite.rs", &[]);
    assert_eq!((lost(&audit), audit.unsure.len()), (vec![], 0), "{audit}");
}

#[rehearsal::test]
fn what_depends_on_a_feature_is_told_but_not_red() {
    let source = "\
#[cfg(feature = \"x\")]\nmod gated { #[test] fn a() {} }
#[cfg(feature = \"x\")] #[test]\nfn b() {}
#[cfg_attr(feature = \"x\", test)]\nfn c() {}
#[cfg(feature = \"x\")] proptest! { #[test] fn d(n in 0..3) {} }
";
    let suite = Crate::of(&[("tests/suite.rs", source)]);
    let audit = suite.audit("tests/suite.rs", &[]);
    assert!(audit.is_clean(), "{audit}");
    let names: Vec<_> = audit.unsure.iter().filter_map(|finding| finding.function.as_deref()).collect();
    assert_eq!(names, ["a", "b", "c", "d"]);
    assert!(audit.to_string().contains("lost if its cfg holds:"), "{audit}");
}

#[rehearsal::test]
fn talk_of_tests_is_no_test() {
    let source = "\
/// ```\n/// #[test]\n/// fn a() {}\n/// ```
fn documented() { let _ = \"#[test] fn b() {}\"; let _ = r#\"#[test] fn c() {}\"#; }
fn generates() { let _ = quote! { #[test] fn d() {} }; let _ = stringify!(#[test] fn e() {}); }
#[derive(Debug)] struct Test { #[serde(default)] test: u8 }
#[cfg(test)] use std::fmt;
fn takes(test: fn()) { match 1 { #[allow(unused)] 1 => test(), _ => {} } }
";
    let suite = Crate::of(&[("tests/suite.rs", source)]);
    let audit = suite.audit("tests/suite.rs", &[]);
    assert_eq!((audit.functions, audit.is_clean()), (0, true), "{audit}");
}

#[rehearsal::test]
fn tests_are_found_wherever_an_item_can_stand() {
    let source = "\
fn outer() { #[test] fn a() {} }
impl Thing { #[test] fn b() {} }
pub(crate) mod m { pub(in crate::m) mod n { #[test] pub const unsafe extern \"C\" fn c() {} } }
my_macro!(#[test] fn d() {});
my_macro![ { #[test] fn e() {} } ];
#[cfg(test)] #[allow(dead_code)] mod q { #[test] async fn f() -> Result<(), [u8; { 3 }]> { Ok(()) } }
struct S; #[test] fn g() where (): Sized { }
#[test] fn r#type() {}
";
    let suite = Crate::of(&[("tests/suite.rs", source)]);
    let audit = suite.audit("tests/suite.rs", &[("tests/suite.rs", 8, "suite::r#type")]);
    assert_eq!(lost(&audit), ["a:1", "b:2", "c:3", "d:4", "e:5", "f:6", "g:7"]);
}

#[rehearsal::test]
fn a_macro_that_writes_plain_tests_is_lost_where_it_is_defined() {
    let plain = "macro_rules! case { ($name:ident) => {\n    #[test]\n    fn $name() {}\n} }\ncase!(a);\n";
    let ours = "macro_rules! case { ($name:ident) => { #[rehearsal::test] fn $name() {} } }\ncase!(a);\n";
    let imported = format!("use rehearsal::{{prelude::*, test}};\n{plain}");
    let audit = Crate::of(&[("tests/suite.rs", plain)]).audit("tests/suite.rs", &[]);
    assert_eq!(lost(&audit), ["macro:2"]);
    assert!(audit.to_string().contains("a macro's definition says `#[test]`"), "{audit}");
    for kept in [ours, &imported] {
        let audit = Crate::of(&[("tests/suite.rs", kept)]).audit("tests/suite.rs", &[]);
        assert!(audit.is_clean(), "{audit}");
    }
}

#[rehearsal::test]
fn the_root_is_found_from_a_workspace_above_and_its_absence_is_told() {
    let suite = Crate::of(&[("member/tests/suite.rs", "#[test]\nfn gone() {}\n")]);
    let member = Box::leak(suite.0.join("member").to_string_lossy().into_owned().into_boxed_str());
    let target = Target { manifest_dir: Some(member), ..suite.target("member/tests/suite.rs") };
    assert_eq!(lost(&audit(&target, &registry(&[])).expect("found from above")), ["gone:2"]);

    let missing = audit(&suite.target("src/missing.rs"), &registry(&[])).expect_err("no such file");
    assert!(matches!(missing, AuditError::NoRoot { .. }), "{missing}");
    assert!(missing.to_string().contains("src/missing.rs is not there"), "{missing}");

    let nested = Target { root_module: "suite::inner", ..target };
    let refused = audit(&nested, &registry(&[])).expect_err("not in the root");
    assert!(refused.to_string().contains("module suite::inner"), "{refused}");
}

#[rehearsal::test]
fn a_file_that_includes_itself_comes_to_an_end() {
    let suite = Crate::of(&[("tests/suite.rs", "include!(\"suite.rs\");\n")]);
    assert!(suite.audit("tests/suite.rs", &[]).is_clean());
}

/// An attribute by another name is the same attribute.
#[rehearsal::test]
fn a_test_attribute_that_was_renamed_is_one() {
    let source = "use tokio::{spawn, test as of_tokio};\nuse rehearsal::test as ours;\n\
                  #[of_tokio]\nasync fn a() {}\n#[ours]\nfn b() {}\n#[spawn]\nfn c() {}\n";
    let suite = Crate::of(&[("tests/suite.rs", source)]);
    let audit = suite.audit("tests/suite.rs", &[("tests/suite.rs", 6, "suite::b")]);
    assert_eq!((audit.functions, lost(&audit)), (2, vec!["a:4".to_owned()]));
}
