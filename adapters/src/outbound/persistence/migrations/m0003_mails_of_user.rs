//! Finds the mails of a user, for one who is removed.

use sea_orm_migration::prelude::*;

pub(super) struct Step;

impl MigrationName for Step {
    fn name(&self) -> &str {
        "m0003_mails_of_user"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Step {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut index = Index::create();
        index.name("outbox_user_id").table("outbox").col("user_id");
        manager.create_index(index.take()).await
    }
}
