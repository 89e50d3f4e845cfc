//! The names of routes in a file: which are led to, and which something is taken from.

use std::collections::BTreeMap;
use std::ops::Range;

use super::keys::Text;
use super::problem::{Problems, nearest};

/// What is known of the routes, gathered while the file is read.
#[derive(Debug, Default)]
pub(super) struct Names {
    /// Names that starts and rules lead to, and where that is said first.
    led: BTreeMap<String, Range<usize>>,
    /// Whether anything leads to the route without a name.
    plain: bool,
    /// Names that items and rules are for, and where that is said first.
    taken: BTreeMap<String, Range<usize>>,
    /// The items for the route without a name.
    taken_plain: Vec<Range<usize>>,
    /// Whether something may be taken from every page.
    all: bool,
}

impl Names {
    /// Notes what a start or a rule leads to.
    pub(super) fn lead(&mut self, route: Option<&Text<'_>>) {
        match route {
            Some(route) => {
                self.led.entry(route.value.to_owned()).or_insert(route.span.clone());
            }
            None => self.plain = true,
        }
    }

    /// Notes what an item or a rule is for; `span` is where it begins.
    pub(super) fn take(&mut self, span: &Range<usize>, route: Option<&Text<'_>>) {
        match route {
            Some(route) => {
                self.taken.entry(route.value.to_owned()).or_insert(route.span.clone());
            }
            None => self.taken_plain.push(span.clone()),
        }
    }

    /// Notes an item that any page may have.
    pub(super) fn take_all(&mut self) {
        self.all = true;
    }

    /// Names the routes of which only one side is there.
    pub(super) fn check(self, problems: &mut Problems<'_>) {
        let Self { led, plain, taken, taken_plain, all } = self;
        let meant = |name: &str, others: &BTreeMap<String, Range<usize>>| {
            let near = nearest(name, others.keys().map(String::as_str));
            near.map_or(String::new(), |near| format!("; did you mean `{near}`?"))
        };
        for (name, span) in &taken {
            if !led.contains_key(name) {
                let meant = meant(name, &led);
                let message = format!(
                    "no page has the route `{name}`: no start and no [[follow]] leads to it{meant}"
                );
                problems.add(span.clone(), message);
            }
        }
        for (name, span) in &led {
            if !all && !taken.contains_key(name) {
                let meant = meant(name, &taken);
                let message = format!(
                    "nothing is for pages of the route `{name}`: no [[item]] has it as its `route` \
                     and no [[follow]] as its `on`{meant}"
                );
                problems.add(span.clone(), message);
            }
        }
        for span in taken_plain.into_iter().filter(|_| !plain) {
            let message = "this item is for pages without a route, and every start and [[follow]] \
                           leads to a named one; add `route`";
            problems.add(span, message);
        }
    }
}
