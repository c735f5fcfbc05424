//! What is asked of an authenticator.

use passlink_application::NewCredential;
use passlink_domain::Attachment;
use webauthn_rs_proto::{
    AuthenticatorAttachment, AuthenticatorSelectionCriteria, PublicKeyCredentialCreationOptions,
    PublicKeyCredentialDescriptor, PublicKeyCredentialHints, ResidentKeyRequirement,
    UserVerificationPolicy,
};

/// Completes the options: the user's handle, the user's credentials, a discoverable credential, user
/// verification, and the attachment that is wanted.
pub(super) fn complete(options: &mut PublicKeyCredentialCreationOptions, new: &NewCredential<'_>) {
    use PublicKeyCredentialHints::{ClientDevice, Hybrid, SecurityKey};
    options.user.id = new.handle.as_bytes().to_vec();
    let descriptors = new.exclude.iter().map(|id| PublicKeyCredentialDescriptor {
        type_: "public-key".to_owned(),
        id: id.as_bytes().to_vec(),
        transports: None,
    });
    options.exclude_credentials = Some(descriptors.collect());
    options.authenticator_selection = Some(AuthenticatorSelectionCriteria {
        authenticator_attachment: new.attachment.map(|attachment| match attachment {
            Attachment::Platform => AuthenticatorAttachment::Platform,
            Attachment::CrossPlatform => AuthenticatorAttachment::CrossPlatform,
        }),
        resident_key: Some(ResidentKeyRequirement::Required),
        require_resident_key: true,
        user_verification: UserVerificationPolicy::Required,
    });
    options.hints = new.attachment.map(|attachment| match attachment {
        Attachment::Platform => vec![ClientDevice],
        Attachment::CrossPlatform => vec![SecurityKey, Hybrid],
    });
    // No browser answers it.
    if let Some(extensions) = &mut options.extensions {
        extensions.uvm = None;
    }
}
