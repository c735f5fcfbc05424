use passlink_domain::*;

use super::World;
use crate::*;

impl Observer for World {
    fn trace(&self, _span: &tracing::Span) -> Option<TraceContext> {
        Some(TraceContext::new("the request"))
    }

    fn links(&self, state: LinkState, count: u64) {
        self.counts.lock().unwrap().push((state, count));
    }

    fn mailed(&self, _after: std::time::Duration) {}

    fn tried(&self, attempt: Attempt) {
        self.tried.lock().unwrap().push(attempt);
    }
}
