//! What `#[rehearsal::actor]` becomes: the block as it was, a proxy, and the actor traits.
//!
//! All of it but the proxy is inside one unnamed constant, so that no name of ours meets one of the user's.

use std::hash::{DefaultHasher, Hash, Hasher};

use proc_macro2::{Group, Ident, Literal, TokenStream, TokenTree};
use quote::{ToTokens, format_ident, quote, quote_spanned};

use crate::actor::{Actor, Parts};
use crate::crossing_out;
use crate::method::Method;
use crate::named;
use crate::spawn_out::spawn;

pub(crate) fn emit(actor: &Actor) -> TokenStream {
    let Actor { original, cfg, .. } = actor;
    let proxy = proxy(actor);
    let message = message(actor);
    let methods = proxy_methods(actor);
    let spawn = spawn(actor);
    let behavior = behavior(actor);
    let process = crossing_out::process(actor);
    quote! {
        #original
        #proxy
        #(#cfg)*
        #[allow(non_camel_case_types, unused_variables, clippy::all)]
        const _: () = {
            #message
            #methods
            #spawn
            #behavior
            #process
        };
    }
}

fn proxy_ident(actor: &Actor) -> Ident {
    format_ident!("{}Proxy", actor.ident)
}

pub(crate) fn message_ident(actor: &Actor) -> Ident {
    format_ident!("__{}Message", actor.ident)
}

fn proxy(actor: &Actor) -> TokenStream {
    let Actor { root, ty, visibility, cfg, ident, .. } = actor;
    let proxy = proxy_ident(actor);
    let doc = format!(
        "A counted reference to an actor [`{ident}`]: a method for each of its commands, and those of every actor."
    );
    quote! {
        #(#cfg)*
        #[doc = #doc]
        #visibility struct #proxy(#root::Address<#ty>);
    }
}

/// One variant a command: where its answer goes, and its arguments.
fn message(actor: &Actor) -> TokenStream {
    let root = &actor.root;
    let message = message_ident(actor);
    let variants = actor.parts.commands.iter().map(|command| {
        let (cfg, name) = (command.kept("cfg"), &command.name);
        let (output, types) = (answer(actor, command), types(actor, command));
        quote!(#(#cfg)* #name(#root::Reply<#output>, #(#types),*))
    });
    quote!(pub enum #message { #(#variants),* })
}

fn proxy_methods(actor: &Actor) -> TokenStream {
    let Actor { root, ty, .. } = actor;
    let (proxy, message) = (proxy_ident(actor), message_ident(actor));
    let methods = actor.parts.commands.iter().map(|command| {
        let (cfg, doc, visibility) = (command.kept("cfg"), command.kept("doc"), &command.visibility);
        let (name, text) = (&command.name, command.text());
        let (names, types) = (proxy_names(command), types(actor, command));
        if let Some(job) = command.job() {
            return job_method(actor, command, own(actor, job));
        }
        let output = own(actor, command.output_type());
        let call = if command.returns_result() { quote!(TryCall) } else { quote!(Call) };
        quote! {
            #(#cfg)* #(#doc)* #[allow(missing_docs)]
            #visibility fn #name(&self, #(#names: #types),*) -> #root::#call<'_, #ty, #output> {
                #root::#call::new(
                    &self.0,
                    #text,
                    #message::#name(#root::Reply::nobody(), #(#names),*),
                    |envelope| match envelope {
                        #root::Envelope::Command(#message::#name(place, ..)) => ::core::option::Option::Some(place),
                        _ => ::core::option::Option::None,
                    },
                )
            }
        }
    });
    quote! {
        impl #proxy { #(#methods)* }

        impl ::core::clone::Clone for #proxy {
            fn clone(&self) -> Self { #proxy(::core::clone::Clone::clone(&self.0)) }
        }

        impl ::core::fmt::Debug for #proxy {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                ::core::fmt::Debug::fmt(&self.0, f)
            }
        }

        impl ::core::convert::From<#root::Address<#ty>> for #proxy {
            fn from(address: #root::Address<#ty>) -> Self { #proxy(address) }
        }

        impl ::core::ops::Deref for #proxy {
            type Target = #root::Address<#ty>;
            fn deref(&self) -> &Self::Target { &self.0 }
        }
    }
}

/// The proxy's method for a command that returns a job: its call has a ticket, by which it can be given up.
fn job_method(actor: &Actor, command: &Method, job: TokenStream) -> TokenStream {
    let Actor { root, ty, .. } = actor;
    let message = message_ident(actor);
    let (cfg, doc, visibility) = (command.kept("cfg"), command.kept("doc"), &command.visibility);
    let (name, text, names) = (&command.name, command.text(), proxy_names(command));
    let types = command.args.iter().map(|arg| own(actor, arg.ty.clone()));
    quote! {
        #(#cfg)* #(#doc)* #[allow(missing_docs)]
        #visibility fn #name(&self, #(#names: #types),*) -> #root::JobCall<'_, #ty, #job> {
            let __ticket = #root::ticket();
            #root::JobCall::new(
                &self.0,
                #text,
                __ticket,
                #message::#name(#root::Reply::nobody(), #(#names,)* __ticket),
                |envelope| match envelope {
                    #root::Envelope::Command(#message::#name(place, ..)) => ::core::option::Option::Some(place),
                    _ => ::core::option::Option::None,
                },
            )
        }
    }
}

/// The type of a command's answer.
fn answer(actor: &Actor, command: &Method) -> TokenStream {
    let root = &actor.root;
    match command.job() {
        Some(job) => {
            let job = own(actor, job);
            quote!(::core::result::Result<#job, #root::JobError>)
        }
        None => own(actor, command.output_type()),
    }
}

fn behavior(actor: &Actor) -> TokenStream {
    let Actor { root, ty, event, .. } = actor;
    let (proxy, message) = (proxy_ident(actor), message_ident(actor));
    let kind = actor.ident.to_string();
    let names = actor.parts.commands.iter().map(|command| {
        let (cfg, text) = (command.kept("cfg"), command.text());
        quote!(#(#cfg)* #text)
    });
    let table = table(actor);
    let every = actor
        .parts
        .periodic
        .iter()
        .map(|(_, every_ms)| quote!(::core::time::Duration::from_millis(#every_ms)));
    let named = actor.parts.commands.iter().map(|command| {
        let (cfg, name, text) = (command.kept("cfg"), &command.name, command.text());
        quote!(#(#cfg)* #message::#name(..) => #text,)
    });
    let paces =
        actor.parts.commands.iter().filter(|command| !command.is_async && command.is_done_when_it_returns());
    let paces = paces.map(|command| {
        let (cfg, name) = (command.kept("cfg"), &command.name);
        quote! {
            #(#cfg)* #message::#name(..) => {
                static PACE: #root::Pace = #root::Pace::new();
                ::core::option::Option::Some(&PACE)
            }
        }
    });
    let args = types(actor, &actor.start);
    let start = start(actor);
    let begin = match actor.start.is_async {
        true => quote!(async fn start),
        false => quote!(const IS_PLAIN: bool = true; fn start_now),
    };
    let plain = dispatch_arms(actor, false);
    let has = |is_async: bool| actor.parts.commands.iter().any(|command| command.is_async == is_async);
    let rest = has(true).then(|| quote!(message => return ::core::option::Option::Some(message),));
    let never = has(false)
        .then(|| quote!(_ => ::core::unreachable!("commands that are plain functions are answered by dispatch_now"),));
    let dispatch = has(true).then(|| {
        let waiting = dispatch_arms(actor, true);
        quote! {
            async fn dispatch(&mut self, message: Self::Message, cx: &mut #root::Context<Self>) {
                match message { #(#waiting)* #never }
            }
        }
    });
    let ticks = actor.parts.periodic.iter().enumerate().map(|(index, (method, _))| {
        let run = run_hook(method);
        quote!(#index => #run,)
    });
    let has_ticks = !actor.parts.periodic.is_empty();
    let tick = has_ticks.then(|| {
        quote! {
            async fn tick(
                &mut self,
                period: usize,
                cx: &mut #root::Context<Self>,
            ) -> ::core::result::Result<(), ::std::string::String> {
                match period { #(#ticks)* _ => ::core::result::Result::Ok(()) }
            }
        }
    });
    let stopping = actor.parts.stopping.as_ref().map(|stopping| {
        let run = run_hook(stopping);
        quote! {
            const HAS_STOPPING: bool = true;
            async fn stopping(
                &mut self,
                cx: &mut #root::Context<Self>,
            ) -> ::core::result::Result<(), ::std::string::String> {
                #run
            }
        }
    });
    let hooks = hooks(actor);
    quote! {
        impl #root::Actor for #ty {
            type Message = #message;
            type Args = (#(#args,)*);
            type Event = #event;
            type Proxy = #proxy;
            const KIND: &'static str = #kind;
            const COMMANDS: &'static [&'static str] = &[#(#names),*];
            const TABLE: u64 = #table;
            const PERIODS: &'static [::core::time::Duration] = &[#(#every),*];

            #begin(
                args: Self::Args,
                cx: &mut #root::Context<Self>,
            ) -> ::core::result::Result<Self, ::std::string::String> {
                #start
            }

            #[inline]
            fn passage() -> ::core::option::Option<#root::Passage<Self>> {
                // Whichever of the two applies: the first where all of its types can cross.
                #[allow(unused_imports)]
                use #root::{Crosses as _, Stays as _};
                (&#root::Way::<#ty>::NEW).passage()
            }

            fn name_of(message: &Self::Message) -> &'static str {
                match *message { #(#named)* }
            }

            fn pace_of(message: &Self::Message) -> ::core::option::Option<&'static #root::Pace> {
                #[allow(unreachable_patterns)]
                match *message { #(#paces)* _ => ::core::option::Option::None }
            }

            fn dispatch_now(
                &mut self,
                message: Self::Message,
                cx: &mut #root::Context<Self>,
            ) -> ::core::option::Option<Self::Message> {
                match message { #(#plain)* #rest }
                #[allow(unreachable_code)]
                ::core::option::Option::None
            }

            #dispatch
            #tick
            #stopping
            #hooks
        }
    }
}

/// The hooks that are called in passing, where the actor has them.
fn hooks(actor: &Actor) -> TokenStream {
    let root = &actor.root;
    let Parts { exit, on_info, on_params, .. } = &actor.parts;
    let exit = exit.as_ref().map(|Method { name, .. }| {
        quote! {
            fn exit(&mut self, exit: &#root::Exit) { Self::#name(self, exit) }
        }
    });
    let on_info = on_info.as_ref().map(|Method { name, .. }| {
        quote! {
            const HAS_ON_INFO: bool = true;
            fn on_info(&mut self, info: &mut #root::Info) { Self::#name(self, info) }
        }
    });
    let on_params = on_params.as_ref().map(|Method { name, .. }| {
        quote! {
            const ON_PARAMS: ::core::option::Option<fn(&mut #root::Params)> =
                ::core::option::Option::Some(Self::#name);
        }
    });
    let named = actor.named.then(|| named::behavior(actor));
    quote!(#exit #on_info #on_params #named)
}

fn start(actor: &Actor) -> TokenStream {
    let Actor { root, start, .. } = actor;
    let values = numbered(start);
    let (name, list) = (&start.name, start.call_list(&values, &quote!(cx)));
    let wait = start.is_async.then(|| quote!(.await));
    let made = quote!(Self::#name(#(#list),*) #wait);
    let made = if start.returns_result() {
        quote!(#made.map_err(#root::told))
    } else {
        quote!(::core::result::Result::Ok(#made))
    };
    quote!(let (#(#values,)*) = args; #made)
}

fn dispatch_arms(actor: &Actor, is_async: bool) -> Vec<TokenStream> {
    let root = &actor.root;
    let message = message_ident(actor);
    let wait = is_async.then(|| quote!(.await));
    let commands = actor.parts.commands.iter().filter(|command| command.is_async == is_async);
    commands
        .map(|command| {
            let (cfg, name, values) = (command.kept("cfg"), &command.name, numbered(command));
            let list = command.call_list(&values[..command.args.len()], &quote!(cx));
            if command.job().is_some() {
                let ticket = &values[command.args.len()];
                return quote! {
                    #(#cfg)* #message::#name(reply, #(#values),*) => {
                        let job = Self::#name(self, #(#list),*) #wait;
                        cx.hand_over(#ticket, job, reply)
                    }
                };
            }
            let mut answer = quote!(Self::#name(self, #(#list),*) #wait);
            if command.streams() {
                let (text, output) = (command.text(), own(actor, command.output_type()));
                answer = quote_spanned!(command.output_span()=> <#output as #root::Streamed>::begin(#answer, cx, #text));
            }
            if is_async || !command.is_done_when_it_returns() {
                return quote!(#(#cfg)* #message::#name(reply, #(#values),*) => reply.send(#answer),);
            }
            quote! {
                #(#cfg)* #message::#name(reply, #(#values),*) => {
                    let answer = #answer;
                    cx.returned();
                    reply.send(answer)
                }
            }
        })
        .collect()
}

/// Runs a `#[periodic]` or `#[stopping]` function, which returns nothing or a `Result`.
fn run_hook(method: &Method) -> TokenStream {
    let (name, list) = (&method.name, method.call_list(&[], &quote!(cx)));
    let wait = method.is_async.then(|| quote!(.await));
    let run = quote!(Self::#name(self, #(#list),*) #wait);
    if method.returns_result() {
        quote! {
            match #run {
                ::core::result::Result::Ok(_) => ::core::result::Result::Ok(()),
                ::core::result::Result::Err(error) => {
                    ::core::result::Result::Err(::std::format!("{error:#}"))
                }
            }
        }
    } else {
        quote!({ let () = #run; ::core::result::Result::Ok(()) })
    }
}

/// A hash of everything both ends of a handshake must agree on.
fn table(actor: &Actor) -> u64 {
    let mut hasher = DefaultHasher::new();
    for method in std::iter::once(&actor.start).chain(&actor.parts.commands) {
        method.text().hash(&mut hasher);
        types(actor, method).iter().for_each(|ty| ty.to_string().hash(&mut hasher));
        method.output.to_string().hash(&mut hasher);
    }
    actor.event.to_string().hash(&mut hasher);
    hasher.finish()
}

pub(crate) fn number(index: usize) -> Literal {
    Literal::u32_suffixed(u32::try_from(index).expect("a block of fewer functions than that"))
}

/// Names for what is in a message, its arguments first, that nothing of the user's can be called.
pub(crate) fn numbered(method: &Method) -> Vec<Ident> {
    let count = method.args.len() + usize::from(method.job().is_some());
    (0..count).map(|index| format_ident!("__argument_{index}")).collect()
}

/// The user's names for them, and one of ours for `_`.
pub(crate) fn proxy_names(method: &Method) -> Vec<Ident> {
    let own = method.args.iter().enumerate().map(|(index, arg)| {
        if arg.name == "_" { format_ident!("argument_{index}") } else { arg.name.clone() }
    });
    own.collect()
}

/// The types of what is in a message; behind the arguments of a command that returns a job comes its ticket.
pub(crate) fn types(actor: &Actor, method: &Method) -> Vec<TokenStream> {
    let mut types: Vec<_> = method.args.iter().map(|arg| own(actor, arg.ty.clone())).collect();
    if method.job().is_some() {
        types.push(quote!(u64));
    }
    types
}

/// The type with `Self` written out: in a proxy it would be another.
pub(crate) fn own(actor: &Actor, ty: TokenStream) -> TokenStream {
    let mut out = TokenStream::new();
    for token in ty {
        match token {
            TokenTree::Ident(ident) if ident == "Self" => actor.ty.to_tokens(&mut out),
            TokenTree::Group(group) => {
                let mut inner = Group::new(group.delimiter(), own(actor, group.stream()));
                inner.set_span(group.span());
                inner.to_tokens(&mut out);
            }
            other => other.to_tokens(&mut out),
        }
    }
    out
}
