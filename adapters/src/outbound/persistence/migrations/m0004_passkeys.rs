//! Passkeys and the ceremonies that make them; links with a URL of their own, which can be resent
//! once; mails about passkeys.

use sea_orm_migration::{prelude::*, schema::*};

pub(super) struct Step;

impl MigrationName for Step {
    fn name(&self) -> &str {
        "m0004_passkeys"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Step {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(passkeys()).await?;
        manager.create_table(ceremonies()).await?;
        for index in [
            Index::create().name("passkeys_user_id_id").table("passkeys").col("user_id").col("id"),
            // Who removed a passkey may register the same credential again.
            Index::create()
                .name("passkeys_credential_id")
                .table("passkeys")
                .col("credential_id")
                .unique()
                .and_where(Expr::col("removed_at").is_null()),
            Index::create()
                .name("ceremonies_user_id_begun_at")
                .table("ceremonies")
                .col("user_id")
                .col("begun_at"),
        ] {
            manager.create_index(index.take()).await?;
        }
        for (table, column) in [
            ("users", blob_null("handle")),
            ("links", text_null("url_template")),
            ("links", big_integer_null("resent_at")),
            ("outbox", text("kind").default("passkey_link").take()),
        ] {
            manager.alter_table(Table::alter().table(table).add_column(column).take()).await?;
        }
        let renamed = Table::alter().table("outbox").rename_column("link_id", "subject").take();
        manager.alter_table(renamed).await?;
        let handles =
            Index::create().name("users_handle").table("users").col("handle").unique().take();
        manager.create_index(handles).await
    }
}

fn id(name: &'static str) -> ColumnDef {
    string_len(name, 200)
}

fn passkeys() -> TableCreateStatement {
    Table::create()
        .table("passkeys")
        .col(id("id").primary_key())
        .col(id("user_id"))
        .col(text("name"))
        .col(text("rp_id"))
        .col(blob("credential_id"))
        .col(blob("public_key"))
        .col(big_integer("sign_count"))
        .col(text("transports"))
        .col(text_null("attachment"))
        .col(boolean("backup_eligible"))
        .col(boolean("backup_state"))
        .col(binary_len("aaguid", 16))
        .col(text_null("asked"))
        .col(text_null("device"))
        .col(big_integer("created_at"))
        .col(big_integer_null("last_used_at"))
        .col(big_integer_null("removed_at"))
        .col(text_null("undo_domain"))
        .col(text_null("undo_key_id"))
        .col(big_integer_null("undo_until"))
        .foreign_key(&mut of_user("passkeys"))
        .take()
}

fn ceremonies() -> TableCreateStatement {
    Table::create()
        .table("ceremonies")
        .col(id("id").primary_key())
        .col(id("user_id"))
        .col(string_len_null("link_id", 200))
        .col(blob("challenge"))
        .col(text("state"))
        .col(text("rp_id"))
        .col(text_null("asked"))
        .col(big_integer("begun_at"))
        .col(big_integer("expires_at"))
        .foreign_key(&mut of_user("ceremonies"))
        .take()
}

fn of_user(table: &'static str) -> ForeignKeyCreateStatement {
    ForeignKey::create()
        .name(format!("{table}_of_user"))
        .from(table, "user_id")
        .to("users", "id")
        .take()
}
