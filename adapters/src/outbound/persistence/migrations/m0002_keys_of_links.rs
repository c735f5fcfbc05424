//! Which links need which key, found by an index.

use sea_orm_migration::prelude::*;

pub(super) struct Step;

impl MigrationName for Step {
    fn name(&self) -> &str {
        "m0002_keys_of_links"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Step {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let columns = ["key_id", "state", "expires_at"];
        let mut index = Index::create();
        index.name(format!("links_{}", columns.join("_"))).table("links");
        for column in columns {
            index.col(column);
        }
        manager.create_index(index.take()).await
    }
}
