//! `#[rehearsal::test]`: leaves the function as it is and registers it beside itself.
//!
//! Tokens are moved, never parsed as Rust: a suite of thousands of tests waits for this code at every build, and the
//! body of a test is none of our business.

use proc_macro::TokenStream;

use crate::case::{Cases, is_case};
use crate::function::{Attribute, Function};
use crate::option::{self, Given};
use crate::refusal::or_the_item;
use crate::register::{Link, register};
use crate::token::{Failure, Out, failed};

/// Expands the attribute on one function.
pub(crate) fn expand(arguments: TokenStream, item: TokenStream, link: Link) -> TokenStream {
    or_the_item(try_expand(arguments, item.clone(), link), item)
}

fn try_expand(arguments: TokenStream, item: TokenStream, link: Link) -> Result<TokenStream, Failure> {
    let mut function = Function::split(item, "#[rehearsal::test]")?;
    let mut given = option::parse(arguments, option::OF_TEST)?;
    let cases = take_attributes(&mut function, &mut given)?;
    check_function(&function)?;
    given.check(&function)?;
    let instances = cases.instances(&mut function, &given)?;

    let mut out = Out::new();
    out.extend(function.attributes.iter().flat_map(|attribute| attribute.tokens.iter().cloned()));
    out.extend(function.tokens.iter().cloned());
    match instances {
        None => register(&mut out, &function, &given, None, link),
        Some(instances) => {
            for instance in &instances {
                instance.given.check(&function)?;
                register(&mut out, &function, &instance.given, Some(instance), link);
            }
        }
    }
    Ok(out.into_stream())
}

/// Moves std's own attributes into the options and the cases out, and refuses what would run the function a second
/// time.
fn take_attributes(function: &mut Function, given: &mut Given) -> Result<Cases, Failure> {
    let (mut cases, mut before) = (Cases::default(), Vec::new());
    let mut kept = Vec::with_capacity(function.attributes.len());
    for attribute in std::mem::take(&mut function.attributes) {
        match attribute.path.as_str() {
            // Of the case that follows, as rstest has it; of the test where none does.
            "ignore" | "should_panic" => before.push(attribute),
            _ if is_case(&attribute) => cases.take(&attribute, &std::mem::take(&mut before))?,
            path => {
                if path == "serial" || path.ends_with("::serial") {
                    given.take_serial(&attribute)?;
                }
                refuse_second_test(path, &attribute)?;
                kept.push(attribute);
            }
        }
    }
    function.attributes = kept;
    given.take_of_std(&before)?;
    Ok(cases)
}

fn refuse_second_test(path: &str, attribute: &Attribute) -> Result<(), Failure> {
    let last = path.rsplit("::").next().unwrap_or(path);
    match last {
        "test" | "bench" => failed(
            attribute.span,
            format!(
                "`#[{path}]` beside `#[rehearsal::test]`: the function would be a test twice over; \
                 keep `#[rehearsal::test]` alone"
            ),
        ),
        "fixture" => failed(
            attribute.span,
            format!(
                "`#[{path}]` beside `#[rehearsal::test]`: a function is a test or a fixture; keep one of them"
            ),
        ),
        "values" if path == last => failed(
            attribute.span,
            "`#[values(..)]` stands on a parameter: `fn my_test(#[values(1, 2)] n: u32)`; for lists of arguments there is \
             `#[case(..)]`",
        ),
        "rstest" => failed(
            attribute.span,
            format!(
                "`#[{path}]` must stand above `#[rehearsal::test]`: it makes the cases, and each of them gets the \
                 attributes below it"
            ),
        ),
        _ => Ok(()),
    }
}

fn check_function(function: &Function) -> Result<(), Failure> {
    if let Some(receiver) = &function.receiver {
        return failed(
            receiver.span(),
            "`#[rehearsal::test]` works on free functions; this one is a method. Move it out of the `impl` or `trait`",
        );
    }
    if let Some(bracket) = function.generics {
        return failed(
            bracket,
            "a test cannot be generic: nobody would choose its parameters. Write one that calls a generic helper",
        );
    }
    if let Some((word, span)) = function.refused_qualifier() {
        return failed(
            span,
            format!("a test cannot be `{word}`: the harness calls it as an ordinary safe function"),
        );
    }
    Ok(())
}
