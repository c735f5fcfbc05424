//! Registration ceremonies that were begun. Without a `link_id`, a bearer token began it; `key_id` names
//! the key that its challenge is derived from.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "ceremonies")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub user_id: String,
    pub link_id: Option<String>,
    pub rp_id: String,
    pub asked: Option<String>,
    pub begun_at: i64,
    pub expires_at: i64,
    pub key_id: String,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
