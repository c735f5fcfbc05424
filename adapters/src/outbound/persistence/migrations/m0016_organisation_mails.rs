//! How many links were mailed for the users of an organisation, by the minute; a row each, found by the
//! primary key.

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
            // The one in which the last was mailed, counted since 1970.
            .col(integer("minute"))
            // How many there are by now, and at the end of each of the 61 minutes before, the newest
            // first: 12 digits each, from 10^11 on.
            .col(big_integer("total"))
            .col(text("earlier"))
            .take();
        manager.create_table(table).await?;
        // For those whose last mail is long ago.
        let mut index = Index::create();
        index.name("organisation_mails_minute").table("organisation_mails").col("minute");
        manager.create_index(index.take()).await
    }
}
