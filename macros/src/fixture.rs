//! `#[rehearsal::fixture]`: leaves the function as it is and registers beside it how its value is made and taken away.

use proc_macro::{Delimiter, TokenStream, TokenTree};
use proc_macro2::{Ident, Span, TokenStream as Tokens};
use quote::{format_ident, quote};

use crate::case::{MOST, Value, values};
use crate::function::{Function, flatten};
use crate::injected::{Injected, lifted, needs, opened};
use crate::meant::meant;
use crate::parameter::{Parameter, is_mark, put_back};
use crate::refusal::or_the_item;
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

const ALLOWED: &[&str] = &["scope", "autouse", "timeout", "teardown", "crate"];

/// The scopes, and what each is called in `Scope`.
const SCOPES: &[(&str, &str)] =
    &[("test", "Test"), ("module", "Module"), ("worker", "Worker"), ("run", "Run"), ("fork", "Fork")];

/// Expands the attribute on one function.
pub(crate) fn expand(given: TokenStream, item: TokenStream, link: Link) -> TokenStream {
    or_the_item(try_expand(given, item.clone(), link), item)
}

fn try_expand(given: TokenStream, item: TokenStream, link: Link) -> Result<TokenStream, Failure> {
    let given = read(given)?;
    let mut function = Function::split(item, "#[rehearsal::fixture]")?;
    check(&function)?;
    if let Some(span) = borrowed(&function.result) {
        return failed(
            span,
            "a fixture's value borrows nothing: it is kept by itself until the teardown. Return an owned value, `Arc<T>`, or \
             what is `'static`",
        );
    }
    let taken = Taken::from_parameters(&mut function)?;
    let registered = registered(&function, &given, &taken, link)?;
    let attributes = function.attributes.iter().flat_map(|attribute| attribute.tokens.iter().cloned());
    let mut output: TokenStream = attributes.chain(function.tokens.iter().cloned()).collect();
    output.extend(TokenStream::from(registered));
    Ok(output)
}

/// What the parameters of a fixture are.
struct Taken {
    /// Those that are fixtures.
    injected: Vec<Injected>,
    /// Those that have values: name and type of each, and the values.
    valued: Vec<(Ident, Tokens, Vec<Value>)>,
    /// The arguments of the call.
    arguments: Vec<Tokens>,
}

impl Taken {
    /// Takes `#[values(..)]` off the parameters.
    fn from_parameters(function: &mut Function) -> Result<Taken, Failure> {
        let mut taken = Taken { injected: Vec::new(), valued: Vec::new(), arguments: Vec::new() };
        let mut parameters = Parameter::all(function);
        for parameter in &mut parameters {
            let listed = parameter.attributes.iter().position(|attribute| attribute.path == "values");
            let Some(at) = listed else {
                let injected = Injected::of(parameter, taken.injected.len())?;
                taken.arguments.push(injected.argument());
                taken.injected.push(injected);
                continue;
            };
            let attribute = parameter.attributes.remove(at);
            if let Some(other) = parameter.attributes.iter().find(|attribute| attribute.path == "values") {
                return failed(other.span, "one parameter, two sources: keep one `#[values(..)]`");
            }
            let values = values(parameter, &attribute)?;
            let name = format_ident!("__rehearsal_value_{}", taken.valued.len());
            taken.arguments.push(quote!(#name));
            taken.valued.push((name, lifted(parameter.of_type()), values));
        }
        let counts = taken.valued.iter().map(|(.., values)| values.len());
        if counts.clone().try_fold(1_usize, usize::checked_mul).is_none_or(|all| all > MOST) {
            let text =
                format!("more than {MOST} combinations of values, of each of which a test has a trial");
            return failed(function.name.span(), text);
        }
        put_back(function, parameters);
        Ok(taken)
    }

    /// The names of all combinations, the last parameter's value changing first; empty where no parameter has values.
    fn labels(&self) -> Vec<String> {
        let mut labels: Vec<String> = Vec::new();
        for (.., values) in &self.valued {
            let before = if labels.is_empty() { vec![String::new()] } else { labels };
            let joined = |before: &String, value: &Value| match before.is_empty() {
                true => value.label.clone(),
                false => format!("{before}::{}", value.label),
            };
            labels =
                before.iter().flat_map(|before| values.iter().map(|value| joined(before, value))).collect();
        }
        labels
    }

    /// `let value: T = match which / 6 % 3 { 0 => …, .. };`, for each parameter that has values.
    fn chosen(&self, which: &Ident, fixture: &Tokens) -> Tokens {
        let mut below = 1_u32;
        let mut chosen = Vec::new();
        for (name, of, values) in self.valued.iter().rev() {
            let count = values.len() as u32;
            let arms = values.iter().zip(0_u32..).map(|(value, number)| {
                let value = lifted(&value.tokens);
                quote!(#number => #value,)
            });
            chosen.push(quote!(let #name: #of = match #which / #below % #count { #(#arms)* _ => #fixture::miscounted() };));
            below *= count;
        }
        quote!(#(#chosen)*)
    }
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
            if equals.as_char() != '=' || matches!(path, [] | [TokenTree::Literal(_), ..]) {
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
            _ => {
                let instead = instead_of(&word);
                return failed(
                    name.span(),
                    format!("unknown option `{word}`{instead}; allowed are: {}", ALLOWED.join(", ")),
                );
            }
        }
    }
    Ok(read)
}

const TEARDOWN: &str = "`teardown` takes an async function that is given the value: `teardown = close`; where plain code will do, write `Drop`";

fn scope(argument: &Argument) -> Result<&'static str, Failure> {
    choice(argument, SCOPES)
}

/// What was probably meant by an option that is none.
fn instead_of(word: &str) -> String {
    let word = word.trim_matches('"');
    match SCOPES.iter().any(|(scope, _)| *scope == word) {
        true => format!(" (did you mean `scope = \"{word}\"`?)"),
        false => meant(word, ALLOWED),
    }
}

/// Where a type borrows: at a `&` or a lifetime that is not `'static`. What a function's own signature says, in a `for<..>` or
/// behind an arrow, is left to the compiler.
fn borrowed(of: &[TokenTree]) -> Option<proc_macro::Span> {
    let is_static = |token: Option<&TokenTree>| matches!(token, Some(TokenTree::Ident(word)) if word.to_string() == "static");
    let own_signature = of.windows(2).any(|pair| is_mark(&pair[0], '-') && is_mark(&pair[1], '>'));
    if own_signature
        || of.iter().any(|token| matches!(token, TokenTree::Ident(word) if word.to_string() == "for"))
    {
        return None;
    }
    of.iter().zip(1..).find_map(|(token, next)| match token {
        _ if is_mark(token, '&') && !of.get(next).is_some_and(|tick| is_mark(tick, '\'')) => {
            Some(token.span())
        }
        _ if is_mark(token, '\'') && !is_static(of.get(next)) => Some(token.span()),
        // The arguments of `Fn(&T)` are no part of the value.
        TokenTree::Group(group) if group.delimiter() == Delimiter::Parenthesis && next > 1 => None,
        TokenTree::Group(group) => borrowed(&flatten(group.stream())),
        _ => None,
    })
}

fn check_attributes(function: &Function) -> Result<(), Failure> {
    for attribute in &function.attributes {
        let path = &attribute.path;
        let why = match path.rsplit(':').next().unwrap_or_default() {
            "test" | "bench" | "fixture" | "generate" => {
                "a function is a test or a fixture; keep one of them"
            }
            "ignore" => {
                "who takes it is skipped where it says `rehearsal::skip!(\"why\")`; ignored is a test"
            }
            "should_panic" => "a set-up that panics has failed; expected is a panic of a test",
            _ => continue,
        };
        return failed(attribute.span, format!("`#[{path}]` beside `#[rehearsal::fixture]`: {why}"));
    }
    Ok(())
}

fn check(function: &Function) -> Result<(), Failure> {
    check_attributes(function)?;
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
fn registered(function: &Function, given: &Given, taken: &Taken, link: Link) -> Result<Tokens, Failure> {
    let root: Tokens =
        given.root.as_deref().unwrap_or("::rehearsal").parse().expect("a path that was checked");
    let private = quote!(#root::__private);
    let fixture = quote!(#private::fixture);
    let needs = needs(&taken.injected, &fixture);
    let values = taken.labels();
    let scope = Ident::new(given.scope.unwrap_or("Test"), Span::call_site());
    let gives = gives(function, &fixture);
    let make = make(function, taken, &gives, &fixture, scope == "Test");
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
            values: &[#(#values),*],
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

fn make(function: &Function, taken: &Taken, gives: &Tokens, fixture: &Tokens, is_own: bool) -> Tokens {
    let (slots, which) = (Ident::new("slots", Span::mixed_site()), Ident::new("_which", Span::mixed_site()));
    let (opened, chosen) = (opened(&taken.injected, &slots, fixture), taken.chosen(&which, fixture));
    let name = lifted(&[TokenTree::Ident(function.name.clone())]);
    let arguments = &taken.arguments;
    let mut value = quote!(#name(#(#arguments),*));
    if function.is_async() {
        value = quote!(#fixture::made(#fixture::drive(_drive, #value))?);
    }
    if is_fallible(function) {
        value = quote!(#fixture::Fallible::checked(#value)?);
    }
    let keep = Ident::new(if is_own { "own" } else { "shared" }, Span::call_site());
    // Where the value may not be kept so, that is said of its type.
    let span: Span = function.return_span().into();
    let kept = quote::quote_spanned!(span=> #fixture::Value::#keep::<#gives>(#value));
    quote! {
        fn __rehearsal_make(
            #slots: &mut [#fixture::Slot],
            _drive: #fixture::Drive<'_>,
            #which: u32,
        ) -> ::core::result::Result<#fixture::Value, ::std::string::String> {
            #opened
            #chosen
            ::core::result::Result::Ok(#kept)
        }
    }
}

fn unmake(given: &Given, gives: &Tokens, fixture: &Tokens, is_own: bool) -> Tokens {
    let Some(teardown) = &given.teardown else {
        return quote!(use #fixture::let_go as __rehearsal_unmake;);
    };
    let take = Ident::new(if is_own { "take_own" } else { "take_shared" }, Span::call_site());
    // What is wrong with the function is said where it is named.
    let span = teardown.clone().into_iter().next().map_or_else(Span::call_site, |token| token.span());
    let torn = quote::quote_spanned!(span=> __rehearsal_torn(drive, #teardown, value));
    quote! {
        fn __rehearsal_unmake(
            value: #fixture::Value,
            drive: #fixture::Drive<'_>,
        ) -> ::core::result::Result<(), ::std::string::String> {
            use #fixture::torn as __rehearsal_torn;
            let value = #fixture::#take::<#gives>(value)?;
            #torn
        }
    }
}
