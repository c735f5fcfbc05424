//! The rows of the error table. The build reads them as well, for the document.

/// What callers are told of an error.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Row {
    /// The HTTP status by REST.
    pub status: u16,
    /// gRPC's code.
    pub code: u32,
    pub text: &'static str,
    pub id: &'static str,
    /// When it happens, as the documents say it.
    pub when: &'static str,
}

macro_rules! rows {
    ($($name:ident: $status:literal, $code:literal, $text:literal, $id:literal, $when:literal;)+) => {
        $(pub(crate) const $name: Row =
            Row { status: $status, code: $code, text: $text, id: $id, when: $when };)+

        /// All of them, in the order of the documents.
        #[allow(dead_code, reason = "the program has each by its name")]
        pub(crate) const ALL: &[Row] = &[$($name),+];
    };
}

rows! {
    AUTH_MISSING: 401, 16, "auth header missing", "AUTH-Missing",
        "no `Authorization` header";
    AUTH_INVALID: 401, 16, "Errors.Token.Invalid", "AUTH-Invalid",
        "not `Bearer`, or a token that is unknown at this domain, malformed, expired or revoked";
    STEP_UP: 401, 16, "Errors.Token.StepUpRequired", "AUTH-StepUp",
        "the person's sign-in is too old for this, or the token does not say when it was (`links.max_auth_age`)";
    DENIED: 403, 7, "Errors.PermissionDenied", "AUTH-Denied",
        "not allowed on that user or session";
    USER_NOT_FOUND: 404, 5, "Errors.User.NotFound", "USER-NotFound",
        "the user does not exist, was removed, or belongs to an organisation that the caller does not reach";
    USER_NOT_ACTIVE: 400, 9, "Errors.User.NotActive", "USER-NotActive",
        "the user is deactivated or locked";
    EMAIL_NOT_VERIFIED: 400, 9, "Errors.User.Email.NotVerified", "USER-EmailNotVerified",
        "no e-mail address, or not verified";
    EMAIL_TAKEN: 409, 6, "Errors.User.Email.Taken", "USER-EmailTaken",
        "the person's address belongs to another user of the organisation";
    USERNAME_TAKEN: 409, 6, "Errors.User.Username.Taken", "USER-UsernameTaken",
        "the username belongs to another user of the organisation";
    TOO_MANY_LINKS: 429, 8, "Errors.User.Passwordless.TooManyLinks", "LINK-TooMany",
        "a link was sent a moment ago, too many were sent to the user, to the mailbox or for the organisation, or ten returned links are open";
    CODE_INVALID: 400, 3, "Errors.User.Code.Invalid", "LINK-CodeInvalid",
        "a link's code is wrong, or its link can't be used any more: it was used, revoked or replaced, it has expired, or its user is not active (locked and deactivated users can still revoke and undo); who inspects a link is told its state instead";
    URL_TEMPLATE: 400, 3, "Errors.User.Passwordless.URLTemplate", "LINK-URLTemplate",
        "`url_template` is malformed, or its origin is not allowed";
    PASSKEY_NOT_FOUND: 404, 5, "Errors.User.WebAuthN.NotFound", "PASSKEY-NotFound",
        "the user has no such passkey";
    VALIDATE_FAILED: 400, 3, "Errors.User.WebAuthN.ValidateFailed", "PASSKEY-ValidateFailed",
        "the WebAuthn answer does not verify, or its challenge is not open";
    PASSKEY_EXISTS: 409, 6, "Errors.User.WebAuthN.AlreadyExists", "PASSKEY-Exists",
        "the credential is registered already";
    TOO_MANY_PASSKEYS: 400, 9, "Errors.User.WebAuthN.TooMany", "PASSKEY-TooMany",
        "too many passkeys";
    SESSION_NOT_FOUND: 404, 5, "Errors.Session.NotFound", "SESSION-NotFound",
        "the session does not exist, has ended, or its token is wrong";
    INSTANCE_NOT_FOUND: 404, 5, "Errors.Instance.NotFound", "INSTANCE-NotFound",
        "no domain has the host of the request (`domains`); health still answers";
    INVALID: 400, 3, "Errors.Invalid: <field>: <why>", "REQUEST-Invalid",
        "a field is missing, too long or malformed";
    MALFORMED: 400, 3, "Errors.Request.Malformed", "REQUEST-Malformed",
        "malformed JSON or message";
    TOO_LARGE: 413, 8, "Errors.Request.TooLarge", "REQUEST-TooLarge",
        "body over 64 KiB";
    TOO_MANY_REQUESTS: 429, 8, "Errors.Request.TooMany", "REQUEST-TooMany",
        "too many requests at once, or too many wrong codes or tokens from that address";
    DEADLINE: 504, 4, "Errors.Request.Deadline", "REQUEST-Deadline",
        "deadline passed";
    UNIMPLEMENTED: 501, 12, "Errors.Unimplemented", "REQUEST-Unimplemented",
        "not offered here: an unknown method or compression, or a method that the configuration turns off";
    WRONG_METHOD: 405, 12, "Errors.Unimplemented", "REQUEST-Unimplemented",
        "known path, wrong method";
    UNKNOWN_PATH: 404, 5, "Errors.Request.NotFound", "REQUEST-NotFound",
        "unknown path, or a service whose health is not known";
    UNAVAILABLE: 503, 14, "Errors.Unavailable", "SERVICE-Unavailable",
        "database out of reach, an identity provider that is needed does not answer, or a stream is open when the server stops";
    INTERNAL: 500, 13, "Errors.Internal", "SERVICE-Internal",
        "anything unforeseen";
}
