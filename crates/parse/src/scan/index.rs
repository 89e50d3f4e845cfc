//! Where the next tags and quotes of a text are: bits for some thousand bytes at a time, found many together, so
//! that the way from one mark to the next is a few shifts and waits for nothing else.

use fearless_simd::Level;
use memchr::memchr;

use super::near;

/// How many blocks of 64 bytes are held: 4 KiB of the text.
const BLOCKS: usize = 64;

const BLOCK: usize = 64;

/// The marks of a text, and the text.
pub(super) struct Index<'t> {
    pub(super) bytes: &'t [u8],
    /// The number of the first block that is held.
    first: usize,
    /// Bits of the places of `<` and of `"`, those of the first byte of a block lowest. The block behind those that
    /// are held is there too.
    tags: [u64; BLOCKS + 1],
    quotes: [u64; BLOCKS + 1],
    /// What the processor can do.
    level: Level,
}

/// An attribute of a short name whose value is in double quotes.
pub(super) struct Quoted {
    /// The name as a number, in lower case and the first letter lowest.
    pub(super) name: u64,
    /// Where the quotes are.
    pub(super) open: usize,
    pub(super) close: usize,
}

impl<'t> Index<'t> {
    pub(super) fn new(bytes: &'t [u8]) -> Self {
        let (tags, quotes) = ([0; BLOCKS + 1], [0; BLOCKS + 1]);
        let mut index = Self { bytes, first: 0, tags, quotes, level: Level::new() };
        index.hold(0);
        index
    }

    /// Returns the place of the next `<`, from `at` on.
    #[inline(always)]
    pub(super) fn next_tag(&mut self, at: usize) -> Option<usize> {
        let place = self.place(at);
        next(self.bytes, b'<', window(&self.tags, place, at), at)
    }

    /// Returns the place of the next `"`, from `at` on.
    #[inline(always)]
    pub(super) fn next_quote(&mut self, at: usize) -> Option<usize> {
        let place = self.place(at);
        next(self.bytes, b'"', window(&self.quotes, place, at), at)
    }

    /// Returns the attribute that begins at `at` with a space, followed by a name of up to seven letters, `=`, and a
    /// value in double quotes; `None` when it is any other.
    #[inline(always)]
    pub(super) fn quoted(&mut self, at: usize) -> Option<Quoted> {
        let place = self.place(at);
        let quotes = window(&self.quotes, place, at);
        let length = (quotes.trailing_zeros() as usize).wrapping_sub(2);
        let name = near::letters_before_equals(self.bytes, at + 1, length)?;
        if self.bytes[at] != b' ' {
            return None;
        }
        let open = at + 2 + length;
        let behind = quotes & quotes.wrapping_sub(1);
        let close = if behind != 0 {
            at + behind.trailing_zeros() as usize
        } else {
            self.next_quote(open + 1)?
        };
        Some(Quoted { name, open, close })
    }

    /// Returns which of the blocks held the place is in.
    #[inline(always)]
    fn place(&mut self, at: usize) -> usize {
        let block = at / BLOCK;
        if block.wrapping_sub(self.first) >= BLOCKS {
            self.hold(block);
        }
        block.wrapping_sub(self.first)
    }

    /// Reads the marks from a block on.
    #[inline(never)]
    fn hold(&mut self, first: usize) {
        self.first = first;
        let rest = self.bytes.get(first * BLOCK..).unwrap_or_default();
        let (blocks, last) = rest.as_chunks::<BLOCK>();
        let blocks = &blocks[..blocks.len().min(BLOCKS + 1)];
        near::mark(self.level, blocks, &mut self.tags, &mut self.quotes);
        let mut padded = [0; BLOCK];
        padded[..last.len()].copy_from_slice(last);
        let (_, tags) = self.tags.split_at_mut(blocks.len());
        near::mark(self.level, &[padded, [0; BLOCK]], tags, &mut self.quotes[blocks.len()..]);
    }
}

/// Returns the marks of the 64 bytes from `at` on.
#[inline(always)]
fn window(marks: &[u64; BLOCKS + 1], place: usize, at: usize) -> u64 {
    let shift = at % BLOCK;
    marks[place] >> shift | marks[place + 1] << 1 << (BLOCK - 1 - shift)
}

#[inline(always)]
fn next(bytes: &[u8], needle: u8, marks: u64, at: usize) -> Option<usize> {
    if marks != 0 { Some(at + marks.trailing_zeros() as usize) } else { far(bytes, needle, at) }
}

/// Looks for what is not near.
#[cold]
fn far(bytes: &[u8], needle: u8, at: usize) -> Option<usize> {
    memchr(needle, bytes.get(at..)?).map(|offset| at + offset)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{prop_assert_eq, proptest};

    use super::Index;

    proptest! {
        #[test]
        fn the_first_one_is_found_wherever_it_is(
            pieces in proptest::collection::vec(("[<\"a]{0,3}", 0_usize..300), 0..60),
            steps in proptest::collection::vec(0_usize..9000, 1..20),
        ) {
            let text: String =
                pieces.into_iter().map(|(marks, gap)| marks + &"x".repeat(gap)).collect();
            let bytes = text.as_bytes();
            let mut index = Index::new(bytes);
            for step in steps {
                let at = step.min(bytes.len());
                let expected = |mark| text[at..].find(mark).map(|offset| at + offset);
                prop_assert_eq!(index.next_tag(at), expected('<'));
                prop_assert_eq!(index.next_quote(at), expected('"'));
            }
        }
    }

    #[test]
    fn a_short_name_and_its_value_are_read_at_once() {
        fn read(text: &str) -> Option<(u64, &str)> {
            let quoted = Index::new(text.as_bytes()).quoted(0)?;
            Some((quoted.name, &text[quoted.open + 1..quoted.close]))
        }
        let href = u64::from(u32::from_le_bytes(*b"href"));
        assert_eq!(read(" href=\"x\">"), Some((href, "x")));
        assert_eq!(read(" HREF=\"\" >"), Some((href, "")));
        assert_eq!(read(" content=\"a'b>\">").map(|read| read.1), Some("a'b>"));
        for other in [
            "href=\"x\">     ",
            " data-x=\"x\">",
            " =\"x\">      ",
            " href=x\"y\">",
            " href='\"x\"'>",
            " a b=\"x\">   ",
            " \"x\">       ",
            " hreflang=\"de\">",
            " href=\"x>         ",
            " a=b=\"x\">    ",
            ">\"\"        ",
        ] {
            assert_eq!(read(other), None, "{other}");
        }
    }
}
