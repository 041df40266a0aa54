//! The parameters of a function, and lists of expressions: what lies between commas, taken apart without a parser.

use proc_macro::{Delimiter, Group, Ident, Span, TokenTree};

use crate::function::{Attribute, Function, flatten};

/// One parameter of a function.
pub(crate) struct Parameter {
    /// The attributes on it.
    pub(crate) attributes: Vec<Attribute>,
    /// Pattern, colon and type.
    tokens: Vec<TokenTree>,
    /// Where it stands.
    pub(crate) span: Span,
}

impl Parameter {
    /// The parameters of a function, in order.
    pub(crate) fn all(function: &Function) -> Vec<Parameter> {
        let Some(TokenTree::Group(list)) = function.arguments.map(|at| &function.tokens[at]) else {
            return Vec::new();
        };
        split(flatten(list.stream()), Angles::Types).into_iter().filter_map(Parameter::read).collect()
    }

    fn read(tokens: Vec<TokenTree>) -> Option<Parameter> {
        let span = tokens.first()?.span();
        let mut tokens = tokens.into_iter().peekable();
        let mut attributes = Vec::new();
        while let Some(mark) = tokens.next_if(|token| is_mark(token, '#')) {
            if let Some(TokenTree::Group(brackets)) = tokens.next() {
                attributes.push(Attribute::read(mark, brackets));
            }
        }
        Some(Parameter { attributes, tokens: tokens.collect(), span })
    }

    /// Pattern, colon and type.
    pub(crate) fn binding(&self) -> &[TokenTree] {
        &self.tokens
    }

    /// The type, where the pattern is a name.
    pub(crate) fn of_type(&self) -> &[TokenTree] {
        let colon = self.tokens.iter().position(|token| is_mark(token, ':'));
        colon.map(|at| &self.tokens[at + 1..]).unwrap_or_default()
    }

    /// The name, where the pattern is one: `n: u32`, `mut n: u32`.
    pub(crate) fn name(&self) -> Option<&Ident> {
        match self.tokens.as_slice() {
            [TokenTree::Ident(name), colon, ..] if is_mark(colon, ':') => Some(name),
            [TokenTree::Ident(word), TokenTree::Ident(name), colon, ..]
                if is_mark(colon, ':') && word.to_string() == "mut" =>
            {
                Some(name)
            }
            _ => None,
        }
    }
}

/// Puts the parameters back into their function, with the attributes that they still have.
pub(crate) fn put_back(function: &mut Function, parameters: Vec<Parameter>) {
    let Some(list) = function.arguments.map(|at| &mut function.tokens[at]) else { return };
    let comma = || TokenTree::Punct(proc_macro::Punct::new(',', proc_macro::Spacing::Alone));
    let tokens = parameters.into_iter().flat_map(|parameter| {
        let attributes = parameter.attributes.into_iter().flat_map(|attribute| attribute.tokens);
        attributes.chain(parameter.tokens).chain([comma()]).collect::<Vec<_>>()
    });
    let mut group = Group::new(Delimiter::Parenthesis, tokens.collect());
    group.set_span(list.span());
    *list = TokenTree::Group(group);
}

/// What `<` opens.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Angles {
    /// A list of types, always.
    Types,
    /// A list of types at the beginning and behind `::`; elsewhere it compares.
    Expressions,
}

/// What lies between commas. A comma within the arguments of a type or of a closure ends nothing; one at the end is
/// followed by nothing.
pub(crate) fn split(tokens: Vec<TokenTree>, angles: Angles) -> Vec<Vec<TokenTree>> {
    let mut parts: Vec<Vec<TokenTree>> = vec![Vec::new()];
    let (mut depth, mut in_closure) = (0_u32, false);
    for token in tokens {
        let part = parts.last_mut().expect("there is always one");
        match &token {
            TokenTree::Punct(mark) => match mark.as_char() {
                '<' if depth > 0 || angles == Angles::Types || part.is_empty() || ends_with(part, ':') => {
                    depth += 1
                }
                // Not the tip of `->`.
                '>' if depth > 0 && !ends_with(part, '-') => depth -= 1,
                '|' if in_closure => in_closure = false,
                '|' if begins_closure(part) => in_closure = true,
                ',' if depth == 0 && !in_closure => {
                    parts.push(Vec::new());
                    continue;
                }
                _ => {}
            },
            TokenTree::Group(_) | TokenTree::Ident(_) | TokenTree::Literal(_) => {}
        }
        part.push(token);
    }
    if parts.last().is_some_and(Vec::is_empty) {
        parts.pop();
    }
    parts
}

fn begins_closure(part: &[TokenTree]) -> bool {
    let leads = |token: &TokenTree| {
        matches!(token, TokenTree::Ident(word) if ["move", "async"].contains(&&*word.to_string()))
            || is_mark(token, '&')
    };
    part.iter().all(leads)
}

fn ends_with(part: &[TokenTree], mark: char) -> bool {
    part.last().is_some_and(|token| is_mark(token, mark))
}

/// Whether this token is that mark.
pub(crate) fn is_mark(token: &TokenTree, mark: char) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == mark)
}

/// The list of an attribute that takes one, up to a `;` and behind it; `None` where it has no parentheses.
pub(crate) fn listed(attribute: &Attribute) -> Option<(Vec<Vec<TokenTree>>, Vec<TokenTree>)> {
    let [TokenTree::Group(list)] = attribute.rest.as_slice() else { return None };
    if list.delimiter() != Delimiter::Parenthesis {
        return None;
    }
    let mut values = flatten(list.stream());
    let behind = match values.iter().position(|token| is_mark(token, ';')) {
        Some(at) => values.split_off(at).into_iter().skip(1).collect(),
        None => Vec::new(),
    };
    Some((split(values, Angles::Expressions), behind))
}
