//! A function taken apart as far as an actor or a command needs it; its body is never looked into.

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};
use quote::quote;

use crate::cursor::{Attribute, Cursor, Wrong, by_commas, is_mark, wrong};

/// A function's parts.
pub(crate) struct Method {
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) visibility: TokenStream,
    pub(crate) is_async: bool,
    pub(crate) name: Ident,
    /// How it takes `self`, if it does.
    pub(crate) receiver: Option<TokenStream>,
    /// Its arguments but for `self` and the context.
    pub(crate) args: Vec<Arg>,
    /// Its context, if it takes it.
    pub(crate) cx: Option<Cx>,
    /// What it returns; empty for nothing.
    pub(crate) output: TokenStream,
    /// The body, with its braces.
    pub(crate) body: Group,
    /// All of it but for the attributes.
    pub(crate) tokens: TokenStream,
    /// `const`, `unsafe` or `extern` before `fn`.
    qualifier: Option<Span>,
    /// Its generics.
    generics: Option<Span>,
    /// An argument that is no plain name.
    pattern: Option<Span>,
}

/// The argument that is the context.
pub(crate) struct Cx {
    /// Where among the arguments it is, `self` not counted.
    pub(crate) at: usize,
    pub(crate) name: Ident,
    pub(crate) ty: TokenStream,
}

/// One argument.
pub(crate) struct Arg {
    pub(crate) name: Ident,
    /// With its `mut`, if it has one.
    pub(crate) binding: TokenStream,
    pub(crate) ty: TokenStream,
}

impl Method {
    /// Reads a function whose attributes and visibility were read already; `None`, with the cursor where it was, if
    /// what comes is none.
    pub(crate) fn read(cursor: &mut Cursor, head: Head) -> Result<Result<Method, Head>, Wrong> {
        let Head { attributes, visibility, start } = head;
        let mut ahead = Lookahead::default();
        let begin = cursor.mark();
        if !ahead.reach_fn(cursor) {
            cursor.back_to(begin);
            return Ok(Err(Head { attributes, visibility, start }));
        }
        let name = cursor.ident("the name of the function")?;
        let mut generics = None;
        if cursor.is_mark('<') {
            generics = Some(cursor.span());
            cursor.until(|token| matches!(token, TokenTree::Group(_)));
        }
        let Some(arguments) = cursor.group(Delimiter::Parenthesis) else {
            return wrong(cursor.span(), "expected the function's arguments");
        };
        let mut output = TokenStream::new();
        if cursor.is_mark('-') {
            cursor.next();
            cursor.next();
            output = cursor.until(ends_output);
        }
        if cursor.is_word("where") {
            cursor.until(is_body);
        }
        let Some(body) = cursor.group(Delimiter::Brace) else {
            return wrong(cursor.span(), "expected the function's body");
        };
        let mut method = Method {
            attributes,
            visibility,
            is_async: ahead.is_async,
            name,
            receiver: None,
            args: Vec::new(),
            cx: None,
            output,
            body,
            tokens: cursor.since(start),
            qualifier: ahead.qualifier,
            generics,
            pattern: None,
        };
        method.read_arguments(&arguments)?;
        Ok(Ok(method))
    }

    fn read_arguments(&mut self, arguments: &Group) -> Result<(), Wrong> {
        for (index, mut part) in by_commas(arguments.stream(), arguments.span()).into_iter().enumerate() {
            part.attributes()?;
            if index == 0
                && let Some(receiver) = read_receiver(&mut part)
            {
                self.receiver = Some(receiver);
                continue;
            }
            let start = part.mark();
            let span = part.span();
            part.word("mut");
            let name = match part.next() {
                Some(TokenTree::Ident(name)) if part.is_mark(':') => name,
                _ => {
                    self.pattern = self.pattern.or(Some(span));
                    continue;
                }
            };
            let binding = part.since(start);
            part.mark_of(':');
            let ty = part.until(|_| false);
            if is_context(&ty) {
                self.cx = Some(Cx { at: self.args.len(), name, ty });
            } else {
                self.args.push(Arg { name, binding, ty });
            }
        }
        Ok(())
    }

    /// Refuses what no macro can call. `what` names the kind of function, `#[command]` for one.
    pub(crate) fn check_shape(&self, what: &str) -> Result<(), Wrong> {
        if let Some(span) = self.qualifier {
            return wrong(span, format!("a {what} function cannot be `const`, `unsafe` or `extern`"));
        }
        if let Some(span) = self.generics {
            return wrong(
                span,
                format!(
                    "a {what} function cannot be generic: each one is a message of its own with fixed types; write one for each type, or take an enum"
                ),
            );
        }
        if let Some(span) = self.pattern {
            return wrong(span, format!("an argument of a {what} function must be a plain `name: Type`"));
        }
        Ok(())
    }

    /// Refuses what cannot be called by message.
    pub(crate) fn check_callable(&self, what: &str) -> Result<(), Wrong> {
        self.check_shape(what)?;
        for arg in &self.args {
            check_owned(&arg.ty, what)?;
        }
        if let Some(span) = find_word(&self.output, "impl") {
            return wrong(
                span,
                format!(
                    "a {what} function cannot return `impl Trait`: its answer is a message, which needs a type with a name"
                ),
            );
        }
        if let Some(span) = borrowed(&self.output) {
            return wrong(
                span,
                format!(
                    "a {what} function cannot return a borrow: its answer leaves the actor; return an owned value (`String` for `&str`, `Vec<T>` for `&[T]`)"
                ),
            );
        }
        Ok(())
    }

    /// The doc comments and `#[cfg]`s: what goes along to everything generated from it.
    pub(crate) fn kept(&self, path: &str) -> Vec<&Attribute> {
        self.attributes.iter().filter(|attribute| attribute.path == path).collect()
    }

    /// Its name as text.
    pub(crate) fn text(&self) -> String {
        self.name.to_string().trim_start_matches("r#").to_owned()
    }

    /// Whether it returns something called `Result`.
    pub(crate) fn returns_result(&self) -> bool {
        last_segment(&self.output).is_some_and(|segment| segment == "Result")
    }

    /// The `T` of a `Job<T>` that it returns: its answer comes later.
    pub(crate) fn job(&self) -> Option<TokenStream> {
        let mut cursor = Cursor::new(self.output.clone(), Span::call_site());
        cursor.until(|token| matches!(token, TokenTree::Ident(word) if word == "Job"));
        cursor.word("Job")?;
        cursor.mark_of('<')?;
        Some(cursor.until(|token| is_mark(Some(token), '>')))
    }

    /// Whether it answers with a stream: returns `Streaming<T>`, by itself or in a `Result`.
    pub(crate) fn streams(&self) -> bool {
        cfg!(feature = "stream") && find_word(&self.output, "Streaming").is_some()
    }

    /// Whether all that it does is done when it returns.
    pub(crate) fn is_done_when_it_returns(&self) -> bool {
        self.job().is_none() && !self.streams()
    }

    /// Where it says what it returns.
    pub(crate) fn output_span(&self) -> Span {
        let own = Span::call_site();
        self.output.clone().into_iter().next().map_or(own, |token| own.located_at(token.span()))
    }

    /// What it returns, `()` written out.
    pub(crate) fn output_type(&self) -> TokenStream {
        if self.output.is_empty() { quote!(()) } else { self.output.clone() }
    }

    /// These values in the order of its arguments, with `cx` where it takes its context.
    pub(crate) fn call_list(&self, values: &[Ident], cx: &TokenStream) -> Vec<TokenStream> {
        let mut list: Vec<TokenStream> = values.iter().map(|value| quote!(#value)).collect();
        if let Some(own) = &self.cx {
            list.insert(own.at, cx.clone());
        }
        list
    }
}

/// What stands before `fn`, read already.
pub(crate) struct Head {
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) visibility: TokenStream,
    /// Mark of the first token behind the attributes.
    pub(crate) start: usize,
}

impl Head {
    pub(crate) fn read(cursor: &mut Cursor) -> Result<Head, Wrong> {
        let attributes = cursor.attributes()?;
        let start = cursor.mark();
        let visibility = cursor.visibility();
        Ok(Head { attributes, visibility, start })
    }
}

#[derive(Default)]
struct Lookahead {
    is_async: bool,
    qualifier: Option<Span>,
}

impl Lookahead {
    /// Goes past the words before a function's name; false where no function comes.
    fn reach_fn(&mut self, cursor: &mut Cursor) -> bool {
        loop {
            if cursor.word("fn").is_some() {
                return true;
            }
            if cursor.word("async").is_some() {
                self.is_async = true;
                continue;
            }
            let qualifier = ["const", "unsafe", "extern", "default", "safe"];
            let Some(span) = qualifier.iter().find_map(|word| cursor.word(word)) else { return false };
            self.qualifier = self.qualifier.or(Some(span));
            if let Some(TokenTree::Literal(_)) = cursor.peek() {
                cursor.next();
            }
        }
    }
}

fn is_body(token: &TokenTree) -> bool {
    matches!(token, TokenTree::Group(group) if group.delimiter() == Delimiter::Brace)
}

fn ends_output(token: &TokenTree) -> bool {
    is_body(token) || matches!(token, TokenTree::Ident(word) if word == "where")
}

/// `self`, `&self`, `&mut self`, `&'a mut self`, `mut self`, `self: Type`.
fn read_receiver(part: &mut Cursor) -> Option<TokenStream> {
    let start = part.mark();
    if part.mark_of('&').is_some() && part.mark_of('\'').is_some() {
        part.next();
    }
    part.word("mut");
    if part.word("self").is_some() {
        part.until(|_| false);
        return Some(part.since(start));
    }
    part.back_to(start);
    None
}

/// `&mut Context`, `&mut rehearsal::Context<Self>`.
fn is_context(ty: &TokenStream) -> bool {
    is_mark(ty.clone().into_iter().next().as_ref(), '&')
        && last_segment(ty).is_some_and(|segment| segment == "Context")
}

/// The last name of a path, what is inside `<..>` left out.
fn last_segment(ty: &TokenStream) -> Option<Ident> {
    let mut cursor = Cursor::new(ty.clone(), Span::call_site());
    let mut last = None;
    while !cursor.is_done() {
        cursor.until(|token| matches!(token, TokenTree::Ident(_)));
        if let Some(TokenTree::Ident(word)) = cursor.next() {
            last = Some(word);
        }
    }
    last
}

fn find_word(stream: &TokenStream, word: &str) -> Option<Span> {
    stream.clone().into_iter().find_map(|token| match token {
        TokenTree::Ident(ident) if ident == word => Some(ident.span()),
        TokenTree::Group(group) => find_word(&group.stream(), word),
        _ => None,
    })
}

fn check_owned(ty: &TokenStream, what: &str) -> Result<(), Wrong> {
    if let Some(span) = find_word(ty, "impl") {
        return wrong(
            span,
            format!(
                "an argument of a {what} function cannot be `impl Trait`: it travels in a message, which needs a type with a name"
            ),
        );
    }
    if let Some(span) = borrowed(ty) {
        return wrong(
            span,
            format!(
                "an argument of a {what} function cannot be borrowed: it travels in a message to where the actor runs; take it by value (`String` for `&str`, `Vec<T>` for `&[T]`)"
            ),
        );
    }
    Ok(())
}

/// A `&` or a lifetime, unless it is `'static` or belongs to a function's own signature.
fn borrowed(ty: &TokenStream) -> Option<Span> {
    let mut cursor = Cursor::new(ty.clone(), Span::call_site());
    while let Some(token) = cursor.next() {
        match &token {
            TokenTree::Ident(word)
                if ["fn", "Fn", "FnMut", "FnOnce"].iter().any(|function| word == function) =>
            {
                cursor.group(Delimiter::Parenthesis);
                // What it returns may borrow from what it takes.
                cursor.until(|token| is_mark(Some(token), ','));
            }
            TokenTree::Ident(word) if word == "for" => {
                cursor.until(|token| matches!(token, TokenTree::Ident(_)));
            }
            TokenTree::Group(group) => {
                if let Some(span) = borrowed(&group.stream()) {
                    return Some(span);
                }
            }
            TokenTree::Punct(mark) if mark.as_char() == '&' && !cursor.is_mark('\'') => {
                return Some(mark.span());
            }
            TokenTree::Punct(mark) if mark.as_char() == '\'' && cursor.word("static").is_none() => {
                return Some(cursor.span());
            }
            _ => {}
        }
    }
    None
}
