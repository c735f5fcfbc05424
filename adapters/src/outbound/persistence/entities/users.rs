//! Users. `language` is empty where none is known; `email_key` is
//! [`EmailAddress::key`](passlink_domain::EmailAddress::key), unique in the organisation; `handle`
//! names the user to authenticators.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "users")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub organisation: String,
    pub username: String,
    pub display_name: String,
    pub language: String,
    pub email: Option<String>,
    pub email_key: Option<String>,
    pub email_verified: bool,
    pub state: String,
    pub sequence: i64,
    pub created_at: i64,
    pub handle: Option<Vec<u8>>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
