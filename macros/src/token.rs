//! The two ends of a macro that needs no parser: a failure that becomes `compile_error!`, and a writer of tokens.

use proc_macro::{Delimiter, Group, Ident, Literal, Punct, Spacing, Span, TokenStream, TokenTree};

/// What is wrong with the input, and where.
pub(crate) struct Failure {
    span: Span,
    message: String,
}

/// Shorthand for the error side of a parser.
pub(crate) fn failed<T>(span: Span, message: impl Into<String>) -> Result<T, Failure> {
    Err(Failure { span, message: message.into() })
}

impl Failure {
    /// `::core::compile_error! { "…" }`, reported at the place that caused it.
    pub(crate) fn into_compile_error(self) -> TokenStream {
        let mut out = Out::new();
        out.locate(self.span);
        out.path("::core::compile_error");
        out.punct('!');
        out.group(Delimiter::Brace, |out| out.string(&self.message));
        out.into_stream()
    }
}

/// Tokens in the making.
pub(crate) struct Out {
    tokens: Vec<TokenTree>,
    span: Span,
}

impl Out {
    /// Nothing yet; names resolve as if the user had written them.
    pub(crate) fn new() -> Out {
        Out { tokens: Vec::with_capacity(32), span: Span::call_site() }
    }

    /// From here on, errors are reported at `span`; gives back the place that was in force.
    pub(crate) fn locate(&mut self, span: Span) -> Span {
        std::mem::replace(&mut self.span, Span::call_site().located_at(span))
    }

    /// Puts back what `locate` gave.
    pub(crate) fn relocate(&mut self, span: Span) {
        self.span = span;
    }

    /// One token as it is.
    pub(crate) fn push(&mut self, token: TokenTree) {
        self.tokens.push(token);
    }

    /// Tokens as they are.
    pub(crate) fn extend(&mut self, tokens: impl IntoIterator<Item = TokenTree>) {
        self.tokens.extend(tokens);
    }

    /// A path written as text: `::a::b`, `crate::a`.
    pub(crate) fn path(&mut self, path: &str) {
        for (index, segment) in path.split("::").enumerate() {
            if index > 0 {
                self.joint(':', Spacing::Joint);
                self.joint(':', Spacing::Alone);
            }
            if !segment.is_empty() {
                self.word(segment);
            }
        }
    }

    /// An identifier or keyword.
    pub(crate) fn word(&mut self, word: &str) {
        self.tokens.push(TokenTree::Ident(Ident::new(word, self.span)));
    }

    /// One mark that stands by itself.
    pub(crate) fn punct(&mut self, mark: char) {
        self.joint(mark, Spacing::Alone);
    }

    fn joint(&mut self, mark: char, spacing: Spacing) {
        let mut punct = Punct::new(mark, spacing);
        punct.set_span(self.span);
        self.tokens.push(TokenTree::Punct(punct));
    }

    /// `..` before the rest of a struct.
    pub(crate) fn range(&mut self) {
        self.joint('.', Spacing::Joint);
        self.joint('.', Spacing::Alone);
    }

    /// `->` before a result.
    pub(crate) fn arrow(&mut self) {
        self.joint('-', Spacing::Joint);
        self.joint('>', Spacing::Alone);
    }

    /// A string literal.
    pub(crate) fn string(&mut self, text: &str) {
        self.literal(Literal::string(text));
    }

    /// A number without a type.
    pub(crate) fn number(&mut self, value: usize) {
        self.literal(Literal::usize_unsuffixed(value));
    }

    fn literal(&mut self, mut literal: Literal) {
        literal.set_span(self.span);
        self.tokens.push(TokenTree::Literal(literal));
    }

    /// `name: value,` of a struct.
    pub(crate) fn field(&mut self, name: &str, value: impl FnOnce(&mut Out)) {
        self.word(name);
        self.punct(':');
        value(self);
        self.punct(',');
    }

    /// `path!(…)`.
    pub(crate) fn call_macro(&mut self, path: &str, fill: impl FnOnce(&mut Out)) {
        self.path(path);
        self.punct('!');
        self.group(Delimiter::Parenthesis, fill);
    }

    /// `'name`.
    pub(crate) fn lifetime(&mut self, name: &str) {
        self.joint('\'', Spacing::Joint);
        self.word(name);
    }

    /// What `fill` writes, between delimiters.
    pub(crate) fn group(&mut self, delimiter: Delimiter, fill: impl FnOnce(&mut Out)) {
        let mut inner = Out { tokens: Vec::new(), span: self.span };
        fill(&mut inner);
        let mut group = Group::new(delimiter, inner.into_stream());
        group.set_span(self.span);
        self.tokens.push(TokenTree::Group(group));
    }

    /// All of it.
    pub(crate) fn into_stream(self) -> TokenStream {
        self.tokens.into_iter().collect()
    }
}
