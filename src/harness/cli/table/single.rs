//! What is said of single trials or groups, and in the settings file alone.

use crate::app::{Form, Scope, Setting};

/// The rows of the table that are for overrides and named tables.
pub(super) const SINGLE: &[Setting] = &[
    Setting {
        name: "group",
        heading: "",
        key: Some("group"),
        form: Form::Text,
        help: "The group of a trial",
        scope: Scope::Override,
        ..Setting::BLANK
    },
    Setting {
        name: "weight",
        heading: "",
        key: Some("weight"),
        form: Form::Count { least: 1 },
        help: "How many workers' room a trial takes",
        scope: Scope::Override,
        ..Setting::BLANK
    },
    Setting {
        name: "exclusive",
        heading: "",
        key: Some("exclusive"),
        help: "Whether nothing else runs while a trial does",
        scope: Scope::Override,
        ..Setting::BLANK
    },
    Setting {
        name: "xfail",
        heading: "",
        key: Some("xfail"),
        form: Form::Text,
        help: "Why a trial is expected to fail",
        scope: Scope::Override,
        ..Setting::BLANK
    },
    Setting {
        name: "limit-of-group",
        heading: "",
        key: Some("limit"),
        form: Form::Count { least: 1 },
        help: "How many trials of a group run at once",
        scope: Scope::Named("group"),
        ..Setting::BLANK
    },
];
