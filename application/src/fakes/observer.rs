use futures_util::future::BoxFuture;
use passlink_domain::*;

use super::World;
use crate::fakes::everything::*;

impl Observer for World {
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

    fn session(&self, _session: &SessionId, _user: Option<&UserId>) {}

    fn session_created(&self) {
        self.session_counts.lock().unwrap().push((None, 1));
    }

    fn sessions_ended(&self, end: SessionEnd, count: u64) {
        self.session_counts.lock().unwrap().push((Some(end), count));
    }

    fn sign_in(&self, tried: &SignIn) {
        self.sign_ins.lock().unwrap().push(tried.clone());
    }

    fn ceremony(&self, _passkey: &PasskeyId, _opened_by: &OpenedBy) {}

    fn queueing(&self, _mail: &OutboxId) -> (tracing::Span, Option<TraceContext>) {
        (tracing::Span::none(), Some(TraceContext("the request".into())))
    }

    fn delivering(
        &self,
        _mail: &ClaimedMail,
        delivery: BoxFuture<'static, DeliveryEnd>,
    ) -> BoxFuture<'static, DeliveryEnd> {
        delivery
    }
}
