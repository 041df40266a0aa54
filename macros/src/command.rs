//! `#[rehearsal::command]` on a free function: an open command, which any actor carries out.
//!
//! The function becomes one that makes the command (a struct of its name, in the other namespace), and its body the
//! command's `call`.

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::{format_ident, quote};

use crate::cursor::{Cursor, Wrong, wrong};
use crate::method::{Cx, Head, Method};
use crate::named;
use crate::part::{self, check_name};

pub(crate) fn expand(arguments: TokenStream, item: TokenStream) -> TokenStream {
    read(arguments, item).map_or_else(
        |wrong| wrong.to_compile_error(),
        |(function, permission)| emit(&function, permission.as_ref()),
    )
}

/// The function, and who may call it by name, if anybody.
fn read(arguments: TokenStream, item: TokenStream) -> Result<(Method, Option<Ident>), Wrong> {
    let permission = read_permission(arguments)?;
    let mut cursor = Cursor::new(item, Span::call_site());
    let head = Head::read(&mut cursor)?;
    let Ok(function) = Method::read(&mut cursor, head)? else {
        return wrong(cursor.span(), "#[rehearsal::command] goes on a free function");
    };
    function.check_callable("#[rehearsal::command]")?;
    if function.receiver.is_some() {
        return wrong(
            function.name.span(),
            "inside an `impl` block write #[command], and #[rehearsal::actor] on the block",
        );
    }
    check_name(&function)?;
    if function.streams() {
        return wrong(
            function.output_span(),
            "an open command cannot answer with a stream: make it a #[command] of the actor",
        );
    }
    Ok((function, permission))
}

fn read_permission(arguments: TokenStream) -> Result<Option<Ident>, Wrong> {
    let mut tokens = arguments.into_iter();
    match (tokens.next(), tokens.next()) {
        (None, _) => Ok(None),
        (Some(TokenTree::Ident(word)), None) => {
            let permission = part::permission(&word)?;
            named::check_feature(word.span())?;
            Ok(Some(permission))
        }
        (Some(token), _) => wrong(
            token.span(),
            "#[rehearsal::command] takes who may call it by name, if anybody: public, authenticated or internal",
        ),
    }
}

fn emit(function: &Method, permission: Option<&Ident>) -> TokenStream {
    let root = quote!(::rehearsal::__private::actor);
    let Method { attributes, visibility, name, args, body, .. } = function;
    let (text, output) = (function.text(), function.output_type());
    let cfg = function.kept("cfg");
    let fields: Vec<_> = (0..args.len()).map(|index| format_ident!("argument_{index}")).collect();
    let names: Vec<_> = args
        .iter()
        .zip(&fields)
        .map(|(arg, field)| if arg.name == "_" { field.clone() } else { arg.name.clone() })
        .collect();
    let types: Vec<_> = args.iter().map(|arg| &arg.ty).collect();
    let bindings = args.iter().map(|arg| &arg.binding);
    let cx = match &function.cx {
        Some(Cx { name, ty, .. }) => quote!(#name: #ty),
        None => quote!(_: &mut #root::Context<#root::Any>),
    };
    let returns = (!function.output.is_empty()).then(|| quote!(-> #output));
    let named = permission.map(|permission| named::open(&root, function, permission));
    let doc = format!("The open command `{text}`, to be given to `proxy.run(..)`.");
    quote! {
        #(#cfg)*
        #[doc = #doc]
        #[allow(non_camel_case_types)]
        #visibility struct #name { #(#fields: #types),* }

        #(#attributes)*
        #[must_use = "an open command does nothing until an actor runs it"]
        #visibility fn #name(#(#names: #types),*) -> #name {
            #name { #(#fields: #names),* }
        }

        #(#cfg)*
        #[allow(clippy::unused_unit)]
        impl #root::OpenCommand for #name {
            const NAME: &'static str = #text;
            type Args = (#(#types,)*);
            type Output = #output;

            fn into_args(self) -> Self::Args {
                (#(self.#fields,)*)
            }

            fn from_args((#(#fields,)*): Self::Args) -> Self {
                #name { #(#fields),* }
            }

            async fn call(self, #cx) #returns {
                #(let #bindings = self.#fields;)*
                #body
            }
        }

        #named
    }
}
