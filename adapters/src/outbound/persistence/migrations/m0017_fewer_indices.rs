//! A send writes into fewer indices. What they were read for, others answer: a user's links come in the order
//! in which they were requested, late ones key by key, and a user's mails by what they are about.
//!
//! Why: `docs/decisions/indices.md`.

use sea_orm_migration::prelude::*;

pub(super) struct Step;

impl MigrationName for Step {
    fn name(&self) -> &str {
        "m0017_fewer_indices"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Step {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // Only open links end with their token, and most links are open for a day at the longest.
        let mut index = Index::create();
        index.name("links_token_id").table("links").col("token_id");
        index.and_where(Expr::cust(
            "token_id IS NOT NULL AND state IN ('requested', 'sent', 'undeliverable')",
        ));
        manager.create_index(index.take()).await?;
        for (table, name) in [
            ("links", "links_token_id_requested_at"),
            ("links", "links_user_id_id"),
            ("links", "links_state_expires_at"),
            ("outbox", "outbox_user_id"),
        ] {
            let mut index = Index::drop();
            index.name(name).table(table);
            manager.drop_index(index).await?;
        }
        Ok(())
    }
}
