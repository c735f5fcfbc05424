//! What is true in Passlink: users, passkey links, passkeys, codes and the history of a user.
//!
//! Nothing here does I/O, waits, reads a clock or draws randomness: time and random bytes are
//! arguments. Identifiers, addresses, codes and tokens are types of their own, so that one can't
//! be passed where another is meant, and secrets print as `[redacted]`.

mod callers;
mod history;
mod ids;
mod links;
mod passkeys;
mod text;
mod users;

pub use callers::token::{BearerToken, BearerTokenError, Token, TokenHash};
pub use history::{EventKind, ObjectDetails, Sequence, UserEvent};
pub use ids::{IdError, LinkId, OrganisationId, OutboxId, PasskeyId, TokenId, UserId};
pub use links::code::{Code, CodeBinding, CodeKey, CodeKeys, KeyError, KeyId, Purpose};
pub use links::link::{
    Delivery, LinkClosed, LinkPolicy, LinkState, MAX_RETURNED, OpenLink, PasskeyLink, RESEND_FOR,
    RecentLinks, TooManyLinks,
};
pub use links::url_template::{Placeholder, UrlTemplate, UrlTemplateError};
pub use passkeys::ceremony::{CEREMONY_LIFETIME, Ceremony, Challenge, MAX_CEREMONIES, OpenedBy};
pub use passkeys::passkey::{
    Aaguid, Attachment, Credential, CredentialId, MAX_TRANSPORTS, OctetsError, Passkey, UNDO_FOR,
    Undo, UserHandle, is_transport, name_passkey,
};
pub use text::{Text, TextError, is_invisible};
pub use users::change::{ChangeRefused, Changed, StateChange, UserChanges};
pub use users::email::{EmailAddress, EmailAddressError, Mailbox};
pub use users::language::{canonical_language, nearest_languages};
pub use users::user::{NotReachable, User, UserEmail, UserState};
