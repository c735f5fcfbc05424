//! Sessions: who signed in with a passkey, and who is about to.
//!
//! Why: `docs/decisions/sessions.md`.

use sea_orm_migration::{prelude::*, schema::*};

pub(super) struct Step;

impl MigrationName for Step {
    fn name(&self) -> &str {
        "m0019_sessions"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Step {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(sessions()).await?;
        let mut of_user = Index::create();
        of_user.name("sessions_user_id_id").col("user_id").col("id");
        of_user.and_where(Expr::col("user_id").is_not_null());
        let mut of_organisation = Index::create();
        of_organisation.name("sessions_organisation_id_expires_at");
        of_organisation.col("organisation").col("id").col("expires_at");
        of_organisation.and_where(Expr::col("ended_at").is_null());
        let mut by_name = Index::create();
        by_name.name("sessions_named_user_id").col("named_user_id");
        by_name.and_where(Expr::col("named_user_id").is_not_null());
        let mut by_token = Index::create();
        by_token.name("sessions_token_hash").col("token_hash").unique();
        for mut index in [of_user, of_organisation, by_name, by_token] {
            manager.create_index(index.table("sessions").take()).await?;
        }
        Ok(())
    }
}

fn sessions() -> TableCreateStatement {
    let id = |name| string_len_null(name, 200);
    Table::create()
        .table("sessions")
        .col(string_len("id", 200).primary_key())
        .col(string_len("organisation", 200))
        .col(text("rp_id"))
        .col(text("expects"))
        .col(id("named_user_id"))
        .col(id("user_id"))
        .col(big_integer_null("checked_at"))
        .col(id("passkey_id"))
        .col(big_integer_null("verified_at"))
        .col(boolean("user_verified"))
        .col(binary_len_null("token_hash", 32))
        .col(text_null("challenge_key_id"))
        .col(big_integer("challenge_number"))
        .col(text_null("challenge_user_verification"))
        .col(text_null("challenge_host"))
        .col(big_integer_null("challenge_expires_at"))
        .col(text("metadata"))
        .col(text_null("user_agent"))
        .col(big_integer("created_at"))
        .col(big_integer("changed_at"))
        .col(big_integer("expires_at"))
        .col(big_integer_null("ended_at"))
        .col(big_integer("sequence"))
        .foreign_key(
            ForeignKey::create()
                .name("sessions_of_user")
                .from("sessions", "user_id")
                .to("users", "id"),
        )
        .take()
}
