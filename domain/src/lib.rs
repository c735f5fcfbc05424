//! What is true in Passlink: users, passkey links, passkeys, codes and the history of a user.
//!
//! Nothing here does I/O, waits, reads a clock or draws randomness: time and random bytes are
//! arguments. Identifiers, addresses, codes and tokens are types of their own, so that one can't
//! be passed where another is meant, and secrets print as `[redacted]`.
//!
//! Why: `docs/decisions/secret-types.md`.

mod callers;
mod history;
mod ids;
mod links;
mod names;
mod newtypes;
mod octets;
mod passkeys;
mod sessions;
mod text;
mod time;
mod users;

pub use callers::identity::{Identity, Subject, SubjectError};
pub use callers::organisations::Organisations;
pub use callers::permission::{ALL_ORGANISATIONS, Permission, Permissions, Reach};
pub use callers::token::{BearerToken, BearerTokenError, Holder, Token, TokenHash};
pub use history::{Actor, EventKind, ObjectDetails, Sequence, UserEvent};
pub use ids::{IdError, LinkId, OrganisationId, OutboxId, PasskeyId, SessionId, TokenId, UserId};
pub use links::code::{Code, CodeBinding, Purpose};
pub use links::code_key::{CodeKey, CodeKeys, KeyError, KeyId};
pub use links::link::{Delivery, LinkClosed, LinkKind, LinkState, PasskeyLink};
pub use links::mailed_minutes::{MailedMinute, MailedMinutes, Minute};
pub use links::policy::{
    LinkPolicy, MAX_LIFETIME, MAX_RETURNED, OpenLink, RecentLinks, TooManyLinks,
};
pub use links::url_template::{Placeholder, UrlTemplate, UrlTemplateError};
pub use names::UnknownName;
pub use octets::OctetsError;
pub use passkeys::ceremony::{CEREMONY_LIFETIME, Ceremony, Challenge, MAX_CEREMONIES, OpenedBy};
pub use passkeys::credential::{
    Aaguid, Attachment, Credential, CredentialId, MAX_TRANSPORTS, is_transport,
};
pub use passkeys::passkey::{Passkey, UNDO_FOR, Undo, name_passkey};
pub use sessions::challenge::{ChallengeNumber, SessionChallenge, UserVerification};
pub use sessions::metadata::{Metadata, MetadataError};
pub use sessions::session::{Expected, MAX_SESSION_LIFETIME, PasskeyFactor, Session};
pub use sessions::user_agent::{UserAgent, UserAgentError};
pub use text::{Text, TextError, is_invisible, is_joiner};
pub use time::{earlier, later};
pub use users::change::{ChangeRefused, Changed, StateChange, UserChanges};
pub use users::email::{EmailAddress, EmailAddressError, Mailbox};
pub use users::language::{LanguageTag, LanguageTagError};
pub use users::login_name::LoginName;
pub use users::user::{NotReachable, User, UserEmail, UserHandle, UserState};
