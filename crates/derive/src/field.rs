//! One field of the struct: what its attribute and its type ask for.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{Attribute, Error, GenericArgument, Ident, LitStr, Meta, PathArguments, Result, Type};

/// A field that is understood.
pub(crate) struct Field {
    pub(crate) ident: Ident,
    css: Option<LitStr>,
    attr: Option<LitStr>,
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
        let (css, attr) = keys(first)?;
        let (count, value) = shape(&field.ty)?;
        Ok(Self { ident, css, attr, count, value })
    }

    /// Returns the static that says where the value stands.
    pub(crate) fn place(&self) -> TokenStream {
        let name = self.ident.unraw().to_string();
        let css = option(self.css.as_ref());
        let attr = option(self.attr.as_ref());
        quote!(::dragline::__private::Field::new(#name, #css, #attr))
    }

    /// Returns the expression that reads the field, whose static is at `index`.
    pub(crate) fn read(&self, index: usize) -> TokenStream {
        let method = match self.count {
            Count::One => quote!(one),
            Count::Optional => quote!(optional),
            Count::All => quote!(all),
        };
        let value = &self.value;
        let read = match last_segment(value).map(|name| name.to_string()).as_deref() {
            Some("String") => quote!(::dragline::__private::text),
            Some("Url") => quote!(::dragline::__private::url),
            // At the type's own place, so that a type that does not parse is what the error shows.
            _ => quote_spanned!(value.span() => ::dragline::__private::parse::<#value>),
        };
        quote!(extraction.#method(&FIELDS[#index], #read))
    }
}

fn keys(attribute: &Attribute) -> Result<(Option<LitStr>, Option<LitStr>)> {
    let mut css = None;
    let mut attr = None;
    if matches!(attribute.meta, Meta::Path(_)) {
        return Ok((css, attr));
    }
    attribute.parse_nested_meta(|meta| {
        let key = meta.path.get_ident().map(Ident::to_string).unwrap_or_default();
        let slot = match key.as_str() {
            "css" => &mut css,
            "attr" => &mut attr,
            _ => {
                let message = format!("unknown key `{key}`; known keys are `css` and `attr`");
                return Err(meta.error(message));
            }
        };
        let value: LitStr = meta.value()?.parse()?;
        if slot.replace(value).is_some() {
            return Err(meta.error(format!("`{key}` is given twice")));
        }
        Ok(())
    })?;
    // An empty selector is the element itself, the same as none.
    Ok((css.filter(|css| !css.value().trim().is_empty()), attr))
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

fn option(literal: Option<&LitStr>) -> TokenStream {
    match literal {
        Some(literal) => quote!(::core::option::Option::Some(#literal)),
        None => quote!(::core::option::Option::None),
    }
}
