//! Mails to send. `kind` and `subject` say what a mail is about: a link or a passkey. While a mail is
//! claimed, `due_at` and `leased_until` are the end of the lease; `tries` numbers the claim.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "outbox")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub user_id: String,
    pub kind: String,
    pub subject: String,
    pub queued_at: i64,
    pub due_at: i64,
    pub tries: i32,
    pub state: String,
    pub last_answer: Option<String>,
    pub settled_at: Option<i64>,
    pub trace: Option<String>,
    pub leased_until: Option<i64>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
