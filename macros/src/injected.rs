//! Parameters that are fixtures: which type they ask for, and how the value gets from its slot into the call.

use proc_macro::{Delimiter, TokenStream, TokenTree};
use proc_macro2::{Ident, Span, TokenStream as Tokens};
use quote::{format_ident, quote, quote_spanned};

use crate::function::Function;
use crate::meant::meant;
use crate::parameter::{Parameter, is_mark};
use crate::token::{Failure, failed};

/// One parameter that is a fixture.
#[derive(Clone)]
pub(crate) struct Injected {
    /// Without leading underscores.
    name: String,
    /// Without the reference.
    of: Tokens,
    how: How,
    span: Span,
    slot: Ident,
}

#[derive(Clone, Copy)]
enum How {
    Shared,
    Exclusive,
    Owned,
}

impl How {
    /// As `Need` has it, and the way out of a slot.
    fn words(self, span: Span) -> (Ident, Ident) {
        let (how, take) = match self {
            How::Shared => ("Shared", "shared"),
            How::Exclusive => ("Exclusive", "exclusive"),
            How::Owned => ("Owned", "owned"),
        };
        (Ident::new(how, Span::call_site()), Ident::new(take, span))
    }
}

fn is_word(token: Option<&TokenTree>, word: &str) -> bool {
    matches!(token, Some(TokenTree::Ident(ident)) if ident.to_string() == word)
}

pub(crate) fn lifted(tokens: &[TokenTree]) -> Tokens {
    TokenStream::from_iter(tokens.iter().cloned()).into()
}

impl Injected {
    /// What a parameter asks for, whose slot has this number.
    pub(crate) fn of(parameter: &Parameter, number: usize) -> Result<Injected, Failure> {
        let Some(name) = parameter.name() else {
            return failed(
                parameter.span,
                "a parameter that is a fixture needs a plain name and a type: `db: &Db`; take it apart in the body",
            );
        };
        if let Some(attribute) = parameter.attributes.first() {
            return failed(
                attribute.span,
                format!(
                    "a parameter that is a fixture takes no attribute: its type says which fixture it is{}",
                    meant(&attribute.path, &["values", "case"])
                ),
            );
        }
        let (how, of) = reference(parameter.of_type());
        check_type(of, parameter)?;
        Ok(Injected {
            name: name.to_string().trim_start_matches("r#").trim_start_matches('_').to_owned(),
            of: lifted(&lasting(of)),
            how,
            span: parameter.span.into(),
            slot: format_ident!("__rehearsal_{number}"),
        })
    }

    /// The argument of the call.
    pub(crate) fn argument(&self) -> Tokens {
        let Injected { of, slot, span, .. } = self;
        let (_, take) = self.how.words(*span);
        quote_spanned!(*span=> #slot.#take::<#of>())
    }

    /// Where it stands.
    pub(crate) fn place(&self) -> Span {
        self.span
    }

    /// The type of what is taken by `&`; `None` where it is taken in another way.
    pub(crate) fn shared(&self) -> Option<&Tokens> {
        matches!(self.how, How::Shared).then_some(&self.of)
    }

    /// `Need::of::<T>("name", How::Shared)`.
    fn need(&self, fixture: &Tokens) -> Tokens {
        let Injected { name, of, span, .. } = self;
        let (how, _) = self.how.words(*span);
        quote_spanned!(*span=> #fixture::Need::of::<#of>(#name, #fixture::How::#how))
    }
}

/// A type with `'static` where it names a lifetime of its function: a fixture's value borrows nothing. Those that `for<..>`
/// declares stay.
fn lasting(of: &[TokenTree]) -> Vec<TokenTree> {
    if of.iter().any(|token| is_word(Some(token), "for")) {
        return of.to_vec();
    }
    let mut lasting: Vec<TokenTree> = Vec::with_capacity(of.len());
    for token in of {
        let behind_tick = lasting.last().is_some_and(|before| is_mark(before, '\''));
        lasting.push(match token {
            TokenTree::Ident(name) if behind_tick && name.to_string() != "_" => {
                TokenTree::Ident(proc_macro::Ident::new("static", name.span()))
            }
            TokenTree::Group(group) => {
                let inside = lasting_stream(group.stream());
                let mut own = proc_macro::Group::new(group.delimiter(), inside);
                own.set_span(group.span());
                TokenTree::Group(own)
            }
            token => token.clone(),
        });
    }
    lasting
}

fn lasting_stream(stream: TokenStream) -> TokenStream {
    lasting(&stream.into_iter().collect::<Vec<_>>()).into_iter().collect()
}

fn check_type(of: &[TokenTree], parameter: &Parameter) -> Result<(), Failure> {
    let first = of.first();
    let is_slice = match first {
        Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Bracket => {
            !group.stream().into_iter().any(|token| is_mark(&token, ';'))
        }
        _ => false,
    };
    let is_text = is_word(first, "str") && of.len() == 1;
    if is_slice || is_text || is_word(first, "dyn") || is_word(first, "impl") || first.is_none() {
        return failed(
            first.map_or(parameter.span, TokenTree::span),
            "a fixture is found by its type, so a parameter names that as the fixture gives it: no `impl`, `dyn`, `str` \
             or slice (take `&String`, `&Vec<T>`, `&&'static str`)",
        );
    }
    Ok(())
}

/// Takes `&`, a lifetime and `mut` off.
fn reference(tokens: &[TokenTree]) -> (How, &[TokenTree]) {
    let [and, rest @ ..] = tokens else { return (How::Owned, tokens) };
    if !is_mark(and, '&') {
        return (How::Owned, tokens);
    }
    let rest = match rest {
        [tick, _, rest @ ..] if is_mark(tick, '\'') => rest,
        rest => rest,
    };
    match is_word(rest.first(), "mut") {
        true => (How::Exclusive, &rest[1..]),
        false => (How::Shared, rest),
    }
}

/// `static __REHEARSAL_NEEDS: [Need; n] = […];`
pub(crate) fn needs(injected: &[Injected], fixture: &Tokens) -> Tokens {
    let (count, needs) = (injected.len(), injected.iter().map(|one| one.need(fixture)));
    quote!(static __REHEARSAL_NEEDS: [#fixture::Need; #count] = [#(#needs),*];)
}

/// `let [a, b] = slots else { … };`
pub(crate) fn opened(injected: &[Injected], slots: &Ident, fixture: &Tokens) -> Tokens {
    let names = injected.iter().map(|one| &one.slot);
    quote!(let [#(#names),*] = #slots else { #fixture::miscounted() };)
}

/// What stands beside the entry of a test that takes fixtures: its needs, and a function that calls it with them.
pub(crate) fn needing(
    injected: &[Injected],
    function: &Function,
    arguments: &[TokenTree],
    private: &str,
) -> TokenStream {
    let private: Tokens = private.parse().expect("a path that was checked");
    let fixture = quote!(#private::fixture);
    let (slots, drive) = (Ident::new("slots", Span::mixed_site()), Ident::new("_drive", Span::mixed_site()));
    let (needs, opened) = (needs(injected, &fixture), opened(injected, &slots, &fixture));
    let (name, arguments) = (lifted(&[TokenTree::Ident(function.name.clone())]), lifted(arguments));
    let call = match function.is_async() {
        true => quote!(#fixture::drive(#drive, #name(#arguments))),
        false => quote!(::core::option::Option::Some(#name(#arguments))),
    };
    let span: Span = function.return_span().into();
    let returned = quote_spanned!(span=> #fixture::returned(#call));
    quote! {
        fn __rehearsal_needing(#slots: &mut [#fixture::Slot], #drive: #fixture::Drive<'_>) -> #fixture::Returned {
            #opened
            #returned
        }
        #needs
        static __REHEARSAL_NEEDING: #fixture::Needing = #fixture::Needing {
            module: ::core::module_path!(),
            needs: &__REHEARSAL_NEEDS,
            run: __rehearsal_needing,
        };
    }
    .into()
}
