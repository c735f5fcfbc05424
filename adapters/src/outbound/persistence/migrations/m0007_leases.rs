//! Tells a mail that a worker has in hand from one that waits for its next try.

use sea_orm_migration::prelude::*;

pub(super) struct Step;

impl MigrationName for Step {
    fn name(&self) -> &str {
        "m0007_leases"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Step {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut alter = Table::alter();
        alter.table("outbox").add_column(ColumnDef::new("leased_until").big_integer().null());
        manager.alter_table(alter.take()).await
    }
}
