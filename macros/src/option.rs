//! The options of `#[rehearsal::test(…)]`, and std's `#[ignore]` and `#[should_panic]` beside it.

use proc_macro::{Delimiter, Literal, Span, TokenStream, TokenTree};

use crate::function::{Attribute, Function, flatten};
use crate::token::{Failure, Out, failed};

/// The options of `#[rehearsal::test]`, as the error about an unknown one lists them.
pub(crate) const OF_TEST: &[&str] = &[
    "timeout",
    "ignore",
    "should_panic",
    "isolation",
    "group",
    "task_panic",
    "flavor",
    "worker_threads",
    "start_paused",
    "crate",
];

/// What was given, and where.
#[derive(Default)]
pub(crate) struct Given {
    timeout_ms: Option<(u64, Span)>,
    ignore: Option<(Option<Literal>, Span)>,
    should_panic: Option<(Option<Literal>, Span)>,
    isolation: Option<(&'static str, Span)>,
    group: Option<(Literal, Span)>,
    task_panic: Option<(&'static str, Span)>,
    multi_thread: Option<(bool, Span)>,
    worker_threads: Option<(usize, Span)>,
    start_paused: Option<(bool, Span)>,
    root: Option<(String, Span)>,
}

/// One `name`, `name = value` or `name(…)`.
struct Argument {
    name: String,
    span: Span,
    value: Value,
}

enum Value {
    None,
    Equals(TokenTree),
    List(Vec<TokenTree>),
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
            return failed(
                word.span(),
                format!("unknown option `{word}`; allowed are: {}", allowed.join(", ")),
            );
        }
        let argument = Argument { name: word.to_string(), span: word.span(), value: value(name, rest)? };
        given.take(argument)?;
    }
    Ok(given)
}

fn is_comma(token: &TokenTree) -> bool {
    matches!(token, TokenTree::Punct(mark) if mark.as_char() == ',')
}

fn value(name: &TokenTree, rest: &[TokenTree]) -> Result<Value, Failure> {
    match rest {
        [] => Ok(Value::None),
        [TokenTree::Punct(equals), value] if equals.as_char() == '=' => Ok(Value::Equals(value.clone())),
        [TokenTree::Group(list)] if list.delimiter() == Delimiter::Parenthesis => {
            Ok(Value::List(flatten(list.stream())))
        }
        _ => failed(name.span(), format!("expected `{name}`, `{name} = value` or `{name}(…)`")),
    }
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
                let value = choice(&argument, &[("thread", "Thread"), ("process", "Process")])?;
                once(&mut self.isolation, "isolation", (value, span))
            }
            "group" => once(&mut self.group, "group", (group_name(&argument)?, span)),
            "task_panic" => {
                let value = choice(&argument, &[("allow", "Allow"), ("fail", "Fail")])?;
                once(&mut self.task_panic, "task_panic", (value, span))
            }
            "flavor" => {
                let value = choice(&argument, &[("current_thread", "current"), ("multi_thread", "multi")])?;
                once(&mut self.multi_thread, "flavor", (value == "multi", span))
            }
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

    /// Refuses options that contradict one another or the function.
    pub(crate) fn check(&self, function: &Function) -> Result<(), Failure> {
        self.check_flavor(function, false)?;
        if let (Some((true, span)), Some((true, _))) = (self.start_paused, self.multi_thread) {
            return failed(
                span,
                "`start_paused` needs `flavor = \"current_thread\"`, which is the default: only one thread can tell \
                 that nothing but time is left to wait for",
            );
        }
        if let (Some((_, span)), false) = (&self.should_panic, function.returns_unit()) {
            return failed(*span, "a test that should panic must return `()`");
        }
        Ok(())
    }

    /// The part of `check` that is about the runtime, with the flavor that holds where none is given.
    pub(crate) fn check_flavor(&self, function: &Function, multi_thread: bool) -> Result<(), Failure> {
        let runtime = [
            ("flavor", self.multi_thread.map(|given| given.1)),
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
        let multi_thread = self.multi_thread.map_or(multi_thread, |given| given.0);
        if let (Some((_, span)), false) = (self.worker_threads, multi_thread) {
            return failed(span, "`worker_threads` needs `flavor = \"multi_thread\"`");
        }
        Ok(())
    }

    /// `::rehearsal::__private`, or the same of the crate that `crate = ".."` names.
    pub(crate) fn private_path(&self) -> String {
        let root = self.root.as_ref().map_or("::rehearsal", |given| given.0.as_str());
        format!("{root}::__private")
    }

    /// Emits `.with(Options { …, ..Options::NONE })`, and nothing where nothing was given.
    pub(crate) fn emit(&self, out: &mut Out, private: &str) {
        let fields = self.fields(private);
        if fields.tokens.is_empty() {
            return;
        }
        out.punct('.');
        out.word("with");
        out.group(Delimiter::Parenthesis, |out| {
            out.path(&format!("{private}::Options"));
            out.group(Delimiter::Brace, |out| {
                out.extend(fields.tokens);
                out.range();
                out.path(&format!("{private}::Options::NONE"));
            });
        });
    }

    fn fields(&self, private: &str) -> Fields {
        let mut fields = Fields { tokens: Vec::new() };
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
        if let Some((variant, _)) = self.task_panic {
            fields.some("task_panic", |out| out.path(&format!("{private}::TaskPanic::{variant}")));
        }
        if self.multi_thread.is_some() || self.start_paused.is_some() {
            fields.field("runtime", |out| self.runtime(out, private));
        }
        fields
    }

    /// Emits the runtime of a program: as `#[tokio::main]` has it, with many threads unless told otherwise.
    pub(crate) fn runtime_of_program(&self, out: &mut Out, private: &str) {
        out.path(&format!("{private}::ProgramRuntime"));
        out.group(Delimiter::Brace, |out| {
            let mut fields = Fields { tokens: Vec::new() };
            fields
                .field("multi_thread", |out| out.word(truth(self.multi_thread.is_none_or(|given| given.0))));
            self.worker_threads_field(&mut fields);
            out.extend(fields.tokens);
        });
    }

    fn runtime(&self, out: &mut Out, private: &str) {
        out.path(&format!("{private}::RuntimeSpec"));
        out.group(Delimiter::Brace, |out| {
            let mut fields = Fields { tokens: Vec::new() };
            let given = |option: Option<(bool, Span)>| truth(option.is_some_and(|given| given.0));
            fields.field("multi_thread", |out| out.word(given(self.multi_thread)));
            fields.field("start_paused", |out| out.word(given(self.start_paused)));
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
        out.word(name);
        out.punct(':');
        value(&mut out);
        out.punct(',');
        self.tokens.extend(out.into_stream());
    }

    fn some(&mut self, name: &str, value: impl FnOnce(&mut Out)) {
        self.field(name, |out| {
            out.path("::core::option::Option::Some");
            out.group(Delimiter::Parenthesis, value);
        });
    }
}

impl Argument {
    fn of_attribute(name: &str, attribute: &Attribute) -> Result<Argument, Failure> {
        let value = match attribute.rest.as_slice() {
            [] => Value::None,
            [TokenTree::Punct(equals), value] if equals.as_char() == '=' => Value::Equals(value.clone()),
            [TokenTree::Group(list)] if list.delimiter() == Delimiter::Parenthesis => {
                Value::List(flatten(list.stream()))
            }
            _ => return failed(attribute.span, format!("expected `#[{name}]` or `#[{name} = \"..\"]`")),
        };
        Ok(Argument { name: name.to_owned(), span: attribute.span, value })
    }
}

fn once<T>(slot: &mut Option<(T, Span)>, name: &str, given: (T, Span)) -> Result<(), Failure> {
    if slot.is_some() {
        return failed(given.1, format!("`{name}` is given twice; keep one of them"));
    }
    *slot = Some(given);
    Ok(())
}

/// A string literal's token; raw strings too. Byte and C strings are none.
fn string(token: &TokenTree) -> Option<Literal> {
    let TokenTree::Literal(literal) = token else { return None };
    let text = literal.to_string();
    (text.starts_with('"') || text.starts_with("r\"") || text.starts_with("r#")).then(|| literal.clone())
}

/// The text of a plain string literal, for options whose values need no escapes.
fn plain_text(argument: &Argument) -> Option<String> {
    let Value::Equals(value) = &argument.value else { return None };
    let text = string(value)?.to_string();
    Some(text.strip_prefix('"')?.strip_suffix('"')?.to_owned())
}

fn optional_string(argument: &Argument) -> Result<Option<Literal>, Failure> {
    let name = &argument.name;
    match &argument.value {
        Value::None => Ok(None),
        Value::Equals(value) => match string(value) {
            Some(reason) => Ok(Some(reason)),
            None => failed(value.span(), format!("`{name}` takes a string: `{name} = \"reason\"`")),
        },
        Value::List(_) => failed(argument.span, format!("write `{name}` or `{name} = \"reason\"`")),
    }
}

fn expected(argument: &Argument) -> Result<Option<Literal>, Failure> {
    let token = match &argument.value {
        Value::None => return Ok(None),
        Value::Equals(value) => Some(value),
        Value::List(list) => match list.as_slice() {
            [TokenTree::Ident(word), TokenTree::Punct(equals), value, rest @ ..]
                if word.to_string() == "expected"
                    && equals.as_char() == '='
                    && rest.iter().all(is_comma)
                    && rest.len() < 2 =>
            {
                Some(value)
            }
            _ => None,
        },
    };
    match token.and_then(string) {
        Some(text) => Ok(Some(text)),
        None => failed(
            argument.span,
            "write `should_panic` or `should_panic(expected = \"part of the message\")`",
        ),
    }
}

fn choice(argument: &Argument, allowed: &[(&'static str, &'static str)]) -> Result<&'static str, Failure> {
    let text = plain_text(argument);
    match allowed.iter().find(|(word, _)| Some(*word) == text.as_deref()) {
        Some((_, meaning)) => Ok(meaning),
        None => {
            let words: Vec<String> = allowed.iter().map(|(word, _)| format!("\"{word}\"")).collect();
            failed(argument.span, format!("`{}` takes one of: {}", argument.name, words.join(", ")))
        }
    }
}

fn group_name(argument: &Argument) -> Result<Literal, Failure> {
    let literal = match &argument.value {
        Value::Equals(value) => string(value),
        _ => None,
    };
    match literal {
        Some(literal) if plain_text(argument).as_deref() != Some("") => Ok(literal),
        _ => failed(argument.span, "`group` takes the name of the group: `group = \"database\"`"),
    }
}

fn count(argument: &Argument) -> Result<usize, Failure> {
    let number = match &argument.value {
        Value::Equals(value) => value.to_string().replace('_', "").parse().ok().filter(|count| *count > 0),
        _ => None,
    };
    match number {
        Some(number) => Ok(number),
        None => failed(argument.span, format!("`{}` takes a number from 1 up", argument.name)),
    }
}

fn flag(argument: &Argument) -> Result<bool, Failure> {
    let text = match &argument.value {
        Value::Equals(value) => value.to_string(),
        _ => String::new(),
    };
    match text.as_str() {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => failed(argument.span, format!("`{0}` takes true or false: `{0} = true`", argument.name)),
    }
}

fn crate_path(argument: &Argument) -> Result<String, Failure> {
    match plain_text(argument) {
        Some(path) if !path.is_empty() && path.split("::").all(is_segment) => Ok(path),
        _ => failed(
            argument.span,
            "`crate` takes the path under which rehearsal is known: `crate = \"my::rehearsal\"`",
        ),
    }
}

fn is_segment(segment: &str) -> bool {
    segment.chars().all(|letter| letter.is_alphanumeric() || letter == '_')
        && !segment.starts_with(|letter: char| letter.is_ascii_digit())
}

/// `"500ms"`, `"5s"`, `"1.5s"`, `"2m"`, `"1h"`: a number and its unit, more than nothing.
fn duration_ms(argument: &Argument) -> Result<u64, Failure> {
    match plain_text(argument).as_deref().and_then(read_duration) {
        Some(duration_ms) => Ok(duration_ms),
        None => failed(
            argument.span,
            "`timeout` takes a duration of at least 1ms, a number and its unit: \"500ms\", \"5s\", \"1.5s\", \"2m\" or \
             \"1h\"",
        ),
    }
}

fn read_duration(text: &str) -> Option<u64> {
    let digits = text.trim_end_matches(|letter: char| letter.is_ascii_alphabetic());
    let unit_ms = match &text[digits.len()..] {
        "ms" => 1.0,
        "s" => 1_000.0,
        "m" => 60_000.0,
        "h" => 3_600_000.0,
        _ => return None,
    };
    if !digits.starts_with(|letter: char| letter.is_ascii_digit()) {
        return None;
    }
    let number: f64 = digits.trim_end().replace('_', "").parse().ok()?;
    let duration_ms = (number * unit_ms).round();
    (1.0..=1e15).contains(&duration_ms).then_some(duration_ms as u64)
}
