//! Who is to sign in, as a caller says.

use jiff::Timestamp;
use passlink_domain::{Expected, Reach, Session};

use super::{change::UserCheck, error::SessionError};
use crate::{callers::SessionAccess, ports::Repositories};

/// Has the session expect the user that the caller names. A login name that names nobody here is no error: the
/// session looks the same. Whoever has signed in, or was named by id, is not replaced.
///
/// Errors: the user who is named by id is not there or not active; or the session has another user.
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
        (None, Expected::Anybody | Expected::LoginName(_)) => None,
    };
    match check {
        UserCheck::Id(id) if known.is_none_or(|known| known == id) => {
            let user = tx.user(id).await?.filter(|user| access.serves(&user.organisation));
            let user = user.ok_or(SessionError::UserNotFound)?;
            user.active()?;
            session.expected = Expected::User { id: user.id, checked: now };
            session.reach = Reach::Organisation(user.organisation);
        }
        // Whether a name is the user's may show only once they have signed in.
        UserCheck::LoginName(name) if known.is_none() || session.factor.is_some() => {
            let named = tx.users_named(name, access.organisations()?).await?;
            let named = match &named[..] {
                [user] => Some(user),
                _ => None,
            };
            match known {
                None => session.expected = Expected::LoginName(named.cloned()),
                Some(known) if named == Some(known) => {}
                Some(_) => return Err(SessionError::OtherUser),
            }
        }
        UserCheck::Id(_) | UserCheck::LoginName(_) => return Err(SessionError::OtherUser),
    }
    Ok(())
}
