//! What opens a ceremony: a bearer token, or a link, which must hold when it is begun and when it is finished.

use jiff::Timestamp;
use passlink_domain::{LinkId, OpenedBy, PasskeyLink, User};

use crate::{
    callers::Acting,
    codes::CodeError,
    passkeys::{PasskeyError, PasskeyRegistry},
    ports::Repositories,
};

pub(super) struct Opener {
    /// The user, locked.
    pub user: User,
    /// The link that began it, if one did.
    pub link: Option<PasskeyLink>,
    pub now: Timestamp,
}

/// For whom a ceremony is begun or finished; a link that began it must still open something.
pub(super) async fn lock_opener(
    opened_by: &OpenedBy,
    acting: &Acting,
    registry: &PasskeyRegistry,
    tx: &mut dyn Repositories,
) -> Result<Opener, PasskeyError> {
    let OpenedBy::Link(link) = opened_by else {
        let (user, now) = registry.active_user(acting, tx).await?;
        return Ok(Opener { user, link: None, now });
    };
    let user = acting.lock_user(tx).await?.ok_or_else(invalid_code)?;
    let now = registry.ports.clock.now();
    let link = serving_link(link, &user, now, tx).await?;
    Ok(Opener { user, link: Some(link), now })
}

/// The link, which must open something for the user.
pub(super) async fn serving_link(
    link: &LinkId,
    user: &User,
    now: Timestamp,
    tx: &mut dyn Repositories,
) -> Result<PasskeyLink, PasskeyError> {
    let link = tx.link(link).await?;
    link.filter(|link| link.user == user.id && link.serves(user, now)).ok_or_else(invalid_code)
}

pub(super) fn invalid_code() -> PasskeyError {
    CodeError::Invalid.into()
}
