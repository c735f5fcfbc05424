//! Finds the keys that undoing registrations needs.

use sea_orm_migration::prelude::*;

pub(super) struct Step;

impl MigrationName for Step {
    fn name(&self) -> &str {
        "m0006_keys_of_undos"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Step {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut index = Index::create();
        index.name("passkeys_undo_key_id_undo_until").table("passkeys");
        index.col("undo_key_id").col("undo_until").and_where(Expr::col("removed_at").is_null());
        manager.create_index(index.take()).await
    }
}
