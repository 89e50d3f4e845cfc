//! What the `rel` of a link says of whether to follow it.

/// The relations of a link that speak to crawlers.
///
/// # Examples
///
/// ```
/// use dragline_parse::Rel;
///
/// let rel = Rel::read("noopener UGC nofollow");
/// assert!(rel.ugc && rel.nofollow && !rel.sponsored);
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Rel {
    /// The author of the page does not vouch for the link.
    pub nofollow: bool,
    /// The link is content of a visitor, such as a comment.
    pub ugc: bool,
    /// The link is paid for.
    pub sponsored: bool,
}

impl Rel {
    /// Reads the value of a `rel` attribute.
    #[must_use]
    pub fn read(value: &str) -> Self {
        let has =
            |word: &str| value.split_ascii_whitespace().any(|item| item.eq_ignore_ascii_case(word));
        Self { nofollow: has("nofollow"), ugc: has("ugc"), sponsored: has("sponsored") }
    }
}
