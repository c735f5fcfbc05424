//! One log line a request: method, route template, protocol, status, code, duration, user id. Never the
//! path as it came, a query, a header or a body: they may hold secrets.

use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

use http::StatusCode;
use passlink_domain::UserId;

use crate::inbound::api::protocols::call::{Call, Outcome};

/// What is learned of a request on its way, for its log line.
#[derive(Clone, Default)]
pub(crate) struct AccessRecord(Arc<OnceLock<UserId>>);

impl AccessRecord {
    /// Notes whom the request speaks for.
    pub fn set_user(&self, user: &UserId) {
        self.0.get_or_init(|| user.clone());
    }

    /// Whom the request speaks for.
    pub fn user(&self) -> Option<&str> {
        self.0.get().map(UserId::as_str)
    }

    /// Logs the request, whose answer is ready; without a status, there was none.
    pub fn log(
        &self,
        call: &Call,
        status: Option<StatusCode>,
        outcome: Outcome,
        duration: Duration,
    ) {
        tracing::info!(
            target: "passlink::access",
            method = call.method,
            route = call.route.as_deref().unwrap_or("unmatched"),
            protocol = call.protocol.name(),
            status = status.map(|status| status.as_u16()),
            code = outcome.name(),
            duration_ms = duration.as_micros() as f64 / 1000.0,
            user_id = self.user(),
            "request"
        );
    }
}
