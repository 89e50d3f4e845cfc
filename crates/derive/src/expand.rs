//! From the tokens of a struct to the tokens of its `Extract` implementation.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::{Data, DeriveInput, Error, Fields, FieldsNamed, Generics, Result};

use crate::field::Field;

/// Returns the implementation, or an error that points at what is wrong; all of them at once.
pub(crate) fn expand(input: TokenStream) -> Result<TokenStream> {
    let input: DeriveInput = syn::parse2(input)?;
    let fields = parse_fields(named_fields(&input)?)?;
    let name = &input.ident;
    let generics = with_bounds(input.generics.clone(), &fields);
    let (impl_generics, type_generics, where_clause) = generics.split_for_impl();

    let count = fields.len();
    let places = fields.iter().map(Field::place);
    let idents: Vec<_> = fields.iter().map(|field| &field.ident).collect();
    // Field names may be anything, so values go by names of their own.
    let values: Vec<_> = (0..count).map(|index| format_ident!("value_{index}")).collect();
    let reads = fields.iter().enumerate().map(|(index, field)| field.read(index));
    Ok(quote! {
        #[automatically_derived]
        impl #impl_generics ::dragline::Extract for #name #type_generics #where_clause {
            fn extract(
                element: ::dragline::Element<'_>,
            ) -> ::core::result::Result<Self, ::dragline::ExtractError> {
                static FIELDS: [::dragline::__private::Field; #count] = [#(#places),*];
                let mut extraction = ::dragline::__private::Extraction::new(element);
                #(let #values = #reads;)*
                match (#(#values,)*) {
                    (#(::core::result::Result::Ok(#values),)*) => {
                        ::core::result::Result::Ok(Self { #(#idents: #values,)* })
                    }
                    _ => ::core::result::Result::Err(extraction.into_error()),
                }
            }
        }
    })
}

fn named_fields(input: &DeriveInput) -> Result<&FieldsNamed> {
    let kind = match &input.data {
        Data::Struct(data) => match &data.fields {
            Fields::Named(fields) if fields.named.is_empty() => "a struct without fields",
            Fields::Named(fields) => return Ok(fields),
            Fields::Unnamed(_) => "a tuple struct",
            Fields::Unit => "a unit struct",
        },
        Data::Enum(_) => "an enum",
        Data::Union(_) => "a union",
    };
    let message = format!(
        "Extract can be derived for structs with named fields only, and `{}` is {kind}; implement \
         it by hand",
        input.ident
    );
    Err(Error::new(input.ident.span(), message))
}

fn parse_fields(fields: &FieldsNamed) -> Result<Vec<Field>> {
    let mut parsed = Vec::new();
    let mut errors: Option<Error> = None;
    for field in &fields.named {
        match Field::parse(field) {
            Ok(field) => parsed.push(field),
            Err(error) => match &mut errors {
                Some(errors) => errors.combine(error),
                None => errors = Some(error),
            },
        }
    }
    errors.map_or(Ok(parsed), Err)
}

/// Adds what the fields of a generic type need of its parameters.
fn with_bounds(mut generics: Generics, fields: &[Field]) -> Generics {
    let names: Vec<_> = generics.type_params().map(|parameter| &parameter.ident).collect();
    let bounds: Vec<_> = fields.iter().flat_map(|field| field.bounds(&names)).collect();
    if !bounds.is_empty() {
        generics.make_where_clause().predicates.extend(bounds);
    }
    generics
}

#[cfg(test)]
mod tests {
    use proc_macro2::TokenStream;
    use quote::quote;

    use super::expand;

    fn messages(input: TokenStream) -> Vec<String> {
        expand(input).unwrap_err().into_iter().map(|error| error.to_string()).collect()
    }

    #[test]
    fn only_structs_with_named_fields_are_accepted() {
        let inputs = [
            (
                quote!(
                    enum Kind {
                        A,
                    }
                ),
                "`Kind` is an enum",
            ),
            (quote!(union Bits { a: u8 }), "`Bits` is a union"),
            (
                quote!(
                    struct Pair(u8, u8);
                ),
                "`Pair` is a tuple struct",
            ),
            (
                quote!(
                    struct Unit;
                ),
                "`Unit` is a unit struct",
            ),
            (
                quote!(
                    struct Empty {}
                ),
                "`Empty` is a struct without fields",
            ),
        ];
        for (input, expected) in inputs {
            let found = messages(input);
            assert!(found[0].contains(expected), "{found:?}");
        }
    }

    #[test]
    fn every_wrong_field_is_reported() {
        let found = messages(quote! {
            struct Item {
                a: String,
                #[extract(selector = "p")] b: String,
                #[extract(css = "p", css = "q")] c: String,
                #[extract(css = 3)] d: String,
                #[extract] #[extract(css = "p")] e: String,
                #[extract(css = "p")] f: Option<Vec<u8>>,
                #[extract(css = "p")] g: String,
            }
        });
        let expected = [
            "field `a` has no #[extract(..)]; name what to read, as in #[extract(css = \"h1\")]",
            "unknown key `selector`; known keys are css, attr, text, html, regex,",
            "`css` is given twice",
            "expected string literal",
            "field `e` has two #[extract(..)]",
            "`Option<Vec<..>>` is not supported; a Vec is empty when nothing matches",
        ];
        assert_eq!(found.len(), expected.len(), "{found:#?}");
        for (found, expected) in found.iter().zip(expected) {
            assert!(found.contains(expected), "{found:?} is not {expected:?}");
        }
    }

    #[test]
    fn generated_code_names_only_the_public_paths() {
        let code = expand(quote! {
            struct Item<T> { #[extract(css = "p", attr = "id")] r#type: Vec<T> }
        });
        let code = code.unwrap().to_string().replace(' ', "");
        assert!(code.contains("::dragline::__private::Field::new(\"type\","), "{code}");
        assert!(code.contains("take:::dragline::__private::Take::Attr(\"id\")"), "{code}");
        assert!(code.contains("extraction.all(&FIELDS[0usize],::dragline::__private::parse::<T>)"));
        assert!(code.contains("whereT:::core::str::FromStr"), "{code}");
    }
}
