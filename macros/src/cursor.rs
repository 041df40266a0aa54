//! Reading a token stream without a parser crate: a position in it, and the few questions the actor macros ask.

use proc_macro2::{Delimiter, Group, Ident, Spacing, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote_spanned};

/// What is wrong with the input, and where.
#[derive(Debug)]
pub(crate) struct Wrong {
    span: Span,
    message: String,
}

/// Shorthand for the error side of a parser.
pub(crate) fn wrong<T>(span: Span, message: impl Into<String>) -> Result<T, Wrong> {
    Err(Wrong { span, message: message.into() })
}

impl Wrong {
    /// `compile_error!` at the place that caused it.
    pub(crate) fn to_compile_error(&self) -> TokenStream {
        let message = &self.message;
        quote_spanned!(self.span=> ::core::compile_error! { #message })
    }
}

/// A position in a list of tokens.
pub(crate) struct Cursor {
    tokens: Vec<TokenTree>,
    at: usize,
    /// Where to point when the tokens are used up.
    end: Span,
}

impl Cursor {
    pub(crate) fn new(stream: TokenStream, end: Span) -> Cursor {
        Cursor { tokens: stream.into_iter().collect(), at: 0, end }
    }

    pub(crate) fn peek(&self) -> Option<&TokenTree> {
        self.tokens.get(self.at)
    }

    pub(crate) fn next(&mut self) -> Option<TokenTree> {
        let token = self.tokens.get(self.at).cloned();
        self.at += usize::from(token.is_some());
        token
    }

    pub(crate) fn is_done(&self) -> bool {
        self.at == self.tokens.len()
    }

    pub(crate) fn span(&self) -> Span {
        self.peek().map_or(self.end, TokenTree::span)
    }

    /// Where it stands, to come back to or to copy from.
    pub(crate) fn mark(&self) -> usize {
        self.at
    }

    /// Goes back to a mark.
    pub(crate) fn back_to(&mut self, mark: usize) {
        self.at = mark;
    }

    /// The tokens since a mark.
    pub(crate) fn since(&self, mark: usize) -> TokenStream {
        self.tokens[mark..self.at].iter().cloned().collect()
    }

    pub(crate) fn is_word(&self, word: &str) -> bool {
        matches!(self.peek(), Some(TokenTree::Ident(ident)) if ident == word)
    }

    pub(crate) fn is_mark(&self, mark: char) -> bool {
        is_mark(self.peek(), mark)
    }

    /// Takes this word if it is next.
    pub(crate) fn word(&mut self, word: &str) -> Option<Span> {
        let found = self.is_word(word).then(|| self.span());
        self.at += usize::from(found.is_some());
        found
    }

    /// Takes this mark if it is next.
    pub(crate) fn mark_of(&mut self, mark: char) -> Option<Span> {
        let found = self.is_mark(mark).then(|| self.span());
        self.at += usize::from(found.is_some());
        found
    }

    /// Takes an identifier; `what` says what it should have been.
    pub(crate) fn ident(&mut self, what: &str) -> Result<Ident, Wrong> {
        match self.next() {
            Some(TokenTree::Ident(ident)) => Ok(ident),
            other => wrong(other.map_or(self.end, |token| token.span()), format!("expected {what}")),
        }
    }

    /// Takes a group of this delimiter if it is next.
    pub(crate) fn group(&mut self, delimiter: Delimiter) -> Option<Group> {
        match self.peek() {
            Some(TokenTree::Group(group)) if group.delimiter() == delimiter => {
                let group = group.clone();
                self.at += 1;
                Some(group)
            }
            _ => None,
        }
    }

    /// Takes `pub`, `pub(..)` or nothing.
    pub(crate) fn visibility(&mut self) -> TokenStream {
        let mark = self.mark();
        if self.word("pub").is_some() {
            self.group(Delimiter::Parenthesis);
        }
        self.since(mark)
    }

    /// Takes all `#[..]` that come next.
    pub(crate) fn attributes(&mut self) -> Result<Vec<Attribute>, Wrong> {
        let mut attributes = Vec::new();
        while let Some(span) = self.mark_of('#') {
            let Some(group) = self.group(Delimiter::Bracket) else {
                return wrong(span, "expected an attribute");
            };
            attributes.push(Attribute::read(group));
        }
        Ok(attributes)
    }

    /// Takes tokens up to one of which `ends` is true, not looking into `<..>`.
    pub(crate) fn until(&mut self, ends: impl Fn(&TokenTree) -> bool) -> TokenStream {
        let mark = self.mark();
        let mut depth = 0_usize;
        while let Some(token) = self.peek() {
            if depth == 0 && ends(token) {
                break;
            }
            if is_mark(Some(token), '<') {
                depth += 1;
            } else if is_mark(Some(token), '>') && !self.is_after_arrow() {
                depth = depth.saturating_sub(1);
            }
            self.at += 1;
        }
        self.since(mark)
    }

    /// Whether the `>` here is the head of `->` or `=>`.
    fn is_after_arrow(&self) -> bool {
        let Some(TokenTree::Punct(before)) = self.at.checked_sub(1).and_then(|at| self.tokens.get(at)) else {
            return false;
        };
        before.spacing() == Spacing::Joint && matches!(before.as_char(), '-' | '=')
    }
}

/// Whether it is this mark.
pub(crate) fn is_mark(token: Option<&TokenTree>, mark: char) -> bool {
    matches!(token, Some(TokenTree::Punct(punct)) if punct.as_char() == mark)
}

/// Splits a stream at its commas, not looking into `<..>`.
pub(crate) fn by_commas(stream: TokenStream, end: Span) -> Vec<Cursor> {
    let mut cursor = Cursor::new(stream, end);
    let mut parts = Vec::new();
    while !cursor.is_done() {
        let part = cursor.until(|token| is_mark(Some(token), ','));
        cursor.mark_of(',');
        parts.push(Cursor::new(part, end));
    }
    parts
}

/// One `#[..]`.
pub(crate) struct Attribute {
    /// Its path as text, without spaces.
    pub(crate) path: String,
    /// What follows the path.
    pub(crate) rest: TokenStream,
    /// All inside the brackets.
    group: Group,
}

impl Attribute {
    fn read(group: Group) -> Attribute {
        let mut cursor = Cursor::new(group.stream(), group.span());
        let mut path = String::new();
        while let Some(TokenTree::Ident(_) | TokenTree::Punct(_)) = cursor.peek() {
            if cursor.is_mark('=') {
                break;
            }
            path.push_str(&cursor.next().map(|token| token.to_string()).unwrap_or_default());
        }
        let rest = cursor.until(|_| false);
        Attribute { path, rest, group }
    }

    pub(crate) fn span(&self) -> Span {
        self.group.span()
    }
}

impl ToTokens for Attribute {
    fn to_tokens(&self, out: &mut TokenStream) {
        let group = &self.group;
        out.extend(quote_spanned!(group.span()=> #));
        out.extend(std::iter::once(TokenTree::Group(group.clone())));
    }
}
