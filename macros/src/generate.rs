//! `#[rehearsal::generate]`: leaves the function as it is and registers it as one that makes trials.

use proc_macro::{TokenStream, TokenTree};

use crate::function::Function;
use crate::option::{self, Given};
use crate::refusal::or_the_item;
use crate::register::{Link, register_generator};
use crate::token::{Failure, Out, failed};

/// Expands the attribute on one function.
pub(crate) fn expand(arguments: TokenStream, item: TokenStream, link: Link) -> TokenStream {
    or_the_item(try_expand(arguments, item.clone(), link), item)
}

fn try_expand(arguments: TokenStream, item: TokenStream, link: Link) -> Result<TokenStream, Failure> {
    let mut function = Function::split(item, "#[rehearsal::generate]")?;
    let mut given = option::parse(arguments, option::OF_GENERATE)?;
    take_attributes(&mut function, &mut given)?;
    check(&function)?;

    let mut out = Out::new();
    out.extend(function.attributes.iter().flat_map(|attribute| attribute.tokens.iter().cloned()));
    out.extend(function.tokens.iter().cloned());
    let by = if returns_result(&function) { "try_generate" } else { "generate" };
    register_generator(&mut out, &function, &given, by, link);
    Ok(out.into_stream())
}

fn take_attributes(function: &mut Function, given: &mut Given) -> Result<(), Failure> {
    for attribute in std::mem::take(&mut function.attributes) {
        match attribute.path.rsplit(':').next().unwrap_or_default() {
            "ignore" => given.take_ignore(&attribute)?,
            "should_panic" => given.take_should_panic(&attribute)?,
            "test" | "generate" => {
                return failed(
                    attribute.span,
                    format!(
                        "`#[{}]` beside `#[rehearsal::generate]`: a function is one or the other",
                        attribute.path
                    ),
                );
            }
            _ => function.attributes.push(attribute),
        }
    }
    Ok(())
}

fn check(function: &Function) -> Result<(), Failure> {
    if let Some(argument) = function.first_argument {
        return failed(argument, "nothing supplies this argument: a generator takes none");
    }
    if let Some(bracket) = function.generics {
        return failed(bracket, "a generator cannot be generic: nobody would choose its parameters");
    }
    if let Some((word, span)) = function.refused_qualifier() {
        return failed(
            span,
            format!("a generator cannot be `{word}`: the harness calls it as an ordinary safe function"),
        );
    }
    if function.is_async() {
        return failed(
            function.name.span(),
            "a generator cannot be `async`: it runs before any runtime is there. What its trials wait for belongs in \
             them: `Trial::asynchronous(name, async move || ..)`",
        );
    }
    if function.returns_unit() {
        return failed(
            function.name.span(),
            "a generator returns the trials it makes: `-> impl Iterator<Item = rehearsal::Trial>`",
        );
    }
    Ok(())
}

/// Whether its return type is some path's `Result`: `Result<..>`, `io::Result<..>`, `anyhow::Result<..>`.
fn returns_result(function: &Function) -> bool {
    let is_path = |token: &&TokenTree| match token {
        TokenTree::Ident(_) => true,
        TokenTree::Punct(mark) => mark.as_char() == ':',
        _ => false,
    };
    let last = function.result.iter().take_while(is_path).last();
    matches!(last, Some(TokenTree::Ident(word)) if word.to_string() == "Result")
}
