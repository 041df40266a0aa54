//! GitHub Actions: annotations, the summary of a step, and what trials print being no command to it.

use std::fs;

use crate::build::executable;
use crate::launch::Launch;
use crate::report::{Folder, reports};

/// The commands that Actions would obey in a step that prints this, each with its line.
///
/// Its runner takes a line for a command that begins with `::name ..::`, or has `##[name ..]` anywhere, where it knows the
/// name. After `stop-commands` it obeys none until the word that was given there comes as a name.
fn obeyed(printed: &str) -> Vec<(String, &str)> {
    const KNOWN: [&str; 13] = [
        "add-mask",
        "add-path",
        "debug",
        "echo",
        "endgroup",
        "error",
        "group",
        "notice",
        "save-state",
        "set-env",
        "set-output",
        "stop-commands",
        "warning",
    ];
    let mut obeyed = Vec::new();
    let mut stopped: Option<&str> = None;
    for line in printed.lines() {
        let knows = |name: &str| KNOWN.contains(&name) || stopped == Some(name);
        let named = |info: &str| info.split(' ').next().filter(|name| knows(name)).map(str::to_owned);
        let new = line.trim_start().strip_prefix("::").and_then(|rest| rest.split_once("::"));
        let old = line.split_once("##[").and_then(|(_, rest)| rest.split_once(']'));
        let command = new.and_then(|(info, data)| Some((named(info)?, data)));
        let Some((name, data)) = command.or_else(|| old.and_then(|(info, data)| Some((named(info)?, data))))
        else {
            continue;
        };
        match (stopped, name.as_str()) {
            (Some(token), name) if name != token => continue,
            (Some(_), _) => stopped = None,
            (None, "stop-commands") => stopped = Some(data),
            (None, _) => {}
        }
        obeyed.push((name, line));
    }
    obeyed
}

/// What trials print is data, also where they know how Actions is told to listen again. Both streams are one here, so that
/// what comes first is known.
#[test]
fn what_a_trial_prints_is_no_command() {
    let printed = |args: &[&str]| {
        let launch = Launch::new(executable("reports", "commands")).env("GITHUB_ACTIONS", "true");
        let run = launch.args(args.iter().copied()).limits("exec 2>&1").run();
        run.ends_with(101);
        run.stdout
    };
    let ways: [&[&str]; 6] = [
        &[],
        &["--format=terse"],
        &["--show-output"],
        &["--no-capture", "--workers=1"],
        &["--isolation=fork", "--show-output"],
        &["--isolation=thread", "--workers=1"],
    ];
    for way in ways {
        let printed = printed(way);
        let obeyed = obeyed(&printed);
        let names: Vec<&str> = obeyed.iter().map(|(name, _)| name.as_str()).collect();
        let ["stop-commands", token, "error", "error"] = names[..] else {
            panic!("{way:?}: {obeyed:#?}\n{printed}")
        };
        assert_eq!(obeyed[0].1, format!("::stop-commands::{token}"), "{way:?}");
        for (_, line) in &obeyed[2..] {
            assert!(
                line.contains(",title=fails::") || line.contains(",title=tries_every_token::"),
                "{way:?}: {line}"
            );
        }
        assert!(
            printed.contains("\n::set-output name=stolen::1\n"),
            "it is shown as it was printed\n{printed}"
        );
    }
    // Nothing in a document is a command, of either style.
    for format in ["json", "junit"] {
        let told = printed(&["--format", format]);
        let obeyed = obeyed(&told);
        assert!(obeyed.len() == 2 && obeyed.iter().all(|(_, line)| line.starts_with("::error ")), "{told}");
    }
    // Else they would be obeyed.
    let printed = printed(&["--github=never"]);
    let obeyed: Vec<String> = obeyed(&printed).into_iter().map(|(name, _)| name).collect();
    for name in ["set-output", "add-mask", "error", "stop-commands", "forged", "warning", "save-state"] {
        assert!(obeyed.iter().any(|other| other == name), "{name} is not among {obeyed:?}\n{printed}");
    }
}

/// Each failure is a command that names file and line as the checkout has them, and the step's summary has it too. A stdout
/// that is a document stays what it is: they are on stderr then.
#[test]
fn github_actions_gets_annotations_and_a_summary() {
    let into = Folder::new();
    let checkout = env!("CARGO_MANIFEST_DIR");
    let launch = |args: &[&str]| {
        reports(args)
            .env("GITHUB_ACTIONS", "true")
            .env("GITHUB_WORKSPACE", checkout)
            .env("GITHUB_STEP_SUMMARY", &into.path("summary.md"))
    };
    let run = launch(&["differs_in", "odd", "imitates", "--format=json"]).run();
    run.ends_with(101);
    assert!(run.stdout.lines().all(|line| serde_json::from_str::<serde_json::Value>(line).is_ok()), "{run}");
    let commands: Vec<&str> = run.stderr.lines().filter(|line| line.starts_with("::")).collect();
    assert_eq!(commands.len(), 5, "one a failure, and none that a trial has printed: {commands:#?}");
    let source = "tests/suites/reports/tests/reports.rs";
    let differs = commands
        .iter()
        .find(|line| line.contains("title=red%3A%3Adiffers_in_a_line::"))
        .expect("its command");
    let number = differs.split_once(&format!("::error file={source},line=")).expect("its file").1;
    let number: usize = number.split_once(',').and_then(|(number, _)| number.parse().ok()).expect("its line");
    let text = fs::read_to_string(source).expect("the source");
    assert!(
        text.lines().nth(number - 1).is_some_and(|line| line.contains("assert_eq!(\"first")),
        "{differs}"
    );
    assert!(differs.contains("%0Aassertion `left == right` failed%0A  left: \"first\\nsecond"), "{differs}");
    let summary = into.read("summary.md");
    assert!(summary.starts_with("### `reports::reports`: FAILED\n\n1 passed, 5 failed in "), "{summary}");
    assert_eq!(summary.matches("<details><summary><code>").count(), 5, "{summary}");
    assert!(!summary.contains("<script>document.title = 'fooled'</script></code>"), "{summary}");

    let run = launch(&["green"]).run();
    run.ends_with(0);
    assert!(!run.stderr.contains("::"), "{run}");
    let both = into.read("summary.md");
    assert!(
        both.starts_with(&summary) && both[summary.len()..].starts_with("### `reports::reports`: ok"),
        "{both}"
    );

    let run = launch(&["differs_in", "--github=never"]).run();
    assert!(!run.stderr.contains("::error") && into.read("summary.md") == both, "{run}");
    let run = launch(&["green"]).env("GITHUB_STEP_SUMMARY", "/proc/none").run();
    run.ends_with(0).complains("warning: cannot add to the summary of this step, /proc/none: ");
}
