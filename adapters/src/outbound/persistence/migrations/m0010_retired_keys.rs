//! Keys that were retired at once, and the ceremonies that end with one.

use sea_orm_migration::{prelude::*, schema::*};

pub(super) struct Step;

impl MigrationName for Step {
    fn name(&self) -> &str {
        "m0010_retired_keys"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Step {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut keys = Table::create();
        keys.table("retired_keys")
            .col(string_len("key_id", 64).primary_key())
            .col(big_integer("retired_at"));
        manager.create_table(keys.take()).await?;
        let mut index = Index::create();
        index.name("ceremonies_key_id").table("ceremonies").col("key_id");
        manager.create_index(index.take()).await
    }
}
