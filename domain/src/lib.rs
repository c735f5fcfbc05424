//! What is true in Passlink: users, passkey links, passkeys, codes and the history of a user.
//!
//! Nothing here does I/O, waits, reads a clock or draws randomness: time and random bytes are
//! arguments. Identifiers, addresses, codes and tokens are types of their own, so that one can't
//! be passed where another is meant, and secrets print as `[redacted]`.

mod authenticator;
mod ceremony;
mod code;
mod email;
mod history;
mod id;
mod language;
mod link;
mod text;
mod token;
mod url_template;
mod user;
mod user_change;

pub use authenticator::{
    Aaguid, Attachment, Credential, CredentialId, MAX_TRANSPORTS, OctetsError, Passkey, UNDO_FOR,
    Undo, UserHandle, is_transport, name_passkey,
};
pub use ceremony::{CEREMONY_LIFETIME, Ceremony, Challenge, MAX_CEREMONIES, OpenedBy};
pub use code::{Code, CodeBinding, CodeKey, CodeKeys, KeyError, KeyId, Purpose};
pub use email::{EmailAddress, EmailAddressError, Mailbox};
pub use history::{EventKind, ObjectDetails, Sequence, UserEvent};
pub use id::{IdError, LinkId, OrganisationId, OutboxId, PasskeyId, TokenId, UserId};
pub use language::{canonical_language, nearest_languages};
pub use link::{
    Delivery, LinkClosed, LinkPolicy, LinkState, MAX_RETURNED, OpenLink, PasskeyLink, RecentLinks,
    TooManyLinks,
};
pub use text::{Text, TextError, is_invisible};
pub use token::{BearerToken, BearerTokenError, Token, TokenHash};
pub use url_template::{Placeholder, UrlTemplate, UrlTemplateError};
pub use user::{NotReachable, User, UserEmail, UserState};
pub use user_change::{ChangeRefused, Changed, StateChange, UserChanges};
