//! How an actor's messages cross to its process: the traits for that, as `#[rehearsal::actor]` writes them.

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::{format_ident, quote, quote_spanned};

use crate::actor::Actor;
use crate::actor_out::{message_ident, number, numbered, own, types};
use crate::method::Method;

/// The traits for crossing, under bounds that are checked where `.process()` is called.
pub(crate) fn process(actor: &Actor) -> TokenStream {
    let Actor { root, ty, event, .. } = actor;
    let message = message_ident(actor);
    let (mut crossing, mut streamed) = (vec![event.clone()], Vec::new());
    crossing.extend(types(actor, &actor.start));
    let mut aliases = TokenStream::new();
    for (index, command) in actor.parts.commands.iter().enumerate() {
        let mut own_types = types(actor, command);
        if command.streams() {
            let (ty, alias) = (own(actor, command.output_type()), format_ident!("__Streaming{index}"));
            aliases.extend(alias_of(command, &alias, &ty, &quote!(#root::Streaming<()>)));
            streamed.push(if conditions(command).is_empty() { ty } else { quote!(#alias) });
        } else if !command.output.is_empty() {
            own_types.push(own(actor, command.job().unwrap_or_else(|| command.output_type())));
        }
        let conditions = conditions(command);
        if conditions.is_empty() {
            crossing.extend(own_types);
        } else {
            // A bound cannot have a `#[cfg]`, a name for the types can.
            let alias = format_ident!("__Crossing{index}");
            aliases.extend(alias_of(command, &alias, &quote!((#(#own_types,)*)), &quote!(())));
            crossing.push(quote!(#alias));
        }
    }
    let bound = |ty: &TokenStream, wire: TokenStream| {
        let span = ty.clone().into_iter().next().map_or(Span::call_site(), |token| token.span());
        quote_spanned!(span=> for<'w> #ty: #root::#wire<'w>)
    };
    let bounds = crossing.iter().map(|ty| bound(ty, quote!(Wire)));
    let bounds = bounds.chain(streamed.iter().map(|ty| bound(ty, quote!(StreamedWire))));
    let packs = actor.parts.commands.iter().enumerate().map(|(index, command)| {
        let (cfg, name, text, values) =
            (command.kept("cfg"), &command.name, command.text(), numbered(command));
        let index = number(index);
        let way = if command.streams() { quote!(streaming) } else { quote!(command) };
        quote!(#(#cfg)* #message::#name(reply, #(#values),*) => out.#way(#index, #text, &(#(#values,)*), reply),)
    });
    let unpacks = actor.parts.commands.iter().enumerate().map(|(index, command)| {
        let (cfg, name, values, types) =
            (command.kept("cfg"), &command.name, numbered(command), types(actor, command));
        let index = number(index);
        let way = if command.streams() { quote!(streaming) } else { quote!(reply) };
        quote! {
            #(#cfg)* #index => {
                let (#(#values,)*): (#(#types,)*) = inbound.args()?;
                ::core::result::Result::Ok(#message::#name(inbound.#way(), #(#values),*))
            }
        }
    });
    quote! {
        #aliases

        impl #root::ProcessActor for #ty where #(#bounds,)* {
            fn pack(message: Self::Message, out: #root::Outbound<'_>) {
                match message { #(#packs)* }
            }

            fn unpack(
                command: u32,
                inbound: #root::Inbound<'_>,
            ) -> ::core::result::Result<Self::Message, #root::WireError> {
                match command {
                    #(#unpacks)*
                    unknown => ::core::result::Result::Err(#root::unknown_command(unknown)),
                }
            }
        }
    }
}

/// A name for a type that is there under the command's `#[cfg(..)]`s, and for another where it is not.
fn alias_of(
    command: &Method,
    alias: &Ident,
    present: &TokenStream,
    absent: &TokenStream,
) -> Option<TokenStream> {
    let conditions = conditions(command);
    (!conditions.is_empty()).then(|| {
        quote! {
            #[cfg(all(#(#conditions),*))]
            type #alias = #present;
            #[cfg(not(all(#(#conditions),*)))]
            type #alias = #absent;
        }
    })
}

/// What stands in the parentheses of its `#[cfg(..)]`s.
fn conditions(method: &Method) -> Vec<TokenStream> {
    let groups = method.kept("cfg").into_iter().flat_map(|cfg| cfg.rest.clone());
    let inner = groups.filter_map(|token| match token {
        TokenTree::Group(group) => Some(group.stream()),
        _ => None,
    });
    inner.collect()
}
