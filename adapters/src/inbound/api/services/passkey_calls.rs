//! What is done with a user's links and passkeys, by whichever service it is called.

use std::sync::Arc;

use connectrpc::{ConnectError, RequestContext};
use passlink_application::{
    links::{AddLink, SendLink},
    passkeys::{CeremonyKey, ListPasskeys, RegisterPasskey, RegistrationAnswer, RemovePasskey},
};
use passlink_domain::ObjectDetails;

use super::{bearer::Bearers, failure::Failure, fields::user_agent};

/// The use cases of `zitadel.auth.v1.AuthService` and `zitadel.user.v2.UserService`.
pub(crate) struct PasskeyCalls {
    pub bearers: Bearers,
    pub send_link: SendLink,
    pub add_link: AddLink,
    pub register: RegisterPasskey,
    pub list: ListPasskeys,
    pub remove: Arc<RemovePasskey>,
}

impl PasskeyCalls {
    /// Finishes a ceremony; a wrong name is the fault of `name_field`.
    pub async fn finish(
        &self,
        context: &RequestContext,
        ceremony: CeremonyKey,
        credential: String,
        (name_field, name): (&'static str, String),
    ) -> Result<ObjectDetails, ConnectError> {
        let answer = RegistrationAnswer { credential, name, user_agent: user_agent(context) };
        let finished = self.register.finish(ceremony, answer).await;
        Ok(finished.map_err(Failure::naming(name_field))?)
    }
}
