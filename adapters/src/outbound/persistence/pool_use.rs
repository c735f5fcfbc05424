//! How the connections to the database are used. The attributes are those of OpenTelemetry's
//! conventions; their metric would have a name that Prometheus keeps for another kind (`_count`).

use std::sync::Arc;

use opentelemetry::{KeyValue, global};
use sea_orm::sqlx::{Database, Pool};

/// Shows the use of a pool in the metrics, which has `most` connections for those who work. `name`
/// tells it from others.
pub(super) fn show<D: Database>(pool: &Pool<D>, name: &'static str, most: u32) {
    let (meter, pool) = (global::meter("passlink"), Arc::new(pool.clone()));
    let most = i64::from(most);
    let pool_name = KeyValue::new("db.client.connection.pool.name", name);
    let of = |state: &'static str| {
        [pool_name.clone(), KeyValue::new("db.client.connection.state", state)]
    };
    let (idle, used) = (of("idle"), of("used"));
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
    let of_pool = [pool_name];
    meter
        .i64_observable_up_down_counter("passlink.database.connections.max")
        .with_description("Connections to the database that there may be")
        .with_unit("{connection}")
        .with_callback(move |count| count.observe(most, &of_pool))
        .build();
}
