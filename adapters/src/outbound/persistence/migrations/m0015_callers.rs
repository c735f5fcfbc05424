//! Tokens of services, who made a change, and who users are at other issuers.

use sea_orm_migration::{prelude::*, schema::*, sea_orm::DbBackend};

pub(super) struct Step;

impl MigrationName for Step {
    fn name(&self) -> &str {
        "m0015_callers"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Step {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (table, column) in [
            ("tokens", text_null("service")),
            ("tokens", string_len_null("organisation", 200)),
            ("tokens", text("permissions").default("").take()),
            ("tokens", big_integer_null("last_used_at")),
            ("events", text_null("actor_kind")),
            ("events", text_null("actor")),
        ] {
            manager.alter_table(Table::alter().table(table).add_column(column).take()).await?;
        }
        if manager.get_database_backend() == DbBackend::Sqlite {
            // SQLite can't lift NOT NULL from a column.
            for statement in WITHOUT_USER {
                manager.get_connection().execute_unprepared(statement).await?;
            }
        } else {
            let lift = "ALTER TABLE tokens ALTER COLUMN user_id DROP NOT NULL";
            manager.get_connection().execute_unprepared(lift).await?;
        }
        let identities = Table::create()
            .table("identities")
            .col(binary_len("key", 32).primary_key())
            .col(string_len("user_id", 200))
            .col(text_null("issuer"))
            .col(text_null("subject"))
            .col(big_integer_null("claims_of"))
            .foreign_key(
                ForeignKey::create()
                    .name("identities_of_user")
                    .from("identities", "user_id")
                    .to("users", "id"),
            )
            .take();
        manager.create_table(identities).await?;
        for index in [
            Index::create().name("identities_user_id").table("identities").col("user_id"),
            Index::create()
                .name("tokens_service_id")
                .table("tokens")
                .col("service")
                .col("id")
                .and_where(Expr::col("service").is_not_null()),
        ] {
            manager.create_index(index.take()).await?;
        }
        Ok(())
    }
}

/// The table of tokens anew, with the indexes of `m0001_first`.
const WITHOUT_USER: [&str; 6] = [
    "CREATE TABLE tokens_anew (id varchar(200) NOT NULL PRIMARY KEY, user_id varchar(200), \
     hash blob NOT NULL, name text, created_at bigint NOT NULL, expires_at bigint, revoked_at bigint, \
     service text, organisation varchar(200), permissions text NOT NULL DEFAULT '', last_used_at bigint, \
     CONSTRAINT tokens_of_user FOREIGN KEY (user_id) REFERENCES users (id))",
    "INSERT INTO tokens_anew SELECT id, user_id, hash, name, created_at, expires_at, revoked_at, service, \
     organisation, permissions, last_used_at FROM tokens",
    "DROP TABLE tokens",
    "ALTER TABLE tokens_anew RENAME TO tokens",
    "CREATE UNIQUE INDEX tokens_hash ON tokens (hash)",
    "CREATE INDEX tokens_user_id_id ON tokens (user_id, id)",
];
