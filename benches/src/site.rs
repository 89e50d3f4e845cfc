//! A made-up site of any size: each page is made when it is asked for, always the same.

use std::iter;

use fastrand::Rng;

use crate::html::{Words, documentation};

/// Folders of a host, at most.
const FOLDERS: u64 = 97;

/// The shape of a site on one or several hosts. Each page of a host can be reached from its page 0.
#[derive(Clone, Debug)]
pub struct Site {
    /// Pages of each host, at least 1.
    pub pages: u64,
    /// Links of each page.
    pub links: usize,
    /// Pages that each page links to.
    pub targets: usize,
    /// Bytes of each page.
    pub bytes: usize,
    /// Another seed makes another site.
    pub seed: u64,
}

impl Site {
    /// Returns the path of a page.
    pub fn path(number: u64) -> String {
        format!("/{}/{number}.html", number % FOLDERS)
    }

    /// Returns the number of the page at a path; `None` when there is none.
    pub fn number(&self, path: &str) -> Option<u64> {
        let (folder, name) = path.strip_prefix('/')?.split_once('/')?;
        let number: u64 = name.strip_suffix(".html")?.parse().ok()?;
        (number < self.pages && folder.parse() == Ok(number % FOLDERS)).then_some(number)
    }

    /// Makes a page.
    pub fn page(&self, host: u64, number: u64) -> String {
        let seed = self.seed ^ (host << 40) ^ number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let mut random = Rng::with_seed(seed);
        // The first links make a tree of all pages; the others lead anywhere.
        let branch = (self.targets as u64 / 3).max(1);
        let children = (1..=branch).map(|child| number * branch + child);
        let mut targets: Vec<u64> = children.filter(|child| *child < self.pages).collect();
        let anywhere = iter::repeat_with(|| random.u64(..self.pages));
        // Of a small site there may not be as many others, so the draws are counted.
        for target in anywhere.take(4 * self.targets) {
            if targets.len() >= self.targets {
                break;
            }
            if !targets.contains(&target) {
                targets.push(target);
            }
        }
        let hrefs: Vec<String> =
            targets.into_iter().map(|target| format!("..{}", Self::path(target))).collect();
        documentation(&mut Words::new(seed), &hrefs, self.links.max(hrefs.len()), self.bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_page_is_reached_from_the_first() {
        let site = Site { pages: 500, links: 20, targets: 7, bytes: 3000, seed: 1 };
        let mut seen = vec![false; 500];
        let mut open = vec![0];
        while let Some(number) = open.pop() {
            if std::mem::replace(&mut seen[number as usize], true) {
                continue;
            }
            let page = site.page(3, number);
            let hrefs = page.split("href=\"..").skip(1).map(|rest| rest.split(['"', '#']).next());
            open.extend(hrefs.map(|href| site.number(href.unwrap()).unwrap()));
        }
        assert!(seen.iter().all(|seen| *seen));
    }

    #[test]
    fn only_the_paths_of_pages_have_a_number() {
        let site = Site { pages: 200, links: 1, targets: 1, bytes: 100, seed: 1 };
        assert_eq!(site.number(&Site::path(199)), Some(199));
        for path in ["/", "/0/1.html", "/6/200.html", "/1/1.htm", "1/1.html"] {
            assert_eq!(site.number(path), None, "{path}");
        }
    }
}
