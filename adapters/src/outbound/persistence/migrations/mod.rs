//! The schema, as steps that are only ever added to.

use sea_orm_migration::{MigrationTrait, MigratorTrait};

mod m0001_first;
mod m0002_keys_of_links;
mod m0003_mails_of_user;
mod m0004_passkeys;
mod m0005_observed;
mod m0006_keys_of_undos;
mod m0007_leases;
mod m0008_lanes;
mod m0009_ceremonies;
mod m0010_retired_keys;
mod m0011_tokens_of_links;
mod m0012_mailboxes;
pub(super) mod m0013_mailbox_keys;
mod m0014_unclear_answers;
mod m0015_callers;
mod m0016_organisation_mails;
mod m0017_fewer_indices;
pub(super) mod m0018_usernames;
mod m0019_sessions;
mod m0020_tokens_of_sessions;

pub(super) struct Migrator;

impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m0001_first::Step),
            Box::new(m0002_keys_of_links::Step),
            Box::new(m0003_mails_of_user::Step),
            Box::new(m0005_observed::Step),
            // It renames a column that an index of m0005 names, so m0005 comes first.
            Box::new(m0004_passkeys::Step),
            Box::new(m0006_keys_of_undos::Step),
            Box::new(m0007_leases::Step),
            Box::new(m0008_lanes::Step),
            Box::new(m0009_ceremonies::Step),
            Box::new(m0010_retired_keys::Step),
            Box::new(m0011_tokens_of_links::Step),
            Box::new(m0012_mailboxes::Step),
            Box::new(m0013_mailbox_keys::Step),
            // Last of its release, as it locks the outbox until all is done.
            Box::new(m0014_unclear_answers::Step),
            Box::new(m0015_callers::Step),
            Box::new(m0016_organisation_mails::Step),
            Box::new(m0017_fewer_indices::Step),
            Box::new(m0018_usernames::Step),
            Box::new(m0019_sessions::Step),
            Box::new(m0020_tokens_of_sessions::Step),
        ]
    }
}
