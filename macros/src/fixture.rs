//! `#[rehearsal::fixture]`: leaves the function as it is and registers beside it how its value is made and taken away.

use proc_macro::{TokenStream, TokenTree};
use proc_macro2::{Ident, Span, TokenStream as Tokens};
use quote::quote;

use crate::function::{Function, flatten};
use crate::injected::{Injected, lifted, needs, opened};
use crate::register::Link;
use crate::token::{Failure, failed};
use crate::value::{Argument, choice, crate_path, duration_ms, is_comma, value};

/// The section, as `src/sys/linked/section.rs` knows it.
const SECTION: &str = concat!(
    "rehearsal_fixtures_",
    env!("CARGO_PKG_VERSION_MAJOR"),
    "_",
    env!("CARGO_PKG_VERSION_MINOR"),
    "_",
    env!("CARGO_PKG_VERSION_PATCH")
);

/// What the attribute's parentheses say.
#[derive(Default)]
struct Given {
    scope: Option<&'static str>,
    autouse: bool,
    timeout_ms: Option<u64>,
    teardown: Option<Tokens>,
    root: Option<String>,
}

const ALLOWED: &str = "scope, autouse, timeout, teardown, crate";

/// Expands the attribute on one function.
pub(crate) fn expand(given: TokenStream, item: TokenStream, link: Link) -> TokenStream {
    match try_expand(given, item.clone(), link) {
        Ok(output) => output,
        Err(failure) => {
            let mut output = failure.into_compile_error();
            output.extend(item);
            output
        }
    }
}

fn try_expand(given: TokenStream, item: TokenStream, link: Link) -> Result<TokenStream, Failure> {
    let given = read(given)?;
    let function = Function::split(item.clone(), "#[rehearsal::fixture]")?;
    check(&function)?;
    let mut output = item;
    output.extend(TokenStream::from(registered(&function, &given, link)?));
    Ok(output)
}

fn read(given: TokenStream) -> Result<Given, Failure> {
    let mut read = Given::default();
    let mut seen: Vec<String> = Vec::new();
    let tokens = flatten(given);
    for part in tokens.split(is_comma) {
        let [name, rest @ ..] = part else { continue };
        let word = name.to_string();
        if seen.contains(&word) {
            return failed(name.span(), format!("`{word}` is given twice; keep one of them"));
        }
        seen.push(word.clone());
        if word == "teardown" {
            let [TokenTree::Punct(equals), path @ ..] = rest else {
                return failed(name.span(), TEARDOWN);
            };
            if equals.as_char() != '=' || path.is_empty() {
                return failed(name.span(), TEARDOWN);
            }
            read.teardown = Some(TokenStream::from_iter(path.iter().cloned()).into());
            continue;
        }
        let argument = || Ok(Argument { name: word.clone(), span: name.span(), value: value(name, rest)? });
        match word.as_str() {
            "scope" => read.scope = Some(scope(&argument()?)?),
            "autouse" if rest.is_empty() => read.autouse = true,
            "autouse" => return failed(name.span(), "write `autouse`, without a value"),
            "timeout" => read.timeout_ms = Some(duration_ms(&argument()?)?),
            "crate" => read.root = Some(crate_path(&argument()?)?),
            _ => return failed(name.span(), format!("unknown option `{word}`; allowed are: {ALLOWED}")),
        }
    }
    Ok(read)
}

const TEARDOWN: &str = "`teardown` takes an async function that is given the value: `teardown = close`; where plain code will do, write `Drop`";

fn scope(argument: &Argument) -> Result<&'static str, Failure> {
    let scopes =
        [("test", "Test"), ("module", "Module"), ("worker", "Worker"), ("run", "Run"), ("fork", "Fork")];
    choice(argument, &scopes)
}

fn check(function: &Function) -> Result<(), Failure> {
    if let Some(receiver) = &function.receiver {
        return failed(
            receiver.span(),
            "`#[rehearsal::fixture]` works on free functions; this one is a method",
        );
    }
    if let Some(bracket) = function.generics {
        return failed(bracket, "a fixture cannot be generic: it is found by the one type that it gives");
    }
    if let Some((word, span)) = function.refused_qualifier() {
        return failed(
            span,
            format!("a fixture cannot be `{word}`: the harness calls it as an ordinary safe function"),
        );
    }
    if let Some(word @ TokenTree::Ident(first)) = function.result.first()
        && first.to_string() == "impl"
    {
        return failed(
            word.span(),
            "a fixture is found by the type that it gives, so that type needs a name: no `impl`",
        );
    }
    Ok(())
}

/// `const _: () = { … };`
fn registered(function: &Function, given: &Given, link: Link) -> Result<Tokens, Failure> {
    let root: Tokens =
        given.root.as_deref().unwrap_or("::rehearsal").parse().expect("a path that was checked");
    let private = quote!(#root::__private);
    let fixture = quote!(#private::fixture);
    let injected = Injected::all(function)?;
    let needs = needs(&injected, &fixture);
    let scope = Ident::new(given.scope.unwrap_or("Test"), Span::call_site());
    let gives = gives(function, &fixture);
    let make = make(function, &injected, &fixture, scope == "Test");
    let unmake = unmake(given, &gives, &fixture, scope == "Test");
    let name = lifted(&[TokenTree::Ident(function.name.clone())]);
    let path = format!("::{}", function.name);
    let line = function.name.span().line() as u32;
    let autouse = given.autouse;
    let timeout_ms = match given.timeout_ms {
        Some(timeout_ms) => quote!(::core::option::Option::Some(#timeout_ms)),
        None => quote!(::core::option::Option::None),
    };
    let crossing = match scope == "Run" {
        true => {
            let span = name.into_iter().next().map_or_else(Span::call_site, |name| name.span());
            quote::quote_spanned!(span=> ::core::option::Option::Some(#fixture::Crossing::of::<#gives>()))
        }
        false => quote!(::core::option::Option::None),
    };
    let value = quote! {
        #fixture::Fixture {
            path: ::core::concat!(::core::module_path!(), #path),
            file: ::core::file!(),
            line: #line,
            type_id: ::core::any::TypeId::of::<#gives>(),
            type_name: ::core::any::type_name::<#gives>,
            scope: #fixture::Scope::#scope,
            autouse: #autouse,
            timeout_ms: #timeout_ms,
            needs: &__REHEARSAL_NEEDS,
            make: __rehearsal_make,
            unmake: __rehearsal_unmake,
            crossing: #crossing,
        }
    };
    let marked = Ident::new("unsafe", Span::call_site());
    let linked = match link {
        Link::Section => quote! {
            #[used]
            #[#marked(link_section = #SECTION)]
            static FIXTURE: #fixture::Fixture = #value;
        },
        Link::Constructor => quote!(#private::linked::inventory::submit! { #value }),
    };
    Ok(quote! {
        const _: () = {
            #make
            #unmake
            #needs
            #linked
        };
    })
}

/// Whether it returns some `Result`: that is read off the last name before `<`.
fn is_fallible(function: &Function) -> bool {
    let is_open = |token: &TokenTree| matches!(token, TokenTree::Punct(mark) if mark.as_char() == '<');
    let path = function.result.iter().take_while(|token| !is_open(token));
    matches!(path.last(), Some(TokenTree::Ident(word)) if word.to_string() == "Result")
}

/// The type of the value.
fn gives(function: &Function, fixture: &Tokens) -> Tokens {
    let result = lifted(&function.result);
    match (function.returns_unit(), is_fallible(function)) {
        (true, _) => quote!(()),
        (false, true) => quote!(<#result as #fixture::Fallible>::Value),
        (false, false) => result,
    }
}

fn make(function: &Function, injected: &[Injected], fixture: &Tokens, is_own: bool) -> Tokens {
    let slots = Ident::new("slots", Span::mixed_site());
    let (opened, values) = (opened(injected, &slots, fixture), injected.iter().map(Injected::argument));
    let name = lifted(&[TokenTree::Ident(function.name.clone())]);
    let mut value = quote!(#name(#(#values),*));
    if function.is_async() {
        value = quote!(#fixture::made(#fixture::drive(_drive, #value))?);
    }
    if is_fallible(function) {
        value = quote!(#fixture::Fallible::checked(#value)?);
    }
    let keep = Ident::new(if is_own { "own" } else { "shared" }, Span::call_site());
    quote! {
        fn __rehearsal_make(
            #slots: &mut [#fixture::Slot],
            _drive: #fixture::Drive<'_>,
        ) -> ::core::result::Result<#fixture::Value, ::std::string::String> {
            #opened
            ::core::result::Result::Ok(#fixture::Value::#keep(#value))
        }
    }
}

fn unmake(given: &Given, gives: &Tokens, fixture: &Tokens, is_own: bool) -> Tokens {
    let Some(teardown) = &given.teardown else {
        return quote!(use #fixture::let_go as __rehearsal_unmake;);
    };
    let take = Ident::new(if is_own { "take_own" } else { "take_shared" }, Span::call_site());
    quote! {
        fn __rehearsal_unmake(
            value: #fixture::Value,
            drive: #fixture::Drive<'_>,
        ) -> ::core::result::Result<(), ::std::string::String> {
            #fixture::reported(#fixture::drive(drive, #teardown(#fixture::#take::<#gives>(value)?)))
        }
    }
}
