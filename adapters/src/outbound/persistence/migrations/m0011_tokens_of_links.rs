//! Which token made a link, and the link of a passkey: revoking the token ends its open links, and
//! undoing the registration can revoke the token.

use sea_orm_migration::{prelude::*, schema::*};

pub(super) struct Step;

impl MigrationName for Step {
    fn name(&self) -> &str {
        "m0011_tokens_of_links"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Step {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (table, column) in [("links", "token_id"), ("passkeys", "undo_token_id")] {
            let column = string_len_null(column, 200);
            manager.alter_table(Table::alter().table(table).add_column(column).take()).await?;
        }
        // The open ones among them are those of the last day. Links of before have none.
        let mut index = Index::create();
        index.name("links_token_id_requested_at").table("links");
        index.col("token_id").col("requested_at").and_where(Expr::col("token_id").is_not_null());
        manager.create_index(index.take()).await
    }
}
