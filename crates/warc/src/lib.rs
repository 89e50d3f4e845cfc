//! Web archives: WARC 1.1 files (ISO 28500:2017), read and written. Pure and synchronous.
//!
//! A [`Draft`] becomes a record, in a gzip member of its own; a [`Reader`] gives the records of a file one after the
//! other, or one at a known [`Place`]. It reads WARC 1.0 and the drafts before it too, plain, with a member for each
//! record, or as one gzip stream, and takes from a file that is cut or damaged what is in front of that.
//!
//! ```
//! use std::io::Cursor;
//! use std::time::SystemTime;
//!
//! use dragline_warc::{Draft, Id, Kind, Packing, Reader};
//!
//! let mut file = Vec::new();
//! let head = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n";
//! Draft::new(Kind::Response, Id::from_bits(1), SystemTime::UNIX_EPOCH)
//!     .field("WARC-Target-URI", "http://a.example/")
//!     .block("application/http; msgtype=response", head, "hi".into())
//!     .digest_payload()
//!     .write(Packing::Gzip, &mut file);
//!
//! let mut records = Reader::new(Cursor::new(file), 1024);
//! let record = records.next().expect("there is one")?;
//! assert_eq!(record.target(), Some("http://a.example/"));
//! assert_eq!(record.answer().expect("it is HTTP").body, "hi");
//! assert!(records.next().is_none());
//! # Ok::<(), dragline_warc::Damage>(())
//! ```
//!
//! | module | what it holds |
//! |---|---|
//! | `draft`, `id`, `kind`, `digest` | [`Draft`]: a record that is written |
//! | `reader`, `input`, `damage` | [`Reader`]: the records of a file |
//! | `record`, `fields` | [`Record`]: a record that was read |
//! | `message`, `chunked` | [`Answer`], [`Asked`]: the HTTP messages in records |
//! | `cdxj` | [`CdxLine`]: lines of an index |

mod cdxj;
mod chunked;
mod damage;
mod digest;
mod draft;
mod fields;
mod id;
mod input;
mod kind;
mod message;
mod reader;
mod record;
#[cfg(test)]
mod tests;

pub use crate::cdxj::CdxLine;
pub use crate::damage::{Damage, DamageKind};
pub use crate::digest::Digest;
pub use crate::draft::{Draft, Packing};
pub use crate::id::Id;
pub use crate::kind::Kind;
pub use crate::message::{Answer, Asked};
pub use crate::reader::Reader;
pub use crate::record::{Place, Record};
