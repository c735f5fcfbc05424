//! What each method asks of its caller, and which errors it can answer with.

use crate::error_rows::{self, Row};

/// What a caller has to show.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Access {
    Token,
    Code,
    TokenOrCode,
    /// A token, but for what was begun with a code.
    TokenUnlessBegunByCode,
}

const EVERY: &[&str] = &[
    "INSTANCE-NotFound",
    "REQUEST-Malformed",
    "REQUEST-TooLarge",
    "REQUEST-TooMany",
    "REQUEST-Deadline",
    "REQUEST-Unimplemented",
    "SERVICE-Unavailable",
    "SERVICE-Internal",
];
/// Of a bearer token and the user that it speaks for.
const TOKEN: &[&str] = &[
    "AUTH-Missing",
    "AUTH-Invalid",
    "USER-NotFound",
    "USER-NotActive",
    "USER-EmailNotVerified",
    "USER-EmailTaken",
    "USER-UsernameTaken",
];
/// Where passkeys or links of a person are changed.
const CHANGE: &[&str] = &["AUTH-StepUp"];
/// Where a user is named.
const NAMED: &[&str] = &["AUTH-Denied", "REQUEST-Invalid"];
const FINISH: &[&str] =
    &["REQUEST-Invalid", "PASSKEY-ValidateFailed", "PASSKEY-Exists", "PASSKEY-TooMany"];
/// Where a sign-in is begun or goes on.
const SIGN_IN: &[&str] = &["AUTH-Denied", "REQUEST-Invalid", "PASSKEY-ValidateFailed"];
/// Where a session is named.
const SESSION: &[&str] = &["AUTH-Denied", "REQUEST-Invalid", "SESSION-NotFound"];
const CODE: &[&str] = &["LINK-CodeInvalid"];

/// What a method asks for, and its errors in the order of the error table.
///
/// Errors: nobody wrote the method down, or an id stands for no error.
pub fn of(method: &str) -> Result<(Access, Vec<&'static Row>), String> {
    use Access::{Code, Token, TokenOrCode, TokenUnlessBegunByCode};
    let (access, own): (_, &[&[&str]]) = match method {
        "SendMyPasswordlessLink" | "AddMyPasswordlessLink" => {
            (Token, &[TOKEN, CHANGE, &["LINK-TooMany"]])
        }
        "ListMyPasswordless" => (Token, &[TOKEN]),
        "AddMyPasswordless" => (Token, &[TOKEN, CHANGE, &["PASSKEY-TooMany"]]),
        "VerifyMyPasswordless" => (Token, &[TOKEN, CHANGE, FINISH]),
        "RemoveMyPasswordless" => {
            (Token, &[TOKEN, CHANGE, &["REQUEST-Invalid", "PASSKEY-NotFound"]])
        }
        "CreatePasskeyRegistrationLink" => {
            (Token, &[TOKEN, CHANGE, NAMED, &["LINK-TooMany", "LINK-URLTemplate"]])
        }
        "RegisterPasskey" => (TokenOrCode, &[TOKEN, CHANGE, NAMED, CODE, &["PASSKEY-TooMany"]]),
        "VerifyPasskeyRegistration" => {
            (TokenUnlessBegunByCode, &[TOKEN, CHANGE, NAMED, CODE, FINISH, &["PASSKEY-NotFound"]])
        }
        "ListPasskeys" => (Token, &[TOKEN, NAMED]),
        "RemovePasskey" => (Token, &[TOKEN, CHANGE, NAMED, &["PASSKEY-NotFound"]]),
        "RenamePasskey" => (Token, &[TOKEN, CHANGE, NAMED, &["PASSKEY-NotFound"]]),
        "CreateSession" => (Token, &[TOKEN, SIGN_IN]),
        "SetSession" => (Token, &[TOKEN, SIGN_IN, SESSION]),
        "ListSessions" => (Token, &[TOKEN, NAMED]),
        "GetSession" | "DeleteSession" => (Token, &[TOKEN, SESSION]),
        "InspectLink" | "InspectRevocation" | "RevokeLink" | "InspectUndo" | "UndoRegistration" => {
            (Code, &[CODE])
        }
        "ResendLink" => (Code, &[CODE, &["LINK-TooMany"]]),
        _ => return Err(format!("methods.rs lacks {method}")),
    };
    let ids: Vec<_> = own.iter().chain([&EVERY]).flat_map(|ids| ids.iter().copied()).collect();
    match ids.iter().find(|id| error_rows::ALL.iter().all(|row| row.id != **id)) {
        Some(id) => Err(format!("{method}: {id} is no error")),
        None => {
            // A wrong method of HTTP is no answer of the method's.
            let is_own = |row: &&Row| row.status != 405 && ids.contains(&row.id);
            Ok((access, error_rows::ALL.iter().filter(is_own).collect()))
        }
    }
}
