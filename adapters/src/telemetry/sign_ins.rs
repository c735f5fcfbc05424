//! Sessions and sign-ins: counted, timed, and told in the log.

use opentelemetry::{
    KeyValue, global,
    metrics::{Counter, Histogram},
};
use opentelemetry_semantic_conventions::attribute::{ERROR_TYPE, USER_ID};
use passlink_application::ports::{SessionEnd, SignIn, SignInRefused, SignedIn};
use passlink_domain::{SessionId, UserId};
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt;

const OUTCOME: &str = "passlink.sign_in.outcome";
/// Up to the lifetime of a challenge, in seconds.
const BOUNDARIES: [f64; 16] =
    [0.1, 0.25, 0.5, 1.0, 2.0, 3.0, 4.0, 5.0, 7.5, 10.0, 15.0, 20.0, 30.0, 60.0, 120.0, 300.0];
/// How a server ends sessions. Users are locked and removed by commands.
const ENDS: [SessionEnd; 2] = [SessionEnd::Deleted, SessionEnd::PasskeyRemoved];

pub(super) struct SignIns {
    sign_ins: Counter<u64>,
    sessions: Counter<u64>,
    duration: Histogram<f64>,
}

impl Default for SignIns {
    /// Makes the instruments. Counters begin at zero, so that the first one is seen as a change.
    fn default() -> Self {
        let meter = global::meter("passlink");
        let counter = |name, description, unit| {
            meter.u64_counter(name).with_description(description).with_unit(unit).build()
        };
        let these = Self {
            sign_ins: counter(
                "passlink.sign_ins",
                "Answers of passkeys that signed in, or did not",
                "{sign_in}",
            ),
            sessions: counter(
                "passlink.sessions",
                "Sessions that were created, or were ended before their time",
                "{session}",
            ),
            duration: meter
                .f64_histogram("passlink.sign_in.duration")
                .with_description("From the challenge to the answer that signed in")
                .with_unit("s")
                .with_boundaries(BOUNDARIES.to_vec())
                .build(),
        };
        these.count_created(0);
        for end in ENDS {
            these.count_ended(end, 0);
        }
        these.count(Ok(()), 0);
        for why in SignInRefused::ALL {
            these.count(Err(*why), 0);
        }
        these
    }
}

impl SignIns {
    pub fn count_created(&self, count: u64) {
        self.sessions.add(count, &[KeyValue::new("passlink.session.state", "created")]);
    }

    pub fn count_ended(&self, end: SessionEnd, count: u64) {
        let attributes = [
            KeyValue::new("passlink.session.state", "ended"),
            KeyValue::new("passlink.session.end_reason", end.name()),
        ];
        self.sessions.add(count, &attributes);
    }

    /// Counts and times a sign-in, says in the current span what came of it, and logs it.
    pub fn tell(&self, tried: &SignIn) {
        let outcome = tried.outcome.map(|SignedIn { after, user_verified }| {
            self.duration.record(after.as_secs_f64(), &[]);
            user_verified
        });
        self.count(outcome.map(drop), 1);
        let span = Span::current();
        for KeyValue { key, value, .. } in attributes_of(outcome.map(drop)) {
            span.set_attribute(key, value);
        }
        let session_id = tried.session.as_ref().map(SessionId::as_str);
        let passkey_id = tried.passkey.as_ref().map(|(passkey, _)| passkey.as_str());
        let user_id = tried.passkey.as_ref().map(|(_, user)| user.as_str());
        match outcome {
            Ok(user_verified) => {
                if let Some(passkey) = passkey_id {
                    span.set_attribute("passlink.passkey.id", passkey.to_owned());
                }
                tracing::info!(
                    session_id,
                    user_id,
                    passkey_id,
                    user_verified,
                    "a passkey signed in"
                );
            }
            Err(why @ SignInRefused::Counter) => {
                let reason = why.name();
                tracing::warn!(reason, session_id, user_id, passkey_id, "a sign-in was refused");
            }
            Err(why) => {
                let reason = why.name();
                tracing::info!(reason, session_id, user_id, passkey_id, "a sign-in was refused");
            }
        }
    }

    fn count(&self, outcome: Result<(), SignInRefused>, count: u64) {
        self.sign_ins.add(count, &attributes_of(outcome));
    }
}

/// Has the current span say which session it is about, and which user, if that is proved.
pub(super) fn trace_session(session: &SessionId, user: Option<&UserId>) {
    let span = Span::current();
    span.set_attribute("passlink.session.id", session.to_string());
    if let Some(user) = user {
        span.set_attribute(USER_ID, user.to_string());
    }
}

/// A reason is no error of the span, as what callers do wrong never is.
fn attributes_of(outcome: Result<(), SignInRefused>) -> Vec<KeyValue> {
    let name = outcome.map_or("refused", |()| "verified");
    let mut attributes = vec![KeyValue::new(OUTCOME, name)];
    attributes.extend(outcome.err().map(|why| KeyValue::new(ERROR_TYPE, why.name())));
    attributes
}
