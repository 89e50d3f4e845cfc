//! Which crawl is measured, as its name says.

use std::fmt;
use std::str::FromStr;

use serde::Serialize;

/// One way to get all pages.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(into = "String")]
pub(crate) struct Variant {
    pub(crate) kind: Kind,
    pub(crate) hosts: Hosts,
    pub(crate) transport: Transport,
    pub(crate) extras: Vec<Extra>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Kind {
    /// A crawl by the library.
    Crawl,
    /// A hyper client that knows all URLs.
    Bare,
    /// Decoding gzip alone.
    Gunzip,
    /// Decrypting TLS alone.
    Decrypt,
    /// Trees by html5ever alone.
    Html5ever,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Hosts {
    One,
    Many,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Transport {
    Plain,
    Gzip,
    Tls,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Extra {
    /// The crawl is kept on disk.
    State,
    /// A line of JSON is written for each page.
    Records,
    /// Three derived fields are taken of each page, and written.
    Fields,
}

impl Variant {
    pub(crate) fn has(&self, extra: Extra) -> bool {
        self.extras.contains(&extra)
    }

    /// Requests in flight, in all and to one host.
    pub(crate) fn in_flight(&self) -> usize {
        match self.hosts {
            Hosts::One => 16,
            Hosts::Many => 64,
        }
    }

    /// Returns the names of what must cost as much at least, all together.
    pub(crate) fn floor(&self) -> Vec<String> {
        let many = if self.hosts == Hosts::Many { "-many" } else { "" };
        if self.has(Extra::Fields) {
            let mut without = self.clone();
            without.extras.retain(|extra| *extra != Extra::Fields);
            return vec![without.to_string(), "html5ever".to_owned()];
        }
        match (self.kind, self.transport) {
            (Kind::Crawl, Transport::Plain) => vec![format!("bare{many}")],
            (Kind::Crawl, Transport::Gzip) => vec![format!("bare{many}-gzip"), "gunzip".to_owned()],
            (Kind::Crawl, Transport::Tls) => vec![format!("bare{many}-tls")],
            _ => Vec::new(),
        }
    }
}

impl FromStr for Variant {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let mut words = name.split('-');
        let kind = match words.next() {
            Some("crawl") => Kind::Crawl,
            Some("bare") => Kind::Bare,
            Some("gunzip") => Kind::Gunzip,
            Some("decrypt") => Kind::Decrypt,
            Some("html5ever") => Kind::Html5ever,
            _ => return Err("begin with crawl, bare, gunzip, decrypt or html5ever".to_owned()),
        };
        let (hosts, transport, extras) = (Hosts::One, Transport::Plain, Vec::new());
        let mut variant = Self { kind, hosts, transport, extras };
        for word in words {
            match (word, kind) {
                ("many", Kind::Crawl | Kind::Bare) => variant.hosts = Hosts::Many,
                ("gzip", Kind::Crawl | Kind::Bare) => variant.transport = Transport::Gzip,
                ("tls", Kind::Crawl | Kind::Bare) => variant.transport = Transport::Tls,
                ("state", Kind::Crawl) => variant.extras.push(Extra::State),
                ("records", Kind::Crawl) => variant.extras.push(Extra::Records),
                ("fields", Kind::Crawl) => variant.extras.push(Extra::Fields),
                _ => return Err(format!("{word} cannot be had with this; see --help")),
            }
        }
        Ok(variant)
    }
}

impl fmt::Display for Variant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.kind {
            Kind::Crawl => "crawl",
            Kind::Bare => "bare",
            Kind::Gunzip => "gunzip",
            Kind::Decrypt => "decrypt",
            Kind::Html5ever => "html5ever",
        })?;
        if self.hosts == Hosts::Many {
            f.write_str("-many")?;
        }
        match self.transport {
            Transport::Plain => {}
            Transport::Gzip => f.write_str("-gzip")?,
            Transport::Tls => f.write_str("-tls")?,
        }
        for extra in &self.extras {
            f.write_str(match extra {
                Extra::State => "-state",
                Extra::Records => "-records",
                Extra::Fields => "-fields",
            })?;
        }
        Ok(())
    }
}

impl From<Variant> for String {
    fn from(variant: Variant) -> Self {
        variant.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_as_they_are_written() {
        for name in ["crawl", "bare-many-tls", "crawl-many-gzip-state-records-fields", "gunzip"] {
            assert_eq!(name.parse::<Variant>().unwrap().to_string(), name);
        }
        assert_eq!("crawl-state-many".parse::<Variant>().unwrap().to_string(), "crawl-many-state");
    }

    #[test]
    fn fields_are_compared_with_the_crawl_without_them_and_a_tree_of_each_page() {
        let variant: Variant = "crawl-records-fields".parse().unwrap();
        assert_eq!(variant.floor(), ["crawl-records", "html5ever"]);
    }

    #[test]
    fn what_makes_no_sense_together_is_refused() {
        for name in ["", "crawl-fast", "bare-state", "gunzip-many"] {
            assert!(name.parse::<Variant>().is_err(), "{name}");
        }
    }
}
