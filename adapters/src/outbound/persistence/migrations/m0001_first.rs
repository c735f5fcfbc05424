//! Users, their history, links, mails and tokens.

use sea_orm_migration::{prelude::*, schema::*};

pub(super) struct Step;

impl MigrationName for Step {
    fn name(&self) -> &str {
        "m0001_first"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Step {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in [users(), events(), links(), outbox(), tokens()] {
            manager.create_table(table).await?;
        }
        for (table, columns, unique) in INDEXES {
            let mut index = Index::create();
            index.name(format!("{table}_{}", columns.join("_"))).table(*table);
            for column in *columns {
                index.col(*column);
            }
            if *unique {
                index.unique();
            }
            manager.create_index(index.take()).await?;
        }
        Ok(())
    }
}

const INDEXES: &[(&str, &[&str], bool)] = &[
    ("users", &["organisation", "email_key"], true),
    ("links", &["user_id", "requested_at"], false),
    ("links", &["user_id", "id"], false),
    ("outbox", &["state", "due_at"], false),
    ("outbox", &["state", "id"], false),
    ("tokens", &["hash"], true),
    ("tokens", &["user_id", "id"], false),
];

fn id(name: &'static str) -> ColumnDef {
    string_len(name, 200)
}

fn users() -> TableCreateStatement {
    Table::create()
        .table("users")
        .col(id("id").primary_key())
        .col(id("organisation"))
        .col(text("username"))
        .col(text("display_name"))
        .col(text("language"))
        .col(text_null("email"))
        .col(text_null("email_key"))
        .col(boolean("email_verified"))
        .col(text("state"))
        .col(big_integer("sequence"))
        .col(big_integer("created_at"))
        .take()
}

fn events() -> TableCreateStatement {
    Table::create()
        .table("events")
        .col(id("user_id"))
        .col(big_integer("sequence"))
        .col(text("kind"))
        .col(text_null("subject"))
        .col(big_integer("recorded_at"))
        .primary_key(Index::create().col("user_id").col("sequence"))
        .foreign_key(&mut of_user("events"))
        .take()
}

fn links() -> TableCreateStatement {
    Table::create()
        .table("links")
        .col(id("id").primary_key())
        .col(id("user_id"))
        .col(id("organisation"))
        .col(text_null("email"))
        .col(text("domain"))
        .col(text("key_id"))
        .col(text_null("requested_by"))
        .col(big_integer("requested_at"))
        .col(big_integer("expires_at"))
        .col(text("state"))
        .foreign_key(&mut of_user("links"))
        .take()
}

fn outbox() -> TableCreateStatement {
    Table::create()
        .table("outbox")
        .col(id("id").primary_key())
        .col(id("user_id"))
        .col(id("link_id"))
        .col(big_integer("queued_at"))
        .col(big_integer("due_at"))
        .col(integer("tries"))
        .col(text("state"))
        .col(text_null("last_answer"))
        .col(big_integer_null("settled_at"))
        .foreign_key(&mut of_user("outbox"))
        .take()
}

fn tokens() -> TableCreateStatement {
    Table::create()
        .table("tokens")
        .col(id("id").primary_key())
        .col(id("user_id"))
        .col(binary_len("hash", 32))
        .col(text_null("name"))
        .col(big_integer("created_at"))
        .col(big_integer_null("expires_at"))
        .col(big_integer_null("revoked_at"))
        .foreign_key(&mut of_user("tokens"))
        .take()
}

fn of_user(table: &'static str) -> ForeignKeyCreateStatement {
    ForeignKey::create()
        .name(format!("{table}_of_user"))
        .from(table, "user_id")
        .to("users", "id")
        .take()
}
