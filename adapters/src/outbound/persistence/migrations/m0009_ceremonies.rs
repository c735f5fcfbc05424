//! Ceremonies without their challenge, which is derived from a key. Those that are open end: they would
//! within five minutes.

use sea_orm_migration::prelude::*;

pub(super) struct Step;

impl MigrationName for Step {
    fn name(&self) -> &str {
        "m0009_ceremonies"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Step {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let open = Query::delete().from_table("ceremonies").take();
        manager.execute(open).await?;
        let altered = || Table::alter().table("ceremonies").take();
        // Gone, and not empty: a node of an earlier version must not go on filling them.
        for column in ["challenge", "state"] {
            manager.alter_table(altered().drop_column(column).take()).await?;
        }
        let key = ColumnDef::new("key_id").text().not_null().default("").take();
        manager.alter_table(altered().add_column(key).take()).await
    }
}
