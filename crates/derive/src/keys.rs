//! The keys of one `#[extract(..)]`, and which of them exclude one another.

use syn::meta::ParseNestedMeta;
use syn::{Attribute, Error, Expr, Ident, LitStr, Meta, Path, Result, Token};

use crate::regex;
use crate::selector;

/// What is said where a key is not known.
const KNOWN: &str = "known keys are css, attr, text, html, regex, url, parse, default, nested, \
                     lenient, next and until";

/// The keys that were given, checked.
#[derive(Default)]
pub(crate) struct Keys {
    pub(crate) css: Option<LitStr>,
    pub(crate) next: Option<LitStr>,
    pub(crate) until: Option<LitStr>,
    pub(crate) attr: Option<LitStr>,
    pub(crate) regex: Option<LitStr>,
    pub(crate) parse: Option<Expr>,
    pub(crate) default: Option<Fallback>,
    flags: Vec<Path>,
}

/// What stands for a value that is missing.
pub(crate) enum Fallback {
    /// `Default::default()` of the type.
    OfType,
    Given(Box<Expr>),
}

impl Keys {
    pub(crate) fn parse(attribute: &Attribute) -> Result<Self> {
        let mut keys = Self::default();
        if !matches!(attribute.meta, Meta::Path(_)) {
            attribute.parse_nested_meta(|meta| keys.key(&meta))?;
        }
        keys.check()?;
        // An empty selector is the element itself, the same as none.
        keys.css = keys.css.filter(|css| !css.value().trim().is_empty());
        Ok(keys)
    }

    /// Tells whether a key without a value was given.
    pub(crate) fn has(&self, flag: &str) -> bool {
        self.flags.iter().any(|path| path.is_ident(flag))
    }

    fn key(&mut self, meta: &ParseNestedMeta<'_>) -> Result<()> {
        let key = meta.path.get_ident().map(Ident::to_string).unwrap_or_default();
        let slot = match key.as_str() {
            "css" => &mut self.css,
            "next" => &mut self.next,
            "until" => &mut self.until,
            "attr" => &mut self.attr,
            "regex" => &mut self.regex,
            "text" | "html" | "url" | "nested" | "lenient" => {
                if self.has(&key) {
                    return Err(twice(meta, &key));
                }
                self.flags.push(meta.path.clone());
                return Ok(());
            }
            "parse" => {
                let function = meta.value()?.parse()?;
                return match self.parse.replace(function) {
                    Some(_) => Err(twice(meta, &key)),
                    None => Ok(()),
                };
            }
            "default" => {
                let fallback = if meta.input.peek(Token![=]) {
                    Fallback::Given(meta.value()?.parse()?)
                } else {
                    Fallback::OfType
                };
                return match self.default.replace(fallback) {
                    Some(_) => Err(twice(meta, &key)),
                    None => Ok(()),
                };
            }
            "format" => {
                return Err(meta.error(
                    "there is no key `format`; give the function that knows it, as in \
                     parse = |text| NaiveDate::parse_from_str(text, \"%d.%m.%Y\")",
                ));
            }
            _ => return Err(meta.error(format!("unknown key `{key}`; {KNOWN}"))),
        };
        match slot.replace(meta.value()?.parse()?) {
            Some(_) => Err(twice(meta, &key)),
            None => Ok(()),
        }
    }

    fn check(&self) -> Result<()> {
        let selectors = [(&self.css, true), (&self.next, false), (&self.until, false)];
        for (literal, may_be_empty) in selectors {
            let Some(literal) = literal else { continue };
            if may_be_empty && literal.value().trim().is_empty() {
                continue;
            }
            selector::check(&literal.value()).map_err(|problem| {
                Error::new(literal.span(), format!("selector {:?} {problem}", literal.value()))
            })?;
        }
        if let Some(literal) = &self.regex {
            regex::check(&literal.value())
                .map_err(|problem| Error::new(literal.span(), problem))?;
        }
        if let Some(attr) = self.attr.as_ref().filter(|attr| attr.value().is_empty()) {
            return Err(Error::new(attr.span(), "attr is empty; name the attribute to read"));
        }
        if let (Some(_), Some(until)) = (&self.next, &self.until) {
            return Err(Error::new(until.span(), "`next` and `until` exclude each other"));
        }
        self.check_flags()
    }

    fn check_flags(&self) -> Result<()> {
        let takes = self.flags.iter().filter(|path| path.is_ident("text") || path.is_ident("html"));
        let takes: Vec<&Path> = takes.collect();
        if let Some(second) = takes.get(usize::from(self.attr.is_none())) {
            let message = "a field reads one of `attr`, `text` and `html`; leave one";
            return Err(Error::new_spanned(second, message));
        }
        let Some(nested) = self.flags.iter().find(|path| path.is_ident("nested")) else {
            return Ok(());
        };
        let reads_a_value = !takes.is_empty()
            || self.attr.is_some()
            || self.regex.is_some()
            || self.parse.is_some()
            || self.has("url");
        if reads_a_value {
            let message = "a nested item reads its own fields; `attr`, `text`, `html`, `regex`, \
                           `url` and `parse` go there";
            return Err(Error::new_spanned(nested, message));
        }
        Ok(())
    }
}

fn twice(meta: &ParseNestedMeta<'_>, key: &str) -> Error {
    meta.error(format!("`{key}` is given twice"))
}
