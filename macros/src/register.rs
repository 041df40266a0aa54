//! The one thing that `#[rehearsal::test]` adds to a function: an `Entry`, put into a list at link time.
//!
//! What stands here is compiled once a test, so its shape was chosen by measuring the compiler: a struct literal is
//! cheaper than a `const fn`, a function beside the entry is cheaper than a closure within it, and an entry in a section
//! is a constant where a constructor is a function, a vtable and their debug information.

use proc_macro::{Delimiter, Ident, Span, TokenTree};

use crate::case::Instance;
use crate::function::Function;
use crate::injected;
use crate::option::Given;
use crate::token::Out;

/// How an entry gets into the list: what `src/sys/linked` of the crate `rehearsal` reads.
#[derive(Clone, Copy)]
pub(crate) enum Link {
    /// It stands in the list's section.
    Section,
    /// A function that runs before `main` puts it there.
    Constructor,
}

/// The section, as `src/sys/linked/section.rs` knows it.
pub(crate) const SECTION: &str = concat!(
    "rehearsal_trials_",
    env!("CARGO_PKG_VERSION_MAJOR"),
    "_",
    env!("CARGO_PKG_VERSION_MINOR"),
    "_",
    env!("CARGO_PKG_VERSION_PATCH")
);

/// The function that drives the future of an async test, beside its entry.
const RUN: &str = "__rehearsal_run";

/// What an entry is made of.
struct Making<'a> {
    function: &'a Function,
    given: &'a Given,
    /// One way to call the function, where it has parameters.
    instance: Option<&'a Instance>,
    /// The function of this crate that a generator's trials are given to.
    generator: Option<&'static str>,
    /// A body that another macro has written.
    written: Option<&'a Written<'a>>,
    private: &'a str,
}

/// A body that is written already, of a trial that may be one of several of its function.
pub(crate) struct Written<'a> {
    /// What stands behind the function's name in the trial's.
    pub(crate) label: Option<&'a str>,
    /// A value of the library's `Body`.
    pub(crate) body: Vec<TokenTree>,
}

/// Emits the entry of a function, or of one instance of it: `const _: () = { … };`.
pub(crate) fn register(
    out: &mut Out,
    function: &Function,
    given: &Given,
    instance: Option<&Instance>,
    link: Link,
) {
    let private = &given.private_path();
    wrapped(out, &Making { function, given, instance, generator: None, written: None, private }, link);
}

/// Emits the entry of a function that makes trials, which `by` takes.
pub(crate) fn register_generator(
    out: &mut Out,
    function: &Function,
    given: &Given,
    by: &'static str,
    link: Link,
) {
    let private = &given.private_path();
    wrapped(
        out,
        &Making { function, given, instance: None, generator: Some(by), written: None, private },
        link,
    );
}

/// Emits the entry of a function whose body is written already.
pub(crate) fn register_written(
    out: &mut Out,
    function: &Function,
    given: &Given,
    written: &Written<'_>,
    link: Link,
) {
    let private = &given.private_path();
    let making = Making { function, given, instance: None, generator: None, written: Some(written), private };
    wrapped(out, &making, link);
}

fn wrapped(out: &mut Out, making: &Making<'_>, link: Link) {
    let Making { function, instance, .. } = *making;
    out.word("const");
    out.word("_");
    out.punct(':');
    out.group(Delimiter::Parenthesis, |_| {});
    out.punct('=');
    out.group(Delimiter::Brace, |out| {
        match (function.is_async(), instance.is_some()) {
            _ if making.written.is_some() => {}
            _ if making.injected().is_some() => needing(out, making),
            _ if !function.returns_unit() => {}
            (true, _) => run(out, making),
            (false, true) => call(out, making),
            (false, false) => {}
        }
        match link {
            Link::Section => in_section(out, making),
            Link::Constructor => by_constructor(out, making),
        }
    });
    out.punct(';');
}

impl Making<'_> {
    /// The parameters that are fixtures, where there are any.
    fn injected(&self) -> Option<&Instance> {
        self.instance.filter(|instance| !instance.injected.is_empty())
    }
}

/// The needs of a test that takes fixtures, and what calls it with them.
fn needing(out: &mut Out, making: &Making<'_>) {
    if let Some(Instance { injected, arguments, .. }) = making.injected() {
        out.extend(injected::needing(injected, making.function, arguments, making.private));
    }
}

/// `fn run() { name(…) }`.
fn call(out: &mut Out, making: &Making<'_>) {
    out.word("fn");
    out.word(RUN);
    out.group(Delimiter::Parenthesis, |_| {});
    out.group(Delimiter::Brace, |out| called(out, making));
}

/// `name(…)`.
fn called(out: &mut Out, making: &Making<'_>) {
    out.push(TokenTree::Ident(making.function.name.clone()));
    out.group(Delimiter::Parenthesis, |out| {
        out.extend(making.instance.iter().flat_map(|instance| instance.arguments.iter().cloned()));
    });
}

/// `fn run(with: With<'_, ()>) { with(pin!(name())) }`.
fn run(out: &mut Out, making: &Making<'_>) {
    let private = making.private;
    let with = with();
    out.word("fn");
    out.word(RUN);
    out.group(Delimiter::Parenthesis, |out| {
        out.push(with.clone());
        out.punct(':');
        out.path(&format!("{private}::With"));
        out.punct('<');
        out.lifetime("_");
        out.punct(',');
        out.group(Delimiter::Parenthesis, |_| {});
        out.punct('>');
    });
    out.group(Delimiter::Brace, |out| drive(out, making, with));
}

/// A name for the parameter that drives a future. It is hygienic, so a test called `with` is still found.
fn with() -> TokenTree {
    TokenTree::Ident(Ident::new("with", Span::mixed_site()))
}

/// `with(pin!(name()))`: the future stays on this stack, whatever drives it. With arguments it is a function that does
/// this, `drive(name(…), with)`: what they borrow has to live as long, and a test's instances share that function.
fn drive(out: &mut Out, making: &Making<'_>, with: TokenTree) {
    if making.instance.is_some() {
        out.path(&format!("{}::drive", making.private));
        out.group(Delimiter::Parenthesis, |out| {
            called(out, making);
            out.punct(',');
            out.push(with);
        });
        return;
    }
    out.push(with);
    out.group(Delimiter::Parenthesis, |out| {
        out.path("::core::pin::pin");
        out.punct('!');
        out.group(Delimiter::Parenthesis, |out| called(out, making));
    });
}

/// `#[used] #[unsafe(link_section = "…")] static ENTRY: Entry = Entry { … };`.
///
/// The compiler takes the attribute for this macro's, not the user's: it gets along with `forbid(unsafe_code)`.
fn in_section(out: &mut Out, making: &Making<'_>) {
    out.punct('#');
    out.group(Delimiter::Bracket, |out| out.word("used"));
    out.punct('#');
    out.group(Delimiter::Bracket, |out| {
        out.word("unsafe");
        out.group(Delimiter::Parenthesis, |out| {
            out.word("link_section");
            out.punct('=');
            out.string(SECTION);
        });
    });
    out.word("static");
    out.word("ENTRY");
    out.punct(':');
    out.path(&format!("{}::Entry", making.private));
    out.punct('=');
    entry(out, making);
    out.punct(';');
}

/// `inventory::submit! { Entry { … } }`.
fn by_constructor(out: &mut Out, making: &Making<'_>) {
    out.path(&format!("{}::linked::inventory::submit", making.private));
    out.punct('!');
    out.group(Delimiter::Brace, |out| entry(out, making));
}

/// `Entry { … }`.
fn entry(out: &mut Out, making: &Making<'_>) {
    let Making { function, given, private, .. } = *making;
    out.path(&format!("{private}::Entry"));
    out.group(Delimiter::Brace, |out| {
        out.field("path", |out| path(out, making));
        out.field("file", |out| out.call_macro("::core::file", |_| {}));
        out.field("line", |out| out.number(function.name.span().line()));
        out.field("column", |out| out.number(function.name.span().column()));
        out.field("options", |out| given.emit(out, private));
        out.field("body", |out| body(out, making));
    });
}

/// `concat!(module_path!(), "::name")`, an instance's label behind it.
fn path(out: &mut Out, making: &Making<'_>) {
    let name = &making.function.name;
    out.call_macro("::core::concat", |out| {
        out.call_macro("::core::module_path", |_| {});
        out.punct(',');
        let label = match (making.instance, making.written) {
            (Some(instance), _) => instance.label.as_str(),
            (None, Some(written)) => written.label.unwrap_or_default(),
            (None, None) => "",
        };
        match label {
            "" => out.string(&format!("::{name}")),
            label => out.string(&format!("::{name}::{label}")),
        }
    });
}

fn body(out: &mut Out, making: &Making<'_>) {
    let Making { function, private, instance, .. } = *making;
    if let Some(written) = making.written {
        return out.extend(written.body.iter().cloned());
    }
    if let Some(by) = making.generator {
        return generator(out, making, by);
    }
    if making.injected().is_some() {
        out.path(&format!("{private}::Body::Needing"));
        return out.group(Delimiter::Parenthesis, |out| {
            out.punct('&');
            out.word("__REHEARSAL_NEEDING");
        });
    }
    let name = |out: &mut Out| out.push(TokenTree::Ident(function.name.clone()));
    match (function.is_async(), function.returns_unit()) {
        (false, true) => {
            out.path(&format!("{private}::Body::Sync"));
            out.group(Delimiter::Parenthesis, |out| match instance {
                None => name(out),
                Some(_) => out.word(RUN),
            });
        }
        (true, true) => {
            out.path(&format!("{private}::Body::Async"));
            out.group(Delimiter::Parenthesis, |out| out.word(RUN));
        }
        (false, false) => returning(out, making, "ReturningSync", |out| match instance {
            None => name(out),
            Some(_) => {
                out.punct('|');
                out.punct('|');
                called(out, making);
            }
        }),
        // A closure, because the type of an `impl Termination` cannot be written down.
        (true, false) => returning(out, making, "ReturningAsync", |out| {
            let with = with();
            out.punct('|');
            out.push(with.clone());
            out.punct('|');
            drive(out, making, with);
        }),
    }
}

/// `Body::Generator(|each| by(name(), each))`, located at the return type, as a test's wrapper is.
fn generator(out: &mut Out, making: &Making<'_>, by: &str) {
    let private = making.private;
    out.path(&format!("{private}::Body::Generator"));
    out.group(Delimiter::Parenthesis, |out| {
        let (outer, each) = (out.locate(making.function.return_span()), with());
        out.punct('|');
        out.push(each.clone());
        out.punct('|');
        out.path(&format!("{private}::{by}"));
        out.group(Delimiter::Parenthesis, |out| {
            called(out, making);
            out.punct(',');
            out.push(each);
        });
        out.relocate(outer);
    });
}

/// `Body::Other(&Wrapper(…))`, located at the return type: that is where a type which is no `Termination` has to be
/// reported.
fn returning(out: &mut Out, making: &Making<'_>, wrapper: &str, inside: impl FnOnce(&mut Out)) {
    let Making { function, private, .. } = *making;
    out.path(&format!("{private}::Body::Other"));
    out.group(Delimiter::Parenthesis, |out| {
        let outer = out.locate(function.return_span());
        out.punct('&');
        out.path(&format!("{private}::{wrapper}"));
        out.group(Delimiter::Parenthesis, inside);
        out.relocate(outer);
    });
}
