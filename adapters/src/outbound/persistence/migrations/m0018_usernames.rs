//! Users are found by username or address, in one organisation or in all: a username has a key, as an
//! address has, and each has an index that begins with the key. Where several users of an organisation have
//! one username, it is the key of none of them: what fits two signs nobody in.

use passlink_domain::{LoginName, Text};
use sea_orm_migration::{
    prelude::*,
    schema::*,
    sea_orm::{DbBackend, Statement},
};

pub(in crate::outbound::persistence) struct Step;

/// Users whose usernames are read at a time, where that is needed.
const BATCH: usize = 500;
/// What PostgreSQL and SQLite have in small letters as we do: ASCII that is no address in quotation marks.
const PLAIN: &str = "octet_length(username) = length(username) AND username NOT LIKE '\"%'";

impl MigrationName for Step {
    fn name(&self) -> &str {
        "m0018_usernames"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Step {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let column = Table::alter().table("users").add_column(text_null("username_key")).take();
        manager.alter_table(column).await?;
        // Before the keys are made: an index that begins with the organisation would lead astray there.
        manager.create_index(index("email_key")).await?;
        let mut old = Index::drop();
        old.name("users_organisation_email_key").table("users");
        manager.drop_index(old).await?;
        set_keys(manager).await?;
        let mut index = index("username_key");
        index.and_where(Expr::col("username_key").is_not_null());
        manager.create_index(index).await
    }
}

fn index(key: &'static str) -> IndexCreateStatement {
    let mut index = Index::create();
    index.name(format!("users_{key}_organisation")).table("users");
    index.col(key).col("organisation").unique().take()
}

async fn set_keys(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let db = manager.get_connection();
    let lower = match db.get_database_backend() {
        // Elsewhere than in "C", the small letter of I may be another.
        DbBackend::Postgres => "lower(username COLLATE \"C\")",
        _ => "lower(username)",
    };
    let plain =
        format!("UPDATE users SET username_key = {lower} WHERE state <> 'removed' AND {PLAIN}");
    db.execute_unprepared(&plain).await?;
    set_odd_keys(manager).await?;
    // By ids, which have an index: without statistics, PostgreSQL would look for each key in all users.
    let shared = "UPDATE users SET username_key = NULL WHERE id IN (SELECT id FROM \
        (SELECT id, COUNT(*) OVER (PARTITION BY organisation, username_key) AS n FROM users \
        WHERE username_key IS NOT NULL) AS counted WHERE n > 1)";
    db.execute_unprepared(shared).await.map(drop)
}

/// Sets the keys of all other usernames, in the order of ids.
async fn set_odd_keys(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let db = manager.get_connection();
    let backend = db.get_database_backend();
    let odd = format!(
        "SELECT id, username FROM users WHERE id > $1 AND state <> 'removed' AND NOT ({PLAIN}) \
         ORDER BY id LIMIT {BATCH}"
    );
    let mut after = String::new();
    loop {
        let batch = Statement::from_sql_and_values(backend, &odd, [after.as_str().into()]);
        let rows = db.query_all_raw(batch).await?;
        let (mut made, mut values) = (Vec::new(), Vec::<Value>::new());
        for row in &rows {
            let (id, username): (String, String) =
                (row.try_get("", "id")?, row.try_get("", "username")?);
            after.clone_from(&id);
            // What is no username any more signs nobody in.
            let Ok(username) = Text::parse(&username) else { continue };
            values.push(id.into());
            values.push(LoginName::from(&username).key().into());
            made.push(format!("(${}, ${})", values.len() - 1, values.len()));
        }
        if !made.is_empty() {
            let set = format!(
                "UPDATE users SET username_key = made.column2 FROM (VALUES {}) AS made \
                 WHERE users.id = made.column1",
                made.join(", ")
            );
            db.execute_raw(Statement::from_sql_and_values(backend, set, values)).await?;
        }
        if rows.len() < BATCH {
            return Ok(());
        }
    }
}
