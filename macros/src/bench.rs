//! `#[rehearsal::bench]`: leaves the function as it is and registers it as a benchmark, one a value of `args`.

use proc_macro::{Delimiter, Ident, Literal, Span, TokenStream, TokenTree};

use crate::case::labelled;
use crate::function::{Function, flatten};
use crate::load::memory;
use crate::option::{self, Given};
use crate::parameter::{Angles, Parameter, is_mark, split};
use crate::refusal::or_the_item;
use crate::register::{Link, Written, register_written};
use crate::token::{Failure, Out, failed};
use crate::value::{Argument, Value, count, duration_ms, group_name, value};

/// The options that are a benchmark's own.
const OWN: &[&str] =
    &["args", "group", "throughput", "sample_size", "warm_up_time", "measurement_time", "memory"];

/// Criterion makes no statistics of fewer samples.
const FEWEST_SAMPLES: usize = 10;

/// Expands the attribute on one function.
pub(crate) fn expand(arguments: TokenStream, item: TokenStream, link: Link) -> TokenStream {
    or_the_item(try_expand(arguments, item.clone(), link), item)
}

fn try_expand(arguments: TokenStream, item: TokenStream, link: Link) -> Result<TokenStream, Failure> {
    check_feature("benchmarks")?;
    let mut function = Function::split(item, "#[rehearsal::bench]")?;
    let (own, others) = Own::take(arguments)?;
    let allowed: Vec<&str> = OWN.iter().chain(option::OF_BENCH).copied().collect();
    let mut given = option::parse(others, &allowed)?;
    take_attributes(&mut function, &mut given)?;
    let parameter = check(&function, &own)?;
    given.check_bench()?;
    given.set_bench();

    let mut out = Out::new();
    out.extend(function.attributes.iter().flat_map(|attribute| attribute.tokens.iter().cloned()));
    out.extend(function.tokens.iter().cloned());
    let bench = Bench { function: &function, given: &given, own: &own, parameter: parameter.as_ref() };
    match &own.args {
        None => bench.register(&mut out, None, link),
        Some(args) => {
            for (label, tokens) in args {
                bench.register(&mut out, Some((label, tokens)), link);
            }
        }
    }
    Ok(out.into_stream())
}

/// Refuses what this crate was built without.
pub(crate) fn check_feature(what: &str) -> Result<(), Failure> {
    match cfg!(feature = "bench") {
        true => Ok(()),
        false => failed(
            Span::call_site(),
            format!(
                "{what} need the feature `bench`: rehearsal = {{ version = \"..\", features = [\"bench\"] }}"
            ),
        ),
    }
}

/// What a benchmark says that no test does.
#[derive(Default)]
struct Own {
    args: Option<Vec<(String, Vec<TokenTree>)>>,
    args_span: Option<Span>,
    group: Option<Literal>,
    throughput: Option<Vec<TokenTree>>,
    sample_size: Option<usize>,
    warm_up_ms: Option<u64>,
    measurement_ms: Option<u64>,
    memory_bytes: Option<u64>,
}

impl Own {
    /// Takes these out of what stands in the attribute's parentheses; gives back the rest.
    fn take(arguments: TokenStream) -> Result<(Own, TokenStream), Failure> {
        let (mut own, mut rest) = (Own::default(), Vec::new());
        let mut seen: Vec<String> = Vec::new();
        for part in split(flatten(arguments), Angles::Expressions) {
            let name = part.first().map(ToString::to_string).unwrap_or_default();
            if !OWN.contains(&name.as_str()) {
                rest.extend(part);
                rest.push(TokenTree::Punct(proc_macro::Punct::new(',', proc_macro::Spacing::Alone)));
                continue;
            }
            let span = part[0].span();
            if seen.contains(&name) {
                return failed(span, format!("`{name}` is given twice; keep one of them"));
            }
            own.read(&name, span, &part)?;
            seen.push(name);
        }
        Ok((own, rest.into_iter().collect()))
    }

    fn read(&mut self, name: &str, span: Span, part: &[TokenTree]) -> Result<(), Failure> {
        if name == "throughput" {
            let [_, equals, expression @ ..] = part else { return failed(span, THROUGHPUT) };
            if !is_mark(equals, '=') || expression.is_empty() {
                return failed(span, THROUGHPUT);
            }
            self.throughput = Some(expression.to_vec());
            return Ok(());
        }
        let argument = Argument { name: name.to_owned(), span, value: value(&part[0], &part[1..])? };
        match name {
            "args" => {
                self.args = Some(args(&argument)?);
                self.args_span = Some(span);
            }
            "group" => self.group = Some(group_name(&argument)?),
            "sample_size" => {
                let size = count(&argument)?;
                if size < FEWEST_SAMPLES {
                    return failed(
                        span,
                        format!(
                            "`sample_size` is at least {FEWEST_SAMPLES}: of fewer samples Criterion makes no statistics"
                        ),
                    );
                }
                self.sample_size = Some(size);
            }
            "memory" => self.memory_bytes = Some(memory(&argument)?),
            "warm_up_time" => self.warm_up_ms = Some(duration_ms(&argument)?),
            _ => self.measurement_ms = Some(duration_ms(&argument)?),
        }
        Ok(())
    }
}

const THROUGHPUT: &str = "`throughput` takes a value of Criterion's `Throughput`, in which the parameter of `args` may \
                          stand: `throughput = Throughput::Bytes(n as u64)`";

fn args(argument: &Argument) -> Result<Vec<(String, Vec<TokenTree>)>, Failure> {
    let list = match &argument.value {
        Value::Equals(TokenTree::Group(list)) if list.delimiter() == Delimiter::Bracket => {
            split(flatten(list.stream()), Angles::Expressions)
        }
        _ => Vec::new(),
    };
    if list.is_empty() {
        return failed(
            argument.span,
            "`args` lists what the function is called with behind its `Bencher`: `args = [10, 1_000]`",
        );
    }
    labelled(list, argument.span)
}

fn take_attributes(function: &mut Function, given: &mut Given) -> Result<(), Failure> {
    for attribute in std::mem::take(&mut function.attributes) {
        match attribute.path.rsplit(':').next().unwrap_or_default() {
            "ignore" => given.take_ignore(&attribute)?,
            "test" | "bench" | "generate" | "load" => {
                return failed(
                    attribute.span,
                    format!(
                        "`#[{}]` beside `#[rehearsal::bench]`: a function is one or the other",
                        attribute.path
                    ),
                );
            }
            "should_panic" => {
                return failed(
                    attribute.span,
                    "a benchmark that panics has no result; write a test for the panic",
                );
            }
            _ => function.attributes.push(attribute),
        }
    }
    Ok(())
}

/// Refuses what cannot be a benchmark; gives back the parameter that `args` are for.
fn check(function: &Function, own: &Own) -> Result<Option<Parameter>, Failure> {
    if let Some(receiver) = &function.receiver {
        return failed(
            receiver.span(),
            "`#[rehearsal::bench]` works on free functions; this one is a method",
        );
    }
    if let Some(bracket) = function.generics {
        return failed(bracket, "a benchmark cannot be generic: nobody would choose its parameters");
    }
    if let Some((word, span)) = function.refused_qualifier() {
        return failed(
            span,
            format!("a benchmark cannot be `{word}`: the harness calls it as an ordinary safe function"),
        );
    }
    if function.is_async() {
        return failed(
            function.name.span(),
            "a benchmark is no `async fn`: what is measured is, `b.to_async(rehearsal::bench::runtime()).iter(async || ..)`",
        );
    }
    if !function.returns_unit() {
        return failed(
            function.return_span(),
            "a benchmark returns nothing: it is Criterion that has its result",
        );
    }
    let mut parameters = Parameter::all(function).into_iter();
    let (bencher, parameter, third) = (parameters.next(), parameters.next(), parameters.next());
    if bencher.is_none() {
        return failed(
            function.name.span(),
            format!(
                "a benchmark takes Criterion's bencher: `fn {}(b: &mut rehearsal::bench::Bencher)`",
                function.name
            ),
        );
    }
    match (&parameter, &own.args, third) {
        (Some(parameter), None, _) => failed(
            parameter.span,
            "nothing supplies this parameter: say what it is to be, `#[rehearsal::bench(args = [10, 1_000])]`",
        ),
        (_, _, Some(third)) => failed(
            third.span,
            "a benchmark has one parameter beside its bencher; where it needs more, make that a tuple: `args = [(1, \"a\")]`",
        ),
        (None, Some(_), None) => failed(
            own.args_span.unwrap_or_else(Span::call_site),
            "`args` are what the function is called with behind its bencher, and it has no such parameter: `n: usize`",
        ),
        (None, None, None) | (Some(_), Some(_), None) => Ok(parameter),
    }
}

/// One function, and all that is said of it.
struct Bench<'a> {
    function: &'a Function,
    given: &'a Given,
    own: &'a Own,
    parameter: Option<&'a Parameter>,
}

/// The name of an argument, and what it is.
type Arg<'a> = Option<(&'a String, &'a Vec<TokenTree>)>;

impl Bench<'_> {
    fn register(&self, out: &mut Out, arg: Arg<'_>, link: Link) {
        let private = self.given.private_path();
        let mut body = Out::new();
        body.path(&format!("{private}::Body::Other"));
        body.group(Delimiter::Parenthesis, |out| {
            out.punct('&');
            out.path(&format!("{private}::bench::Bench"));
            out.group(Delimiter::Brace, |out| self.fields(out, arg, &private));
        });
        let label = arg.map(|(label, _)| label.as_str());
        let written = Written { label, body: body.into_stream().into_iter().collect() };
        register_written(out, self.function, self.given, &written, link);
    }

    fn fields(&self, out: &mut Out, arg: Arg<'_>, private: &str) {
        let (name, own) = (self.function.name.to_string(), self.own);
        let name = name.trim_start_matches("r#");
        out.field("path", |out| {
            out.call_macro("::core::concat", |out| {
                out.call_macro("::core::module_path", |_| {});
                out.punct(',');
                out.string(&format!("::{name}"));
            });
        });
        out.field("function", |out| out.string(name));
        maybe(out, "argument", arg, |out, (label, _)| out.string(label));
        maybe(out, "group", own.group.as_ref(), |out, group| out.push(TokenTree::Literal(group.clone())));
        maybe(out, "throughput", own.throughput.as_ref(), |out, expression| {
            self.throughput(out, arg, expression, private);
        });
        maybe(out, "sample_size", own.sample_size, |out, size| out.number(size));
        maybe(out, "warm_up_ms", own.warm_up_ms, |out, ms| out.number(ms as usize));
        maybe(out, "measurement_ms", own.measurement_ms, |out, ms| out.number(ms as usize));
        maybe(out, "memory_bytes", own.memory_bytes, |out, bytes| out.number(bytes as usize));
        out.field("runtime", |out| self.given.runtime(out, private));
        out.field("call", |out| self.call(out, arg, private));
    }

    /// `{ fn call(bencher: &mut Bencher<'_>) { name(bencher, arg) } call }`.
    fn call(&self, out: &mut Out, arg: Arg<'_>, private: &str) {
        let bencher = || TokenTree::Ident(Ident::new("bencher", Span::mixed_site()));
        out.group(Delimiter::Brace, |out| {
            out.word("fn");
            out.word("call");
            out.group(Delimiter::Parenthesis, |out| {
                out.push(bencher());
                out.punct(':');
                out.punct('&');
                out.word("mut");
                out.path(&format!("{private}::bench::Bencher"));
                out.punct('<');
                out.lifetime("_");
                out.punct('>');
            });
            out.group(Delimiter::Brace, |out| {
                out.push(TokenTree::Ident(self.function.name.clone()));
                out.group(Delimiter::Parenthesis, |out| {
                    out.push(bencher());
                    if let Some((_, tokens)) = arg {
                        out.punct(',');
                        out.extend(tokens.iter().cloned());
                    }
                });
            });
            out.word("call");
        });
    }

    /// `{ fn throughput() -> Throughput { use ..::Throughput; let n: usize = arg; expression } throughput }`.
    fn throughput(&self, out: &mut Out, arg: Arg<'_>, expression: &[TokenTree], private: &str) {
        out.group(Delimiter::Brace, |out| {
            allow_unused(out);
            out.word("fn");
            out.word("throughput");
            out.group(Delimiter::Parenthesis, |_| {});
            out.arrow();
            out.path(&format!("{private}::bench::Throughput"));
            out.group(Delimiter::Brace, |out| {
                out.word("use");
                out.path(&format!("{private}::bench::Throughput"));
                out.punct(';');
                if let (Some(parameter), Some((_, tokens))) = (self.parameter, arg) {
                    out.word("let");
                    out.extend(parameter.binding().iter().cloned());
                    out.punct('=');
                    out.extend(tokens.iter().cloned());
                    out.punct(';');
                }
                out.extend(expression.iter().cloned());
            });
            out.word("throughput");
        });
    }
}

/// `#[allow(unused)]`.
fn allow_unused(out: &mut Out) {
    out.punct('#');
    out.group(Delimiter::Bracket, |out| {
        out.word("allow");
        out.group(Delimiter::Parenthesis, |out| out.word("unused"));
    });
}

/// `name: Some(value),` or `name: None,`.
fn maybe<T>(out: &mut Out, name: &str, given: Option<T>, value: impl FnOnce(&mut Out, T)) {
    out.field(name, |out| match given {
        None => out.path("::core::option::Option::None"),
        Some(given) => {
            out.path("::core::option::Option::Some");
            out.group(Delimiter::Parenthesis, |out| value(out, given));
        }
    });
}
