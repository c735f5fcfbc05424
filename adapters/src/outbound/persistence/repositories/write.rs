//! What the units of work of a set have written: a statement a row on SQLite, one for all on PostgreSQL.

use std::sync::LazyLock;

use passlink_application::ports::StoreError;
use sea_orm::{ConnectionTrait, DbBackend};

use super::{
    Sql,
    insert_all::{as_json, insert_from_json},
    links, outbox,
    users::{event_row, sequences, set_sequences},
};
use crate::outbound::persistence::{
    entities::{events, links::ActiveModel as Link, outbox::ActiveModel as Mail},
    sets::neighbours::Written,
};

impl<C: ConnectionTrait> Sql<'_, C> {
    pub async fn write(&mut self, written: &Written) -> Result<(), StoreError> {
        if written.is_empty() {
            return Ok(());
        }
        if self.db.get_database_backend() == DbBackend::Postgres {
            return self.write_at_once(written).await;
        }
        self.add_links(&written.links).await?;
        self.record_all(&written.events).await?;
        self.queue_all(&written.mails).await
    }

    /// Its text is the same whatever there is to write, so it is prepared once.
    async fn write_at_once(&mut self, written: &Written) -> Result<(), StoreError> {
        static SQL: LazyLock<String> = LazyLock::new(|| {
            format!(
                "WITH of_links AS ({}), of_events AS ({}), of_mails AS ({}) {}",
                insert_from_json::<Link>(1),
                insert_from_json::<events::ActiveModel>(2),
                insert_from_json::<Mail>(3),
                set_sequences(4),
            )
        });
        let [ids, sequences] = sequences(&written.events);
        let values = [
            as_json(&written.links.iter().map(links::row).collect::<Vec<_>>())?,
            as_json(&written.events.iter().map(event_row).collect::<Vec<_>>())?,
            as_json(&written.mails.iter().map(outbox::row).collect::<Vec<_>>())?,
            ids,
            sequences,
        ];
        self.run(&SQL, values).await.map(drop)
    }
}
