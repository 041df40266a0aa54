//! `#[rehearsal::load]`: leaves the function as it is and registers it as the operation of a load benchmark.

use proc_macro::{Delimiter, Span, TokenStream, TokenTree};
use proc_macro2::{Ident, Span as Place, TokenStream as Tokens};
use quote::{quote, quote_spanned};

use crate::bench::check_feature;
use crate::function::{Function, flatten};
use crate::injected::{Injected, lifted, needs};
use crate::option::{self, Given};
use crate::parameter::Parameter;
use crate::refusal::or_the_item;
use crate::register::{Link, SECTION};
use crate::token::{Failure, Out, failed};
use crate::value::{Argument, Value, choice, count, is_comma, read_duration, value};

/// The options of the measurement itself.
const OWN: [&str; 11] = [
    "concurrency",
    "clients",
    "processes",
    "setup",
    "client",
    "rate",
    "warm_up",
    "duration",
    "count",
    "stuck",
    "memory",
];

/// Those that a test has too.
const OF_TESTS: [&str; 8] =
    ["timeout", "ignore", "tags", "task_panic", "leaks", "flavor", "worker_threads", "crate"];

/// More clients than this at a level are a slip of the pen.
const MOST_CLIENTS: u32 = 100_000;

/// What the attribute says of the measurement, as it is emitted; the library's default where nothing is said.
#[derive(Default)]
struct Asked {
    fields: Vec<(&'static str, Tokens)>,
    clients: Option<&'static str>,
    setup: Option<Tokens>,
    /// Where that stands.
    setup_span: Option<Span>,
    processes_span: Option<Span>,
    client: Option<Tokens>,
}

/// Expands the attribute on one function.
pub(crate) fn expand(arguments: TokenStream, item: TokenStream, link: Link) -> TokenStream {
    or_the_item(try_expand(arguments, item.clone(), link), item)
}

fn try_expand(arguments: TokenStream, item: TokenStream, link: Link) -> Result<TokenStream, Failure> {
    check_feature("load benchmarks")?;
    let mut function = Function::split(item, "#[rehearsal::load]")?;
    let (asked, rest) = read(arguments)?;
    let allowed: Vec<&str> = OWN.into_iter().chain(OF_TESTS).collect();
    let mut given = option::parse(rest, &allowed)?;
    take_attributes(&mut function, &mut given)?;
    check(&function)?;
    if function.is_async() {
        // The clients of a plain function have a runtime all the same.
        given.check_flavor(&function, true)?;
    }
    let parameters = Parameter::all(&function);
    let supplied = check_parameters(&function, &asked, parameters.len())?;
    let fixtures = fixtures(&parameters[supplied..])?;
    let registered = registered(&function, &asked, &fixtures, &given, link);
    let attributes = function.attributes.iter().flat_map(|attribute| attribute.tokens.iter().cloned());
    let mut output: TokenStream = attributes.chain(function.tokens.iter().cloned()).collect();
    output.extend(TokenStream::from(registered));
    Ok(output)
}

/// Takes std's `#[ignore]`, and refuses what would run the function a second time or means nothing here.
fn take_attributes(function: &mut Function, given: &mut Given) -> Result<(), Failure> {
    for attribute in std::mem::take(&mut function.attributes) {
        match attribute.path.rsplit(':').next().unwrap_or_default() {
            "ignore" => given.take_ignore(&attribute)?,
            "should_panic" | "test" | "bench" | "load" | "generate" => {
                let text = format!(
                    "`#[{}]` beside `#[rehearsal::load]`: an operation is nothing else",
                    attribute.path
                );
                return failed(attribute.span, text);
            }
            _ => function.attributes.push(attribute),
        }
    }
    Ok(())
}

fn check(function: &Function) -> Result<(), Failure> {
    if let Some(receiver) = &function.receiver {
        return failed(receiver.span(), "`#[rehearsal::load]` works on free functions; this one is a method");
    }
    if let Some(bracket) = function.generics {
        return failed(bracket, "an operation cannot be generic: nobody would choose its parameters");
    }
    match function.refused_qualifier() {
        Some((word, span)) => failed(
            span,
            format!("an operation cannot be `{word}`: the harness calls it as an ordinary safe function"),
        ),
        None => Ok(()),
    }
}

/// The options of the measurement, and the tokens of all others.
fn read(arguments: TokenStream) -> Result<(Asked, TokenStream), Failure> {
    let (mut asked, mut rest) = (Asked::default(), Vec::new());
    let (mut seen, mut has_flavor): (Vec<String>, bool) = (Vec::new(), false);
    let tokens = flatten(arguments);
    for part in tokens.split(is_comma) {
        let [name, behind @ ..] = part else { continue };
        let word = name.to_string();
        if !OWN.contains(&word.as_str()) {
            has_flavor |= word == "flavor";
            rest.extend(part.iter().cloned());
            rest.push(TokenTree::Punct(proc_macro::Punct::new(',', proc_macro::Spacing::Alone)));
            continue;
        }
        if seen.contains(&word) {
            return failed(name.span(), format!("`{word}` is given twice; keep one of them"));
        }
        asked.take(&word, name, behind)?;
        seen.push(word);
    }
    if let (Some(at), None | Some("Tasks" | "Threads")) = (asked.processes_span, asked.clients) {
        return failed(
            at,
            "`processes` says in how many processes clients are: it needs `clients = \"processes\"`",
        );
    }
    if let (true, Some(at)) = (seen.iter().any(|word| word == "duration"), tokens_named(&tokens, "count")) {
        return failed(
            at,
            "a level is measured for a `duration` or for a `count` of operations; keep one of the two",
        );
    }
    let mut rest: TokenStream = rest.into_iter().collect();
    if !has_flavor {
        // Clients that hinder one another are seen where they can run at once.
        rest.extend("flavor = \"multi_thread\"".parse::<TokenStream>().expect("tokens"));
    }
    Ok((asked, rest))
}

fn tokens_named(tokens: &[TokenTree], name: &str) -> Option<Span> {
    tokens
        .split(is_comma)
        .filter_map(<[_]>::first)
        .find(|token| token.to_string() == name)
        .map(TokenTree::span)
}

impl Asked {
    fn take(&mut self, word: &str, name: &TokenTree, behind: &[TokenTree]) -> Result<(), Failure> {
        let span = name.span();
        if let "setup" | "client" = word {
            let path = path(word, span, behind)?;
            if word == "setup" {
                self.setup_span = behind.get(1).map(TokenTree::span);
            }
            let slot = if word == "setup" { &mut self.setup } else { &mut self.client };
            *slot = Some(path);
            return Ok(());
        }
        let argument = Argument { name: word.to_owned(), span, value: value(name, behind)? };
        match word {
            "concurrency" => {
                let levels = levels(&argument)?;
                self.fields.push(("levels", quote!(&[#(#levels),*])));
            }
            "clients" => {
                let kinds = [("tasks", "Tasks"), ("threads", "Threads"), ("processes", "Processes")];
                self.clients = Some(choice(&argument, &kinds)?);
            }
            "processes" => {
                let most = count(&argument)? as u32;
                self.fields.push(("processes", quote!(#most)));
                self.processes_span = Some(span);
            }
            "rate" | "count" => {
                let number = count(&argument)? as u64;
                let field = if word == "rate" { "rate" } else { "count" };
                self.fields.push((field, quote!(::core::option::Option::Some(#number))));
            }
            "warm_up" => self.fields.push(("warm_up_ms", duration(&argument, true)?)),
            "duration" => self.fields.push(("duration_ms", duration(&argument, false)?)),
            "stuck" => self.fields.push(("stuck_ms", duration(&argument, false)?)),
            _ => {
                let bytes = memory(&argument)?;
                self.fields.push(("memory_bytes", quote!(::core::option::Option::Some(#bytes))));
            }
        }
        Ok(())
    }
}

/// What stands behind `setup =`.
fn path(word: &str, span: Span, behind: &[TokenTree]) -> Result<Tokens, Failure> {
    match behind {
        [TokenTree::Punct(equals), path @ ..] if equals.as_char() == '=' && !path.is_empty() => {
            Ok(lifted(path))
        }
        _ => failed(span, format!("`{word}` takes the path of an async function: `{word} = connect`")),
    }
}

/// `[1, 2, 8]`, or one number.
fn levels(argument: &Argument) -> Result<Vec<u32>, Failure> {
    let wrong = || {
        failed(
            argument.span,
            format!(
                "`concurrency` takes numbers of clients, from 1 to {MOST_CLIENTS}, each once: `concurrency = [1, 8, 64]`"
            ),
        )
    };
    let list = match &argument.value {
        Value::Equals(TokenTree::Group(list)) if list.delimiter() == Delimiter::Bracket => {
            flatten(list.stream())
        }
        Value::Equals(number) => vec![number.clone()],
        _ => return wrong(),
    };
    let mut levels: Vec<u32> = Vec::new();
    for part in list.split(is_comma).filter(|part| !part.is_empty()) {
        let [number] = part else { return wrong() };
        match number.to_string().replace('_', "").parse() {
            Ok(clients) if (1..=MOST_CLIENTS).contains(&clients) && !levels.contains(&clients) => {
                levels.push(clients)
            }
            _ => return wrong(),
        }
    }
    if levels.is_empty() { wrong() } else { Ok(levels) }
}

/// Milliseconds.
fn duration(argument: &Argument, may_be_zero: bool) -> Result<Tokens, Failure> {
    let text = match &argument.value {
        Value::Equals(literal) => literal.to_string(),
        _ => String::new(),
    };
    let text = text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or_default();
    let zero = may_be_zero && ["0s", "0ms"].contains(&text);
    match if zero { Some(0) } else { read_duration(text) } {
        Some(duration_ms) => Ok(quote!(#duration_ms)),
        None => failed(
            argument.span,
            format!(
                "`{}` takes a duration{}, a number and its unit: \"500ms\", \"5s\", \"2m\"",
                argument.name,
                if may_be_zero { "" } else { " of at least 1ms" }
            ),
        ),
    }
}

/// Bytes.
pub(crate) fn memory(argument: &Argument) -> Result<u64, Failure> {
    let text = match &argument.value {
        Value::Equals(literal) => literal.to_string(),
        _ => String::new(),
    };
    let text = text.trim_matches('"');
    let digits = text.trim_end_matches(|letter: char| letter.is_ascii_alphabetic());
    let unit: Option<u64> = match &text[digits.len()..] {
        "KiB" => Some(1 << 10),
        "MiB" => Some(1 << 20),
        "GiB" => Some(1 << 30),
        _ => None,
    };
    let number = digits.trim_end().replace('_', "").parse::<u64>().ok().filter(|number| *number > 0);
    match number.zip(unit).and_then(|(number, unit)| number.checked_mul(unit)) {
        Some(bytes) => Ok(bytes),
        None => {
            failed(argument.span, "`memory` takes a number and its unit: \"512MiB\", \"2GiB\", \"64KiB\"")
        }
    }
}

/// How many parameters `setup` and `client` supply; behind them stand fixtures.
fn check_parameters(function: &Function, asked: &Asked, parameters: usize) -> Result<usize, Failure> {
    let (wanted, shape) = match (&asked.setup, &asked.client) {
        (None, None) => (0, ""),
        (Some(_), None) => (1, "takes what `setup` makes, by reference: `server: &Server`"),
        (None, Some(_)) => {
            (1, "takes what `client` makes, by mutable reference: `connection: &mut Connection`")
        }
        (Some(_), Some(_)) => (
            2,
            "takes what `setup` makes and what `client` makes: `server: &Server, connection: &mut Connection`",
        ),
    };
    match parameters >= wanted {
        true => Ok(wanted),
        false => {
            let place = function.first_argument.unwrap_or_else(|| function.name.span());
            failed(place, format!("this operation {shape}; it has {parameters} parameters"))
        }
    }
}

/// Parameters that are fixtures: all clients have them at once.
fn fixtures(parameters: &[Parameter]) -> Result<Vec<(Injected, Tokens)>, Failure> {
    let fixture = |(number, parameter): (usize, &Parameter)| {
        let injected = Injected::of(parameter, number)?;
        match injected.shared().cloned() {
            Some(of) => Ok((injected, of)),
            None => failed(
                parameter.span,
                "all clients of a level have its fixtures at once: take this one by reference, `db: &Db`. What each has for \
                 itself `client = path` makes, and it stands before the fixtures",
            ),
        }
    };
    parameters.iter().enumerate().map(fixture).collect()
}

/// `const _: () = { … };`
fn registered(
    function: &Function,
    asked: &Asked,
    fixtures: &[(Injected, Tokens)],
    given: &Given,
    link: Link,
) -> Tokens {
    let private: Tokens = given.private_path().parse().expect("a path that was checked");
    let load = quote!(#private::load);
    let play = play(function, asked, fixtures, &load);
    let injected: Vec<Injected> = fixtures.iter().map(|(injected, _)| injected.clone()).collect();
    let needs = needs(&injected, &quote!(#private::fixture));
    let loans = fixtures.iter().map(|(injected, of)| {
        let place = injected.place();
        quote_spanned!(place=> #load::Loan::of::<#of>())
    });
    let fields = asked.fields.iter().map(|(name, value)| {
        let name = Ident::new(name, Place::call_site());
        quote!(#name: #value,)
    });
    let clients = Ident::new(asked.clients.unwrap_or("Tasks"), Place::call_site());
    let path = format!("::{}", function.name);
    let path = quote!(::core::concat!(::core::module_path!(), #path));
    let (line, column) = (function.name.span().line() as u32, function.name.span().column() as u32);
    let mut options = Out::new();
    given.emit(&mut options, &given.private_path());
    let options = Tokens::from(options.into_stream());
    let entry = quote! {
        #private::Entry {
            path: #path,
            file: ::core::file!(),
            line: #line,
            column: #column,
            options: #load::options(#options),
            body: #private::Body::Other(&#load::Load {
                path: #path,
                module: ::core::module_path!(),
                needs: &__REHEARSAL_NEEDS,
                loans: &[#(#loans),*],
                spec: #load::Spec { clients: #load::Clients::#clients, #(#fields)* ..#load::Spec::NONE },
                play: __rehearsal_play,
            }),
        }
    };
    let marked = Ident::new("unsafe", Place::call_site());
    let linked = match link {
        Link::Section => quote! {
            #[used]
            #[#marked(link_section = #SECTION)]
            static ENTRY: #private::Entry = #entry;
        },
        Link::Constructor => quote!(#private::linked::inventory::submit! { #entry }),
    };
    quote! {
        #[allow(clippy::all)]
        const _: () = {
            #play
            #needs
            #linked
        };
    }
}

/// `fn __rehearsal_play(stage: Stage) -> Playing { stage.with_tasks(…) }`: the loop of a client stands here, not in a
/// function of the library, because only here the compiler can see that the operation's future is `Send`, and make one
/// function of operation and loop.
fn play(function: &Function, asked: &Asked, fixtures: &[(Injected, Tokens)], load: &Tokens) -> Tokens {
    let mixed = Place::mixed_site();
    let (shared, turn, own) =
        (Ident::new("shared", mixed), Ident::new("turn", mixed), Ident::new("own", mixed));
    let (loans, made) = (Ident::new("loans", mixed), Ident::new("made", mixed));
    let lent: Vec<Ident> = (0..fixtures.len()).map(|at| Ident::new(&format!("lent_{at}"), mixed)).collect();
    let types = fixtures.iter().map(|(_, of)| of);
    let numbers = 0..fixtures.len();
    let name = lifted(&[TokenTree::Ident(function.name.clone())]);
    let set_up = match &asked.setup {
        Some(setup) => quote!(#load::Got(#setup().await).settle()),
        None => quote!(::core::result::Result::<(), ::std::string::String>::Ok(())),
    };
    let own_set_up = asked.client.as_ref().map(|client| {
        let of_setup = asked.setup.as_ref().map(|_| &shared);
        let given = of_setup.into_iter().chain(&lent);
        let call = quote!(#client(#(#given),*));
        quote! {
            let mut #own = match #load::Got(#call.await).settle() {
                ::core::result::Result::Ok(#own) => #own,
                ::core::result::Result::Err(why) => return #turn.refused(why),
            };
        }
    });
    let of_setup = asked.setup.as_ref().map(|_| quote!(#shared));
    let of_client = asked.client.as_ref().map(|_| quote!(&mut #own));
    let all = of_setup.into_iter().chain(of_client).chain(lent.iter().map(|lent| quote!(#lent)));
    let arguments = quote!(#(#all),*);
    // Without fixtures the value of the set-up stays what it is: where it cannot cross to a process that names its type.
    let (set_up, opened) = match fixtures {
        [] => (set_up, quote!(let #shared = &*#shared;)),
        _ => (
            quote!(#set_up.map(|#made| (#made, #(#loans.get::<#types>(#numbers),)*))),
            quote! {
                let (#shared, #(#lent,)*) = &*#shared;
                #(let #lent = &**#lent;)*
            },
        ),
    };
    let place: Place = Place::call_site().located_at(Place::from(function.return_span()));
    let call = quote_spanned!(place=> #name(#arguments));
    let call = if function.is_async() { quote!(#call.await) } else { call };
    // What cannot cross to processes is told where its set-up is named.
    let of_fixture = fixtures.first().map(|(injected, _)| injected.place());
    let place = asked.setup_span.map(Place::from).or(of_fixture).unwrap_or_else(Place::call_site);
    let with = match asked.clients {
        Some("Threads") => quote!(with_threads),
        Some("Processes") => quote_spanned!(place=> with_processes),
        _ => quote!(with_tasks),
    };
    quote! {
        fn __rehearsal_play(stage: #load::Stage) -> #load::Playing {
            #[allow(unused_imports)]
            use #load::Settle as _;
            stage.#with(
                |#loans: #load::Loans| async move {
                    let _ = &#loans;
                    #set_up
                },
                |#shared, mut #turn: #load::Turn| ::std::boxed::Box::pin(async move {
                    #[allow(unused_variables)]
                    #opened
                    #own_set_up
                    #turn.begin().await;
                    while #turn.is_clear() || #turn.wait().await {
                        let result = #load::Got(#call).settle();
                        #turn.note(result.map(::core::mem::drop));
                    }
                    #turn.end()
                }),
            )
        }
    }
}
