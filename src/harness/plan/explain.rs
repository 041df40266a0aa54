//! Why nothing was chosen, and what was probably meant.

use super::{Candidate, Plan, Planned};
use crate::app::Source;
use crate::app::setting::nearest;
use crate::harness::cli::{NoTests, Options};
use crate::harness::history::record::History;
use crate::harness::registry::{Kind, Registry};
use crate::harness::select::{Expression, Predicate, Text};

/// Why a plan is empty although something was asked for: what matches nothing, and the name that was probably meant.
pub fn explain_nothing_matched(candidates: &[Candidate<'_>], options: &Options, history: &History) -> String {
    let count = candidates.len();
    // A filter that does match, and whose trials were lost to --skip or --ignored, was not mistyped.
    let filter_matches =
        |filter: &String| candidates.iter().any(|candidate| candidate.name.contains(filter.as_str()));
    let is_so = |expression: &Expression| {
        candidates.iter().any(|candidate| expression.holds(&candidate.subject(history)))
    };
    let filters = named("filter", options.filters.iter().map(String::as_str));
    let texts: Vec<String> = options.choice.expressions.iter().map(ToString::to_string).collect();
    let expressions = named("expression", texts.iter().map(String::as_str));
    if !options.filters.is_empty() && !options.filters.iter().any(filter_matches) {
        let names = || candidates.iter().map(|candidate| candidate.name);
        let meant = options.filters.iter().find_map(|filter| nearest(filter, names()));
        return format!("{filters} {}{}", none_of(count), did_you_mean(meant));
    }
    if !texts.is_empty() && !options.choice.expressions.iter().any(is_so) {
        let meant = unknown_names(candidates, options).into_iter().next();
        let meant = meant.map(|told| format!(": {told}")).unwrap_or_default();
        return format!("{expressions} {}{meant}", none_of(count));
    }
    if options.choice.failed && !candidates.iter().any(|candidate| history.failed_last(candidate.name)) {
        return format!("{} is known to have failed when it ran last", none_of(count));
    }
    let failed = if options.choice.failed { "--failed matches".to_owned() } else { String::new() };
    let what = [filters, expressions, failed].into_iter().find(|what| !what.is_empty()).unwrap_or_default();
    format!("{what} no trial together with the other flags; {count} are known")
}

/// Why nothing is measured although what was asked for matches something: there is no benchmark among it.
pub fn explain_only_tests(plan: &Plan, registry: &Registry, options: &Options) -> Option<String> {
    let kind_of = |id: u32| registry.get(id).map(|entry| entry.options.kind);
    let is_asked = options.measure_benches && !options.run_tests && options.selects();
    let is_test = |trial: &Planned| kind_of(trial.id) == Some(Kind::Test);
    (is_asked && plan.trials.iter().all(is_test) && !plan.trials.is_empty()).then(|| {
        let filters = named("filter", options.filters.iter().map(String::as_str));
        let what = if filters.is_empty() { "what was asked for matches".to_owned() } else { filters };
        let (count, plural) = (plan.trials.len(), if plan.trials.len() == 1 { "" } else { "s" });
        format!("{what} {count} test{plural} and no benchmark: with --bench only benchmarks run; `cargo test` runs tests")
    })
}

/// Names in expressions that no trial has while another is near, each as a sentence: who mistypes what is to be left
/// out would never see it.
pub fn unknown_names(candidates: &[Candidate<'_>], options: &Options) -> Vec<String> {
    let mut told = Vec::new();
    for expression in &options.choice.expressions {
        expression.predicates(&mut |predicate| {
            let (kind, asked) = match predicate {
                Predicate::Test(Text::Whole(name)) => ("test is called", name),
                Predicate::Tag(Text::Whole(name)) => ("test has the tag", name),
                Predicate::Group(Text::Whole(name)) => ("test is in a group", name),
                _ => return,
            };
            // Which history does not matter to these.
            let history = &History::default();
            if candidates.iter().any(|candidate| predicate.holds(&candidate.subject(history))) {
                return;
            }
            let names = candidates.iter().flat_map(|candidate| match predicate {
                Predicate::Tag(_) => candidate.tags,
                Predicate::Group(_) => candidate.group.as_slice(),
                _ => std::slice::from_ref(&candidate.name),
            });
            if let Some(near) = nearest(asked, names.copied()) {
                told.push(format!("no {kind} `{asked}`{}", did_you_mean(Some(near))));
            }
        });
    }
    told
}

/// Filters and expressions that match nothing, where another one does: each as a sentence.
pub fn unmatched(candidates: &[Candidate<'_>], options: &Options, history: &History) -> Vec<String> {
    let (filters, expressions) = (&options.filters, &options.choice.expressions);
    let mut told = Vec::new();
    if options.no_tests == NoTests::Pass {
        return told;
    }
    let count = candidates.len();
    let is_named = |filter: &String| {
        candidates.iter().any(|candidate| match options.exact {
            true => candidate.name == filter,
            false => candidate.name.contains(filter.as_str()),
        })
    };
    for filter in filters.iter().filter(|filter| filters.len() > 1 && !is_named(filter)) {
        let meant = did_you_mean(nearest(filter, candidates.iter().map(|candidate| candidate.name)));
        told.push(format!("the filter `{filter}` matches {}{meant}", none_of(count)));
    }
    let is_so = |expression: &Expression| {
        candidates.iter().any(|candidate| expression.holds(&candidate.subject(history)))
    };
    for expression in expressions.iter().filter(|expression| expressions.len() > 1 && !is_so(expression)) {
        told.push(format!("the expression `{expression}` matches {}", none_of(count)));
    }
    told
}

/// Limits for groups that no trial is in, each as a sentence.
///
/// Of one that a variable or the settings file gives nothing is said unless it looks mistyped: those are for all suites of
/// a workspace.
pub fn unknown_groups(candidates: &[Candidate<'_>], options: &Options) -> Vec<String> {
    let groups = || candidates.iter().filter_map(|candidate| candidate.group).chain(options.rules.groups());
    let unknown = options.group_limits.iter().filter(|said| groups().all(|group| group != said.group));
    let told = unknown.filter_map(|said| {
        let near = nearest(&said.group, groups());
        let is_told = near.is_some() || matches!(said.from, Source::Flag { .. });
        let (from, group) = (&said.from, &said.group);
        is_told.then(|| format!("{from}: no test is in a group `{group}`{}", did_you_mean(near)))
    });
    told.collect()
}

/// `the filter .. matches`, or `the filters .., .. match`; empty where there is none.
fn named<'a>(kind: &str, texts: impl Iterator<Item = &'a str>) -> String {
    let quoted: Vec<String> = texts.map(|text| format!("`{text}`")).collect();
    match quoted.as_slice() {
        [] => String::new(),
        [one] => format!("the {kind} {one} matches"),
        many => format!("the {kind}s {} match", many.join(", ")),
    }
}

/// How many there are of which none is meant.
fn none_of(count: usize) -> String {
    match count {
        0 => "no trial (there is none)".to_owned(),
        1 => "no trial (there is one)".to_owned(),
        count => format!("none of the {count} trials"),
    }
}

/// `text; more`, or `text? more` where the text asks something.
pub fn followed(text: &str, more: &str) -> String {
    format!("{text}{} {more}", if text.ends_with('?') { "" } else { ";" })
}

fn did_you_mean(name: Option<&str>) -> String {
    name.map(|name| format!(", did you mean `{name}`?")).unwrap_or_default()
}
