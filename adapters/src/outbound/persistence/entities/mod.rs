//! The tables, a file each. Instants are milliseconds since 1970 (UTC).

pub mod ceremonies;
pub mod events;
pub mod links;
pub mod outbox;
pub mod passkeys;
pub mod retired_keys;
pub mod tokens;
pub mod users;
