//! One field of the struct: what its attribute and its type ask for.

use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::{quote, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{Error, GenericArgument, PathArguments, Result, Type, WherePredicate, parse_quote};

use crate::keys::{Fallback, Keys};

/// A field that is understood.
pub(crate) struct Field {
    pub(crate) ident: Ident,
    keys: Keys,
    count: Count,
    value: Type,
}

/// How many matches a field takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Count {
    One,
    Optional,
    All,
}

impl Field {
    pub(crate) fn parse(field: &syn::Field) -> Result<Self> {
        let ident = field.ident.clone().ok_or_else(|| Error::new(field.span(), "unnamed field"))?;
        let mut attributes =
            field.attrs.iter().filter(|attribute| attribute.path().is_ident("extract"));
        let Some(first) = attributes.next() else {
            let message = format!(
                "field `{ident}` has no #[extract(..)]; name what to read, as in \
                 #[extract(css = \"h1\")]"
            );
            return Err(Error::new(ident.span(), message));
        };
        if let Some(second) = attributes.next() {
            return Err(Error::new(
                second.span(),
                format!("field `{ident}` has two #[extract(..)]"),
            ));
        }
        let keys = Keys::parse(first)?;
        let (count, value) = shape(&field.ty)?;
        if keys.default.is_some() && count != Count::One {
            return Err(Error::new(
                ident.span(),
                format!(
                    "field `{ident}` needs no default; without a match an Option is none and a \
                     Vec is empty"
                ),
            ));
        }
        Ok(Self { ident, keys, count, value })
    }

    /// Returns the static that says where the value stands.
    pub(crate) fn place(&self) -> TokenStream {
        let name = self.ident.unraw().to_string();
        let keys = &self.keys;
        let selectors = [("css", &keys.css), ("next", &keys.next), ("until", &keys.until)];
        let regex = [("regex", &keys.regex)];
        let literals = selectors.into_iter().chain(regex).filter_map(|(name, literal)| {
            let literal = literal.as_ref()?;
            let name = Ident::new(name, literal.span());
            Some(quote!(#name: ::core::option::Option::Some(#literal),))
        });
        let take = match &keys.attr {
            Some(attr) => Some(quote!(take: ::dragline::__private::Take::Attr(#attr),)),
            None => keys.has("html").then(|| quote!(take: ::dragline::__private::Take::Html,)),
        };
        let joined = keys.has("url").then(|| quote!(joined: true,));
        let lenient = keys.has("lenient").then(|| quote!(lenient: true,));
        quote! {
            ::dragline::__private::Field::new(#name, ::dragline::__private::Place {
                #(#literals)* #take #joined #lenient
                ..::dragline::__private::Place::HERE
            })
        }
    }

    /// Returns the expression that reads the field, whose static is at `index`.
    pub(crate) fn read(&self, index: usize) -> TokenStream {
        let read = self.reader();
        let field = quote!(&FIELDS[#index]);
        match (self.count, &self.keys.default) {
            (Count::Optional, _) => quote!(extraction.optional(#field, #read)),
            (Count::All, _) => quote!(extraction.all(#field, #read)),
            (Count::One, None) => quote!(extraction.one(#field, #read)),
            (Count::One, Some(Fallback::Given(default))) => {
                quote!(extraction.one_or(#field, #read, || #default))
            }
            (Count::One, Some(Fallback::OfType)) => {
                quote!(extraction.one_or(#field, #read, ::core::default::Default::default))
            }
        }
    }

    /// Returns what a generic struct must demand of the field's type.
    pub(crate) fn bounds(&self, parameters: &[&Ident]) -> Vec<WherePredicate> {
        let value = &self.value;
        if !mentions(quote!(#value), parameters) {
            return Vec::new();
        }
        let mut bounds = Vec::new();
        if self.keys.has("nested") {
            bounds.push(parse_quote!(#value: ::dragline::Extract));
        } else if self.keys.parse.is_none() {
            bounds.push(parse_quote!(#value: ::core::str::FromStr));
            bounds.push(parse_quote!(<#value as ::core::str::FromStr>::Err: ::core::fmt::Display));
        }
        if matches!(self.keys.default, Some(Fallback::OfType)) {
            bounds.push(parse_quote!(#value: ::core::default::Default));
        }
        bounds
    }

    fn reader(&self) -> TokenStream {
        let value = &self.value;
        if self.keys.has("nested") {
            return quote_spanned!(value.span() => ::dragline::__private::nested::<#value>);
        }
        if let Some(function) = &self.keys.parse {
            return quote!(|found| ::dragline::__private::with(found, #function));
        }
        match last_segment(value).map(|name| name.to_string()).as_deref() {
            Some("String") => quote!(::dragline::__private::text),
            Some("Url") => quote!(::dragline::__private::url),
            // At the type's own place, so that a type that does not parse is what the error shows.
            _ => quote_spanned!(value.span() => ::dragline::__private::parse::<#value>),
        }
    }
}

/// Splits a field's type into how many and of what.
fn shape(ty: &Type) -> Result<(Count, Type)> {
    let Some((count, inner)) = wrapped(ty) else { return Ok((Count::One, ty.clone())) };
    match (count, wrapped(inner)) {
        (Count::Optional, Some((Count::All, _))) => Err(Error::new(
            ty.span(),
            "`Option<Vec<..>>` is not supported; a Vec is empty when nothing matches",
        )),
        (_, Some(_)) => Err(Error::new(
            ty.span(),
            "Option and Vec cannot be nested here; use one of them around the value's type",
        )),
        (count, None) => Ok((count, inner.clone())),
    }
}

fn wrapped(ty: &Type) -> Option<(Count, &Type)> {
    let Type::Path(path) = ty else { return None };
    let segment = path.path.segments.last()?;
    let count = match segment.ident.to_string().as_str() {
        "Option" => Count::Optional,
        "Vec" => Count::All,
        _ => return None,
    };
    let PathArguments::AngleBracketed(arguments) = &segment.arguments else { return None };
    match arguments.args.first() {
        Some(GenericArgument::Type(inner)) if arguments.args.len() == 1 => Some((count, inner)),
        _ => None,
    }
}

fn last_segment(ty: &Type) -> Option<&Ident> {
    match ty {
        Type::Path(path) => path.path.segments.last().map(|segment| &segment.ident),
        _ => None,
    }
}

fn mentions(tokens: TokenStream, names: &[&Ident]) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Ident(ident) => names.contains(&&ident),
        TokenTree::Group(group) => mentions(group.stream(), names),
        _ => false,
    })
}
