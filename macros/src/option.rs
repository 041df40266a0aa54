//! The options of `#[rehearsal::test(…)]`, and std's `#[ignore]` and `#[should_panic]` beside it.

use proc_macro::{Delimiter, Literal, Span, TokenStream, TokenTree};

use crate::function::{Attribute, Function, flatten};
use crate::meant::meant;
use crate::token::{Failure, Out, failed};
use crate::value::{
    Argument, Retries, Value, choice, count, crate_path, duration_ms, expected, flag, group_name, is_comma,
    is_meant, optional_string, reason, retries, tag_names, value,
};

/// The options of `#[rehearsal::test]`, as the error about an unknown one lists them: first those that may differ between
/// trials of one function.
pub(crate) const OF_TEST: &[&str] = &[
    "timeout",
    "ignore",
    "should_panic",
    "isolation",
    "group",
    "weight",
    "exclusive",
    "tags",
    "retries",
    "xfail",
    "task_panic",
    "leaks",
    "crate",
    "flavor",
    "worker_threads",
    "start_paused",
];

/// The options of one `#[case(.. ; ..)]`.
pub(crate) const OF_CASE: &[&str] = OF_TEST.split_at(12).0;

/// The options of `#[rehearsal::generate]`, which are those of each of its trials.
pub(crate) const OF_GENERATE: &[&str] = OF_TEST.split_at(13).0;

/// The options of what is measured, beside its own.
pub(crate) const OF_BENCH: &[&str] =
    &["timeout", "ignore", "tags", "retries", "task_panic", "leaks", "crate", "flavor", "worker_threads"];

/// The flavors of a runtime, and what each is called in `Flavor`.
const FLAVORS: &[(&str, Flavor)] =
    &[("current_thread", "CurrentThread"), ("multi_thread", "MultiThread"), ("local", "Local")];

/// A variant of the library's `Flavor`.
type Flavor = &'static str;

/// What was given, and where.
#[derive(Default, Clone)]
pub(crate) struct Given {
    timeout_ms: Option<(u64, Span)>,
    ignore: Option<(Option<Literal>, Span)>,
    should_panic: Option<(Option<Literal>, Span)>,
    isolation: Option<(&'static str, Span)>,
    group: Option<(Literal, Span)>,
    weight: Option<(usize, Span)>,
    exclusive: Option<(bool, Span)>,
    retries: Option<(Retries, Span)>,
    xfail: Option<(Literal, Span)>,
    tags: Option<(Vec<Literal>, Span)>,
    task_panic: Option<(&'static str, Span)>,
    leaks: Option<(&'static str, Span)>,
    flavor: Option<(Flavor, Span)>,
    worker_threads: Option<(usize, Span)>,
    start_paused: Option<(bool, Span)>,
    root: Option<(String, Span)>,
    bench: bool,
}

/// Reads what stands in the attribute's parentheses.
pub(crate) fn parse(arguments: TokenStream, allowed: &[&str]) -> Result<Given, Failure> {
    let mut given = Given::default();
    let tokens = flatten(arguments);
    for part in tokens.split(is_comma) {
        let [name, rest @ ..] = part else {
            // An empty part: a trailing comma is fine, two in a row are not worth a rule.
            continue;
        };
        let TokenTree::Ident(word) = name else {
            return failed(name.span(), format!("expected the name of an option: {}", allowed.join(", ")));
        };
        if !allowed.contains(&word.to_string().as_str()) {
            let instead = match word.to_string().as_str() {
                // Of `#[tokio::test]`.
                "unhandled_panic" if allowed.contains(&"task_panic") => {
                    "; a panic in a task fails the test, \
                    `task_panic = \"allow\"` lets it"
                }
                "name" if allowed.contains(&"flavor") => {
                    "; a test is called after its function, and its runtime needs no name"
                }
                _ => "",
            };
            let meant = meant(&word.to_string(), allowed);
            return failed(
                word.span(),
                format!("unknown option `{word}`{meant}{instead}; allowed are: {}", allowed.join(", ")),
            );
        }
        let argument = Argument { name: word.to_string(), span: word.span(), value: value(name, rest)? };
        given.take(argument)?;
    }
    Ok(given)
}

impl Given {
    fn take(&mut self, argument: Argument) -> Result<(), Failure> {
        let span = argument.span;
        match argument.name.as_str() {
            "timeout" => {
                let value = duration_ms(&argument)?;
                once(&mut self.timeout_ms, "timeout", (value, span))
            }
            "ignore" => once(&mut self.ignore, "ignore", (optional_string(&argument)?, span)),
            "should_panic" => once(&mut self.should_panic, "should_panic", (expected(&argument)?, span)),
            "isolation" => {
                let value =
                    choice(&argument, &[("thread", "Thread"), ("process", "Process"), ("fork", "Fork")])?;
                once(&mut self.isolation, "isolation", (value, span))
            }
            "group" => once(&mut self.group, "group", (group_name(&argument)?, span)),
            "weight" => once(&mut self.weight, "weight", (count(&argument)?, span)),
            "exclusive" => once(&mut self.exclusive, "exclusive", (is_meant(&argument)?, span)),
            "tags" => once(&mut self.tags, "tags", (tag_names(&argument)?, span)),
            "retries" => once(&mut self.retries, "retries", (retries(&argument)?, span)),
            "xfail" => once(&mut self.xfail, "xfail", (reason(&argument)?, span)),
            "task_panic" => {
                let value = choice(&argument, &[("allow", "Allow"), ("fail", "Fail")])?;
                once(&mut self.task_panic, "task_panic", (value, span))
            }
            "leaks" => {
                let value = choice(&argument, &[("allow", "Allow"), ("fail", "Fail")])?;
                once(&mut self.leaks, "leaks", (value, span))
            }
            "flavor" => once(&mut self.flavor, "flavor", (choice(&argument, FLAVORS)?, span)),
            "worker_threads" => once(&mut self.worker_threads, "worker_threads", (count(&argument)?, span)),
            "start_paused" => once(&mut self.start_paused, "start_paused", (flag(&argument)?, span)),
            "crate" => once(&mut self.root, "crate", (crate_path(&argument)?, span)),
            name => failed(
                span,
                format!("option `{name}` is allowed and nobody reads it: a bug of rehearsal's macros"),
            ),
        }
    }

    /// Takes std's `#[ignore]` or `#[ignore = ".."]`.
    pub(crate) fn take_ignore(&mut self, attribute: &Attribute) -> Result<(), Failure> {
        let argument = Argument::of_attribute("ignore", attribute)?;
        once(&mut self.ignore, "ignore", (optional_string(&argument)?, attribute.span))
    }

    /// Takes std's `#[should_panic]`, `#[should_panic = ".."]` or `#[should_panic(expected = "..")]`.
    pub(crate) fn take_should_panic(&mut self, attribute: &Attribute) -> Result<(), Failure> {
        let argument = Argument::of_attribute("should_panic", attribute)?;
        once(&mut self.should_panic, "should_panic", (expected(&argument)?, attribute.span))
    }

    /// Takes these, each `#[ignore]` or `#[should_panic]`.
    pub(crate) fn take_of_std(&mut self, attributes: &[Attribute]) -> Result<(), Failure> {
        attributes.iter().try_for_each(|attribute| match attribute.path.as_str() {
            "ignore" => self.take_ignore(attribute),
            _ => self.take_should_panic(attribute),
        })
    }

    /// Makes a group of the key of `#[serial]`, which stays: its lock does not hold in another worker, a group does.
    pub(crate) fn take_serial(&mut self, attribute: &Attribute) -> Result<(), Failure> {
        if self.group.is_some() {
            return Ok(());
        }
        let argument = Argument::of_attribute("serial", attribute)?;
        let key = match &argument.value {
            Value::None => "serial".to_owned(),
            Value::List(list) if !list.iter().any(is_comma) => list.iter().map(ToString::to_string).collect(),
            Value::List(_) | Value::Equals(_) => {
                return failed(
                    attribute.span,
                    "a test is in one group only, so `#[serial]` can have one key: write `group = \"..\"` for the one \
                     that has to hold across workers",
                );
            }
        };
        self.group = Some((Literal::string(&key), attribute.span));
        Ok(())
    }

    /// These options with those of one case, which take the place of the same ones.
    pub(crate) fn with(&self, case: &Given) -> Given {
        let (all, case) = (self.clone(), case.clone());
        Given {
            timeout_ms: case.timeout_ms.or(all.timeout_ms),
            ignore: case.ignore.or(all.ignore),
            should_panic: case.should_panic.or(all.should_panic),
            isolation: case.isolation.or(all.isolation),
            group: case.group.or(all.group),
            weight: case.weight.or(all.weight),
            exclusive: case.exclusive.or(all.exclusive),
            retries: case.retries.or(all.retries),
            xfail: case.xfail.or(all.xfail),
            tags: case.tags.or(all.tags),
            task_panic: case.task_panic.or(all.task_panic),
            leaks: case.leaks.or(all.leaks),
            ..all
        }
    }

    /// Refuses options that contradict one another or the function.
    pub(crate) fn check(&self, function: &Function) -> Result<(), Failure> {
        self.check_flavor(function, false)?;
        if let (Some((true, span)), Some(("MultiThread", _))) = (self.start_paused, self.flavor) {
            return failed(
                span,
                "`start_paused` needs `flavor = \"current_thread\"`, which is the default: only one thread can tell \
                 that nothing but time is left to wait for",
            );
        }
        if let (Some((true, _)), Some((_, span))) = (self.exclusive, self.weight) {
            return failed(
                span,
                "an `exclusive` test runs alone, whatever its `weight`; keep one of the two",
            );
        }
        if let (Some((_, span)), false) = (&self.should_panic, function.returns_unit()) {
            return failed(*span, "a test that should panic must return `()`");
        }
        Ok(())
    }

    /// What these options are of is measured.
    pub(crate) fn set_bench(&mut self) {
        self.bench = true;
    }

    /// Refuses options of a benchmark's runtime that contradict one another.
    pub(crate) fn check_bench(&self) -> Result<(), Failure> {
        match (self.worker_threads, self.flavor) {
            (Some(_), Some(("MultiThread", _))) | (None, _) => Ok(()),
            (Some((_, span)), _) => failed(span, "`worker_threads` needs `flavor = \"multi_thread\"`"),
        }
    }

    /// The part of `check` that is about the runtime, with the flavor that holds where none is given.
    pub(crate) fn check_flavor(&self, function: &Function, multi_thread: bool) -> Result<(), Failure> {
        let runtime = [
            ("flavor", self.flavor.map(|given| given.1)),
            ("worker_threads", self.worker_threads.map(|given| given.1)),
            ("start_paused", self.start_paused.map(|given| given.1)),
        ];
        for (name, span) in runtime {
            if let (Some(span), false) = (span, function.is_async()) {
                return failed(
                    span,
                    format!(
                        "`{name}` describes an async runtime and this function has none; make it `async fn`"
                    ),
                );
            }
        }
        let multi_thread = self.flavor.map_or(multi_thread, |given| given.0 == "MultiThread");
        if let (Some((_, span)), false) = (self.worker_threads, multi_thread) {
            return failed(span, "`worker_threads` needs `flavor = \"multi_thread\"`");
        }
        Ok(())
    }

    /// Refuses what a program's runtime cannot be: its `main` is a task, which `spawn_local` is not for.
    pub(crate) fn check_program(&self) -> Result<(), Failure> {
        match self.flavor {
            Some(("Local", span)) => failed(
                span,
                "a program's `flavor` is \"multi_thread\" or \"current_thread\": its `main` is a task that may move; \
                 put a `tokio::task::LocalSet` into it",
            ),
            _ => Ok(()),
        }
    }

    /// `::rehearsal::__private`, or the same of the crate that `crate = ".."` names.
    pub(crate) fn private_path(&self) -> String {
        let root = self.root.as_ref().map_or("::rehearsal", |given| given.0.as_str());
        format!("{root}::__private")
    }

    /// Emits `Options { …, ..Options::NONE }`, or that constant alone where nothing was given.
    pub(crate) fn emit(&self, out: &mut Out, private: &str) {
        let fields = self.fields(private);
        if fields.tokens.is_empty() {
            out.path(&format!("{private}::Options::NONE"));
            return;
        }
        out.path(&format!("{private}::Options"));
        out.group(Delimiter::Brace, |out| {
            out.extend(fields.tokens);
            out.range();
            out.path(&format!("{private}::Options::NONE"));
        });
    }

    fn fields(&self, private: &str) -> Fields {
        let mut fields = Fields { tokens: Vec::new() };
        if self.bench {
            fields.field("kind", |out| out.path(&format!("{private}::Kind::Bench")));
        }
        if let Some((value, _)) = self.timeout_ms {
            fields.some("timeout_ms", |out| out.number(value as usize));
        }
        if let Some((reason, _)) = &self.ignore {
            fields.some("ignore", |out| match reason {
                Some(reason) => out.push(TokenTree::Literal(reason.clone())),
                None => out.string(""),
            });
        }
        if let Some((expected, _)) = &self.should_panic {
            fields.field("should_panic", |out| {
                let variant = if expected.is_some() { "With" } else { "Yes" };
                out.path(&format!("{private}::ShouldPanic::{variant}"));
                if let Some(expected) = expected {
                    out.group(Delimiter::Parenthesis, |out| out.push(TokenTree::Literal(expected.clone())));
                }
            });
        }
        if let Some((variant, _)) = self.isolation {
            fields.some("isolation", |out| out.path(&format!("{private}::Isolation::{variant}")));
        }
        if let Some((name, _)) = &self.group {
            fields.some("group", |out| out.push(TokenTree::Literal(name.clone())));
        }
        if let Some((weight, _)) = self.weight {
            fields.some("weight", |out| out.number(weight));
        }
        if let Some((exclusive, _)) = self.exclusive {
            fields.field("exclusive", |out| out.word(truth(exclusive)));
        }
        if let Some((tags, _)) = &self.tags {
            fields.field("tags", |out| {
                out.punct('&');
                out.group(Delimiter::Bracket, |out| {
                    for tag in tags {
                        out.push(TokenTree::Literal(tag.clone()));
                        out.punct(',');
                    }
                });
            });
        }
        if let Some((given, _)) = self.retries {
            fields.some("retries", |out| {
                out.path(&format!("{private}::Retries"));
                out.group(Delimiter::Brace, |out| {
                    let mut fields = Fields { tokens: Vec::new() };
                    fields.field("count", |out| out.number(given.count));
                    fields.field("backoff_ms", |out| out.number(given.backoff_ms as usize));
                    fields.field("backoff_most_ms", |out| out.number(given.backoff_most_ms as usize));
                    out.extend(fields.tokens);
                });
            });
        }
        if let Some((reason, _)) = &self.xfail {
            fields.some("xfail", |out| out.push(TokenTree::Literal(reason.clone())));
        }
        if let Some((variant, _)) = self.task_panic {
            fields.some("task_panic", |out| out.path(&format!("{private}::TaskPanic::{variant}")));
        }
        if let Some((variant, _)) = self.leaks {
            fields.some("leaks", |out| out.path(&format!("{private}::Leaks::{variant}")));
        }
        if (self.flavor.is_some() || self.start_paused.is_some()) && !self.bench {
            fields.field("runtime", |out| self.runtime(out, private));
        }
        fields
    }

    /// Emits the runtime of a program: as `#[tokio::main]` has it, with many threads unless told otherwise.
    pub(crate) fn runtime_of_program(&self, out: &mut Out, private: &str) {
        out.path(&format!("{private}::ProgramRuntime"));
        out.group(Delimiter::Brace, |out| {
            let mut fields = Fields { tokens: Vec::new() };
            fields.field("multi_thread", |out| {
                out.word(truth(self.flavor.is_none_or(|given| given.0 == "MultiThread")))
            });
            self.worker_threads_field(&mut fields);
            out.extend(fields.tokens);
        });
    }

    /// Emits the runtime of a trial.
    pub(crate) fn runtime(&self, out: &mut Out, private: &str) {
        out.path(&format!("{private}::RuntimeSpec"));
        out.group(Delimiter::Brace, |out| {
            let mut fields = Fields { tokens: Vec::new() };
            let flavor = self.flavor.map_or("CurrentThread", |given| given.0);
            fields.field("flavor", |out| out.path(&format!("{private}::Flavor::{flavor}")));
            let paused = truth(self.start_paused.is_some_and(|given| given.0));
            fields.field("start_paused", |out| out.word(paused));
            self.worker_threads_field(&mut fields);
            out.extend(fields.tokens);
        });
    }

    fn worker_threads_field(&self, fields: &mut Fields) {
        match self.worker_threads {
            Some((count, _)) => fields.some("worker_threads", |out| out.number(count)),
            None => fields.field("worker_threads", |out| out.path("::core::option::Option::None")),
        }
    }
}

fn truth(value: bool) -> &'static str {
    if value { "true" } else { "false" }
}

/// `name: value,` over and over.
struct Fields {
    tokens: Vec<TokenTree>,
}

impl Fields {
    fn field(&mut self, name: &str, value: impl FnOnce(&mut Out)) {
        let mut out = Out::new();
        out.field(name, value);
        self.tokens.extend(out.into_stream());
    }

    fn some(&mut self, name: &str, value: impl FnOnce(&mut Out)) {
        self.field(name, |out| {
            out.path("::core::option::Option::Some");
            out.group(Delimiter::Parenthesis, value);
        });
    }
}

fn once<T>(slot: &mut Option<(T, Span)>, name: &str, given: (T, Span)) -> Result<(), Failure> {
    if slot.is_some() {
        return failed(given.1, format!("`{name}` is given twice; keep one of them"));
    }
    *slot = Some(given);
    Ok(())
}
