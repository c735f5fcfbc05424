//! Mails to send. `kind` and `subject` say what a mail is about: a link or a passkey.
//!
//! A mail that waits is ready, and has an `urgency`, 0 for the highest; or it is put off until `due_at`;
//! or a worker has it in hand: then `leased_until` and `due_at` are the end of the lease, `held_by` is
//! the worker's process, and `tries` numbers the claim.

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
    pub urgency: Option<i16>,
    pub lane_organisation: i64,
    pub lane_domain: i64,
    pub held_by: Option<String>,
    pub may_have_arrived: bool,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
