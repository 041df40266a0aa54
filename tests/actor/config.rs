//! Settings of a running application, read and changed by name.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::cast::Tested;
use rehearsal::actor::{Permission, SendError};
use rehearsal::app::{Environment, Form, Setting, Settings, Source};
use rehearsal::{json, send};

const TABLE: &[Setting] = &[
    Setting {
        name: "limit",
        form: Form::Count { least: 1 },
        default: Some("5"),
        live: true,
        ..Setting::BLANK
    },
    Setting { name: "pause", form: Form::Limit, default: Some("1s"), live: true, ..Setting::BLANK },
    Setting { name: "tags", form: Form::List, live: true, ..Setting::BLANK },
    Setting {
        name: "port",
        flags: &["--port"],
        key: Some("port"),
        form: Form::Count { least: 1 },
        default: Some("80"),
        ..Setting::BLANK
    },
];

async fn config(arguments: serde_json::Value) -> Result<serde_json::Value, SendError> {
    send("arbiter", "config", arguments).with(Permission::Authenticated).await
}

// One trial: what the arbiter answers for is the process's.
#[rehearsal::test]
async fn live_settings_are_read_and_changed_by_name() -> Tested {
    let _clean = rehearsal::testkit::clean();
    let arguments = ["--port", "81"].map(Into::into);
    let live = Settings::resolve(TABLE, arguments, &Environment::default(), None)?.live();
    let seen = Arc::new(AtomicU64::new(0));
    let told = seen.clone();
    live.on_change("limit", move |live| {
        told.store(live.read().count("limit").unwrap_or_default(), Ordering::Relaxed);
    });

    assert_eq!(config(json!(["get", "limit"])).await?, "5");
    assert_eq!(config(json!({"what": "get", "setting": "port"})).await?, "81");
    assert_eq!(config(json!(["set", "limit", "10"])).await?, "5", "the value it had");
    assert_eq!(config(json!(["set", "limit", 11])).await?, "10", "a number will do");
    assert_eq!(seen.load(Ordering::Relaxed), 11);
    assert_eq!(live.read().count("limit"), Some(11));
    assert_eq!(live.read().source("limit"), Some(&Source::Set));
    config(json!(["set", "pause", "none"])).await?;
    assert_eq!(live.read().limit("pause"), None);
    config(json!(["set", "tags", "a, b"])).await?;
    assert_eq!(live.read().list("tags"), ["a", "b"]);
    assert_eq!(config(json!(["get", "tags"])).await?, "a,b");

    let wrong = [
        (
            json!(["set", "limit", "0"]),
            "`limit` cannot be `0`: too small; allowed: a whole number of at least 1",
        ),
        (json!(["set", "limit", true]), "`limit` cannot be `true`: not a whole number"),
        (json!(["set", "port", "82"]), "give it there with --port or port"),
        (json!(["get", "limti"]), "no setting is called `limti`; did you mean `limit`?"),
        (json!(["get", "zzz"]), "there are: limit, pause, tags, port"),
        (json!(["set", "limit"]), "the argument `value`: `set` needs one"),
        (json!(["get", "limit", "5"]), "the argument `value`: `get` takes none"),
        (json!(["put", "limit"]), "`put` is neither `get` nor `set`"),
        (json!(["get"]), "the argument `setting`: it is missing"),
    ];
    for (arguments, text) in wrong {
        let error = config(arguments.clone()).await.unwrap_err().to_string();
        assert!(error.contains(text), "{arguments}: {error}");
    }
    assert_eq!((live.get("limit")?, live.get("port")?), ("11".to_owned(), "81".to_owned()));
    let error = send("arbiter", "config", ["get", "limit"]).await.unwrap_err();
    assert!(matches!(error, SendError::NotPermitted { .. }), "{error}");
    Ok(())
}
