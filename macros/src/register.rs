//! The one thing that `#[rehearsal::test]` adds to a function: an `Entry`, put into a list at link time.
//!
//! What stands here is compiled once a test, so its shape was chosen by measuring the compiler: a struct literal is
//! cheaper than a `const fn`, a function beside the entry is cheaper than a closure within it, and an entry in a section
//! is a constant where a constructor is a function, a vtable and their debug information.

use proc_macro::{Delimiter, Ident, Span, TokenTree};

use crate::function::Function;
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
const SECTION: &str = concat!(
    "rehearsal_trials_",
    env!("CARGO_PKG_VERSION_MAJOR"),
    "_",
    env!("CARGO_PKG_VERSION_MINOR"),
    "_",
    env!("CARGO_PKG_VERSION_PATCH")
);

/// The function that drives the future of an async test, beside its entry.
const RUN: &str = "__rehearsal_run";

/// Emits the entry of a function: `const _: () = { … };`.
pub(crate) fn register(out: &mut Out, function: &Function, given: &Given, link: Link) {
    let private = given.private_path();
    out.word("const");
    out.word("_");
    out.punct(':');
    out.group(Delimiter::Parenthesis, |_| {});
    out.punct('=');
    out.group(Delimiter::Brace, |out| {
        if function.is_async() && function.returns_unit() {
            run(out, function, &private);
        }
        match link {
            Link::Section => in_section(out, function, given, &private),
            Link::Constructor => by_constructor(out, function, given, &private),
        }
    });
    out.punct(';');
}

/// `fn run(with: With<'_, ()>) { with(pin!(name())) }`.
fn run(out: &mut Out, function: &Function, private: &str) {
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
    out.group(Delimiter::Brace, |out| drive(out, function, with));
}

/// A name for the parameter that drives a future. It is hygienic, so a test called `with` is still found.
fn with() -> TokenTree {
    TokenTree::Ident(Ident::new("with", Span::mixed_site()))
}

/// `with(pin!(name()))`: the future stays on this stack, whatever drives it.
fn drive(out: &mut Out, function: &Function, with: TokenTree) {
    out.push(with);
    out.group(Delimiter::Parenthesis, |out| {
        out.path("::core::pin::pin");
        out.punct('!');
        out.group(Delimiter::Parenthesis, |out| {
            out.push(TokenTree::Ident(function.name.clone()));
            out.group(Delimiter::Parenthesis, |_| {});
        });
    });
}

/// `#[used] #[unsafe(link_section = "…")] static ENTRY: Entry = Entry { … };`.
///
/// The compiler takes the attribute for this macro's, not the user's: it gets along with `forbid(unsafe_code)`.
fn in_section(out: &mut Out, function: &Function, given: &Given, private: &str) {
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
    out.path(&format!("{private}::Entry"));
    out.punct('=');
    entry(out, function, given, private);
    out.punct(';');
}

/// `inventory::submit! { Entry { … } }`.
fn by_constructor(out: &mut Out, function: &Function, given: &Given, private: &str) {
    out.path(&format!("{private}::linked::inventory::submit"));
    out.punct('!');
    out.group(Delimiter::Brace, |out| entry(out, function, given, private));
}

/// `Entry { … }`.
fn entry(out: &mut Out, function: &Function, given: &Given, private: &str) {
    out.path(&format!("{private}::Entry"));
    out.group(Delimiter::Brace, |out| {
        out.field("path", |out| path(out, function));
        out.field("file", |out| out.call_macro("::core::file", |_| {}));
        out.field("line", |out| out.number(function.name.span().line()));
        out.field("column", |out| out.number(function.name.span().column()));
        out.field("options", |out| given.emit(out, private));
        out.field("body", |out| body(out, function, private));
    });
}

/// `concat!(module_path!(), "::name")`.
fn path(out: &mut Out, function: &Function) {
    out.call_macro("::core::concat", |out| {
        out.call_macro("::core::module_path", |_| {});
        out.punct(',');
        out.string(&format!("::{}", function.name));
    });
}

fn body(out: &mut Out, function: &Function, private: &str) {
    let name = |out: &mut Out| out.push(TokenTree::Ident(function.name.clone()));
    match (function.is_async(), function.returns_unit()) {
        (false, true) => {
            out.path(&format!("{private}::Body::Sync"));
            out.group(Delimiter::Parenthesis, name);
        }
        (true, true) => {
            out.path(&format!("{private}::Body::Async"));
            out.group(Delimiter::Parenthesis, |out| out.word(RUN));
        }
        (false, false) => returning(out, function, &format!("{private}::ReturningSync"), private, name),
        // A closure, because the type of an `impl Termination` cannot be written down.
        (true, false) => {
            returning(out, function, &format!("{private}::ReturningAsync"), private, |out| {
                let with = with();
                out.punct('|');
                out.push(with.clone());
                out.punct('|');
                drive(out, function, with);
            });
        }
    }
}

/// `Body::Other(&Wrapper(…))`, located at the return type: that is where a type which is no `Termination` has to be
/// reported.
fn returning(
    out: &mut Out,
    function: &Function,
    wrapper: &str,
    private: &str,
    inside: impl FnOnce(&mut Out),
) {
    out.path(&format!("{private}::Body::Other"));
    out.group(Delimiter::Parenthesis, |out| {
        let outer = out.locate(function.return_span());
        out.punct('&');
        out.path(wrapper);
        out.group(Delimiter::Parenthesis, inside);
        out.relocate(outer);
    });
}
