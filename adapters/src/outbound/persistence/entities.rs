//! The tables. Instants are milliseconds since 1970 (UTC).

/// A module for a table, with its entity. The columns up to the `;` are its primary key.
macro_rules! tables {
    ($($(#[$doc:meta])* $table:ident $name:literal {
        $($key:ident: $key_type:ty),+; $($column:ident: $type:ty),+ $(,)?
    })+) => {$(
        $(#[$doc])*
        pub mod $table {
            use sea_orm::entity::prelude::*;

            #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
            #[sea_orm(table_name = $name)]
            pub struct Model {
                $(#[sea_orm(primary_key, auto_increment = false)] pub $key: $key_type,)+
                $(pub $column: $type,)+
            }

            #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
            pub enum Relation {}

            impl ActiveModelBehavior for ActiveModel {}
        }
    )+};
}

tables! {
    /// Registration ceremonies that were begun. Without a `link_id`, a bearer token began it; `key_id`
    /// names the key that its challenge is derived from.
    ceremonies "ceremonies" {
        id: String;
        user_id: String,
        link_id: Option<String>,
        rp_id: String,
        asked: Option<String>,
        begun_at: i64,
        expires_at: i64,
        key_id: String,
    }

    /// The history of each user. `actor_kind` and `actor` say who made the change, where that is known.
    events "events" {
        user_id: String, sequence: i64;
        kind: String,
        subject: Option<String>,
        recorded_at: i64,
        actor_kind: Option<String>,
        actor: Option<String>,
    }

    /// Who users are at other issuers. `key` is [`Identity::key`](passlink_domain::Identity::key);
    /// issuer and subject are erased when the user is removed. `claims_of` is when the token was
    /// issued that the user was last changed by.
    identities "identities" {
        key: Vec<u8>;
        user_id: String,
        issuer: Option<String>,
        subject: Option<String>,
        claims_of: Option<i64>,
    }

    /// Passkey links. `email` is the address that a mailed link is for.
    links "links" {
        id: String;
        user_id: String,
        organisation: String,
        email: Option<String>,
        domain: String,
        key_id: String,
        requested_by: Option<String>,
        requested_at: i64,
        expires_at: i64,
        state: String,
        url_template: Option<String>,
        resent_at: Option<i64>,
        token_id: Option<String>,
    }

    /// Mails to send. `kind` and `subject` say what a mail is about: a link or a passkey.
    ///
    /// A mail that waits is ready, and has an `urgency`, 0 for the highest; or it is put off until
    /// `due_at`; or a worker has it in hand: then `leased_until` and `due_at` are the end of the lease,
    /// `held_by` is the worker's process, and `tries` numbers the claim.
    outbox "outbox" {
        id: String;
        user_id: String,
        kind: String,
        subject: String,
        queued_at: i64,
        due_at: i64,
        tries: crate::outbound::persistence::tries::Tries,
        state: String,
        last_answer: Option<String>,
        settled_at: Option<i64>,
        trace: Option<String>,
        leased_until: Option<i64>,
        urgency: Option<i16>,
        lane_organisation: i64,
        lane_domain: i64,
        held_by: Option<String>,
        may_have_arrived: bool,
    }

    /// Passkeys. `transports` is a JSON list; the `undo_` columns are what the undo code is derived
    /// from, and the token that it can revoke.
    passkeys "passkeys" {
        id: String;
        user_id: String,
        name: String,
        rp_id: String,
        credential_id: Vec<u8>,
        public_key: Vec<u8>,
        sign_count: i64,
        transports: String,
        attachment: Option<String>,
        backup_eligible: bool,
        backup_state: bool,
        aaguid: Vec<u8>,
        asked: Option<String>,
        device: Option<String>,
        created_at: i64,
        last_used_at: Option<i64>,
        removed_at: Option<i64>,
        undo_domain: Option<String>,
        undo_key_id: Option<String>,
        undo_until: Option<i64>,
        undo_token_id: Option<String>,
    }

    retired_keys "retired_keys" {
        key_id: String;
        retired_at: i64,
    }

    /// Sessions. `organisation` is `*` while a session is among those of no one organisation. `expects` says
    /// who is to sign in: `anybody`, a `user` whom its maker named by id (`user_id`), or whoever has a
    /// `login_name` (`named_user_id`, which is empty if nobody has). `user_id` is also who signed in, with `passkey_id`; the
    /// `challenge_` columns are what a challenge is derived from. `metadata` and `user_agent` are JSON. A session
    /// that has ended has no token.
    sessions "sessions" {
        id: String;
        organisation: String,
        rp_id: String,
        expects: String,
        named_user_id: Option<String>,
        user_id: Option<String>,
        checked_at: Option<i64>,
        passkey_id: Option<String>,
        verified_at: Option<i64>,
        user_verified: bool,
        token_hash: Option<Vec<u8>>,
        challenge_key_id: Option<String>,
        challenge_number: i64,
        challenge_user_verification: Option<String>,
        challenge_host: Option<String>,
        challenge_expires_at: Option<i64>,
        metadata: String,
        user_agent: Option<String>,
        created_at: i64,
        changed_at: i64,
        expires_at: i64,
        ended_at: Option<i64>,
        sequence: i64,
    }

    /// Bearer tokens, as hashes: of a user, or of a `service` for an organisation (`*` for all).
    tokens "tokens" {
        id: String;
        user_id: Option<String>,
        hash: Vec<u8>,
        name: Option<String>,
        created_at: i64,
        expires_at: Option<i64>,
        revoked_at: Option<i64>,
        service: Option<String>,
        organisation: Option<String>,
        permissions: String,
        last_used_at: Option<i64>,
    }

    /// Users. `language` is empty where none is known; `email_key` is
    /// [`EmailAddress::key`](passlink_domain::EmailAddress::key) and `username_key`
    /// [`LoginName::key`](passlink_domain::LoginName::key), each unique in the organisation. A removed user
    /// has neither, nor has a username of old a key that several users had. `handle` names the user to
    /// authenticators.
    users "users" {
        id: String;
        organisation: String,
        username: String,
        username_key: Option<String>,
        display_name: String,
        language: String,
        email: Option<String>,
        email_key: Option<String>,
        email_verified: bool,
        state: String,
        sequence: i64,
        created_at: i64,
        handle: Option<Vec<u8>>,
    }
}
