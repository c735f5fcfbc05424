//! What is asked of an authenticator: to make a credential, or to sign with one.

use passlink_application::ports::{AssertionRequest, NewCredential};
use passlink_domain::{Attachment, CEREMONY_LIFETIME, Credential, UserVerification};
use webauthn_rs_proto::{
    AllowCredentials, AuthenticatorAttachment, AuthenticatorSelectionCriteria,
    AuthenticatorTransport, PublicKeyCredentialCreationOptions, PublicKeyCredentialDescriptor,
    PublicKeyCredentialHints, PublicKeyCredentialRequestOptions, RequestChallengeResponse,
    ResidentKeyRequirement, UserVerificationPolicy,
};

/// Completes the options. Sets the challenge and the user's handle, and excludes authenticators that hold
/// a credential of the user. Asks for a discoverable credential, user verification, and the attachment
/// that is wanted.
pub(super) fn complete(options: &mut PublicKeyCredentialCreationOptions, new: &NewCredential<'_>) {
    use PublicKeyCredentialHints::{ClientDevice, Hybrid, SecurityKey};
    let wanted = new.attachment.map(|attachment| match attachment {
        Attachment::Platform => (AuthenticatorAttachment::Platform, vec![ClientDevice]),
        Attachment::CrossPlatform => {
            (AuthenticatorAttachment::CrossPlatform, vec![SecurityKey, Hybrid])
        }
    });
    let (authenticator_attachment, hints) = wanted.unzip();
    options.challenge = new.challenge.expose().to_vec();
    options.user.id = new.handle.as_bytes().to_vec();
    options.exclude_credentials = Some(new.exclude.iter().map(|it| descriptor(it)).collect());
    options.authenticator_selection = Some(AuthenticatorSelectionCriteria {
        authenticator_attachment,
        resident_key: Some(ResidentKeyRequirement::Required),
        require_resident_key: true,
        user_verification: UserVerificationPolicy::Required,
    });
    options.hints = hints;
    // No browser answers it.
    if let Some(extensions) = &mut options.extensions {
        extensions.uvm = None;
    }
}

/// What a passkey shall sign.
pub(super) fn request(
    rp_id: &str,
    request: &AssertionRequest<'_>,
    allow: &[&Credential],
) -> RequestChallengeResponse {
    let allowed = allow.iter().map(|credential| {
        let PublicKeyCredentialDescriptor { type_, id, transports } = descriptor(credential);
        AllowCredentials { type_, id, transports }
    });
    let public_key = PublicKeyCredentialRequestOptions {
        challenge: request.challenge.expose().to_vec(),
        timeout: CEREMONY_LIFETIME.as_millis().try_into().ok(),
        rp_id: rp_id.to_owned(),
        allow_credentials: allowed.collect(),
        user_verification: match request.user_verification {
            UserVerification::Required => UserVerificationPolicy::Required,
            UserVerification::Preferred => UserVerificationPolicy::Preferred,
            UserVerification::Discouraged => UserVerificationPolicy::Discouraged_DO_NOT_USE,
        },
        hints: None,
        extensions: None,
    };
    RequestChallengeResponse { public_key, mediation: None }
}

/// A credential, and where a browser finds its authenticator: everywhere, where that is not told or
/// told in words that are too new.
fn descriptor(credential: &Credential) -> PublicKeyCredentialDescriptor {
    let transports = credential.transports.iter().map(|name| name.parse().ok());
    let transports: Option<Vec<AuthenticatorTransport>> = transports.collect();
    PublicKeyCredentialDescriptor {
        type_: "public-key".to_owned(),
        id: credential.id.as_bytes().to_vec(),
        transports: transports.filter(|transports| !transports.is_empty()),
    }
}
