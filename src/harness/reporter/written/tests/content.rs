//! What the reports of the scripted run say.

use super::scripted;

/// JSON by the word of a reader of it.
#[cfg(feature = "report")]
#[rehearsal::test]
fn a_trace_is_json_with_a_track_a_worker_and_an_event_an_attempt() {
    let account = scripted();
    let text = super::super::trace::write(&account);
    let trace: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(trace["otherData"]["suite"], "demo::suite");
    let events = trace["traceEvents"].as_array().expect("events");
    let tracks: Vec<_> = events.iter().filter(|event| event["name"] == "thread_name").collect();
    assert_eq!(tracks.len(), account.workers);
    assert_eq!(tracks[1]["args"]["name"], "worker 1");
    let ran = account.trials.iter().filter(|told| told.outcome.ran.is_some()).count();
    let tried = account.trials.iter().flat_map(|told| &told.outcome.attempts);
    let tried = tried.filter(|attempt| attempt.ran.is_some()).count();
    let slices: Vec<_> = events.iter().filter(|event| event["ph"] == "X").collect();
    assert_eq!(slices.len(), ran + tried);
    for slice in &slices {
        assert!(
            slice["ts"].as_f64().expect("a time") >= 0.0 && slice["dur"].as_f64().expect("a time") >= 0.0
        );
        let track = slice["tid"].as_u64().expect("a worker");
        assert!((1..=account.workers as u64).contains(&track), "{slice}");
    }
    let of =
        |name: &str| slices.iter().find(|slice| slice["name"] == name).unwrap_or_else(|| panic!("{name}"));
    let crash = of("crash::segfault");
    assert_eq!(crash["args"]["outcome"], "failed");
    assert_eq!(crash["args"]["detail"], "(signal 11, SIGSEGV)");
    assert_eq!((crash["ts"].as_f64(), crash["dur"].as_f64()), (Some(5_000.0), Some(1_250.0)), "microseconds");
    assert_eq!(of("top")["args"]["outcome"], "passed");
}

#[cfg(feature = "junit")]
mod junit {
    use std::io::Write;
    use std::process::{Command, Stdio};

    use super::super::scripted;
    use crate::harness::reporter::tests::golden;

    fn document() -> String {
        let text = super::super::super::junit::write(&scripted());
        // When the run began is the only thing of it that changes.
        let mut parts = text.split(" timestamp=\"");
        let mut out = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            out.push_str(part.split_once('"').expect("an end").1);
        }
        out
    }

    #[rehearsal::test]
    fn a_case_a_trial_with_attempts_as_reruns() {
        golden("junit-file.xml", &document());
    }

    /// XML by the word of a reader of it, where there is one: the output of the scripted run has what XML forbids.
    #[rehearsal::test]
    fn it_is_xml() {
        let text = document();
        let program = "import sys, xml.etree.ElementTree as t; print(len(t.parse(sys.stdin.buffer).findall('.//testcase')))";
        let reader = Command::new("python3")
            .args(["-c", program])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn();
        let Ok(mut reader) = reader else { rehearsal::skip!("there is no python3") };
        reader.stdin.take().expect("a pipe").write_all(text.as_bytes()).expect("read");
        let said = reader.wait_with_output().expect("an end").stdout;
        assert_eq!(String::from_utf8_lossy(&said).trim(), scripted().trials.len().to_string(), "{text}");
    }
}
