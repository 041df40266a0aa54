//! What an attribute leaves where it could not be expanded: the error, and the item it stands on.

use proc_macro::{Delimiter, Group, TokenStream, TokenTree};

use crate::case::is_case;
use crate::function::{Attribute, flatten};
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
        let opens = matches!(&token, TokenTree::Punct(mark) if mark.as_char() == '#');
        if let (true, Some(TokenTree::Group(group))) = (opens, tokens.peek()) {
            let attribute = Attribute::read(token.clone(), group.clone());
            let last = attribute.path.rsplit(':').next().unwrap_or_default();
            let ours = ["ignore", "should_panic", "test", "bench", "rstest", "serial", "values", "generate"];
            if ours.contains(&last) || is_case(&attribute) {
                tokens.next();
                continue;
            }
        }
        kept.push(match token {
            // The attributes of its parameters.
            TokenTree::Group(group) if group.delimiter() == Delimiter::Parenthesis => {
                let mut clean = Group::new(Delimiter::Parenthesis, without_our_attributes(group.stream()));
                clean.set_span(group.span());
                TokenTree::Group(clean)
            }
            token => token,
        });
    }
    kept.into_iter().collect()
}
