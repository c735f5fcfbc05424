//! What is done with a user's links and passkeys, by whichever service it is called.

use connectrpc::{ConnectError, RequestContext};
use passlink_application::{
    links::{AddLink, SendLink},
    passkeys::{
        CeremonyKey, ListPasskeys, PasskeyError, RegisterPasskey, RegistrationAnswer, RemovePasskey,
    },
};
use passlink_domain::ObjectDetails;

use super::{bearer::Bearers, error_table::ApiError, failure::Failure, fields::user_agent};

/// The use cases of `zitadel.auth.v1.AuthService` and `zitadel.user.v2.UserService`.
pub struct PasskeyCalls {
    pub bearers: Bearers,
    pub send_link: SendLink,
    pub add_link: AddLink,
    pub register: RegisterPasskey,
    pub list: ListPasskeys,
    pub remove: RemovePasskey,
}

impl PasskeyCalls {
    /// Finishes a ceremony; a wrong name is the fault of `name_field`.
    pub(crate) async fn finish(
        &self,
        context: &RequestContext,
        ceremony: CeremonyKey,
        credential: String,
        (name_field, name): (&'static str, String),
    ) -> Result<ObjectDetails, ConnectError> {
        let answer = RegistrationAnswer { credential, name, user_agent: user_agent(context) };
        let finished = self.register.finish(ceremony, answer).await;
        Ok(finished.map_err(|error| match error {
            PasskeyError::Name(why) => ApiError::invalid(name_field, why).into(),
            other => Failure::from(other),
        })?)
    }
}
