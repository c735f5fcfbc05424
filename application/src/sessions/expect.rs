//! Who is to sign in, as a caller says.

use jiff::Timestamp;
use passlink_domain::{Expected, Reach, Session};

use super::{SessionError, UserCheck};
use crate::{callers::SessionAccess, ports::Repositories};

/// Has the session expect the user that the caller names. A login name that names nobody here is no error: the
/// session looks the same.
///
/// Errors: the user who is named by id is not there or not active; or somebody else has signed in.
pub(super) async fn expect(
    check: &UserCheck,
    session: &mut Session,
    access: &SessionAccess,
    now: Timestamp,
    tx: &mut dyn Repositories,
) -> Result<(), SessionError> {
    match check {
        UserCheck::Id(id) => {
            let user = tx.user(id).await?.filter(|user| access.serves(&user.organisation));
            let user = user.ok_or(SessionError::UserNotFound)?;
            user.active()?;
            if session.factor.as_ref().is_some_and(|factor| factor.user != user.id) {
                return Err(SessionError::OtherUser);
            }
            session.expected = Expected::User { id: user.id, checked: now };
            session.reach = Reach::Organisation(user.organisation);
        }
        UserCheck::LoginName(name) => {
            let named = tx.users_named(name, access.organisations()?).await?;
            let user = match &named[..] {
                [user] => Some(user.clone()),
                _ => None,
            };
            match &session.factor {
                Some(factor) if user.as_ref() != Some(&factor.user) => {
                    return Err(SessionError::OtherUser);
                }
                Some(_) => {}
                None => session.expected = Expected::LoginName(user),
            }
        }
    }
    Ok(())
}
