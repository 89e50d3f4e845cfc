//! Why a scan stops and leaves the page to the tree.

use std::fmt;

/// Why only the tree can tell the facts of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Bail {
    /// A `template`, whose contents do not count but whose end depends on the tree.
    Template,
    /// A `frameset`, beside which a body does not count.
    Frameset,
    /// A `plaintext`, behind which nothing is a tag.
    Plaintext,
    /// A `select` with other elements in it than options.
    Select,
    /// SVG or MathML that is badly nested, or has HTML in it.
    Foreign,
    /// A second base, or a second title beside a table: their order is the tree's.
    Order,
    /// SVG or MathML nested so deep that the tree is flattened.
    Depth,
    /// A tag or tree so large that it meets the bounds of the tree.
    Size,
}

impl Bail {
    /// All reasons, for counting.
    pub const ALL: [Self; 8] = [
        Self::Template,
        Self::Frameset,
        Self::Plaintext,
        Self::Select,
        Self::Foreign,
        Self::Order,
        Self::Depth,
        Self::Size,
    ];

    /// Returns the name of the reason: one lower-case word that stays the same.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Template => "template",
            Self::Frameset => "frameset",
            Self::Plaintext => "plaintext",
            Self::Select => "select",
            Self::Foreign => "foreign",
            Self::Order => "order",
            Self::Depth => "depth",
            Self::Size => "size",
        }
    }
}

impl fmt::Display for Bail {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.code())
    }
}
