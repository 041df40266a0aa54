//! A function taken apart as far as a test needs it: attributes, head, and a body that nobody looks into.

use proc_macro::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};

use crate::token::{Failure, failed};

/// One `#[…]` of an item.
pub(crate) struct Attribute {
    /// `a::b` without spaces.
    pub(crate) path: String,
    /// What follows the path, flattened.
    pub(crate) rest: Vec<TokenTree>,
    /// Where it stands.
    pub(crate) span: Span,
    /// All of it, `#` included.
    pub(crate) tokens: [TokenTree; 2],
}

impl Attribute {
    /// Reads `#` and the brackets behind it.
    pub(crate) fn read(mark: TokenTree, brackets: Group) -> Attribute {
        let mut path = String::new();
        let mut rest = Vec::new();
        for token in flatten(brackets.stream()) {
            match &token {
                TokenTree::Ident(word) if rest.is_empty() => path.push_str(&word.to_string()),
                TokenTree::Punct(colon) if rest.is_empty() && colon.as_char() == ':' => path.push(':'),
                _ => rest.push(token),
            }
        }
        let span = brackets.span();
        Attribute { path, rest, span, tokens: [mark, TokenTree::Group(brackets)] }
    }
}

/// A function's parts.
pub(crate) struct Function {
    /// Outer attributes, doc comments included.
    pub(crate) attributes: Vec<Attribute>,
    /// Everything behind the attributes, ready to be emitted again.
    pub(crate) tokens: Vec<TokenTree>,
    /// Its name.
    pub(crate) name: Ident,
    /// `<` where it is generic over more than lifetimes, which nobody has to choose.
    pub(crate) generics: Option<Span>,
    /// `self` where it takes one.
    pub(crate) receiver: Option<TokenTree>,
    /// Which of the tokens is the list of its parameters.
    pub(crate) arguments: Option<usize>,
    /// Its first argument, where it takes any.
    pub(crate) first_argument: Option<Span>,
    /// The type behind `->`; nothing where it returns `()` unsaid.
    pub(crate) result: Vec<TokenTree>,
    qualifiers: Vec<Ident>,
}

impl Function {
    /// Takes an item apart, or says in the attribute's name why it is no function.
    pub(crate) fn split(item: TokenStream, of: &str) -> Result<Function, Failure> {
        let mut cursor = flatten(item).into_iter().peekable();
        let mut attributes = Vec::new();
        while let Some(TokenTree::Punct(mark)) = cursor.peek() {
            if mark.as_char() != '#' {
                break;
            }
            let mark = cursor.next();
            match (mark, cursor.next()) {
                (Some(mark), Some(TokenTree::Group(brackets))) => {
                    attributes.push(Attribute::read(mark, brackets))
                }
                _ => return no_function(Span::call_site(), of),
            }
        }
        let tokens: Vec<TokenTree> = cursor.collect();
        let keyword = tokens
            .iter()
            .position(|token| is_word(token, "fn"))
            .filter(|keyword| tokens[..*keyword].iter().all(may_stand_before_fn));
        let Some(keyword) = keyword else {
            let span = tokens.first().map_or_else(Span::call_site, TokenTree::span);
            return no_function(span, of);
        };
        Function::split_head(attributes, keyword, tokens, of)
    }

    fn split_head(
        attributes: Vec<Attribute>,
        keyword: usize,
        tokens: Vec<TokenTree>,
        of: &str,
    ) -> Result<Function, Failure> {
        let qualifiers = tokens[..keyword]
            .iter()
            .filter_map(|token| if let TokenTree::Ident(word) = token { Some(word.clone()) } else { None })
            .collect();
        let Some(TokenTree::Ident(name)) = tokens.get(keyword + 1) else {
            return no_function(tokens[keyword].span(), of);
        };
        let name = name.clone();
        match tokens.last() {
            Some(TokenTree::Group(body)) if body.delimiter() == Delimiter::Brace => {}
            _ => {
                return failed(
                    name.span(),
                    format!("`{of}` needs a function with a body; this one only declares it"),
                );
            }
        }
        let generics = match tokens.get(keyword + 2) {
            Some(TokenTree::Punct(mark)) if mark.as_char() == '<' => {
                (!only_lifetimes(&tokens[keyword + 3..])).then(|| mark.span())
            }
            _ => None,
        };
        let arguments = tokens[keyword + 2..].iter().position(is_parentheses).map(|at| keyword + 2 + at);
        let inside = match arguments.map(|at| &tokens[at]) {
            Some(TokenTree::Group(group)) => flatten(group.stream()),
            _ => Vec::new(),
        };
        let receiver = inside
            .iter()
            .take_while(
                |token| !matches!(token, TokenTree::Punct(mark) if matches!(mark.as_char(), ',' | ':')),
            )
            .find(|token| is_word(token, "self"))
            .cloned();
        let first_argument = inside.first().map(TokenTree::span);
        let behind = arguments.map_or(tokens.len() - 1, |at| at + 1);
        let result = returned(&tokens[behind..tokens.len() - 1]);
        Ok(Function {
            attributes,
            name,
            generics,
            receiver,
            arguments,
            first_argument,
            qualifiers,
            result,
            tokens,
        })
    }

    /// Whether it is `async fn`.
    pub(crate) fn is_async(&self) -> bool {
        self.qualifiers.iter().any(|word| word.to_string() == "async")
    }

    /// `pub` and what belongs to it.
    pub(crate) fn visibility(&self) -> &[TokenTree] {
        &self.tokens[..self.behind_visibility()]
    }

    /// The function from its first qualifier on.
    pub(crate) fn without_visibility(&self) -> &[TokenTree] {
        &self.tokens[self.behind_visibility()..]
    }

    fn behind_visibility(&self) -> usize {
        let of_visibility = |token: &TokenTree| is_word(token, "pub") || is_parentheses(token);
        self.tokens.iter().position(|token| !of_visibility(token)).unwrap_or(0)
    }

    /// A qualifier with which a function cannot be a test.
    pub(crate) fn refused_qualifier(&self) -> Option<(String, Span)> {
        self.qualifiers
            .iter()
            .map(|word| (word.to_string(), word.span()))
            .find(|(word, _)| word == "unsafe" || word == "extern")
    }

    /// Whether it returns `()`, said or unsaid.
    pub(crate) fn returns_unit(&self) -> bool {
        match self.result.as_slice() {
            [] => true,
            [TokenTree::Group(group)] => is_parentheses(&self.result[0]) && group.stream().is_empty(),
            _ => false,
        }
    }

    /// Where its return type stands, or its name.
    pub(crate) fn return_span(&self) -> Span {
        self.result.first().map_or_else(|| self.name.span(), TokenTree::span)
    }
}

fn no_function<T>(span: Span, of: &str) -> Result<T, Failure> {
    failed(span, format!("`{of}` belongs on a function: `fn` or `async fn` with a body"))
}

/// Whether parameters, up to the `>` that closes them, are lifetimes alone: no word but behind a `'`.
fn only_lifetimes(tokens: &[TokenTree]) -> bool {
    let is_mark =
        |token: &TokenTree, wanted| matches!(token, TokenTree::Punct(mark) if mark.as_char() == wanted);
    let end = tokens.iter().position(|token| is_mark(token, '>')).unwrap_or(tokens.len());
    let is_word = |at: usize| matches!(tokens[at], TokenTree::Ident(_));
    (0..end).all(|at| !is_word(at) || (at > 0 && is_mark(&tokens[at - 1], '\'')))
}

/// The type behind `->`, up to a `where`.
fn returned(tokens: &[TokenTree]) -> Vec<TokenTree> {
    match tokens {
        [TokenTree::Punct(dash), TokenTree::Punct(tip), result @ ..]
            if dash.as_char() == '-' && tip.as_char() == '>' =>
        {
            result.iter().take_while(|token| !is_word(token, "where")).cloned().collect()
        }
        _ => Vec::new(),
    }
}

/// What may stand between attributes and `fn`: `pub(in path)`, `async`, `const`, `unsafe`, `extern "C"`.
fn may_stand_before_fn(token: &TokenTree) -> bool {
    match token {
        TokenTree::Ident(word) => {
            matches!(
                word.to_string().as_str(),
                "pub" | "crate" | "async" | "const" | "unsafe" | "safe" | "extern"
            )
        }
        TokenTree::Group(_) => is_parentheses(token),
        TokenTree::Literal(_) => true,
        TokenTree::Punct(_) => false,
    }
}

fn is_word(token: &TokenTree, expected: &str) -> bool {
    matches!(token, TokenTree::Ident(word) if word.to_string() == expected)
}

fn is_parentheses(token: &TokenTree) -> bool {
    matches!(token, TokenTree::Group(group) if group.delimiter() == Delimiter::Parenthesis)
}

/// Opens the invisible groups that `macro_rules!` puts around what it matched (`$vis`, `$body:block`, `$meta`).
pub(crate) fn flatten(stream: TokenStream) -> Vec<TokenTree> {
    let mut tokens = Vec::new();
    for token in stream {
        match token {
            TokenTree::Group(group) if group.delimiter() == Delimiter::None => {
                tokens.extend(flatten(group.stream()));
            }
            token => tokens.push(token),
        }
    }
    tokens
}
