//! Where mails wait: in lanes, by urgency; apart from those that are put off and those in hand.

use sea_orm_migration::{prelude::*, schema::*};

pub(super) struct Step;

impl MigrationName for Step {
    fn name(&self) -> &str {
        "m0008_lanes"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Step {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // Mails that wait have no urgency yet, and count as put off until they are due.
        for column in [
            small_integer_null("urgency"),
            big_integer("lane_organisation").default(0).take(),
            big_integer("lane_domain").default(0).take(),
            text_null("held_by"),
        ] {
            manager.alter_table(Table::alter().table("outbox").add_column(column).take()).await?;
        }
        // One that an operator had tried again still bears the time at which it failed.
        let waits = Query::update()
            .table("outbox")
            .value("settled_at", None::<i64>)
            .and_where(Expr::col("state").eq("waiting"))
            .and_where(Expr::col("settled_at").is_not_null())
            .take();
        manager.exec_stmt(waits).await?;
        let waiting = "settled_at IS NULL AND leased_until IS NULL";
        let in_hand = "settled_at IS NULL AND leased_until IS NOT NULL";
        for (name, columns, which) in [
            (
                "outbox_ready",
                &["urgency", "lane_organisation", "lane_domain", "due_at"][..],
                format!("{waiting} AND urgency IS NOT NULL"),
            ),
            (
                "outbox_ready_since",
                &["urgency", "due_at"],
                format!("{waiting} AND urgency IS NOT NULL"),
            ),
            ("outbox_put_off", &["kind", "due_at"], format!("{waiting} AND urgency IS NULL")),
            ("outbox_in_hand", &["leased_until"], in_hand.to_owned()),
        ] {
            let mut index = Index::create();
            index.name(name).table("outbox").and_where(Expr::cust(which));
            for column in columns {
                index.col(*column);
            }
            manager.create_index(index.take()).await?;
        }
        let mut replaced = Index::drop();
        replaced.name("outbox_state_due_at").table("outbox");
        manager.drop_index(replaced).await
    }
}
