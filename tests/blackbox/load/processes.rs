//! Clients that are processes.

use std::collections::BTreeMap;

use super::{bench, clients};
use crate::text::output_of;

/// What they share crosses to each, the value itself stays; what they take is told apart from what is measured.
#[test]
fn each_client_is_a_process_up_to_a_limit() {
    let all = bench(&["--bench", "--show-output", "processes::echo"]).run();
    all.run.ends_with(0);
    assert!(all.run.stdout.contains("processes::echo: processes in a closed loop"), "{}", all.run);
    assert!(all.run.stdout.contains("5 clients: in 3 processes of their own; "), "{}", all.run);
    let json = all.json("processes.echo");
    assert_eq!(clients(&json), [1, 2, 5], "{json:#}");
    let levels = json["levels"].as_array().expect("levels");
    for (level, processes) in levels.iter().zip([1, 2, 3]) {
        assert_eq!(level["processes_of_clients"], processes, "{level:#}");
        assert!(level["done"].as_u64() > Some(0) && level["failed"] == 0, "{level:#}");
        assert_eq!(level["latency_ns"]["count"], level["done"], "{level:#}");
        for figure in ["processor_ns", "memory_bytes", "clients_processor_ns", "clients_memory_bytes"] {
            assert!(level[figure].as_u64() > Some(0), "{figure}: {level:#}");
        }
    }
    // Each level has its server, and the first one again.
    for line in ["a server is made", "a server is dropped"] {
        assert_eq!(all.run.stdout.matches(line).count(), 4, "{line}\n{}", all.run);
    }
}

/// None is lost and none done twice, however many processes there are.
#[test]
fn a_count_is_shared_out_among_processes() {
    let all = bench(&["--bench", "processes::counts"]).run();
    all.run.ends_with(0);
    let json = all.json("processes.counts");
    for level in json["levels"].as_array().expect("levels") {
        assert_eq!(level["done"], 1_000, "{level:#}");
    }
}

/// What the set-up spawned is an actor like others, which clients find by its name.
#[test]
fn an_actor_is_found_from_the_clients_processes() {
    let all = bench(&["--bench", "processes::asks_an_actor"]).run();
    all.run.ends_with(0);
    for level in all.json("processes.asks_an_actor")["levels"].as_array().expect("levels") {
        assert_eq!((&level["done"], &level["failed"]), (&300.into(), &0.into()), "{level:#}");
    }
}

/// Each process has its share of the times; together it is the whole rate.
#[test]
fn a_rate_is_shared_out_among_processes() {
    let all = bench(&["--bench", "processes::at_a_rate"]).run();
    all.run.ends_with(0);
    let json = all.json("processes.at_a_rate");
    for level in json["levels"].as_array().expect("levels") {
        assert_eq!(level["intended"], 200, "{json:#}");
        let (done, missed) = (level["done"].as_u64(), level["never_started"].as_u64());
        assert_eq!(done.zip(missed).map(|(done, missed)| done + missed), Some(200), "{json:#}");
        assert_eq!(level["latency_ns"]["count"], 200, "{json:#}");
    }
}

/// As tests they run at every isolation, in processes of their own too.
#[test]
fn as_a_test_they_run_at_every_isolation() {
    for level in ["process", "fork", "thread"] {
        let names = ["processes::counts", "processes::echo", "processes::at_a_rate"];
        let all = bench(&[&names[..], &[&format!("--isolation={level}"), "--exact"]].concat()).run();
        all.run.ends_with(0);
        assert!(all.run.stdout.contains("3 passed"), "{}", all.run);
    }
}

/// What becomes of a client's process ends the level, red, and is told with the client and its process.
#[test]
fn what_becomes_of_a_process_is_told_of_its_client() {
    let table = BTreeMap::from([
        ("one_is_killed", (2, ", process PID, is gone: its process was killed by signal 9, SIGKILL")),
        ("one_stands_still", (3, " s, 1 client was in one (client N (process PID)), and ")),
        ("one_blocks", (3, " s, 1 client was in one (client N (process PID)), and ")),
        ("exits", (2, "clients N to N, process PID, are gone: its process exited with code 0")),
        ("panics", (2, "panicked at load/tests/processes.rs:")),
        ("all_fail", (2, "all of its 1000 operations failed; 1000 of them with: the database is not there")),
        ("client_fails", (2, "failed: no more connections")),
        ("never_ready", (2, "2 of 2 clients were not ready after 500ms")),
        ("grows", (2, "and may take 64.0 MiB more (as `memory` says)")),
        ("cannot_be_read", (2, "(it is of no use elsewhere)")),
    ]);
    let names: Vec<String> = table.keys().map(|name| format!("processes::{name}")).collect();
    let mut args = vec!["--bench", "--exact"];
    args.extend(names.iter().map(String::as_str));
    let all = bench(&args).run();
    all.run.ends_with(101);
    for (name, (clients, why)) in table {
        let name = format!("processes::{name}");
        let told = output_of(&all.run.stdout, &name).unwrap_or_else(|| panic!("{name}\n{}", all.run));
        let level = format!("Error: the level of {clients} clients could not be measured: ");
        let error = told.split_once(&level).unwrap_or_else(|| panic!("{name}: {level}\n{}", all.run)).1;
        assert!(without_numbers(error).contains(&without_numbers(why)), "{name}: {why}\n{}", all.run);
        assert!(all.json(&name.replace("::", "."))["error"].is_string());
    }
}

/// `client 1 (process 4711)` as `client N (process PID)`.
fn without_numbers(text: &str) -> String {
    let mut out: Vec<String> = Vec::new();
    for word in text.split(' ') {
        let digits = word.trim_end_matches([')', ',', '(']);
        let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        let before = out.last().map(|before| before.trim_start_matches('(').to_owned()).unwrap_or_default();
        let letters = match before.as_str() {
            "client" | "clients" | "to" => "N",
            "process" => "PID",
            _ => digits,
        };
        out.push(if is_number { word.replacen(digits, letters, 1) } else { word.to_owned() });
    }
    out.join(" ")
}

/// A panic that nobody waits for is one of the benchmark, whichever process it was in.
#[test]
fn a_panic_beside_a_client_is_told() {
    let all = bench(&["--bench", "processes::panics_beside"]).run();
    all.run.ends_with(101);
    let told = output_of(&all.run.stdout, "processes::panics_beside").expect("a reason");
    assert!(told.contains("beside the operation"), "{told}");
    assert!(told.contains("the process of client 0"), "{told}");

    let all = bench(&["--bench", "processes::panics_beside", "--task-panic=allow"]).run();
    all.run.ends_with(0);
}
