//! The elements and attributes that can be facts, by name. What they mean is said in `facts/builder.rs`.

/// An HTML element that can say something about a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tag {
    A,
    Area,
    Audio,
    Base,
    Embed,
    Frame,
    Html,
    Iframe,
    Img,
    Input,
    Link,
    Meta,
    Object,
    Script,
    Source,
    Track,
    Video,
}

impl Tag {
    /// Returns the element of a lower-case name.
    pub(crate) fn of(name: &str) -> Option<Self> {
        Some(match name {
            "a" => Self::A,
            "area" => Self::Area,
            "audio" => Self::Audio,
            "base" => Self::Base,
            "embed" => Self::Embed,
            "frame" => Self::Frame,
            "html" => Self::Html,
            "iframe" => Self::Iframe,
            "img" => Self::Img,
            "input" => Self::Input,
            "link" => Self::Link,
            "meta" => Self::Meta,
            "object" => Self::Object,
            "script" => Self::Script,
            "source" => Self::Source,
            "track" => Self::Track,
            "video" => Self::Video,
            _ => return None,
        })
    }
}

/// An attribute that can say something about a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Attribute {
    Content,
    Data,
    Href,
    Hreflang,
    HttpEquiv,
    Lang,
    Name,
    Rel,
    Src,
    Type,
    XlinkHref,
}

impl Attribute {
    /// How many there are.
    pub(crate) const COUNT: usize = 11;

    /// Returns the lower-case name.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Content => "content",
            Self::Data => "data",
            Self::Href => "href",
            Self::Hreflang => "hreflang",
            Self::HttpEquiv => "http-equiv",
            Self::Lang => "lang",
            Self::Name => "name",
            Self::Rel => "rel",
            Self::Src => "src",
            Self::Type => "type",
            Self::XlinkHref => "xlink:href",
        }
    }

    /// Returns the attribute of a name of up to seven letters, given as a number, in lower case and the first
    /// lowest.
    pub(crate) fn of_word(name: u64) -> Option<Self> {
        const CONTENT: u64 = word(b"content\0");
        const DATA: u64 = word(b"data\0\0\0\0");
        const HREF: u64 = word(b"href\0\0\0\0");
        const LANG: u64 = word(b"lang\0\0\0\0");
        const NAME: u64 = word(b"name\0\0\0\0");
        const REL: u64 = word(b"rel\0\0\0\0\0");
        const SRC: u64 = word(b"src\0\0\0\0\0");
        const TYPE: u64 = word(b"type\0\0\0\0");
        Some(match name {
            HREF => Self::Href,
            CONTENT => Self::Content,
            DATA => Self::Data,
            LANG => Self::Lang,
            NAME => Self::Name,
            REL => Self::Rel,
            SRC => Self::Src,
            TYPE => Self::Type,
            _ => return None,
        })
    }

    /// Returns the attribute of a name in any case.
    pub(crate) fn of(name: &[u8]) -> Option<Self> {
        // By length and first letter: of two names that share both there is none.
        let known = match (name.len(), name[0] | 0x20) {
            (3, b'r') => Self::Rel,
            (3, b's') => Self::Src,
            (4, b'd') => Self::Data,
            (4, b'h') => Self::Href,
            (4, b'l') => Self::Lang,
            (4, b'n') => Self::Name,
            (4, b't') => Self::Type,
            (7, b'c') => Self::Content,
            (8, b'h') => Self::Hreflang,
            (10, b'h') => Self::HttpEquiv,
            (10, b'x') => Self::XlinkHref,
            _ => return None,
        };
        let expected = known.name().as_bytes();
        // Nearly all pages write lower case.
        (name == expected || name.eq_ignore_ascii_case(expected)).then_some(known)
    }
}

const fn word(name: &[u8; 8]) -> u64 {
    u64::from_le_bytes(*name)
}
