//! The head of a request: request line and headers, parsed leniently. `connection.rs` reads the
//! bytes.

/// The method, target and headers of one request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Head {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) version: String,
    pub(crate) headers: Vec<(String, String)>,
}

/// How the request says its body is delimited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BodyLength {
    Bytes(u64),
    Chunked,
    Malformed,
}

impl Head {
    /// Parses everything up to the empty line; `None` when it is not a request.
    pub(crate) fn parse(bytes: &[u8]) -> Option<Self> {
        let text = String::from_utf8_lossy(bytes);
        let mut lines = text.split("\r\n").filter(|line| !line.is_empty());
        let mut words = lines.next()?.split(' ');
        let (method, path, version) = (words.next()?, words.next()?, words.next()?);
        if method.is_empty() || path.is_empty() || !version.starts_with("HTTP/1.") {
            return None;
        }
        let headers = lines
            .map(|line| line.split_once(':'))
            .map(|pair| pair.map(|(name, value)| (name.to_owned(), value.trim().to_owned())))
            .collect::<Option<Vec<_>>>()?;
        Some(Self {
            method: method.to_owned(),
            path: path.to_owned(),
            version: version.to_owned(),
            headers,
        })
    }

    /// Returns the first header of that name, in any case.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        header(&self.headers, name)
    }

    /// Returns how long the body is; without a word about it, it is empty.
    pub(crate) fn body_length(&self) -> BodyLength {
        if self.header("transfer-encoding").is_some() {
            return BodyLength::Chunked;
        }
        match self.header("content-length").map(str::parse) {
            None => BodyLength::Bytes(0),
            Some(Ok(bytes)) => BodyLength::Bytes(bytes),
            Some(Err(_)) => BodyLength::Malformed,
        }
    }

    /// Returns whether the client means to use the connection again (RFC 9112, section 9.3).
    pub(crate) fn keeps_alive(&self) -> bool {
        let says = |word: &str| {
            self.header("connection").is_some_and(|value| {
                value.split(',').any(|option| option.trim().eq_ignore_ascii_case(word))
            })
        };
        if self.version == "HTTP/1.0" { says("keep-alive") } else { !says("close") }
    }
}

/// Returns the value of the first header of that name, in any case.
pub(crate) fn header<'a>(headers: &'a [(String, String)], name: &str) -> Option<&'a str> {
    let (_, value) = headers.iter().find(|(other, _)| other.eq_ignore_ascii_case(name))?;
    Some(value)
}

#[cfg(test)]
mod tests {
    use super::{BodyLength, Head};

    fn parse(text: &str) -> Option<Head> {
        Head::parse(text.as_bytes())
    }

    #[test]
    fn names_are_found_in_any_case_and_values_are_trimmed() {
        let head =
            parse("POST /a?b=c HTTP/1.1\r\nHOST:  x:1 \r\ncontent-LENGTH: 12\r\n\r\n").unwrap();
        assert_eq!((head.method.as_str(), head.path.as_str()), ("POST", "/a?b=c"));
        assert_eq!(head.header("host"), Some("x:1"));
        assert_eq!(head.body_length(), BodyLength::Bytes(12));
    }

    #[test]
    fn nonsense_is_no_request() {
        for text in ["", "\r\n\r\n", "GET", "GET /", "GET / FTP/1.1", "GET / HTTP/1.1\r\nno colon"]
        {
            assert_eq!(parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn keep_alive_is_the_default_of_one_one_only() {
        let keeps = |text| parse(text).unwrap().keeps_alive();
        assert!(keeps("GET / HTTP/1.1\r\n\r\n"));
        assert!(!keeps("GET / HTTP/1.1\r\nConnection: te, Close\r\n\r\n"));
        assert!(!keeps("GET / HTTP/1.0\r\n\r\n"));
        assert!(keeps("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"));
    }
}
