//! What `named` adds to an actor, and a permission to an open command: what it takes to be called by name.

use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::quote;

use crate::actor::Actor;
use crate::actor_out::{message_ident, number, numbered, types};
use crate::cursor::{Wrong, wrong};
use crate::method::Method;

/// Where open commands with names are listed, as `src/sys/linked` of the crate `rehearsal` knows it.
const SECTION: &str = concat!(
    "rehearsal_named_",
    env!("CARGO_PKG_VERSION_MAJOR"),
    "_",
    env!("CARGO_PKG_VERSION_MINOR"),
    "_",
    env!("CARGO_PKG_VERSION_PATCH")
);

/// Refuses what needs a feature that is not there.
pub(crate) fn check_feature(span: Span) -> Result<(), Wrong> {
    if cfg!(feature = "json") {
        return Ok(());
    }
    wrong(
        span,
        "calls by name need the feature `json`: rehearsal = { version = \"..\", features = [\"json\"] }",
    )
}

/// A command as one who calls it by name sees it. `index` is its number.
pub(crate) fn signature(
    root: &TokenStream,
    command: &Method,
    index: Literal,
    permission: Option<&Ident>,
) -> TokenStream {
    let text = command.text();
    let permission = permission.map_or(quote!(Public), |permission| quote!(#permission));
    let arguments = command.args.iter().enumerate().map(|(index, arg)| {
        let name = arg.name.to_string();
        let name = match name.trim_start_matches("r#") {
            "_" => format!("argument_{index}"),
            name => name.to_owned(),
        };
        let of_type = spelled(&arg.ty);
        quote!((#name, #of_type))
    });
    quote! {
        #root::Signature {
            name: #text,
            number: #index,
            permission: #root::Permission::#permission,
            arguments: &[#(#arguments),*],
        }
    }
}

/// A type as people write it.
fn spelled(ty: &TokenStream) -> String {
    let mut text = ty.to_string();
    for mark in ["<", ">", "::", ",", "(", ")", "[", "]", ";"] {
        text = text.replace(&format!(" {mark}"), mark);
        if !matches!(mark, "," | ";" | ">" | ")" | "]") {
            text = text.replace(&format!("{mark} "), mark);
        }
    }
    text
}

/// What goes into the actor's `Actor` implementation.
pub(crate) fn behavior(actor: &Actor) -> TokenStream {
    let root = &actor.root;
    let message = message_ident(actor);
    // A stream cannot be read by name, so that what answers with one has none.
    let commands = || {
        let all = actor.parts.commands.iter().zip(&actor.parts.permissions).enumerate();
        all.filter(|(_, (command, _))| !command.streams())
    };
    let signatures = commands().map(|(index, (command, permission))| {
        let cfg = command.kept("cfg");
        let signature = signature(root, command, number(index), permission.as_ref());
        quote!(#(#cfg)* #signature)
    });
    let arms = commands().map(|(index, (command, _))| {
        let (cfg, name, values) = (command.kept("cfg"), &command.name, numbered(command));
        let (index, count) = (number(index), command.args.len());
        let (arguments, types) = (&values[..count], &types(actor, command)[..count]);
        let fails = command.returns_result() || command.job().is_some();
        let reply = if fails { quote!(reply_of_result) } else { quote!(reply) };
        let ticket = values.get(count).map(|ticket| quote!(let #ticket = answering.ticket();));
        quote! {
            #(#cfg)* #index => {
                let (#(#arguments,)*): (#(#types,)*) = arguments.read()?;
                #ticket
                #message::#name(answering.#reply(), #(#values),*)
            }
        }
    });
    quote! {
        const SIGNATURES: ::core::option::Option<&'static [#root::Signature]> =
            ::core::option::Option::Some(&[#(#signatures),*]);

        fn read_named(
            command: u32,
            arguments: #root::Arguments,
            answering: #root::Answering,
        ) -> ::core::result::Result<Self::Message, #root::WrongArguments> {
            ::core::result::Result::Ok(match command {
                #(#arms)*
                _ => ::core::unreachable!("the signatures are those of the commands"),
            })
        }
    }
}

/// What makes an open command known by name.
pub(crate) fn open(root: &TokenStream, function: &Method, permission: &Ident) -> TokenStream {
    let (cfg, name) = (function.kept("cfg"), &function.name);
    let signature = signature(root, function, Literal::u32_suffixed(0), Some(permission));
    let read = if function.returns_result() { quote!(read_open_result) } else { quote!(read_open) };
    quote! {
        #(#cfg)*
        const _: () = {
            const SIGNATURE: #root::Signature = #signature;
            #root::link_named! {
                #SECTION,
                #root::OpenNamed {
                    signature: &SIGNATURE,
                    module: ::core::module_path!(),
                    read: #root::#read::<#name>,
                }
            }
        };
    }
}
