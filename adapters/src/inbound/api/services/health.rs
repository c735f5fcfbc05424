//! Health, as load balancers ask for it by HTTP and by gRPC (`grpc.health.v1.Health`).

use std::{sync::Arc, time::Duration};

use axum::{extract::State, response::IntoResponse};
use connectrpc::ConnectError;
use connectrpc_health::{Checker, Status, StatusStream};
use futures_util::{StreamExt, stream};
use http::StatusCode;
use passlink_application::{keys::KeyUse, ports::Store};
use passlink_domain::CodeKeys;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use super::{error_table::ApiError, last_look::LastLook};

pub(crate) const SERVICES: &[&str] = &[
    "passlink.v1.LinkService",
    "passlink.v1.PasskeyService",
    "zitadel.auth.v1.AuthService",
    "zitadel.session.v2.SessionService",
    "zitadel.user.v2.UserService",
];
/// For how long a look answers all who ask. After that, the next one who asks causes a new look.
const FRESH: Duration = Duration::from_secs(1);
/// How often a watched status is looked at, however many watch.
const LOOK: Duration = Duration::from_secs(5);
/// How often those who watch are told what was seen.
const TELL: Duration = Duration::from_secs(1);

#[derive(Clone)]
pub struct Health {
    pub store: Arc<dyn Store>,
    pub key_use: KeyUse,
    pub keys: Arc<CodeKeys>,
    pub worker_alive: Arc<dyn Fn() -> bool + Send + Sync>,
    /// Empty at first.
    pub seen: LastLook<Seen>,
    pub stop: CancellationToken,
}

/// What a look has shown: what the node lacks and can work without, or what stands in its way.
pub type Seen = Result<String, &'static str>;

impl Health {
    async fn look(self) -> Seen {
        if let Err(error) = self.store.ready().await {
            tracing::warn!(error = &error as &dyn std::error::Error, "not ready");
            return Err("the database is not ready\n");
        }
        // Whether the database is there was asked a moment ago. Where its connections are all busy, that
        // is no reason to send the calls elsewhere.
        let retired = self.key_use.is_retired(self.keys.newest().id().clone());
        if let Ok(Ok(true)) = timeout(FRESH, retired).await {
            return Err("the newest key of the key file was retired\n");
        }
        if !(self.worker_alive)() {
            return Err("the mail worker has stopped\n");
        }
        // It is ready without those keys: links with others are well, and if a key is lost, so are all
        // links to come.
        let missing = timeout(FRESH, self.key_use.missing(&self.keys)).await;
        let missing = missing.unwrap_or(Ok(Vec::new())).unwrap_or_default();
        let lines = missing.iter().map(|need| {
            format!("the key file lacks {}, which links need until {}\n", need.key, need.until())
        });
        Ok(lines.collect())
    }

    /// What was seen when somebody looked last, if that was a moment ago.
    async fn seen(&self, within: Duration) -> Seen {
        let seen = self.seen.get(within, self.clone().look()).await;
        seen.unwrap_or(Err("the look at the database has failed\n"))
    }

    async fn status(&self, within: Duration) -> Status {
        match self.seen(within).await {
            Ok(_) => Status::Serving,
            Err(_) => Status::NotServing,
        }
    }
}

pub(crate) async fn live() -> &'static str {
    "ok\n"
}

/// The process can do its work: the database is reachable and migrated, the mail worker lives.
pub(crate) async fn ready(State(health): State<Health>) -> impl IntoResponse {
    match health.seen(FRESH).await {
        Ok(lacks) => (StatusCode::OK, format!("ok\n{lacks}")),
        Err(trouble) => (StatusCode::SERVICE_UNAVAILABLE, trouble.to_owned()),
    }
}

fn must_be_known(service: &str) -> Result<(), ConnectError> {
    if service.is_empty() || SERVICES.contains(&service) {
        Ok(())
    } else {
        Err(ApiError::UnknownPath.into())
    }
}

impl Checker for Health {
    async fn check(&self, service: &str) -> Result<Status, ConnectError> {
        must_be_known(service)?;
        Ok(self.status(FRESH).await)
    }

    async fn watch(&self, service: &str) -> Result<StatusStream, ConnectError> {
        must_be_known(service)?;
        let statuses = stream::unfold((self.clone(), None), async |(health, last)| {
            loop {
                if last.is_some() {
                    sleep(TELL).await;
                }
                let status = health.status(LOOK).await;
                if last != Some(status) {
                    return Some((status, (health, Some(status))));
                }
            }
        });
        let stop = self.stop.clone().cancelled_owned();
        let last_word = stream::iter([Status::NotServing]);
        Ok(StatusStream::new(statuses.take_until(stop).chain(last_word)))
    }
}
