//! Passkey links. `email` is the address that a mailed link is for.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "links")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub user_id: String,
    pub organisation: String,
    pub email: Option<String>,
    pub domain: String,
    pub key_id: String,
    pub requested_by: Option<String>,
    pub requested_at: i64,
    pub expires_at: i64,
    pub state: String,
    pub url_template: Option<String>,
    pub resent_at: Option<i64>,
    pub token_id: Option<String>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
