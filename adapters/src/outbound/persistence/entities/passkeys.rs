//! Passkeys. `transports` is a JSON list; the `undo_` columns are what the undo code is
//! derived from, and the token that it can revoke.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "passkeys")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub user_id: String,
    pub name: String,
    pub rp_id: String,
    pub credential_id: Vec<u8>,
    pub public_key: Vec<u8>,
    pub sign_count: i64,
    pub transports: String,
    pub attachment: Option<String>,
    pub backup_eligible: bool,
    pub backup_state: bool,
    pub aaguid: Vec<u8>,
    pub asked: Option<String>,
    pub device: Option<String>,
    pub created_at: i64,
    pub last_used_at: Option<i64>,
    pub removed_at: Option<i64>,
    pub undo_domain: Option<String>,
    pub undo_key_id: Option<String>,
    pub undo_until: Option<i64>,
    pub undo_token_id: Option<String>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
