//! The names that no command may have, and the methods that every proxy has: where one list grows, so does the other.

use std::collections::BTreeSet;

use crate::scan::{texts, tokens};
use crate::{Source, read};

/// Methods of a proxy that a command may be called like: each tells what this process knows of the actor, asks it
/// nothing, and is common as the name of a command. Such a command goes before it; `(*proxy).name()` is the method.
const FREE: [&str; 6] = ["name", "id", "pid", "state", "exit", "is_same"];

/// Names that are kept for what is no method of its own: `Clone`, and what an actor is told rather than asked.
const KEPT: [&str; 3] = ["clone", "watch", "notify"];

/// Public methods of `impl<A: Actor> Address<A>`, wherever such blocks stand.
fn methods(sources: &[Source]) -> BTreeSet<&str> {
    let mut methods = BTreeSet::new();
    for source in sources {
        let tokens = tokens(source);
        let block = ["impl", "<", "A", ":", "Actor", ">", "Address", "<", "A", ">", "{"];
        for from in (0..tokens.len()).filter(|at| texts(&tokens, *at, &block)) {
            let mut depth = 0;
            for at in from + block.len() - 1..tokens.len() {
                match tokens[at].text {
                    "{" => depth += 1,
                    "}" if depth == 1 => break,
                    "}" => depth -= 1,
                    "pub" if depth == 1 && texts(&tokens, at + 1, &["fn"]) => {
                        methods.insert(tokens[at + 2].text);
                    }
                    "pub" if depth == 1 && texts(&tokens, at + 1, &["async", "fn"]) => {
                        methods.insert(tokens[at + 3].text);
                    }
                    _ => {}
                }
            }
        }
    }
    methods
}

/// The names in the macros' list. They are in quotes, which is why they are not tokens.
fn reserved(source: &Source) -> BTreeSet<&str> {
    let list = source.text.split_once("const BUILT_IN").and_then(|(_, rest)| rest.split_once("];"));
    let (list, _) = list.expect("the list of names that are taken");
    list.split('"').skip(1).step_by(2).collect()
}

#[rehearsal::test]
fn what_every_proxy_has_is_no_name_for_a_command() {
    let root = std::path::PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let (mut actor, mut macros) = (Vec::new(), Vec::new());
    read(&root, "src/actor", &mut actor);
    read(&root, "macros/src", &mut macros);
    let methods = methods(&actor);
    assert!(methods.len() >= 15, "the methods were found: {methods:?}");
    let part = macros.iter().find(|source| source.path.ends_with("/part.rs")).expect("the list's file");
    let taken: BTreeSet<&str> = methods.iter().copied().filter(|method| !FREE.contains(method)).collect();
    let wanted: BTreeSet<&str> = taken.iter().copied().chain(KEPT).collect();
    assert_eq!(reserved(part), wanted, "the macros' list beside the methods of a proxy");
    assert!(FREE.iter().all(|free| methods.contains(free)), "what is free is a method: {methods:?}");
}
