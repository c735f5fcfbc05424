//! The token of a session names the session, which is looked up by its id. An index of hashes, which come in
//! random order, cost each sign-in three more pages.
//!
//! Why: `docs/decisions/sessions.md`.

use sea_orm_migration::prelude::*;

pub(super) struct Step;

impl MigrationName for Step {
    fn name(&self) -> &str {
        "m0020_tokens_of_sessions"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Step {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut index = Index::drop();
        index.name("sessions_token_hash").table("sessions");
        manager.drop_index(index).await
    }
}
