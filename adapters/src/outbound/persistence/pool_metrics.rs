//! Metrics of the connections to the database. The attributes are those of OpenTelemetry's
//! conventions; their metric would have a name that Prometheus keeps for another kind (`_count`).

use std::sync::Arc;

use opentelemetry::{KeyValue, global};
use opentelemetry_semantic_conventions::attribute::{
    DB_CLIENT_CONNECTION_POOL_NAME, DB_CLIENT_CONNECTION_STATE,
};
use sea_orm::sqlx::{Database, Pool};

/// Adds the use of a pool of this name to the metrics; `most` of its connections serve callers.
pub(super) fn register<D: Database>(pool: &Pool<D>, name: &'static str, most: u32) {
    let (meter, pool) = (global::meter("passlink"), Arc::new(pool.clone()));
    let most = i64::from(most);
    let pool_name = KeyValue::new(DB_CLIENT_CONNECTION_POOL_NAME, name);
    let in_state =
        |state: &'static str| [pool_name.clone(), KeyValue::new(DB_CLIENT_CONNECTION_STATE, state)];
    let (idle, used) = (in_state("idle"), in_state("used"));
    meter
        .i64_observable_up_down_counter("passlink.database.connections")
        .with_description("Connections to the database, by whether they are used")
        .with_unit("{connection}")
        .with_callback(move |count| {
            let free = i64::try_from(pool.num_idle()).unwrap_or(i64::MAX);
            count.observe(free, &idle);
            count.observe((i64::from(pool.size()) - free).max(0), &used);
        })
        .build();
    let attributes = [pool_name];
    meter
        .i64_observable_up_down_counter("passlink.database.connections.max")
        .with_description("Connections to the database that there may be")
        .with_unit("{connection}")
        .with_callback(move |count| count.observe(most, &attributes))
        .build();
}
