//! What a method is to its actor, said by the attribute on it, and what it must look like to be that.

use proc_macro2::{Delimiter, Ident, Literal, Span, TokenStream, TokenTree};

use crate::cursor::{Attribute, Cursor, Wrong, is_mark, wrong};
use crate::meant::meant;
use crate::method::Method;
use crate::value::read_duration;

/// Names that every proxy has already, or is to have.
pub(crate) const BUILT_IN: [&str; 15] = [
    "ping",
    "echo",
    "info",
    "run",
    "stop",
    "kill",
    "ended",
    "clone",
    "watch",
    "link",
    "link_always",
    "unlink",
    "every",
    "notify",
    "attach",
];

/// Our own attributes.
pub(crate) const OURS: [&str; 7] =
    ["start", "command", "stopping", "periodic", "exit", "on_info", "on_params"];

/// What a method is to the actor.
pub(crate) enum Part {
    Start,
    /// With what a caller by name needs, where that is said.
    Command(Option<Ident>),
    Periodic(u64),
    Stopping,
    Exit,
    OnInfo,
    OnParams,
}

impl Part {
    /// As it is written.
    pub(crate) fn mark(&self) -> &'static str {
        match self {
            Part::Start => "#[start]",
            Part::Command(_) => "#[command]",
            Part::Periodic(_) => "#[periodic]",
            Part::Stopping => "#[stopping]",
            Part::Exit => "#[exit]",
            Part::OnInfo => "#[on_info]",
            Part::OnParams => "#[on_params]",
        }
    }
}

/// Takes our own attribute out.
pub(crate) fn take_part(attributes: &mut Vec<Attribute>) -> Result<Option<(Part, Span)>, Wrong> {
    let mut found = None;
    let mut kept = Vec::new();
    for attribute in attributes.drain(..) {
        let span = attribute.span();
        let part = match attribute.path.strip_prefix("rehearsal::").unwrap_or(&attribute.path) {
            "start" => Part::Start,
            "command" => Part::Command(read_permission(&attribute.rest, span)?),
            "stopping" => Part::Stopping,
            "periodic" => Part::Periodic(read_period(&attribute)?),
            "exit" => Part::Exit,
            "on_info" => Part::OnInfo,
            "on_params" => Part::OnParams,
            other if is_near_miss(other) => {
                return wrong(
                    span,
                    format!("`#[{other}]` is no attribute of an actor{}", meant(other, &OURS)),
                );
            }
            _ => {
                kept.push(attribute);
                continue;
            }
        };
        if !attribute.rest.is_empty() && !matches!(part, Part::Periodic(_) | Part::Command(_)) {
            return wrong(span, format!("#[{}] takes no options", attribute.path));
        }
        if found.is_some() {
            let marks = OURS.map(|mark| format!("#[{mark}]")).join(", ");
            return wrong(span, format!("a function is one of {marks}"));
        }
        found = Some((part, span));
    }
    *attributes = kept;
    Ok(found)
}

/// Whether one of our attributes was probably meant by a word that is none. What others have is written as a path then.
pub(crate) fn is_near_miss(word: &str) -> bool {
    !OURS.contains(&word) && !meant(word, &OURS).is_empty()
}

/// Nothing, or who may call a command by name.
pub(crate) fn read_permission(rest: &TokenStream, span: Span) -> Result<Option<Ident>, Wrong> {
    if rest.is_empty() {
        return Ok(None);
    }
    let mut outer = Cursor::new(rest.clone(), span);
    let inner = outer.group(Delimiter::Parenthesis);
    let mut words = inner.into_iter().flat_map(|group| group.stream());
    match (words.next(), words.next()) {
        (Some(TokenTree::Ident(word)), None) => permission(&word).map(Some),
        _ => wrong(
            span,
            "write #[command], or who may call it by name: #[command(public)], #[command(authenticated)], #[command(internal)]",
        ),
    }
}

/// The permission that a word stands for.
pub(crate) fn permission(word: &Ident) -> Result<Ident, Wrong> {
    let name = match word.to_string().as_str() {
        "public" => "Public",
        "authenticated" => "Authenticated",
        "internal" => "Internal",
        other => {
            return wrong(
                word.span(),
                format!(
                    "`{other}` is nobody who can call a command by name; allowed are: public, authenticated, internal"
                ),
            );
        }
    };
    Ok(Ident::new(name, word.span()))
}

/// Refuses what cannot be this part.
pub(crate) fn check(method: &Method, part: &Part, span: Span) -> Result<(), Wrong> {
    let (name, what) = (method.name.span(), part.mark());
    match part {
        Part::Start => {
            method.check_callable(what)?;
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
        Part::Command(permission) => {
            method.check_callable(what)?;
            check_stream(method, permission.as_ref())?;
            check_receiver(method, what)?;
            check_name(method)?;
        }
        Part::Periodic(_) | Part::Stopping => {
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
        Part::Exit => check_hook(method, what, true, "&mut self, exit: &Exit")?,
        Part::OnInfo => check_hook(method, what, true, "&self, info: &mut Info")?,
        Part::OnParams => check_hook(method, what, false, "params: &mut Params")?,
    }
    Ok(())
}

/// Refuses what is no way to answer with a stream.
fn check_stream(method: &Method, permission: Option<&Ident>) -> Result<(), Wrong> {
    if !method.streams() {
        return Ok(());
    }
    if method.job().is_some() {
        return wrong(
            method.output_span(),
            "a job has one result and cannot answer with a stream: return `Streaming<T>`, and have its producer send what the job finds",
        );
    }
    match permission {
        Some(word) => wrong(
            word.span(),
            "a command that answers with a stream cannot be called by name; leave out who may",
        ),
        None => Ok(()),
    }
}

/// Refuses a command with the name of one that every actor has.
pub(crate) fn check_name(command: &Method) -> Result<(), Wrong> {
    let text = command.text();
    if BUILT_IN.contains(&text.as_str()) {
        return wrong(
            command.name.span(),
            format!(
                "`{text}` is a command that every actor has; give this one another name ({} are taken)",
                BUILT_IN.join(", ")
            ),
        );
    }
    Ok(())
}

/// A hook that is called in passing: a plain function with one argument, which returns nothing.
fn check_hook(method: &Method, what: &str, with_self: bool, arguments: &str) -> Result<(), Wrong> {
    method.check_shape(what)?;
    let fits = method.receiver.is_some() == with_self && method.args.len() == 1 && method.cx.is_none();
    if !fits || method.is_async || !method.output.is_empty() {
        return wrong(
            method.name.span(),
            format!("{what} is a plain function that returns nothing: `fn {}({arguments})`", method.text()),
        );
    }
    if with_self { check_receiver(method, what) } else { Ok(()) }
}

fn check_receiver(method: &Method, what: &str) -> Result<(), Wrong> {
    match &method.receiver {
        Some(receiver) if is_mark(receiver.clone().into_iter().next().as_ref(), '&') => Ok(()),
        _ => wrong(method.name.span(), format!("a {what} function takes `&mut self` or `&self`")),
    }
}

/// The text of a plain string literal.
pub(crate) fn text_of(value: &TokenStream) -> Option<String> {
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
        read_duration(&text_of(&inner.until(|_| false))?)
    });
    match every {
        Some(every_ms) => Ok(every_ms),
        None => wrong(
            attribute.span(),
            "write #[periodic(every = \"5s\")]: a number and its unit, \"500ms\", \"1.5s\", \"2m\" or \"1h\", at least 1ms",
        ),
    }
}
