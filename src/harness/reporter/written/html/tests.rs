//! What is on the page, and that nothing on it is what a trial made of it.

use super::super::tests::scripted;
use super::{colour, difference, page};
use crate::harness::history::record::{Mark, Seen};
use crate::harness::outcome::{Outcome, Ran, Verdict};
use crate::harness::reporter::written::account::Account;

fn output(text: &str) -> String {
    let mut out = String::new();
    colour::push_output(&mut out, text.as_bytes());
    out
}

#[rehearsal::test]
fn colours_of_a_terminal_become_classes_and_the_rest_goes() {
    let table = [
        ("plain <b>", "plain &lt;b&gt;"),
        ("\u{1b}[31mred\u{1b}[0m not", "<span class=\"c1\">red</span> not"),
        (
            "\u{1b}[1;92mbold\u{1b}[22m thin",
            "<span class=\"bold c2\">bold</span><span class=\"c2\"> thin</span>",
        ),
        ("\u{1b}[2K\u{1b}[1Gafter\u{1b}]0;title\u{7}it", "afterit"),
        ("\u{1b}[38;5;1mby number", "by number"),
        ("one\r\ntwo\rthree\u{8}", "one\ntwo\nthree"),
        ("cut \u{1b}[3", "cut "),
    ];
    for (text, html) in table {
        assert_eq!(output(text), html, "{text:?}");
    }
}

/// Each line of a difference as text, what differs in brackets.
fn difference_of(message: &str) -> Vec<String> {
    let (left, right) = difference::sides(message).expect("two sides");
    let line = |line: &difference::Line| {
        let part =
            |(differs, text): &(bool, String)| if *differs { format!("[{text}]") } else { text.clone() };
        format!("{}{}", line.sign, line.parts.iter().map(part).collect::<String>())
    };
    difference::lines(left, right).expect("small enough").iter().map(line).collect()
}

#[rehearsal::test]
fn texts_differ_by_their_lines() {
    let message = "panicked at a.rs:1:1:\nassertion `left == right` failed: why\n  left: \"one\\ntwo \\\"2\\\"\\nthree\\n\"\n right: \
                   \"one\\nzwei\\nthree\\n\"";
    assert_eq!(difference_of(message), [" one", "-two \"2\"", "+zwei", " three"]);
}

#[rehearsal::test]
fn structs_differ_by_their_fields() {
    let value = |v: u8| format!("A {{ n: 1, s: \"a, {{b}}\", t: (\"x\", None), v: [1, {v}], none: [] }}");
    let message = format!(
        "assertion `left == right` failed\n  left: {}\n right: {}\na task or thread beside the test, on thread 'x'",
        value(2),
        value(3)
    );
    let lines = difference_of(&message);
    let expected = [
        "     n: 1,",
        "     s: \"a, {b}\",",
        "     t: (\"x\", None),",
        "-    v: [1, [2],]",
        "+    v: [1, [3],]",
        "     none: []",
        " }",
    ];
    assert_eq!(lines, expected);
}

#[rehearsal::test]
fn what_is_no_comparison_has_no_sides() {
    for message in
        ["boom", "assertion `left != right` failed\n  left: 1\n right: 1", "assertion `left == right` failed"]
    {
        assert_eq!(difference::sides(message), None, "{message}");
    }
}

/// The scripted run, with a trial by a name that is markup.
fn odd() -> Account {
    let mut account = scripted();
    let mut told = super::super::account::Told { name: String::new(), ..account.trials.remove(0) };
    told.name = "</script><img src=x onerror=alert(1)>".to_owned();
    told.outcome = Outcome {
        ran: Some(Ran { worker: 0, started_ns: 1 }),
        ..Outcome::of(Verdict::Failed { message: "<b>\u{0}&</b>".to_owned() })
    };
    account.trials.push(told);
    account
}

#[rehearsal::test]
fn no_name_and_no_output_becomes_markup() {
    let text = page::write(&odd());
    assert!(!text.contains("<img") && !text.contains("<b>&"), "as text alone");
    assert!(text.contains("&lt;/script&gt;&lt;img src=x onerror=alert(1)&gt;"));
    assert_eq!(text.matches("</script>").count(), 2, "its own two");
    assert!(!text.contains("http://") && !text.contains("https://"), "nothing is fetched");
}

#[rehearsal::test]
fn the_data_has_every_trial() {
    let account = odd();
    let text = page::write(&account);
    let (_, rest) = text.split_once("<script type=\"application/json\" id=\"data\">").expect("data");
    let (data, _) = rest.split_once("</script>").expect("an end");
    let data: serde_json::Value = serde_json::from_str(data).expect("JSON");
    let rows = data["rows"].as_array().expect("rows");
    assert_eq!(rows.len(), account.trials.len());
    for (row, told) in rows.iter().zip(&account.trials) {
        assert_eq!(row[0], told.name);
        let Some(block) = row[7].as_u64() else { continue };
        let head = text.split_once(&format!("id=\"f{block}\"")).expect("its block").1;
        let name =
            head.split_once("<code>").and_then(|(_, rest)| rest.split_once("</code>")).expect("a name").0;
        assert_eq!(name.replace("&lt;", "<").replace("&gt;", ">"), told.name);
    }
    assert!(!data["others"].as_array().expect("attempts").is_empty());
}

#[rehearsal::test]
fn the_past_of_a_trial_is_told_where_it_changed() {
    let mut account = scripted();
    let seen = |mark| [Seen { name: "math::adds", mark, duration_ns: 2_000_000 }];
    for mark in [Mark::Passed, Mark::Flaky, Mark::Failed] {
        account.history = std::mem::take(&mut account.history).with(&seen(mark), &[], Vec::new());
    }
    let text = page::write(&account);
    let (_, past) = text.split_once("<section id=\"past\">").expect("a history");
    let marks = "<b class=\"good\">.</b><b class=\"mild\">~</b><b class=\"bad\">F</b><b class=\"good\">.</b></td><td><code>\
                 math::adds</code>";
    assert!(past.contains(marks), "{past}");
}
