//! How many links were mailed for the users of an organisation in an hour, by the minute; a row each, found by
//! the primary key.

use sea_orm_migration::{prelude::*, schema::*};

pub(super) struct Step;

impl MigrationName for Step {
    fn name(&self) -> &str {
        "m0016_organisation_mails"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Step {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::create()
            .table("organisation_mails")
            .col(string_len("organisation", 200).primary_key())
            // The minute in which the last was mailed, counted since 1970.
            .col(integer("newest"))
            // The minutes in which some were, the newest first, each with how many: `29407680:17 29407677:2`.
            .col(text("mailed"))
            .take();
        manager.create_table(table).await?;
        // For those whose last mail is long ago.
        let mut index = Index::create();
        index.name("organisation_mails_newest").table("organisation_mails").col("newest");
        manager.create_index(index.take()).await
    }
}
