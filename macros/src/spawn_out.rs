//! What `#[rehearsal::actor]` adds to the type itself: `spawn` and `lookup`.

use proc_macro2::TokenStream;
use quote::quote;

use crate::actor::Actor;
use crate::actor_out::{proxy_names, types};

pub(crate) fn spawn(actor: &Actor) -> TokenStream {
    let Actor { root, ty, start, ident, visibility, .. } = actor;
    let (names, types) = (proxy_names(start), types(actor, start));
    let doc = format!(
        "An actor `{ident}` that is started with these arguments once it is placed: await it for its proxy."
    );
    let doc_of_start = start.kept("doc");
    let lookup = lookup(actor);
    quote! {
        impl #ty {
            #[doc = #doc]
            #[doc = ""]
            #(#doc_of_start)*
            #[track_caller]
            #visibility fn spawn(#(#names: #types),*) -> #root::Spawn<#ty> {
                #root::Spawn::new((#(#names,)*))
            }

            #lookup
        }
    }
}

/// The look-up by name, unless the block has a function of that name itself.
fn lookup(actor: &Actor) -> Option<TokenStream> {
    let Actor { root, ty, ident, visibility, .. } = actor;
    if actor.has_own_lookup {
        return None;
    }
    let doc = format!("Looks up an actor `{ident}` by its name: await it for its proxy.");
    Some(quote! {
        // Most actors of a program are never looked up, and it is not their author who wrote this.
        #[doc = #doc]
        #[allow(dead_code)]
        #visibility fn lookup(
            name: impl ::core::convert::Into<::std::string::String>,
        ) -> #root::Lookup<#ty> {
            #root::Lookup::new(name)
        }
    })
}
