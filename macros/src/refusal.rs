//! What an attribute leaves where it could not be expanded: the error, and the item it stands on.

use proc_macro::{Delimiter, Group, TokenStream, TokenTree};

use crate::case::is_case;
use crate::function::{Attribute, flatten};
use crate::parameter::is_mark;
use crate::token::Failure;

/// What was expanded; or the error, and the item itself, so that what refers to it does not add errors of its own.
pub(crate) fn or_the_item(expanded: Result<TokenStream, Failure>, item: TokenStream) -> TokenStream {
    expanded.unwrap_or_else(|failure| {
        let mut output = failure.into_compile_error();
        output.extend(without_our_attributes(item));
        output
    })
}

/// The item of a failed expansion: without the attributes that mean nothing on a function that is no test, and
/// without those that would add their own errors.
fn without_our_attributes(item: TokenStream) -> TokenStream {
    let mut kept: Vec<TokenTree> = Vec::new();
    let mut tokens = flatten(item).into_iter().peekable();
    while let Some(token) = tokens.next() {
        if let (true, Some(TokenTree::Group(group))) = (is_mark(&token, '#'), tokens.peek()) {
            let attribute = Attribute::read(token.clone(), group.clone());
            let last = attribute.path.rsplit(':').next().unwrap_or_default();
            let ours = [
                "ignore",
                "should_panic",
                "test",
                "bench",
                "rstest",
                "serial",
                "values",
                "generate",
                "fixture",
            ];
            if ours.contains(&last) || is_case(&attribute) {
                tokens.next();
                continue;
            }
        }
        kept.push(match token {
            // The attributes of its parameters.
            TokenTree::Group(group) if group.delimiter() == Delimiter::Parenthesis => {
                let mut clean =
                    Group::new(Delimiter::Parenthesis, without_foreign_attributes(group.stream()));
                clean.set_span(group.span());
                TokenTree::Group(clean)
            }
            token => token,
        });
    }
    kept.into_iter().collect()
}

/// Parameters without the attributes that rustc does not know there: an error about each of them is ours to tell.
fn without_foreign_attributes(parameters: TokenStream) -> TokenStream {
    let known = ["cfg", "cfg_attr", "allow", "expect", "warn", "deny", "forbid"];
    let mut kept: Vec<TokenTree> = Vec::new();
    let mut tokens = flatten(parameters).into_iter().peekable();
    while let Some(token) = tokens.next() {
        if is_mark(&token, '#')
            && let Some(TokenTree::Group(group)) = tokens.peek()
            && !known.contains(&Attribute::read(token.clone(), group.clone()).path.as_str())
        {
            tokens.next();
            continue;
        }
        kept.push(token);
    }
    kept.into_iter().collect()
}
