//! `#[rehearsal::actor]`: reads an `impl` block and checks it. What it becomes is in `actor_out`.

use proc_macro2::{Delimiter, Ident, Literal, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote};

use crate::actor_out;
use crate::cursor::{Attribute, Cursor, Wrong, by_commas, wrong};
use crate::method::{Head, Method};

/// Names that every proxy has already.
const BUILT_IN: [&str; 8] = ["ping", "echo", "info", "run", "stop", "kill", "ended", "clone"];

/// An actor as it was written.
pub(crate) struct Actor {
    /// `::rehearsal::__private::actor`.
    pub(crate) root: TokenStream,
    /// The type, as the `impl` names it.
    pub(crate) ty: TokenStream,
    /// The last name of that.
    pub(crate) ident: Ident,
    pub(crate) event: TokenStream,
    /// Visibility of the proxy.
    pub(crate) visibility: TokenStream,
    /// `#[cfg]`s on the `impl` block.
    pub(crate) cfg: Vec<Attribute>,
    pub(crate) start: Method,
    pub(crate) commands: Vec<Method>,
    pub(crate) periodic: Vec<(Method, u64)>,
    pub(crate) stopping: Option<Method>,
    /// The `impl` block without what only this macro understands.
    pub(crate) original: TokenStream,
}

/// What stands in the attribute's parentheses.
struct Options {
    event: TokenStream,
    visibility: Option<TokenStream>,
    root: TokenStream,
}

/// What a method is to the actor.
enum Part {
    Start,
    Command,
    Periodic(u64),
    Stopping,
}

pub(crate) fn expand(arguments: TokenStream, item: TokenStream) -> TokenStream {
    match read(arguments, item.clone()) {
        Ok(actor) => actor_out::emit(&actor),
        // The block stays, so that the error is the only one.
        Err(wrong) => {
            let error = wrong.to_compile_error();
            let item = without_parts(item);
            quote!(#error #item)
        }
    }
}

fn read(arguments: TokenStream, item: TokenStream) -> Result<Actor, Wrong> {
    let options = read_options(arguments)?;
    let mut cursor = Cursor::new(item, Span::call_site());
    let attributes = cursor.attributes()?;
    let Some(keyword) = cursor.word("impl") else {
        return wrong(
            cursor.span(),
            "#[rehearsal::actor] goes on the `impl` block that has the actor's #[start] and #[command] functions",
        );
    };
    if cursor.is_mark('<') {
        return wrong(
            cursor.span(),
            "an actor cannot be generic: its messages and its proxy are types of their own; write an actor for each type",
        );
    }
    let ty = cursor.until(|token| {
        matches!(token, TokenTree::Group(group) if group.delimiter() == Delimiter::Brace)
            || matches!(token, TokenTree::Ident(word) if word == "for" || word == "where")
    });
    if cursor.is_word("for") || cursor.is_word("where") {
        return wrong(cursor.span(), "#[rehearsal::actor] goes on a plain `impl Type { .. }` block");
    }
    let Some(ident) = last_ident(&ty) else { return wrong(keyword, "expected the actor's type") };
    let Some(body) = cursor.group(Delimiter::Brace) else {
        return wrong(cursor.span(), "expected the functions of the actor");
    };

    let (mut start, mut commands, mut periodic, mut stopping) = (None, Vec::new(), Vec::new(), None);
    let mut inner = TokenStream::new();
    let mut cursor = Cursor::new(body.stream(), body.span_close());
    while !cursor.is_done() {
        let Some((method, part, span)) = read_item(&mut cursor, &mut inner)? else { continue };
        check(&method, &part, span)?;
        match part {
            Part::Start if start.is_some() => {
                return wrong(span, "a second #[start]; an actor has exactly one");
            }
            Part::Start => start = Some(method),
            Part::Stopping if stopping.is_some() => {
                return wrong(span, "a second #[stopping]; an actor has at most one");
            }
            Part::Stopping => stopping = Some(method),
            Part::Command => commands.push(method),
            Part::Periodic(every_ms) => periodic.push((method, every_ms)),
        }
    }
    let Some(start) = start else {
        return wrong(
            ident.span(),
            format!(
                "actor `{ident}` has no #[start]: mark the function that builds it, as in `#[start] fn new(..) -> Self`"
            ),
        );
    };
    let braces = TokenTree::Group(proc_macro2::Group::new(Delimiter::Brace, inner));
    let original = quote!(#(#attributes)* impl #ty #braces);
    let visibility = options.visibility.unwrap_or_else(|| start.visibility.clone());
    let cfg = attributes.into_iter().filter(|attribute| attribute.path == "cfg").collect();
    let Options { event, root, .. } = options;
    Ok(Actor { root, ty, ident, event, visibility, cfg, start, commands, periodic, stopping, original })
}

/// Reads one item of the block and copies it, without our attributes, to `inner`; gives it if it was marked.
fn read_item(cursor: &mut Cursor, inner: &mut TokenStream) -> Result<Option<(Method, Part, Span)>, Wrong> {
    let mut head = Head::read(cursor)?;
    let part = take_part(&mut head.attributes)?;
    head.attributes.iter().for_each(|attribute| attribute.to_tokens(inner));
    let head = match Method::read(cursor, head)? {
        Ok(method) => {
            if method.name == "spawn" {
                return wrong(
                    method.name.span(),
                    "`spawn` is what #[rehearsal::actor] adds to the type; give this function another name",
                );
            }
            method.tokens.to_tokens(inner);
            return Ok(part.map(|(part, span)| (method, part, span)));
        }
        Err(head) => head,
    };
    if let Some((_, span)) = part {
        return wrong(span, "only a function can be marked so");
    }
    // Something else: up to its semicolon, or the braces of a macro call.
    let is_call = |token: &TokenTree| matches!(token, TokenTree::Punct(mark) if mark.as_char() == '!');
    let is_end = |token: &TokenTree| matches!(token, TokenTree::Punct(mark) if mark.as_char() == ';');
    cursor.until(|token| is_call(token) || is_end(token));
    if cursor.mark_of('!').is_some() {
        cursor.next();
    }
    cursor.mark_of(';');
    if cursor.mark() == head.start && cursor.next().is_none() {
        return wrong(cursor.span(), "expected a function");
    }
    cursor.since(head.start).to_tokens(inner);
    Ok(None)
}

/// Takes our own attribute out.
fn take_part(attributes: &mut Vec<Attribute>) -> Result<Option<(Part, Span)>, Wrong> {
    let mut found = None;
    let mut kept = Vec::new();
    for attribute in attributes.drain(..) {
        let span = attribute.span();
        let part = match attribute.path.as_str() {
            "start" | "rehearsal::start" => Part::Start,
            "command" | "rehearsal::command" => Part::Command,
            "stopping" | "rehearsal::stopping" => Part::Stopping,
            "periodic" | "rehearsal::periodic" => Part::Periodic(read_period(&attribute)?),
            _ => {
                kept.push(attribute);
                continue;
            }
        };
        if !attribute.rest.is_empty() && !matches!(part, Part::Periodic(_)) {
            return wrong(span, format!("#[{}] takes no options", attribute.path));
        }
        if found.is_some() {
            return wrong(span, "a function is one of #[start], #[command], #[periodic], #[stopping]");
        }
        found = Some((part, span));
    }
    *attributes = kept;
    Ok(found)
}

fn check(method: &Method, part: &Part, span: Span) -> Result<(), Wrong> {
    let name = method.name.span();
    match part {
        Part::Start => {
            method.check_callable("#[start]")?;
            if method.receiver.is_some() {
                return wrong(
                    name,
                    "#[start] builds the actor: it takes no `self` and returns `Self` or `Result<Self, E>`",
                );
            }
            if method.output.is_empty() {
                return wrong(name, "#[start] returns the actor: `-> Self` or `-> Result<Self, E>`");
            }
        }
        Part::Command => {
            method.check_callable("#[command]")?;
            check_receiver(method, "#[command]")?;
            let text = method.text();
            if BUILT_IN.contains(&text.as_str()) {
                return wrong(
                    name,
                    format!(
                        "`{text}` is a command that every actor has; give this one another name ({} are taken)",
                        BUILT_IN.join(", ")
                    ),
                );
            }
        }
        Part::Periodic(_) | Part::Stopping => {
            let what = if let Part::Stopping = part { "#[stopping]" } else { "#[periodic]" };
            method.check_callable(what)?;
            check_receiver(method, what)?;
            if !method.args.is_empty() {
                return wrong(
                    span,
                    format!(
                        "{what} takes `&mut self` and, if it likes, its context; nobody is there to pass it more"
                    ),
                );
            }
        }
    }
    Ok(())
}

fn check_receiver(method: &Method, what: &str) -> Result<(), Wrong> {
    match &method.receiver {
        Some(receiver) if crate::cursor::is_mark(receiver.clone().into_iter().next().as_ref(), '&') => Ok(()),
        _ => wrong(method.name.span(), format!("a {what} function takes `&mut self` or `&self`")),
    }
}

fn read_options(arguments: TokenStream) -> Result<Options, Wrong> {
    let mut options =
        Options { event: quote!(()), visibility: None, root: quote!(::rehearsal::__private::actor) };
    let mut given = Vec::new();
    for mut part in by_commas(arguments, Span::call_site()) {
        if part.is_word("pub") {
            options.visibility = Some(part.visibility());
            continue;
        }
        let name = part.ident("an option")?;
        if given.contains(&name.to_string()) {
            return wrong(name.span(), format!("`{name}` is given twice; keep one of them"));
        }
        given.push(name.to_string());
        let value = part.mark_of('=').map(|_| part.until(|_| false)).unwrap_or_default();
        match name.to_string().as_str() {
            "event" if !value.is_empty() => options.event = value,
            "event" => {
                return wrong(name.span(), "`event` takes the type of the actor's events: `event = Report`");
            }
            "crate" => options.root = read_root(&value, name.span())?,
            other => {
                return wrong(
                    name.span(),
                    format!(
                        "unknown option `{other}`; allowed are: event = Type, crate = \"path\", and a visibility for the proxy"
                    ),
                );
            }
        }
    }
    Ok(options)
}

fn read_root(value: &TokenStream, span: Span) -> Result<TokenStream, Wrong> {
    let path: Option<TokenStream> = text_of(value).and_then(|path| path.parse().ok());
    match path {
        Some(path) if !path.is_empty() => Ok(quote!(#path::__private::actor)),
        _ => {
            wrong(span, "`crate` takes the path under which rehearsal is known: `crate = \"my::rehearsal\"`")
        }
    }
}

/// The text of a plain string literal.
fn text_of(value: &TokenStream) -> Option<String> {
    let mut tokens = value.clone().into_iter();
    let (Some(TokenTree::Literal(literal)), None) = (tokens.next(), tokens.next()) else { return None };
    plain(&literal)
}

fn plain(literal: &Literal) -> Option<String> {
    Some(literal.to_string().strip_prefix('"')?.strip_suffix('"')?.to_owned())
}

/// `#[periodic(every = "5s")]`, in milliseconds.
fn read_period(attribute: &Attribute) -> Result<u64, Wrong> {
    let mut outer = Cursor::new(attribute.rest.clone(), attribute.span());
    let every = outer.group(Delimiter::Parenthesis).and_then(|group| {
        let mut inner = Cursor::new(group.stream(), group.span());
        inner.word("every")?;
        inner.mark_of('=')?;
        duration_ms(&text_of(&inner.until(|_| false))?)
    });
    match every {
        Some(every_ms) => Ok(every_ms),
        None => wrong(
            attribute.span(),
            "write #[periodic(every = \"5s\")]: a number and its unit, \"500ms\", \"1.5s\", \"2m\" or \"1h\", at least 1ms",
        ),
    }
}

fn duration_ms(text: &str) -> Option<u64> {
    let digits = text.trim_end_matches(|letter: char| letter.is_ascii_alphabetic());
    let unit_ms = match &text[digits.len()..] {
        "ms" => 1.0,
        "s" => 1_000.0,
        "m" => 60_000.0,
        "h" => 3_600_000.0,
        _ => return None,
    };
    let number: f64 = digits.trim().parse().ok()?;
    let ms = number * unit_ms;
    (1.0..1e15).contains(&ms).then_some(ms as u64)
}

fn last_ident(ty: &TokenStream) -> Option<Ident> {
    let mut last = None;
    for token in ty.clone() {
        match token {
            TokenTree::Ident(ident) => last = Some(ident),
            TokenTree::Punct(mark) if mark.as_char() == '<' => break,
            _ => {}
        }
    }
    last
}

/// The block as it was written but for our attributes; where it cannot be read, nothing.
fn without_parts(item: TokenStream) -> TokenStream {
    item.into_iter()
        .map(|token| match token {
            TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => {
                TokenTree::Group(proc_macro2::Group::new(Delimiter::Brace, strip(group.stream())))
            }
            other => other,
        })
        .collect()
}

fn strip(stream: TokenStream) -> TokenStream {
    const OURS: [&str; 4] = ["start", "command", "stopping", "periodic"];
    let mut out = Vec::<TokenTree>::new();
    for token in stream {
        if let TokenTree::Group(group) = &token
            && group.delimiter() == Delimiter::Bracket
            && crate::cursor::is_mark(out.last(), '#')
            && matches!(group.stream().into_iter().next(), Some(TokenTree::Ident(word)) if OURS.iter().any(|ours| word == ours))
        {
            out.pop();
            continue;
        }
        out.push(token);
    }
    out.into_iter().collect()
}
