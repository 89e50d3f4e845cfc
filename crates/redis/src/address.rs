//! Where a shared frontier is: the address of a server or cluster, and the crawl's name there.

use std::fmt;
use std::str::FromStr;

use crate::options::Server;

/// The name of a crawl and the server that has it, as in `redis://127.0.0.1:6379/news`.
///
/// `redis://` and `rediss://` (TLS) are for one server, `redis-cluster://` and `rediss-cluster://` for a cluster,
/// of which any server is named; `redis+unix:///path/to/socket?name=news` is for a socket. User and password stand
/// before the host, as in `redis://user:password@host/news`; `?db=2` chooses a database.
#[derive(Clone, PartialEq, Eq)]
pub struct Address {
    url: String,
    name: String,
    server: Server,
}

impl Address {
    /// Returns the server's URL for [`RedisStore::open`](crate::RedisStore::open); it may hold a password.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Returns the crawl's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns what answers there.
    pub fn server(&self) -> Server {
        self.server
    }
}

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        let (scheme, rest) = text.split_once("://").ok_or(AddressError::Scheme)?;
        let (scheme, server) = match scheme {
            "redis" | "rediss" => (scheme, Server::Single),
            "redis-cluster" => ("redis", Server::Cluster),
            "rediss-cluster" => ("rediss", Server::Cluster),
            "redis+unix" => {
                let (path, name) = rest.split_once("?name=").ok_or(AddressError::Name)?;
                let url = format!("redis+unix://{path}");
                return Ok(Self { url, name: checked(name)?, server: Server::Single });
            }
            _ => return Err(AddressError::Scheme),
        };
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        // The last one: a password may have slashes in it.
        let (place, name) = rest.rsplit_once('/').ok_or(AddressError::Name)?;
        let database = match query.split_once('=') {
            None if query.is_empty() => String::new(),
            Some(("db", number)) if number.parse::<u32>().is_ok() => format!("/{number}"),
            _ => return Err(AddressError::Query),
        };
        Ok(Self { url: format!("{scheme}://{place}{database}"), name: checked(name)?, server })
    }
}

fn checked(name: &str) -> Result<String, AddressError> {
    let good = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    match name.is_empty() || name.len() > 64 || !name.bytes().all(good) {
        true => Err(AddressError::Name),
        false => Ok(name.to_owned()),
    }
}

impl fmt::Display for Address {
    /// Writes it without user and password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (scheme, place) = self.url.split_once("://").unwrap_or(("redis", &self.url));
        let place = place.rsplit_once('@').map_or(place, |(_, place)| place);
        if scheme == "redis+unix" {
            return write!(f, "{scheme}://{place}?name={}", self.name);
        }
        let (place, database) = match place.split_once('/') {
            Some((place, number)) => (place, format!("?db={number}")),
            None => (place, String::new()),
        };
        let cluster = if self.server == Server::Cluster { "-cluster" } else { "" };
        write!(f, "{scheme}{cluster}://{place}/{}{database}", self.name)
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Address({self})")
    }
}

/// Why a text is no address of a shared frontier. It is not shown, since it may hold a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AddressError {
    /// It begins with no known scheme.
    #[error(
        "the address of a shared frontier begins with redis://, rediss://, redis-cluster://, rediss-cluster:// or \
         redis+unix://; write it like redis://127.0.0.1:6379/news"
    )]
    Scheme,
    /// The crawl has no name, or none that can be.
    #[error(
        "the address of a shared frontier ends with the crawl's name, 1 to 64 letters, digits, - _ or .; write it \
         like redis://127.0.0.1:6379/news"
    )]
    Name,
    /// What follows the name means nothing.
    #[error(
        "behind the name of a shared frontier may stand the number of a database alone, like ?db=2"
    )]
    Query,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_names_a_server_and_a_crawl() {
        let cases = [
            ("redis://h:6379/news", "redis://h:6379", Server::Single, "redis://h:6379/news"),
            (
                "rediss://me:p/w@h/a.b?db=2",
                "rediss://me:p/w@h/2",
                Server::Single,
                "rediss://h/a.b?db=2",
            ),
            (
                "redis-cluster://:x@[::1]:7/c",
                "redis://:x@[::1]:7",
                Server::Cluster,
                "redis-cluster://[::1]:7/c",
            ),
            (
                "redis+unix:///a/b?name=n",
                "redis+unix:///a/b",
                Server::Single,
                "redis+unix:///a/b?name=n",
            ),
        ];
        for (text, url, server, shown) in cases {
            let address: Address = text.parse().unwrap();
            assert_eq!((address.url(), address.server()), (url, server), "{text}");
            assert_eq!(address.to_string(), shown);
        }
    }

    #[test]
    fn what_is_no_address_says_how_to_write_one() {
        for (text, error) in [
            ("news", AddressError::Scheme),
            ("http://h/news", AddressError::Scheme),
            ("redis://h", AddressError::Name),
            ("redis://h/", AddressError::Name),
            ("redis://h/a b", AddressError::Name),
            ("redis+unix:///a", AddressError::Name),
            ("redis://h/news?x=1", AddressError::Query),
        ] {
            assert_eq!(text.parse::<Address>(), Err(error), "{text}");
            assert!(error.to_string().contains("like"));
        }
    }
}
