//! Tokens as the providers make them that people use most, and what is wrong with others.

use std::collections::BTreeMap;

use passlink_domain::Permission;
use serde_json::json;

use super::*;

const NOW: i64 = 1_700_000_000;

fn settings() -> IssuerSettings {
    IssuerSettings {
        issuer: "https://login.example.com".to_owned(),
        audience: Some("https://passlink.example.com".to_owned()),
        clients: Vec::new(),
        services: vec!["billing".to_owned()],
        scope: None,
        types: vec!["at+jwt".to_owned()],
        organisation: "default".parse().ok(),
        organisation_claim: None,
        user_id_claim: None,
        permissions: BTreeMap::from([
            ("passlink.links".to_owned(), [Permission::PasskeyWrite].into_iter().collect()),
            ("support".to_owned(), [Permission::PasskeyRead].into_iter().collect()),
        ]),
        provision: true,
        trust_email: false,
        introspection: None,
    }
}

/// Good claims of a person, changed.
fn claims(change: Value) -> RawClaims {
    let mut claims = json!({
        "iss": "https://login.example.com",
        "aud": ["account", "https://passlink.example.com"],
        "sub": "17",
        "client_id": "web",
        "iat": NOW - 10,
        "exp": NOW + 290,
        "scope": "openid passlink",
    });
    for (name, value) in change.as_object().unwrap() {
        match value {
            Value::Null => claims.as_object_mut().unwrap().remove(name),
            value => claims.as_object_mut().unwrap().insert(name.clone(), value.clone()),
        };
    }
    claims.as_object().unwrap().clone()
}

fn read_at_now(change: Value, settings: &IssuerSettings) -> Result<Claims, String> {
    read(&claims(change), settings, Timestamp::from_second(NOW).unwrap())
}

fn granted(change: Value, settings: &IssuerSettings) -> String {
    match read_at_now(change, settings).unwrap().speaks_for {
        SpeaksFor::Service { permissions, .. } => permissions.to_string(),
        SpeaksFor::Person { .. } => panic!("a person"),
    }
}

#[test]
fn a_token_holds_within_its_times_and_a_minute_of_leeway() {
    let fits = |change| read_at_now(change, &settings()).map(drop);
    for good in [
        json!({}),
        json!({ "exp": NOW - 59 }),
        json!({ "exp": NOW as f64 + 0.5 }),
        json!({ "nbf": NOW + 60 }),
        json!({ "iat": NOW + 60 }),
        json!({ "iat": null }),
        json!({ "exp": null }),
    ] {
        assert_eq!(fits(good.clone()), Ok(()), "{good}");
    }
    for (wrong, why) in [
        (json!({ "exp": NOW - 60 }), "it has expired, at 2023-11-14T22:12:20Z"),
        (json!({ "exp": "soon" }), "its `exp` is no time"),
        (json!({ "nbf": NOW + 61 }), "it does not hold before 2023-11-14T22:14:21Z"),
        (json!({ "iat": NOW + 61 }), "it is issued in the future, at 2023-11-14T22:14:21Z"),
    ] {
        assert_eq!(fits(wrong), Err(why.to_owned()));
    }
}

#[test]
fn a_token_is_for_us_by_audience_client_and_scope() {
    let with = |change: fn(&mut IssuerSettings)| {
        let mut settings = settings();
        change(&mut settings);
        settings
    };
    let by_client = with(|it| {
        it.audience = None;
        it.clients = vec!["web".to_owned()];
    });
    let services_alone = with(|it| it.audience = None);
    let by_scope = with(|it| it.scope = Some("passlink".to_owned()));
    for (settings, good) in [
        (&settings(), json!({ "aud": "https://passlink.example.com" })),
        (&by_client, json!({ "aud": "account" })),
        (&by_client, json!({ "aud": "account", "client_id": null, "azp": "web" })),
        (&by_client, json!({ "client_id": "billing" })),
        (&by_scope, json!({ "scope": null, "scp": ["passlink"] })),
    ] {
        assert!(read_at_now(good.clone(), settings).is_ok(), "{good}");
    }
    let not_ours = "its client is not among `clients` and `services`: it is";
    let lacks = "its `aud` lacks https://passlink.example.com: it is";
    for (settings, wrong, why) in [
        (&settings(), json!({ "aud": "account" }), &*format!("{lacks} \"account\"")),
        (&settings(), json!({ "aud": null }), &*format!("{lacks} ")),
        (&by_client, json!({ "client_id": "other" }), &*format!("{not_ours} other")),
        (&by_client, json!({ "client_id": null }), &*format!("{not_ours} none")),
        (&services_alone, json!({}), &*format!("{not_ours} web")),
        (&by_scope, json!({ "scope": "openid passlink2" }), "it lacks the scope passlink"),
        (
            &settings(),
            json!({ "sub": null }),
            "its `sub` must have 1 to 255 octets and no control characters",
        ),
        (
            &settings(),
            json!({ "cnf": { "jkt": "x" } }),
            "it is bound to a key (`cnf`), and only bearer tokens are taken",
        ),
        (
            &settings(),
            json!({ "client_id": "billing", "auth_time": NOW }),
            "its client is a service, and a person has signed in",
        ),
    ] {
        assert_eq!(read_at_now(wrong, settings), Err(why.to_owned()));
    }
}

#[test]
fn a_service_may_do_what_its_scopes_and_roles_permit() {
    let mut settings = settings();
    let granted_by = |change: Value| {
        let mut change = change;
        change["client_id"] = json!("billing");
        granted(change, &settings)
    };
    for (change, expected) in [
        (json!({}), ""),
        (
            json!({ "scope": "openid passlink.links support" }),
            "user.passkey.write user.passkey.read",
        ),
        // Okta and Entra ID.
        (json!({ "scp": ["passlink.links"] }), "user.passkey.write"),
        (json!({ "roles": ["support"] }), "user.passkey.read"),
        // Auth0 and authentik.
        (json!({ "permissions": ["passlink.links", "other"] }), "user.passkey.write"),
        (json!({ "groups": ["support", "support"] }), "user.passkey.read"),
        // Keycloak: of the realm, and of the client that is the audience.
        (json!({ "realm_access": { "roles": ["support"] } }), "user.passkey.read"),
        (
            json!({ "resource_access": {
            "https://passlink.example.com": { "roles": ["support"] },
            "account": { "roles": ["passlink.links"] },
        } }),
            "user.passkey.read",
        ),
        // ZITADEL.
        (
            json!({ "urn:zitadel:iam:org:project:roles": { "support": { "1": "example" } } }),
            "user.passkey.read",
        ),
    ] {
        assert_eq!(granted_by(change.clone()), expected, "{change}");
    }
    // Whoever may do something is a service: a person gets no permission from an issuer.
    settings.services.clear();
    let person = read_at_now(json!({ "scope": "passlink.links" }), &settings).unwrap();
    assert!(matches!(person.speaks_for, SpeaksFor::Person { .. }));
}

#[test]
fn a_service_without_a_subject_is_called_by_its_client() {
    let read =
        read_at_now(json!({ "client_id": null, "cid": "billing", "sub": null }), &settings());
    let read = read.unwrap();
    assert_eq!(read.identity.subject.as_str(), "billing");
    assert!(
        matches!(read.speaks_for, SpeaksFor::Service { name, .. } if name.as_str() == "billing")
    );
}

#[test]
fn the_organisation_comes_from_a_claim_or_the_section_and_is_one() {
    let mut by_claim = settings();
    by_claim.organisation_claim = Some("org".to_owned());
    let mut by_claim_alone = by_claim.clone();
    by_claim_alone.organisation = None;
    for (settings, change, expected) in [
        (&settings(), json!({ "org": "acme" }), Ok("default")),
        (&by_claim, json!({ "org": "acme" }), Ok("acme")),
        (&by_claim, json!({}), Ok("default")),
        (&by_claim_alone, json!({}), Err("it lacks the text claim `org`")),
        (&by_claim, json!({ "org": 17 }), Err("it lacks the text claim `org`")),
        (&by_claim, json!({ "org": "*" }), Err("its organisation must be a single one")),
        (
            &by_claim,
            json!({ "org": "a b" }),
            Err("its `org` must not contain white space or control characters"),
        ),
    ] {
        let organisation = read_at_now(change, settings).map(|it| it.organisation.to_string());
        assert_eq!(organisation, expected.map(str::to_owned).map_err(str::to_owned));
    }
}

#[test]
fn a_claim_can_hold_the_id_of_the_user_here() {
    let mut settings = settings();
    settings.user_id_claim = Some("passlink_user".to_owned());
    let read = read_at_now(json!({ "passlink_user": "ada" }), &settings).unwrap();
    let SpeaksFor::Person { user, .. } = read.speaks_for else { panic!("a service") };
    assert_eq!(user.unwrap().as_str(), "ada");
    let lacking = read_at_now(json!({}), &settings);
    assert_eq!(lacking, Err("it lacks the text claim `passlink_user`".to_owned()));
}

#[test]
fn a_profile_has_what_can_be_ours_and_an_address_is_verified_if_the_issuer_says_so() {
    let said = profile(
        &claims(json!({
            "email": "ada@example.com", "email_verified": "true", "name": "Ada Example",
            "preferred_username": "a\nda", "locale": "de-CH",
        })),
        &settings(),
    );
    assert_eq!(said.email.as_ref().unwrap().as_str(), "ada@example.com");
    assert_eq!(said.email_verified, Some(true));
    assert_eq!(said.display_name.as_ref().unwrap().as_str(), "Ada Example");
    assert_eq!(said.username, None, "it has a line break");
    assert_eq!(said.language.as_ref().unwrap().as_str(), "de-CH");
    let silent = profile(&claims(json!({ "email": "nobody" })), &settings());
    assert_eq!((silent.email, silent.email_verified), (None, None));
}
