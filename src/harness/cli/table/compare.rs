//! What is measured is compared, and on which machine it is measured at all.

use crate::app::{Form, Setting, Variable};

const MEASURE: &str = "How benchmarks are compared";

/// A flag of comparisons: no variable and no key, for the programs that a comparison starts must not have it.
const OF_COMPARISON: Setting = Setting { heading: MEASURE, form: Form::Text, ..Setting::BLANK };

/// The rows of the table that are about comparisons.
pub(in crate::harness::cli) const COMPARE: &[Setting] = &[
    Setting {
        name: "compare",
        flags: &["--compare"],
        placeholder: "REVISION|BASELINE",
        help: "Build this git revision beside this one, measure each benchmark of both in turns, and tell the ratio with its \
               99 % interval; or compare with what --save-baseline has kept. rev:NAME and baseline:NAME where it is both",
        ..OF_COMPARISON
    },
    Setting {
        name: "fail-on-regression",
        flags: &["--fail-on-regression"],
        placeholder: "PERCENT",
        help: "Fail where a benchmark is slower than in --compare by more than that, as in 5%, and not by chance: the whole \
               interval is beyond it",
        ..OF_COMPARISON
    },
    Setting {
        name: "compare-rounds",
        flags: &["--compare-rounds"],
        form: Form::Count { least: 8 },
        help: "How often each benchmark is measured on each side, 15 times unless given, 200 at most; more make the interval \
               narrower",
        ..OF_COMPARISON
    },
    Setting {
        name: "compare-build",
        flags: &["--compare-build"],
        placeholder: "ARGUMENTS",
        help: "Further arguments for the cargo that builds the revision, as in --compare-build='--features x'",
        ..OF_COMPARISON
    },
    Setting {
        name: "when-busy",
        heading: MEASURE,
        flags: &["--when-busy"],
        variables: &[Variable::exact("REHEARSAL_WHEN_BUSY")],
        key: Some("when-busy"),
        form: Form::Word(&["warn", "refuse", "ignore"]),
        default: Some("warn"),
        help: "What to do where the machine is busy with something else as benchmarks are to begin",
        ..Setting::BLANK
    },
    Setting {
        name: "round",
        flags: &["--round"],
        form: Form::Switch,
        help: "Measure briefly: what --compare starts the programs of both sides with",
        ..OF_COMPARISON
    },
];
