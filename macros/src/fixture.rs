//! `#[rehearsal::fixture]`: leaves the function as it is and registers beside it how its value is made and taken away.

use proc_macro::{TokenStream, TokenTree};
use proc_macro2::{Ident, Span, TokenStream as Tokens};
use quote::{format_ident, quote};

use crate::case::{MOST, Value, values};
use crate::function::{Function, flatten};
use crate::injected::{Injected, lifted, needs, opened};
use crate::parameter::{Parameter, put_back};
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

const ALLOWED: &str = "scope, autouse, timeout, teardown, crate";

/// Expands the attribute on one function.
pub(crate) fn expand(given: TokenStream, item: TokenStream, link: Link) -> TokenStream {
    or_the_item(try_expand(given, item.clone(), link), item)
}

fn try_expand(given: TokenStream, item: TokenStream, link: Link) -> Result<TokenStream, Failure> {
    let given = read(given)?;
    let mut function = Function::split(item, "#[rehearsal::fixture]")?;
    check(&function)?;
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
fn registered(function: &Function, given: &Given, taken: &Taken, link: Link) -> Result<Tokens, Failure> {
    let root: Tokens =
        given.root.as_deref().unwrap_or("::rehearsal").parse().expect("a path that was checked");
    let private = quote!(#root::__private);
    let fixture = quote!(#private::fixture);
    let needs = needs(&taken.injected, &fixture);
    let values = taken.labels();
    let scope = Ident::new(given.scope.unwrap_or("Test"), Span::call_site());
    let gives = gives(function, &fixture);
    let make = make(function, taken, &fixture, scope == "Test");
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

fn make(function: &Function, taken: &Taken, fixture: &Tokens, is_own: bool) -> Tokens {
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
    quote! {
        fn __rehearsal_make(
            #slots: &mut [#fixture::Slot],
            _drive: #fixture::Drive<'_>,
            #which: u32,
        ) -> ::core::result::Result<#fixture::Value, ::std::string::String> {
            #opened
            #chosen
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
