//! Health, as load balancers ask for it by HTTP and by gRPC (`grpc.health.v1.Health`).

use std::{sync::Arc, time::Duration};

use axum::{extract::State, response::IntoResponse};
use connectrpc::ConnectError;
use connectrpc_health::{Checker, Status, StatusStream};
use futures_util::stream;
use http::StatusCode;
use passlink_application::{KeyUse, Store};
use passlink_domain::CodeKeys;

use super::SERVICES;

/// How often a watched status is looked at.
const WATCH: Duration = Duration::from_secs(5);

/// Knows whether the process can do its work.
#[derive(Clone)]
pub(super) struct Health {
    pub store: Arc<dyn Store>,
    pub key_use: KeyUse,
    pub keys: Arc<CodeKeys>,
    pub worker_alive: Arc<dyn Fn() -> bool + Send + Sync>,
}

impl Health {
    /// What stands in the way, if anything does.
    async fn trouble(&self) -> Option<&'static str> {
        if let Err(error) = self.store.ready().await {
            tracing::warn!(error = &error as &dyn std::error::Error, "not ready");
            return Some("the database is not ready\n");
        }
        match (self.worker_alive)() {
            true => None,
            false => Some("the mail worker has stopped\n"),
        }
    }

    /// What this node lacks and can work without, in a line each. It is ready all the same: links
    /// with other keys are well, and if the key is lost, so are all links to come.
    async fn lacks(&self) -> String {
        let missing = self.key_use.missing(&self.keys).await.unwrap_or_default();
        let lines = missing.iter().map(|need| {
            format!("the key file lacks {}, which links need until {}\n", need.key, need.until())
        });
        lines.collect()
    }

    async fn status(&self) -> Status {
        match self.trouble().await {
            None => Status::Serving,
            Some(_) => Status::NotServing,
        }
    }
}

/// The process runs.
pub(super) async fn live() -> &'static str {
    "ok\n"
}

/// The process can do its work: the database is reachable and migrated, the mail worker lives.
pub(super) async fn ready(State(health): State<Health>) -> impl IntoResponse {
    match health.trouble().await {
        None => (StatusCode::OK, format!("ok\n{}", health.lacks().await)),
        Some(trouble) => (StatusCode::SERVICE_UNAVAILABLE, trouble.to_owned()),
    }
}

fn known(service: &str) -> Result<(), ConnectError> {
    match service.is_empty() || SERVICES.contains(&service) {
        true => Ok(()),
        false => Err(ConnectError::not_found("unknown service")),
    }
}

impl Checker for Health {
    async fn check(&self, service: &str) -> Result<Status, ConnectError> {
        known(service)?;
        Ok(self.status().await)
    }

    async fn watch(&self, service: &str) -> Result<StatusStream, ConnectError> {
        known(service)?;
        let statuses = stream::unfold((self.clone(), None), async |(health, last)| {
            loop {
                if last.is_some() {
                    tokio::time::sleep(WATCH).await;
                }
                let status = health.status().await;
                if last != Some(status) {
                    return Some((status, (health, Some(status))));
                }
            }
        });
        Ok(StatusStream::new(statuses))
    }
}
