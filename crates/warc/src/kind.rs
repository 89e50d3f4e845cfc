//! The kinds of records (ISO 28500:2017 section 6).

/// What a record is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// What is said of the file.
    Warcinfo,
    /// What a server answered.
    Response,
    /// What it was asked.
    Request,
    /// A thing without an exchange around it.
    Resource,
    /// What is said of another record.
    Metadata,
    /// An answer whose content is that of an earlier one.
    Revisit,
    /// Another form of a record.
    Conversion,
    /// The rest of a record that was too long for one file.
    Continuation,
    /// One that the standard does not know.
    Other,
}

impl Kind {
    const NAMES: [(Self, &'static str); 8] = [
        (Self::Warcinfo, "warcinfo"),
        (Self::Response, "response"),
        (Self::Request, "request"),
        (Self::Resource, "resource"),
        (Self::Metadata, "metadata"),
        (Self::Revisit, "revisit"),
        (Self::Conversion, "conversion"),
        (Self::Continuation, "continuation"),
    ];

    /// Returns the name as it stands in `WARC-Type`.
    pub fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(kind, _)| *kind == self).map_or("other", |(_, name)| name)
    }

    pub(crate) fn named(name: &str) -> Self {
        let known = Self::NAMES.iter().find(|(_, known)| known.eq_ignore_ascii_case(name));
        known.map_or(Self::Other, |(kind, _)| *kind)
    }
}
