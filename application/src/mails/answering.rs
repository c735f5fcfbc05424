//! Domains for which the mail server answers: to these, no mail is expected to hang.

use std::{
    num::NonZeroUsize,
    sync::{Arc, Mutex, PoisonError},
};

use lru::LruCache;

/// How many domains are remembered for which the mail server answers: the last ones.
pub(crate) const ANSWERING: NonZeroUsize = NonZeroUsize::MIN.saturating_add(9_999);

/// Domains for which the mail server answered in good time when it was asked last.
#[derive(Debug, Clone)]
pub(crate) struct Answering(Arc<Mutex<LruCache<i64, ()>>>);

impl Answering {
    /// None.
    pub fn none() -> Self {
        Self(Arc::new(Mutex::new(LruCache::new(ANSWERING))))
    }

    pub fn note(&self, domain: i64, answers: bool) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if answers {
            known.put(domain, ());
        } else {
            known.pop(&domain);
        }
    }

    pub fn contains(&self, domain: i64) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).contains(&domain)
    }
}
