//! What it takes to follow a mail back to its request, and to count links that expired.

use sea_orm_migration::{prelude::*, schema::*};

pub(super) struct Step;

impl MigrationName for Step {
    fn name(&self) -> &str {
        "m0005_observed"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Step {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let trace = Table::alter().table("outbox").add_column(text_null("trace")).take();
        manager.alter_table(trace).await?;
        for (table, columns) in
            [("links", &["state", "expires_at"][..]), ("outbox", &["link_id"][..])]
        {
            let mut index = Index::create();
            index.name(format!("{table}_{}", columns.join("_"))).table(table);
            for column in columns {
                index.col(*column);
            }
            manager.create_index(index.take()).await?;
        }
        Ok(())
    }
}
