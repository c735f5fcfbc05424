//! How many links were mailed to a mailbox in the last hour. A mailbox is kept as a hash
//! ([`passlink_domain::Mailbox`] says what that protects), found by the primary key.

use sea_orm_migration::{prelude::*, schema::*};

pub(super) struct Step;

impl MigrationName for Step {
    fn name(&self) -> &str {
        "m0012_mailboxes"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Step {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::create()
            .table("mailboxes")
            .col(binary_len("mailbox", 32).primary_key())
            // When the last ones were, the newest first: 13 digits each, milliseconds since 1970.
            .col(text("mailed_at"))
            .take();
        manager.create_table(table).await?;
        // For those whose last mail is long ago.
        let mut index = Index::create();
        index.name("mailboxes_mailed_at").table("mailboxes").col("mailed_at");
        manager.create_index(index.take()).await
    }
}
