//! An address has one key, however it is written. So far, an address that is
//! composed in another way or stands in quotation marks had a key of its own. Where two users of an
//! organisation have such addresses, each keeps the key that is there.

use passlink_domain::EmailAddress;
use sea_orm_migration::{prelude::*, sea_orm::Statement};

pub(in crate::outbound::persistence) struct Step;

impl MigrationName for Step {
    fn name(&self) -> &str {
        "m0013_mailbox_keys"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Step {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let db = manager.get_connection();
        let backend = db.get_database_backend();
        let odd = "SELECT id, email, email_key FROM users \
            WHERE email LIKE '\"%' OR octet_length(email) <> length(email)";
        for row in db.query_all_raw(Statement::from_string(backend, odd)).await? {
            let [id, email, old] =
                ["id", "email", "email_key"].map(|column| row.try_get::<String>("", column));
            let (id, key) = (id?, EmailAddress::recorded(email?).key());
            if old? == key {
                continue;
            }
            let update = "UPDATE users SET email_key = $1 WHERE id = $2 AND NOT EXISTS \
                (SELECT 1 FROM users AS other WHERE other.email_key = $1 \
                AND other.organisation = users.organisation)";
            let values = [key.into(), id.into()];
            db.execute_raw(Statement::from_sql_and_values(backend, update, values)).await?;
        }
        Ok(())
    }
}
