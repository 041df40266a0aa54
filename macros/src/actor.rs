//! `#[rehearsal::actor]`: reads an `impl` block and checks it. What it becomes is in `actor_out`.

use proc_macro2::{Delimiter, Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote};

use crate::actor_out;
use crate::cursor::{Attribute, Cursor, Wrong, by_commas, wrong};
use crate::method::{Head, Method};
use crate::named;
use crate::part::{OURS, Part, check, is_near_miss, take_part, text_of};

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
    pub(crate) parts: Parts,
    /// Whether its commands can be called by name.
    pub(crate) named: bool,
    /// Whether the block has a function `lookup`, which is then the only one.
    pub(crate) has_own_lookup: bool,
    /// The `impl` block without what only this macro understands.
    pub(crate) original: TokenStream,
}

/// The marked functions but for `#[start]`.
#[derive(Default)]
pub(crate) struct Parts {
    pub(crate) commands: Vec<Method>,
    /// What a caller of each by name needs, where that is said.
    pub(crate) permissions: Vec<Option<Ident>>,
    pub(crate) periodic: Vec<(Method, u64)>,
    pub(crate) stopping: Option<Method>,
    pub(crate) exit: Option<Method>,
    pub(crate) on_info: Option<Method>,
    pub(crate) on_params: Option<Method>,
}

/// What stands in the attribute's parentheses.
struct Options {
    event: TokenStream,
    visibility: Option<TokenStream>,
    named: bool,
    root: TokenStream,
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

    let (mut start, mut parts) = (None, Parts::default());
    let mut inner = TokenStream::new();
    let mut cursor = Cursor::new(body.stream(), body.span_close());
    while !cursor.is_done() {
        let Some((method, part, span)) = read_item(&mut cursor, &mut inner)? else { continue };
        check(&method, &part, span)?;
        match part {
            Part::Command(permission) => {
                if let (Some(permission), false) = (&permission, options.named) {
                    return wrong(
                        permission.span(),
                        "who may call a command by name is for actors whose commands have names: write #[rehearsal::actor(named)]",
                    );
                }
                parts.commands.push(method);
                parts.permissions.push(permission);
            }
            Part::Periodic(every_ms) => parts.periodic.push((method, every_ms)),
            Part::Start => once(&mut start, method, "a second #[start]; an actor has exactly one", span)?,
            hook => {
                let again = format!("a second {}; an actor has at most one", hook.mark());
                let place = match hook {
                    Part::Exit => &mut parts.exit,
                    Part::OnInfo => &mut parts.on_info,
                    Part::OnParams => &mut parts.on_params,
                    _ => &mut parts.stopping,
                };
                once(place, method, &again, span)?;
            }
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
    let Options { event, named, root, .. } = options;
    let has_own_lookup = has_function(body.stream(), "lookup");
    Ok(Actor { root, ty, ident, event, visibility, cfg, start, parts, named, has_own_lookup, original })
}

/// Whether a function of this name is in the block itself.
fn has_function(block: TokenStream, name: &str) -> bool {
    let mut is_name = false;
    block.into_iter().any(|token| {
        let found = is_name && matches!(&token, TokenTree::Ident(word) if word == name);
        is_name = matches!(&token, TokenTree::Ident(word) if word == "fn");
        found
    })
}

fn once(place: &mut Option<Method>, method: Method, again: &str, span: Span) -> Result<(), Wrong> {
    match place.replace(method) {
        Some(_) => wrong(span, again),
        None => Ok(()),
    }
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

fn read_options(arguments: TokenStream) -> Result<Options, Wrong> {
    let mut options = Options {
        event: quote!(()),
        visibility: None,
        named: false,
        root: quote!(::rehearsal::__private::actor),
    };
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
            "named" if value.is_empty() => {
                named::check_feature(name.span())?;
                options.named = true;
            }
            "named" => return wrong(name.span(), "`named` takes no value"),
            "crate" => options.root = read_root(&value, name.span())?,
            other => {
                return wrong(
                    name.span(),
                    format!(
                        "unknown option `{other}`; allowed are: event = Type, named, crate = \"path\", and a visibility for the proxy"
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

/// Whether this is one of our attributes, or was meant to be.
fn is_ours(word: &Ident) -> bool {
    OURS.iter().any(|ours| word == ours) || is_near_miss(&word.to_string())
}

fn strip(stream: TokenStream) -> TokenStream {
    let mut out = Vec::<TokenTree>::new();
    for token in stream {
        if let TokenTree::Group(group) = &token
            && group.delimiter() == Delimiter::Bracket
            && crate::cursor::is_mark(out.last(), '#')
            && matches!(group.stream().into_iter().next(), Some(TokenTree::Ident(word)) if is_ours(&word))
        {
            out.pop();
            continue;
        }
        out.push(token);
    }
    out.into_iter().collect()
}
