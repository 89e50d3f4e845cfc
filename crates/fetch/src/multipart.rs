//! A form of several parts, as a browser sends files (RFC 7578).

use bytes::{Bytes, BytesMut};
use http::HeaderValue;

use crate::error::{Error, ErrorKind};

/// The most parts of a form.
const MAX_PARTS: usize = 1000;
/// The most bytes of a form in all.
const MAX_BYTES: usize = 64 * 1024 * 1024;

/// A form of several parts, for [`RequestBuilder::multipart`](crate::RequestBuilder::multipart).
///
/// It is held in memory: at most 1,000 parts and 64 MiB. What is too much, or cannot be sent, is
/// an error of kind `Config` when the request is sent.
///
/// ```
/// use dragline_fetch::Form;
///
/// let form = Form::new().text("title", "cat").file("image", "cat.png", "image/png", &b"..."[..]);
/// ```
#[derive(Clone, Debug)]
pub struct Form {
    boundary: String,
    parts: usize,
    body: BytesMut,
    problem: Option<String>,
}

impl Form {
    /// Makes an empty form with a random boundary.
    pub fn new() -> Self {
        Self::seeded(fastrand::u64(..))
    }

    /// Makes an empty form whose boundary follows from the seed, so that its bytes can be compared.
    pub fn seeded(seed: u64) -> Self {
        let mut random = fastrand::Rng::with_seed(seed);
        let boundary = format!("{:032x}", random.u128(..));
        Self { boundary, parts: 0, body: BytesMut::new(), problem: None }
    }

    /// Adds a field.
    pub fn text(self, name: impl AsRef<str>, value: impl AsRef<str>) -> Self {
        let head = format!("form-data; name=\"{}\"", escaped(name.as_ref()));
        self.part(&head, None, value.as_ref().as_bytes())
    }

    /// Adds a file by its name, its media type and its content.
    pub fn file(
        self,
        name: impl AsRef<str>,
        file_name: impl AsRef<str>,
        content_type: impl AsRef<str>,
        content: impl AsRef<[u8]>,
    ) -> Self {
        let (name, file_name) = (escaped(name.as_ref()), escaped(file_name.as_ref()));
        let head = format!("form-data; name=\"{name}\"; filename=\"{file_name}\"");
        self.part(&head, Some(content_type.as_ref()), content.as_ref())
    }

    fn part(mut self, disposition: &str, content_type: Option<&str>, content: &[u8]) -> Self {
        self.parts += 1;
        if self.parts > MAX_PARTS || self.body.len().saturating_add(content.len()) > MAX_BYTES {
            let limits = format!("{MAX_PARTS} parts or {MAX_BYTES} bytes");
            self.problem = Some(format!("a form holds at most {limits}; send files one by one"));
            return self;
        }
        let mut head = format!("--{}\r\ncontent-disposition: {disposition}\r\n", self.boundary);
        if let Some(content_type) = content_type {
            if HeaderValue::from_str(content_type).is_err() {
                self.problem = Some(format!("{content_type:?} is no media type of a part"));
                return self;
            }
            head.push_str(&format!("content-type: {content_type}\r\n"));
        }
        head.push_str("\r\n");
        self.body.extend_from_slice(head.as_bytes());
        self.body.extend_from_slice(content);
        self.body.extend_from_slice(b"\r\n");
        self
    }

    /// Returns the content type and the body, for a [`Request`](crate::Request) that no builder makes.
    ///
    /// # Errors
    ///
    /// What is wrong with the form, of kind `Config`.
    pub fn into_parts(self) -> Result<(HeaderValue, Bytes), Error> {
        self.finish().map_err(|problem| Error::new(ErrorKind::Config, problem))
    }

    /// Returns the content type and the body, or what is wrong with the form.
    pub(crate) fn finish(mut self) -> Result<(HeaderValue, Bytes), String> {
        if let Some(problem) = self.problem {
            return Err(problem);
        }
        let content_type = format!("multipart/form-data; boundary={}", self.boundary);
        let content_type =
            HeaderValue::try_from(content_type).expect("a boundary is made of letters and digits");
        self.body.extend_from_slice(format!("--{}--\r\n", self.boundary).as_bytes());
        Ok((content_type, self.body.freeze()))
    }
}

impl Default for Form {
    fn default() -> Self {
        Self::new()
    }
}

/// Escapes a name as browsers do: quotes and line ends alone.
fn escaped(name: &str) -> String {
    name.replace('"', "%22").replace('\r', "%0D").replace('\n', "%0A")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_framed_as_rfc_7578_says() {
        let form =
            Form::seeded(1).text("a", "1\r\n").file("f\"\n", "x.txt", "text/plain", b"\0\xff");
        let boundary = form.boundary.clone();
        let (content_type, body) = form.finish().unwrap();
        assert_eq!(content_type, format!("multipart/form-data; boundary={boundary}"));
        let expected = [
            format!("--{boundary}\r\ncontent-disposition: form-data; name=\"a\"\r\n\r\n1\r\n\r\n").as_bytes(),
            format!("--{boundary}\r\ncontent-disposition: form-data; name=\"f%22%0A\"; filename=\"x.txt\"\r\n").as_bytes(),
            b"content-type: text/plain\r\n\r\n\0\xff\r\n",
            format!("--{boundary}--\r\n").as_bytes(),
        ]
        .concat();
        assert_eq!(body, expected);
    }

    #[test]
    fn boundaries_are_random_unless_seeded() {
        assert_eq!(Form::seeded(1).boundary, Form::seeded(1).boundary);
        assert_ne!(Form::new().boundary, Form::new().boundary);
    }

    #[test]
    fn too_many_parts_and_bad_types_are_told() {
        let many = (0..=MAX_PARTS).fold(Form::new(), |form, _| form.text("a", ""));
        assert!(many.finish().unwrap_err().contains("1000"));
        assert!(Form::new().file("a", "b", "text/plain\r\nx: y", "").finish().is_err());
    }
}
