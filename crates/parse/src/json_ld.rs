//! The JSON-LD blocks of a page (JSON-LD 1.1, section 7). Gives their JSON as the user's types;
//! knows no vocabulary.

use serde::de::DeserializeOwned;
use thiserror::Error;

use crate::document::Document;

/// The most blocks of one page; the rest is not read.
const MAX_BLOCKS: usize = 1_000;

/// The longest block that is read, in bytes.
const MAX_BLOCK: usize = 4 * 1024 * 1024;

/// One `<script type="application/ld+json">` of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JsonLd {
    text: String,
}

impl JsonLd {
    /// Returns the text of the block, without the comment or CDATA marks around it.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Reads the block as any type that serde can; `serde_json::Value` takes every block.
    ///
    /// Raw line breaks inside strings, which JSON forbids and sites write, are read as spaces.
    ///
    /// # Errors
    ///
    /// Fails if the block is longer than 4 MiB, nested deeper than 128 levels, no JSON, or not
    /// of the type.
    pub fn read<T: DeserializeOwned>(&self) -> Result<T, JsonLdError> {
        if self.text.len() > MAX_BLOCK {
            return Err(JsonLdError::TooLong);
        }
        let error = match serde_json::from_str(&self.text) {
            Ok(value) => return Ok(value),
            Err(error) => error,
        };
        // Outside of strings a control character is white space or an error anyway.
        let spaced = self.text.replace(|character: char| character.is_ascii_control(), " ");
        serde_json::from_str(&spaced).map_err(|_| JsonLdError::Json {
            line: error.line(),
            column: error.column(),
            reason: error.to_string().chars().take(200).collect(),
        })
    }
}

/// Why a block could not be read.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum JsonLdError {
    /// The block is longer than 4 MiB.
    #[error("JSON-LD block is longer than 4194304 bytes")]
    TooLong,
    /// The block is no JSON, or not of the type that was asked for.
    #[error("JSON-LD block cannot be read: {reason}")]
    Json {
        /// The line of the block, counted from 1.
        line: usize,
        /// The column of the line in bytes, counted from 1.
        column: usize,
        /// What is wrong there.
        reason: String,
    },
}

impl JsonLdError {
    /// Returns the stable code of the error: `too_long` or `json`.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::TooLong => "too_long",
            Self::Json { .. } => "json",
        }
    }
}

impl Document {
    /// Returns the JSON-LD blocks in document order, at most 1,000 of them.
    ///
    /// # Examples
    ///
    /// ```
    /// use dragline_parse::Document;
    /// use url::Url;
    ///
    /// let html = r#"<script type="application/ld+json">{"@type": "Recipe", "name": "Soup"}</script>"#;
    /// let document = Document::parse(html, &Url::parse("http://h.example/")?);
    /// let recipe: serde_json::Value = document.json_ld()[0].read()?;
    /// assert_eq!(recipe["name"], "Soup");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn json_ld(&self) -> Vec<JsonLd> {
        let scripts = self.select("script[type]").expect("the selector is valid").into_iter();
        let blocks = scripts.filter(|script| {
            let kind = script.attr("type").unwrap_or_default();
            let essence = kind.split(';').next().unwrap_or_default().trim();
            essence.eq_ignore_ascii_case("application/ld+json")
        });
        blocks.take(MAX_BLOCKS).map(|script| JsonLd { text: unwrap(&script.raw_text()) }).collect()
    }
}

/// Takes off the marks that once hid scripts, and what may follow a statement.
fn unwrap(text: &str) -> String {
    const BEFORE: [&str; 5] = ["<!--", "<![CDATA[", "//", "/*", "*/"];
    const AFTER: [&str; 6] = ["-->", "]]>", "//", "/*", "*/", ";"];
    let blank = |character: char| character.is_whitespace() || character == '\u{feff}';
    let mut text = text.trim_matches(blank);
    while let Some(rest) = BEFORE.iter().find_map(|mark| text.strip_prefix(mark)) {
        text = rest.trim_start_matches(blank);
    }
    while let Some(rest) = AFTER.iter().find_map(|mark| text.strip_suffix(mark)) {
        text = rest.trim_end_matches(blank);
    }
    text.to_owned()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};
    use url::Url;

    use super::{JsonLdError, MAX_BLOCK, unwrap};
    use crate::document::Document;

    fn blocks(html: &str) -> Vec<Result<Value, JsonLdError>> {
        let document = Document::parse(html, &Url::parse("http://h.test/").unwrap());
        document.json_ld().iter().map(super::JsonLd::read).collect()
    }

    fn block(text: &str) -> Result<Value, JsonLdError> {
        blocks(&format!("<script type='application/ld+json'>{text}</script>")).remove(0)
    }

    #[test]
    fn blocks_come_in_order_and_an_error_spoils_only_its_own() {
        let html = "<script type='application/ld+json'>{\"a\": 1}</script>\
            <script>{\"no\": 1}</script><script type='text/javascript'>1</script>\
            <body><script type=' Application/LD+JSON; charset=utf-8'>[2,</script>\
            <template><script type=application/ld+json>4</script></template>\
            <script type=application/ld+json>{\"a\": \"x &amp; <b>\"}</script>";
        let found = blocks(html);
        assert_eq!(found.len(), 3);
        assert_eq!(found[0], Ok(json!({"a": 1})));
        assert_eq!(found[1].as_ref().unwrap_err().code(), "json");
        assert_eq!(found[2], Ok(json!({"a": "x &amp; <b>"})));
    }

    #[test]
    fn marks_around_a_block_are_taken_off() {
        for text in [
            "<!-- {\"a\": 1} -->",
            "<![CDATA[{\"a\": 1}]]>",
            "//<![CDATA[\n{\"a\": 1}\n//]]>",
            "/* <![CDATA[ */ {\"a\": 1} /* ]]> */",
            "\u{feff}{\"a\": 1};",
        ] {
            assert_eq!(block(text), Ok(json!({"a": 1})), "{text}");
        }
        assert_eq!(block("{\"a\": \"one\ntwo\"}"), Ok(json!({"a": "one two"})));
    }

    #[test]
    fn deep_and_long_blocks_are_errors() {
        assert_eq!(block(&"[".repeat(1_000_000)).unwrap_err().code(), "json");
        let long = format!("\"{}\"", "x".repeat(MAX_BLOCK));
        assert_eq!(block(&long), Err(JsonLdError::TooLong));
        assert_eq!(block("{} {}").unwrap_err().code(), "json");
        assert_eq!(block("").unwrap_err().code(), "json");
    }

    proptest! {
        #[test]
        fn json_survives_the_unwrapping(text in "\\PC{0,40}") {
            let json = json!([text]).to_string();
            prop_assert_eq!(unwrap(&json), json);
        }
    }
}
