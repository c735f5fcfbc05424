//! What can be done with Passlink: one file a use case, and the ports that the use cases need.
//!
//! A use case takes its ports when it is made, does its work in a unit of work that it hands to
//! the [`Store`], and knows nothing of HTTP, SQL or SMTP.

mod add_link;
mod change_user;
mod claim_mail;
mod code_desk;
mod compose_mail;
mod deliver_mail;
mod device;
mod error;
mod expire_links;
mod export_passkeys;
mod fair_pool;
#[cfg(test)]
mod fakes;
mod file_text;
mod hold;
mod ids;
mod import_passkeys;
mod import_users;
mod inspect_link;
mod inspect_undo;
mod key_use;
mod lane;
mod limiter;
mod link_desk;
mod list_passkeys;
mod mail;
mod mail_server;
mod mail_slots;
mod mail_waits;
mod observer;
mod outbox;
mod passkey_desk;
mod ports;
mod register_passkey;
mod remove_passkey;
mod resend_link;
mod retired_key;
mod revoke_link;
mod send_link;
mod store;
mod test_mail;
mod tokens;
mod urls;
mod users;

pub use add_link::{AddLink, AddedLink};
pub use code_desk::{CodeDesk, CodeError, PresentedCode};
pub use deliver_mail::{DeliverMail, Delivered, Tried};
pub use device::device;
pub use error::{
    AuthenticateError, MailError, PasskeyError, StoreError, UserLinkError, WebAuthnError,
};
pub use expire_links::ExpireLinks;
pub use export_passkeys::{ExportPasskeys, ExportedPasskey};
pub use fair_pool::{ConnectionPlace, FairPool, Full, InUse, Place};
pub use file_text::{NotText, text_of, without_mark};
pub use hold::Hold;
pub use import_passkeys::{ImportPasskeys, ImportedPasskey};
pub use import_users::{
    ImportError, ImportStep, ImportUsers, Obstacle, Obstacles, StagedUser, WrongLines,
};
pub use inspect_link::{InspectLink, LinkView};
pub use inspect_undo::{InspectUndo, UndoState, UndoView};
pub use key_use::{KeyNeed, KeyUse, KeyUsers};
pub use lane::{Lane, Urgency};
pub use limiter::{ClientAddress, Limiter, TooMany};
pub use link_desk::{Caller, LinkDesk};
pub use list_passkeys::ListPasskeys;
pub use mail::{Mail, PasskeyAddedMail, PasskeyLinkMail, PasskeyRemovedMail, SecretUrl};
pub use mail_server::{Allowance, Change, MailServer, ServerWord};
pub use mail_slots::MailSlots;
pub use observer::{Attempt, LinkKind, MailReason, Observer, TraceContext};
pub use outbox::{
    ClaimedMail, Lease, LongestWaits, MailOutcome, MailSubject, OutboxError, OutboxLoad,
    OutboxMail, OutboxState, OutboxUseCases, ReadyMail,
};
pub use passkey_desk::PasskeyDesk;
pub use ports::{
    Ceremonies, Clock, History, Identity, KeyNeeds, Links, MailQueue, Mailboxes, Mailer,
    NewCredential, Outbox, Passkeys, Random, RetiredKeys, Staging, Tokens, Told, Users, Wake,
    WebAuthn,
};
pub use register_passkey::{
    BegunRegistration, CeremonyKey, NewPasskey, RegisterPasskey, RegistrationAnswer,
};
pub use remove_passkey::RemovePasskey;
pub use resend_link::{ResendError, ResendLink};
pub use retired_key::{EndedByKey, RetireKey, RetiredKey};
pub use revoke_link::{LinkError, LinkUseCases};
pub use send_link::SendLink;
pub use store::{Repositories, Settled, Store, Work};
pub use test_mail::{TestMailError, send_test_mail};
pub use tokens::{NewToken, RevokedToken, TokenError, TokenUseCases};
pub use urls::{LinkTemplateError, PublicUrl, PublicUrlError};
pub use users::{NewUser, UserError, UserUseCases};
