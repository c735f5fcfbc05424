use passlink_domain::*;

use super::World;
use crate::fakes::everything::*;

impl Observer for World {
    fn trace(&self, _span: &tracing::Span) -> Option<TraceContext> {
        Some(TraceContext::new("the request"))
    }

    fn links(&self, state: LinkState, kind: LinkKind, count: u64) {
        self.counts.lock().unwrap().push((state, kind, count));
    }

    fn mailed(&self, _after: std::time::Duration) {}

    fn redeemed(&self, after: std::time::Duration) {
        self.redeemed.lock().unwrap().push(after.as_secs());
    }

    fn tried(&self, attempt: Attempt) {
        self.tried.lock().unwrap().push(attempt);
    }
}
