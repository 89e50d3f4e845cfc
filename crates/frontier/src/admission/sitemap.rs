//! The admission of sitemaps, which need not be where pages are.

use std::sync::{Arc, PoisonError};

use url::Url;

use crate::admission::{Admission, MAX_REDIRECTS, Skip};
use crate::canonical::{Canonical, Parts, fingerprint};
use crate::pending::Pending;
use crate::scope::InScope;

impl Admission {
    /// Admits a sitemap that a robots.txt or another sitemap names, or that one redirects to after
    /// `redirects` in a row: as a seed, but that nothing comes into scope because of it.
    ///
    /// It may lie outside the folder of a seed and need match no include pattern, if it is on the host of
    /// `referrer`, the URL of the file that names it, where 80 and 443 count as one port; another host must be
    /// in scope.
    ///
    /// # Errors
    /// The reason why it is skipped.
    pub fn sitemap(
        &self,
        url: Url,
        referrer: &Arc<str>,
        redirects: u8,
        payload: Option<Box<[u8]>>,
    ) -> Result<Pending, Skip> {
        let canonical = Canonical::new(url).map_err(Skip::NotCrawlable)?;
        let parts = Parts::of(canonical.url());
        if redirects > MAX_REDIRECTS {
            return Err(Skip::TooManyRedirects { url: parts.text.to_owned() });
        }
        let url = canonical.url();
        let here = Url::parse(referrer)
            .is_ok_and(|from| (from.host(), from.port()) == (url.host(), url.port()));
        let scope = self.scope.read().unwrap_or_else(PoisonError::into_inner);
        let place = scope.decide_parts(&parts);
        drop(scope);
        match place {
            InScope::Inside | InScope::NotIncluded => {}
            InScope::Outside if here => {}
            InScope::Outside => return Err(self.note(Skip::OutOfScope, parts.text)),
            InScope::Excluded { .. } => return Err(self.note(Skip::Excluded, parts.text)),
        }
        let placed = self.traps.check_shape(&parts).and_then(|()| self.host_of(&parts));
        let host = placed.map_err(|skip| self.note(skip, parts.text))?;
        let fingerprint = fingerprint(&parts, self.key);
        Ok(Pending {
            url: String::from(canonical.into_url()).into_boxed_str(),
            referrer: Some(referrer.clone()),
            payload,
            fingerprint,
            host,
            depth: 0,
            redirects,
            band: 0,
        })
    }
}
