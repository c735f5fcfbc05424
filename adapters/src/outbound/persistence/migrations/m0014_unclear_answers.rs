//! Remembers which mails may have arrived although no answer of the mail server said so.

use sea_orm_migration::prelude::*;

pub(super) struct Step;

impl MigrationName for Step {
    fn name(&self) -> &str {
        "m0014_unclear_answers"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Step {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut column = ColumnDef::new("may_have_arrived");
        column.boolean().not_null().default(false);
        manager.alter_table(Table::alter().table("outbox").add_column(column).take()).await
    }
}
