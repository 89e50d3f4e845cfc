//! The route of a TOML spider: the name of a kind of page, and the values carried there.

use serde::{Deserialize, Serialize};

use super::item::Item;

/// Which kind of page a request of a TOML spider leads to, and what is carried there.
///
/// The default is a page of the route without a name, with nothing carried.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(from = "Option<Wire>", into = "Option<Wire>")]
pub struct Route {
    pub(super) name: Option<String>,
    pub(super) list: Option<Listing>,
    pub(super) carried: Item,
}

/// What kind of list of pages a request leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Listing {
    Sitemap,
    Feed,
}

impl Route {
    /// Returns the name of the route; `None` for the one that has none.
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// Returns the values that were carried here, at most 16 KiB of JSON.
    pub fn carried(&self) -> &Item {
        &self.carried
    }
}

/// A route as it waits in the frontier: as short as can be, since there is one for each URL.
#[derive(Serialize, Deserialize)]
struct Wire {
    #[serde(rename = "r", default, skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(rename = "l", default, skip_serializing_if = "Option::is_none")]
    list: Option<Listing>,
    #[serde(rename = "c", default, skip_serializing_if = "Item::is_empty")]
    carried: Item,
}

impl From<Option<Wire>> for Route {
    fn from(wire: Option<Wire>) -> Self {
        wire.map_or_else(Self::default, |Wire { name, list, carried }| Self { name, list, carried })
    }
}

impl From<Route> for Option<Wire> {
    fn from(Route { name, list, carried }: Route) -> Self {
        let plain = name.is_none() && list.is_none() && carried.is_empty();
        (!plain).then_some(Wire { name, list, carried })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::{decode_route, encode_route};
    use crate::toml_spider::Value;

    #[test]
    fn a_route_survives_the_frontier_and_a_plain_one_is_short() {
        let mut carried = Item::default();
        carried.push("n".into(), Value::Integer(3));
        let name = Some("detail".to_owned());
        let route = Route { name: name.clone(), list: Some(Listing::Feed), carried };
        let bytes = encode_route(&route).unwrap();
        assert_eq!(bytes.as_deref(), Some(&br#"{"r":"detail","l":"feed","c":{"n":3}}"#[..]));
        assert_eq!(decode_route::<Route>(bytes.as_deref()).unwrap(), route);
        assert_eq!(encode_route(&Route::default()).unwrap().as_deref(), Some(&b"null"[..]));
        // Seeds from elsewhere have no payload.
        assert_eq!(decode_route::<Route>(None).unwrap(), Route::default());
        let named = Route { name, ..Route::default() };
        assert_eq!(encode_route(&named).unwrap().as_deref(), Some(&br#"{"r":"detail"}"#[..]));
    }
}
