//! Metrics of the connections to the database. The attributes are those of OpenTelemetry's
//! conventions; their metric would have a name that Prometheus keeps for another kind (`_count`).

use opentelemetry::{KeyValue, global};
use opentelemetry_semantic_conventions::attribute::{
    DB_CLIENT_CONNECTION_POOL_NAME, DB_CLIENT_CONNECTION_STATE,
};

/// How many connections there are, by whether they are used.
pub(super) struct Usage {
    pub idle: usize,
    pub used: usize,
}

/// Adds the use of a pool of this name to the metrics; `most` of its connections serve callers. It has no
/// usage any more when it is gone.
pub(super) fn register(
    name: &'static str,
    most: usize,
    usage: impl Fn() -> Option<Usage> + Send + Sync + 'static,
) {
    let meter = global::meter("passlink");
    let count = |connections: usize| i64::try_from(connections).unwrap_or(i64::MAX);
    let pool_name = KeyValue::new(DB_CLIENT_CONNECTION_POOL_NAME, name);
    let in_state =
        |state: &'static str| [pool_name.clone(), KeyValue::new(DB_CLIENT_CONNECTION_STATE, state)];
    let (idle, used) = (in_state("idle"), in_state("used"));
    meter
        .i64_observable_up_down_counter("passlink.database.connections")
        .with_description("Connections to the database, by whether they are used")
        .with_unit("{connection}")
        .with_callback(move |counter| {
            if let Some(usage) = usage() {
                counter.observe(count(usage.idle), &idle);
                counter.observe(count(usage.used), &used);
            }
        })
        .build();
    let attributes = [pool_name];
    meter
        .i64_observable_up_down_counter("passlink.database.connections.max")
        .with_description("Connections to the database that there may be")
        .with_unit("{connection}")
        .with_callback(move |counter| counter.observe(count(most), &attributes))
        .build();
}
