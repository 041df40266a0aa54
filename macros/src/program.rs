//! `#[rehearsal::program]`: a `main` that knows whether its process is the program or a worker of it.
//!
//! It is not called `main` because `rehearsal::main!()` is: a macro with `!` and an attribute share one namespace.

use proc_macro::{Delimiter, TokenStream, TokenTree};

use crate::function::Function;
use crate::option::{self, Given};
use crate::token::{Failure, Out, failed};

/// The options of this attribute.
const ALLOWED: &[&str] = &["flavor", "worker_threads", "crate"];

/// Expands the attribute on a program's `main`.
pub(crate) fn expand(arguments: TokenStream, item: TokenStream) -> TokenStream {
    match try_expand(arguments, item.clone()) {
        Ok(output) => output,
        Err(failure) => {
            let mut output = failure.into_compile_error();
            output.extend(item);
            output
        }
    }
}

fn try_expand(arguments: TokenStream, item: TokenStream) -> Result<TokenStream, Failure> {
    let function = Function::split(item, "#[rehearsal::program]")?;
    let given = option::parse(arguments, ALLOWED)?;
    if let Some(argument) = function.first_argument {
        return failed(argument, "nothing supplies this argument: a program reads `std::env::args()`");
    }
    if let Some(bracket) = function.generics {
        return failed(bracket, "the `main` of a program cannot be generic");
    }
    if let Some((word, span)) = function.refused_qualifier() {
        return failed(span, format!("the `main` of a program cannot be `{word}`"));
    }
    given.check_flavor(&function, true)?;
    given.check_program()?;
    if function.name.to_string() != "main" {
        return failed(
            function.name.span(),
            format!(
                "`#[rehearsal::program]` goes on `fn main`, and this is `fn {}`: nobody would call it before the process \
                 knows whether it is the program or a worker",
                function.name
            ),
        );
    }

    let mut out = Out::new();
    out.extend(function.attributes.iter().flat_map(|attribute| attribute.tokens.iter().cloned()));
    wrap(&mut out, &function, &given);
    Ok(out.into_stream())
}

/// Emits a plain function of the same name, which boots and then calls the user's, nested inside it.
fn wrap(out: &mut Out, function: &Function, given: &Given) {
    let private = given.private_path();
    let name = TokenTree::Ident(function.name.clone());
    out.extend(function.visibility().iter().cloned());
    out.word("fn");
    out.push(name.clone());
    out.group(Delimiter::Parenthesis, |_| {});
    if function.is_async() {
        // What the user's function returns is reported inside of its task.
        out.arrow();
        out.path("::std::process::ExitCode");
    } else if !function.result.is_empty() {
        out.arrow();
        out.extend(function.result.iter().cloned());
    }
    out.group(Delimiter::Brace, |out| {
        out.extend(function.without_visibility().iter().cloned());
        let outer = out.locate(function.name.span());
        if function.is_async() {
            out.path(&format!("{private}::program"));
            out.group(Delimiter::Parenthesis, |out| {
                given.runtime_of_program(out, &private);
                out.punct(',');
                out.push(name);
            });
        } else {
            out.path(&format!("{private}::program_without_runtime"));
            out.group(Delimiter::Parenthesis, |out| out.push(name));
        }
        out.relocate(outer);
    });
}
