//! The names of tags, and what the scanner does with an element of each.

use super::bail::Bail;
use super::near;
use crate::vocabulary::Tag;

/// The name of a tag, whatever its case.
#[derive(Clone, Copy, Debug)]
pub(super) struct Name {
    /// The bytes in lower case as a number, the first lowest: of up to seven bytes with a `>` behind them, of eight as
    /// they are; a mixture of them in longer names, none of which is told from all others.
    key: u64,
    length: usize,
}

impl Name {
    /// Reads the name that begins at `at`, and tells what is known of its elements; it ends before space, `/`
    /// and `>`.
    #[inline]
    pub(super) fn read(bytes: &[u8], at: usize) -> (Self, &'static Known) {
        Self::known(bytes, at).unwrap_or_else(|| Self::read_unusual(bytes, at))
    }

    /// Reads a short name of which something is known, in lower case and ended by a space or the tag, as nearly all
    /// are; `None` when there is any other, or none.
    // Inlined, so that nothing of the answer goes through memory: this is asked for each tag.
    #[inline(always)]
    pub(super) fn known(bytes: &[u8], at: usize) -> Option<(Self, &'static Known)> {
        let (word, length) = near::word_before_space_or_bracket(bytes, at)?;
        let name = Self { key: word | u64::from(b'>') << (8 * length), length };
        let (key, known) = &KNOWN[slot(name.key)];
        (*key == name.key).then_some((name, known))
    }

    #[cold]
    fn read_unusual(bytes: &[u8], at: usize) -> (Self, &'static Known) {
        let name = Self::read_any(bytes, at);
        // A longer name may have the key of a short one. Two long ones of one length and key differ in
        // nothing but whether the tree decides.
        let (key, known) = &KNOWN[slot(name.key)];
        if *key == name.key && usize::from(known.length) == name.length {
            return (name, known);
        }
        (name, &UNKNOWN[name.length.min(SHORT + 1)])
    }

    fn read_any(bytes: &[u8], at: usize) -> Self {
        let mut key = 0_u64;
        let mut length = 0;
        for byte in &bytes[at..] {
            let lower = LOWER[usize::from(*byte)];
            if lower == 0 {
                break;
            }
            key ^= u64::from(lower) << (length % 8 * 8);
            length += 1;
        }
        if length <= SHORT {
            key |= u64::from(b'>') << (8 * length);
        }
        Self { key, length }
    }

    /// Returns how long the name is, in bytes.
    #[inline]
    pub(super) fn len(self) -> usize {
        self.length
    }

    /// Returns a number that is the same for equal names, and for no others that are shorter than nine.
    #[inline]
    pub(super) fn key(self) -> u64 {
        self.key
    }
}

/// The longest name whose key says where it ends.
const SHORT: usize = 7;

/// What is known of the elements of one name.
#[derive(Debug)]
pub(super) struct Known {
    pub(super) role: Role,
    /// Bits of what the name means for nesting.
    pub(super) class: u8,
    /// How long the name is, in bytes.
    length: u8,
    weight: u32,
}

impl Known {
    const fn nothing(length: u8) -> Self {
        Self { role: Role::Plain, class: 0, length, weight: 0 }
    }

    /// Returns what an open element adds to the counts of those that are counted: [`LINK`], [`TABLE`] or nothing.
    #[inline]
    pub(super) fn weight(&self) -> u32 {
        self.weight
    }

    #[inline]
    pub(super) fn is(&self, class: u8) -> bool {
        self.class & class != 0
    }

    /// Tells whether the text that begins with these bytes, the first lowest, begins with the name of this key and a
    /// `>`, and returns how long the name is; `None` also when it is a long one.
    #[inline(always)]
    pub(super) fn ends(&self, key: u64, word: u64) -> Option<usize> {
        let length = usize::from(self.length);
        if length > SHORT {
            return None;
        }
        ((word ^ key) << (8 * (SHORT - length)) == 0).then_some(length)
    }
}

/// What one `a` and one table weigh, so that one number counts both.
pub(super) const LINK: u32 = 1;
pub(super) const TABLE: u32 = 1 << 16;

/// No end tag but its own, or one of something that ends there too, gets past it.
pub(super) const SPECIAL: u8 = 1;
/// End tags of what is around it do not get past it.
pub(super) const BARRIER: u8 = 2;
/// It is re-created in every following block.
pub(super) const FORMATTING: u8 = 4;
/// It ends SVG and MathML (HTML Standard, section 13.2.6.5), `font` whatever its attributes are.
pub(super) const BREAKOUT: u8 = 8;
/// It may have three elements around its rows and cells that nobody wrote.
pub(super) const TABLE_PART: u8 = 16;
/// Its children may be HTML when it is in SVG or MathML.
pub(super) const INTEGRATION: u8 = 32;

/// What the scanner does with an element of the HTML namespace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// Nothing but nesting.
    Plain,
    /// Nothing at all: it has no content.
    Void,
    /// Its attributes may be facts.
    Fact(Tag),
    /// Its attributes may be facts, and it has no content.
    VoidFact(Tag),
    /// Its content is text up to its end tag.
    Raw,
    /// Raw, and its attributes may be facts.
    RawFact(Tag),
    Title,
    Foreign,
    Select,
    /// What a `select` may hold.
    Option,
    Table,
    Template,
    /// In a template the tree decides.
    Column,
    /// The tree decides.
    Bail(Bail),
}

const NAMES: &[(&str, Role, u8)] = &[
    ("a", Role::Fact(Tag::A), FORMATTING),
    ("address", Role::Plain, SPECIAL),
    ("annotation-xml", Role::Plain, INTEGRATION),
    ("applet", Role::Plain, SPECIAL | BARRIER),
    ("area", Role::VoidFact(Tag::Area), 0),
    ("article", Role::Plain, SPECIAL),
    ("aside", Role::Plain, SPECIAL),
    ("audio", Role::Fact(Tag::Audio), 0),
    ("b", Role::Plain, FORMATTING | BREAKOUT),
    ("base", Role::VoidFact(Tag::Base), 0),
    ("basefont", Role::Void, 0),
    ("bgsound", Role::Void, 0),
    ("big", Role::Plain, FORMATTING | BREAKOUT),
    ("blockquote", Role::Plain, SPECIAL | BREAKOUT),
    ("body", Role::Plain, SPECIAL | BREAKOUT),
    ("br", Role::Void, BREAKOUT),
    ("button", Role::Plain, SPECIAL | BARRIER),
    ("caption", Role::Plain, SPECIAL | BARRIER),
    ("center", Role::Plain, SPECIAL | BREAKOUT),
    ("code", Role::Plain, FORMATTING | BREAKOUT),
    ("col", Role::Column, 0),
    ("colgroup", Role::Column, 0),
    ("dd", Role::Plain, SPECIAL | BREAKOUT),
    ("details", Role::Plain, SPECIAL),
    ("dir", Role::Plain, SPECIAL),
    ("div", Role::Plain, SPECIAL | BREAKOUT),
    ("dl", Role::Plain, SPECIAL | BREAKOUT),
    ("dt", Role::Plain, SPECIAL | BREAKOUT),
    ("em", Role::Plain, FORMATTING | BREAKOUT),
    ("embed", Role::VoidFact(Tag::Embed), BREAKOUT),
    ("fieldset", Role::Plain, SPECIAL),
    ("figcaption", Role::Plain, SPECIAL),
    ("figure", Role::Plain, SPECIAL),
    ("font", Role::Plain, FORMATTING | BREAKOUT),
    ("footer", Role::Plain, SPECIAL),
    ("foreignobject", Role::Plain, INTEGRATION),
    ("form", Role::Plain, SPECIAL),
    // Ignored outside a frameset.
    ("frame", Role::Void, 0),
    ("frameset", Role::Bail(Bail::Frameset), 0),
    ("h1", Role::Plain, SPECIAL | BREAKOUT),
    ("h2", Role::Plain, SPECIAL | BREAKOUT),
    ("h3", Role::Plain, SPECIAL | BREAKOUT),
    ("h4", Role::Plain, SPECIAL | BREAKOUT),
    ("h5", Role::Plain, SPECIAL | BREAKOUT),
    ("h6", Role::Plain, SPECIAL | BREAKOUT),
    ("head", Role::Plain, SPECIAL | BREAKOUT),
    ("header", Role::Plain, SPECIAL),
    ("hgroup", Role::Plain, SPECIAL),
    ("hr", Role::Void, BREAKOUT),
    ("html", Role::Fact(Tag::Html), SPECIAL | BARRIER),
    ("i", Role::Plain, FORMATTING | BREAKOUT),
    ("iframe", Role::RawFact(Tag::Iframe), 0),
    ("image", Role::VoidFact(Tag::Img), 0),
    ("img", Role::VoidFact(Tag::Img), BREAKOUT),
    ("input", Role::VoidFact(Tag::Input), 0),
    ("keygen", Role::Void, 0),
    ("li", Role::Plain, SPECIAL | BREAKOUT),
    ("link", Role::VoidFact(Tag::Link), 0),
    ("listing", Role::Plain, SPECIAL | BREAKOUT),
    ("main", Role::Plain, SPECIAL),
    ("marquee", Role::Plain, SPECIAL | BARRIER),
    ("math", Role::Foreign, 0),
    ("menu", Role::Plain, SPECIAL | BREAKOUT),
    ("meta", Role::VoidFact(Tag::Meta), BREAKOUT),
    ("nav", Role::Plain, SPECIAL),
    ("nobr", Role::Plain, FORMATTING | BREAKOUT),
    ("noembed", Role::Raw, 0),
    ("noframes", Role::Raw, 0),
    ("object", Role::Fact(Tag::Object), SPECIAL | BARRIER),
    ("ol", Role::Plain, SPECIAL | BREAKOUT),
    ("optgroup", Role::Option, 0),
    ("option", Role::Option, 0),
    ("p", Role::Plain, SPECIAL | BREAKOUT),
    ("param", Role::Void, 0),
    ("plaintext", Role::Bail(Bail::Plaintext), 0),
    ("pre", Role::Plain, SPECIAL | BREAKOUT),
    ("ruby", Role::Plain, BREAKOUT),
    ("s", Role::Plain, FORMATTING | BREAKOUT),
    ("script", Role::RawFact(Tag::Script), 0),
    ("search", Role::Plain, SPECIAL),
    ("section", Role::Plain, SPECIAL),
    ("select", Role::Select, 0),
    ("small", Role::Plain, FORMATTING | BREAKOUT),
    ("source", Role::VoidFact(Tag::Source), 0),
    ("span", Role::Plain, BREAKOUT),
    ("strike", Role::Plain, FORMATTING | BREAKOUT),
    ("strong", Role::Plain, FORMATTING | BREAKOUT),
    ("style", Role::Raw, 0),
    ("sub", Role::Plain, BREAKOUT),
    ("summary", Role::Plain, SPECIAL),
    ("sup", Role::Plain, BREAKOUT),
    ("svg", Role::Foreign, 0),
    ("table", Role::Table, SPECIAL | BARRIER | BREAKOUT | TABLE_PART),
    ("tbody", Role::Plain, SPECIAL | TABLE_PART),
    ("td", Role::Plain, SPECIAL | BARRIER | TABLE_PART),
    ("template", Role::Template, SPECIAL | BARRIER),
    ("textarea", Role::Raw, 0),
    ("tfoot", Role::Plain, SPECIAL | TABLE_PART),
    ("th", Role::Plain, SPECIAL | BARRIER | TABLE_PART),
    ("thead", Role::Plain, SPECIAL | TABLE_PART),
    ("title", Role::Title, 0),
    ("tr", Role::Plain, SPECIAL | TABLE_PART),
    ("track", Role::VoidFact(Tag::Track), 0),
    ("tt", Role::Plain, FORMATTING | BREAKOUT),
    ("u", Role::Plain, FORMATTING | BREAKOUT),
    ("ul", Role::Plain, SPECIAL | BREAKOUT),
    ("var", Role::Plain, BREAKOUT),
    ("video", Role::Fact(Tag::Video), 0),
    ("wbr", Role::Void, 0),
    ("xmp", Role::Raw, 0),
];

/// What is known of other names, by their length.
static UNKNOWN: [Known; SHORT + 2] = {
    let mut unknown = [const { Known::nothing(0) }; SHORT + 2];
    let mut length = 0;
    while length < unknown.len() {
        unknown[length] = Known::nothing(length as u8);
        length += 1;
    }
    unknown
};

/// [`NAMES`] by [`slot`].
static KNOWN: [(u64, Known); SLOTS] = {
    let mut table = [const { (0, Known::nothing(0)) }; SLOTS];
    let mut index = 0;
    while index < NAMES.len() {
        let (name, role, class) = NAMES[index];
        let key = key(name.as_bytes());
        let slot = slot(key);
        assert!(table[slot].0 == 0, "two names have one slot; find another factor");
        let weight = match role {
            Role::Fact(Tag::A) => LINK,
            Role::Table => TABLE,
            _ => 0,
        };
        table[slot] = (key, Known { role, class, length: name.len() as u8, weight });
        index += 1;
    }
    table
};

const SLOTS: usize = 512;

const fn slot(key: u64) -> usize {
    // The top bits are the best mixed. With this factor, found by trying, no two names meet.
    (key.wrapping_mul(0xe62b_ea42_33a9_09d3) >> 55) as usize
}

const fn key(name: &[u8]) -> u64 {
    let mut key = 0_u64;
    let mut index = 0;
    while index < name.len() {
        key ^= (name[index] as u64) << (index % 8 * 8);
        index += 1;
    }
    if name.len() <= SHORT {
        key |= (b'>' as u64) << (8 * name.len());
    }
    key
}

/// Bytes of a name in lower case, and zero for those that end it.
static LOWER: [u8; 256] = {
    let mut lower = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        lower[byte] = match byte as u8 {
            b' ' | b'\t' | b'\n' | b'\r' | b'\x0c' | b'/' | b'>' => 0,
            // No known name has a byte that is no ASCII.
            0 => 0xff,
            other => other.to_ascii_lowercase(),
        };
        byte += 1;
    }
    lower
};

#[cfg(test)]
mod tests {
    use super::{NAMES, Name, Role};

    #[test]
    fn every_known_name_is_found_in_any_case_and_no_other() {
        for (name, role, class) in NAMES {
            for text in [format!("{name}>"), format!("{}/", name.to_ascii_uppercase())] {
                for text in [text.clone(), text + " class=x>"] {
                    let (read, known) = Name::read(text.as_bytes(), 0);
                    assert_eq!(read.len(), name.len());
                    assert_eq!((known.role, known.class), (*role, *class), "{name}");
                    assert_eq!(read.key(), Name::read_any(text.as_bytes(), 0).key(), "{name}");
                }
            }
            let (_, other) = Name::read(format!("x{name} class=x>").as_bytes(), 0);
            assert_eq!((other.role, other.class), (Role::Plain, 0), "x{name}");
        }
    }
}
