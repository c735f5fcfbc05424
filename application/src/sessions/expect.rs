//! Who is to sign in, as a caller says.

use jiff::Timestamp;
use passlink_domain::{Expected, Reach, Session};

use super::{SessionError, UserCheck};
use crate::{callers::SessionAccess, ports::Repositories};

/// Has the session expect the user that the caller names. Nobody is named in place of another: a session has one
/// user. A login name that names nobody here is no error: the session looks the same.
///
/// Errors: the user who is named by id is not there or not active; or somebody was named, or has signed in,
/// who is not, or need not be, the same.
pub(super) async fn expect(
    check: &UserCheck,
    session: &mut Session,
    access: &SessionAccess,
    now: Timestamp,
    tx: &mut dyn Repositories,
) -> Result<(), SessionError> {
    let known = match (&session.factor, &session.expected) {
        (Some(factor), _) => Some(&factor.user),
        (None, Expected::User { id, .. }) => Some(id),
        (None, Expected::LoginName(_)) => return Err(SessionError::OtherUser),
        (None, Expected::Anybody) => None,
    };
    match check {
        UserCheck::Id(id) if known.is_none_or(|known| known == id) => {
            let user = tx.user(id).await?.filter(|user| access.serves(&user.organisation));
            let user = user.ok_or(SessionError::UserNotFound)?;
            user.active()?;
            session.expected = Expected::User { id: user.id, checked: now };
            session.reach = Reach::Organisation(user.organisation);
        }
        UserCheck::LoginName(name) if known.is_none() => {
            let named = tx.users_named(name, access.organisations()?).await?;
            session.expected = Expected::LoginName(match &named[..] {
                [user] => Some(user.clone()),
                _ => None,
            });
        }
        UserCheck::Id(_) | UserCheck::LoginName(_) => return Err(SessionError::OtherUser),
    }
    Ok(())
}
