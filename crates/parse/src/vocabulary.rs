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
        let (known, attribute) = WORDS[word_slot(name)];
        (known == name).then_some(attribute)
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

/// The attributes of short names by [`word_slot`].
static WORDS: [(u64, Attribute); 8] = {
    let known = [
        (*b"content\0", Attribute::Content),
        (*b"data\0\0\0\0", Attribute::Data),
        (*b"href\0\0\0\0", Attribute::Href),
        (*b"lang\0\0\0\0", Attribute::Lang),
        (*b"name\0\0\0\0", Attribute::Name),
        (*b"rel\0\0\0\0\0", Attribute::Rel),
        (*b"src\0\0\0\0\0", Attribute::Src),
        (*b"type\0\0\0\0", Attribute::Type),
    ];
    let mut words = [(0, Attribute::Content); 8];
    let mut index = 0;
    while index < known.len() {
        let word = u64::from_le_bytes(known[index].0);
        assert!(words[word_slot(word)].0 == 0, "two names have one slot; find another factor");
        words[word_slot(word)] = (word, known[index].1);
        index += 1;
    }
    words
};

const fn word_slot(name: u64) -> usize {
    // With this factor, found by trying, no two names meet.
    (name.wrapping_mul(0x4826_bf03_3c1c_b691) >> 61) as usize
}
