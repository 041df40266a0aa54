//! How benchmarks are measured: Criterion's own flags.

use crate::app::{Form, Setting, Variable};

/// A flag that Criterion has under the same name, and that is handed on to it.
const CRITERION: Setting =
    Setting { heading: "How benchmarks are measured", form: Form::Text, ..Setting::BLANK };

/// The rows of the table that are for benchmarks, each handed on as it was checked by `cli/measure.rs`.
pub(in crate::harness::cli) const MEASURE: &[Setting] = &[
    Setting {
        name: "save-baseline",
        flags: &["--save-baseline"],
        variables: &[Variable::exact("REHEARSAL_SAVE_BASELINE")],
        placeholder: "NAME",
        help: "Keep what is measured under this name, to compare with later; `base` unless given",
        ..CRITERION
    },
    Setting {
        name: "baseline",
        flags: &["--baseline"],
        variables: &[Variable::exact("REHEARSAL_BASELINE")],
        placeholder: "NAME",
        help: "Compare with this one, and keep it as it is; a benchmark that has none fails",
        ..CRITERION
    },
    Setting {
        name: "baseline-lenient",
        flags: &["--baseline-lenient"],
        variables: &[Variable::exact("REHEARSAL_BASELINE_LENIENT")],
        placeholder: "NAME",
        help: "The same, and a benchmark that has none is measured without",
        ..CRITERION
    },
    Setting {
        name: "load-baseline",
        flags: &["--load-baseline"],
        variables: &[Variable::exact("REHEARSAL_LOAD_BASELINE")],
        placeholder: "NAME",
        help: "Measure nothing: compare this one with that of --baseline",
        ..CRITERION
    },
    Setting {
        name: "sample-size",
        flags: &["--sample-size"],
        variables: &[Variable::exact("REHEARSAL_SAMPLE_SIZE")],
        form: Form::Count { least: 10 },
        help: "How many samples to take of a benchmark that does not say; Criterion takes 100",
        ..CRITERION
    },
    Setting {
        name: "warm-up-time",
        flags: &["--warm-up-time"],
        variables: &[Variable::exact("REHEARSAL_WARM_UP_TIME")],
        placeholder: "SECONDS",
        help: "How long to run a benchmark before it is measured; Criterion does for 3 seconds",
        ..CRITERION
    },
    Setting {
        name: "measurement-time",
        flags: &["--measurement-time"],
        variables: &[Variable::exact("REHEARSAL_MEASUREMENT_TIME")],
        placeholder: "SECONDS",
        help: "How long to measure it; Criterion does for 5 seconds",
        ..CRITERION
    },
    Setting {
        name: "nresamples",
        flags: &["--nresamples"],
        variables: &[Variable::exact("REHEARSAL_NRESAMPLES")],
        form: Form::Count { least: 1 },
        help: "How often to draw from the samples for the intervals; Criterion does 100,000 times",
        ..CRITERION
    },
    Setting {
        name: "noplot",
        flags: &["-n", "--noplot"],
        variables: &[Variable::exact("REHEARSAL_NOPLOT")],
        form: Form::Switch,
        help: "Draw no plots and write no pages",
        ..CRITERION
    },
    Setting {
        name: "quick",
        flags: &["--quick"],
        variables: &[Variable::exact("REHEARSAL_QUICK")],
        form: Form::Switch,
        help: "Measure no longer than it takes to be as sure as is needed",
        ..CRITERION
    },
];
