//! An issuer speaks at the domains of its organisation, and is asked at no other.

use passlink_tests::{
    IdentityProvider, Output,
    identity_provider::{Endpoint, Kind, secret},
};

use super::*;
use crate::identity::issuer;

/// Two issuers that are asked, each of the organisation of a domain.
struct World {
    passlink: Passlink,
    acmes: IdentityProvider,
    globexs: IdentityProvider,
}

impl World {
    async fn set() -> Self {
        let (acmes, globexs) = (IdentityProvider::start(), IdentityProvider::start());
        let issuers = [(&acmes, "acme"), (&globexs, "globex")].map(|(provider, organisation)| {
            let asking = json!({
                "organisation": organisation, "introspection_client_id": "passlink",
                "introspection_secret": secret("passlink"),
            });
            issuer(provider, asking)
        });
        let passlink = of_two(Passlink::with_mail_dir());
        let passlink = passlink.set("identity.issuers", &json!(issuers).to_string());
        let passlink = passlink.started().await;
        for (provider, organisation) in [(&acmes, "acme"), (&globexs, "globex")] {
            let options = ["--org", organisation, "--issuer", provider.url(), "--subject", "ada"];
            passlink.user("ada@example.com", &options);
        }
        Self { passlink, acmes, globexs }
    }

    /// How often each was asked about a token.
    fn questions(&self) -> [u64; 2] {
        [&self.acmes, &self.globexs].map(|provider| provider.count(Endpoint::Introspection))
    }
}

#[track_caller]
fn assert_invalid(answer: &Answer) {
    answer.assert_error(401, 16, "Errors.Token.Invalid", "AUTH-Invalid");
}

#[tokio::test]
async fn an_opaque_token_is_shown_to_the_issuer_of_the_domain_alone() {
    let world = World::set().await;
    let (acme, globex) = (world.passlink.at(ACME), world.passlink.at(GLOBEX));
    let token = world.acmes.sign_in("ada", Kind::Opaque).await.access;
    acme.send_link(&token).await.sequence();
    let [acmes, globexs] = world.questions();
    assert!(acmes > 0 && globexs == 0, "{acmes} {globexs}");
    // Globex's own issuer does not hold it.
    assert_invalid(&globex.send_link(&token).await);
    assert_eq!(world.questions(), [acmes, 1]);

    let token = world.globexs.sign_in("ada", Kind::Opaque).await.access;
    globex.send_link(&token).await.sequence();
    assert_eq!(world.questions(), [acmes, 2]);
    assert_eq!(world.passlink.at(UNKNOWN).send_link("never-seen").await.status, 404);
    assert_eq!(world.questions(), [acmes, 2]);
}

#[tokio::test]
async fn a_command_shows_an_opaque_token_to_the_issuer_of_the_domain_that_is_named() {
    let world = World::set().await;
    let token = world.acmes.sign_in("ada", Kind::Opaque).await.access;
    let inspect = |more: &[&str]| {
        let command = world.passlink.command(&[&["token", "inspect"], more].concat());
        Output::with_input(command, &token)
    };
    let several = inspect(&[]).failed(1);
    assert!(several.contains("--domain: acme.localhost, globex.localhost"), "{several}");
    assert_eq!(world.questions(), [0, 0]);
    let line = inspect(&["--domain", ACME]).lines().remove(0);
    assert_eq!((&line["organisation"], &line["subject"]), (&json!("acme"), &json!("ada")));
    assert_eq!(world.questions(), [1, 0]);
    let told = inspect(&["--domain", GLOBEX]).failed(1);
    assert!(!told.contains(world.acmes.url()), "{told}");
    assert_eq!(world.questions(), [1, 1]);
}

#[tokio::test]
async fn a_jwt_is_unknown_at_a_domain_of_another_organisation_than_its_issuers() {
    let world = World::set().await;
    let (acme, globex) = (world.passlink.at(ACME), world.passlink.at(GLOBEX));
    for (provider, home, other) in
        [(&world.acmes, &acme, &globex), (&world.globexs, &globex, &acme)]
    {
        for kind in [Kind::Jwt, Kind::JwtEs256] {
            let token = provider.sign_in("ada", kind).await.access;
            for protocol in Protocol::ALL {
                let call = call::list_own();
                let outcome = protocol.call(other, Some(&token), &call).await;
                assert_eq!((outcome.code, outcome.id()), (16, "AUTH-Invalid"), "{outcome:?}");
                let unknown = protocol.call(other, Some(WRONG), &call).await;
                assert_eq!(outcome.whole(), unknown.whole());
            }
            home.send_link(&token).await.sequence();
            assert_invalid(&other.send_link(&token).await);
        }
    }
    assert_eq!(world.questions(), [0, 0], "nobody asks about what can be read");
}

#[tokio::test]
async fn a_token_of_an_issuer_of_several_organisations_holds_where_its_own_is_served() {
    let provider = IdentityProvider::start();
    let issuer = issuer(&provider, json!({ "organisation_claim": "org" }));
    let passlink = of_two(Passlink::with_mail_dir());
    let passlink = passlink.set("identity.issuers", &json!([issuer]).to_string()).started().await;
    for (organisation, home, other) in [("acme", ACME, GLOBEX), ("globex", GLOBEX, ACME)] {
        provider.set_account(organisation, &json!({ "org": organisation }));
        let options =
            ["--org", organisation, "--issuer", provider.url(), "--subject", organisation];
        passlink.user("ada@example.com", &options);
        let token = provider.sign_in(organisation, Kind::Jwt).await.access;
        passlink.at(home).send_link(&token).await.sequence();
        assert_invalid(&passlink.at(other).send_link(&token).await);
    }
}

#[tokio::test]
async fn a_newcomer_is_added_where_their_organisation_is_served_and_nowhere_else() {
    let provider = IdentityProvider::start();
    let issuer = issuer(&provider, json!({ "organisation_claim": "org", "provision": true }));
    let passlink = of_two(Passlink::with_mail_dir());
    let passlink = passlink.set("identity.issuers", &json!([issuer]).to_string()).started().await;
    let claims = json!({ "org": "acme", "email": "eve@acme.example", "email_verified": true });
    provider.set_account("eve", &claims);
    let token = provider.sign_in("eve", Kind::Jwt).await.access;
    for protocol in Protocol::ALL {
        for site in [passlink.at(GLOBEX), passlink.at(UNKNOWN)] {
            let outcome = protocol.call(&site, Some(&token), &call::list_own()).await;
            assert_ne!(outcome.code, 0, "{outcome:?}");
        }
    }
    assert!(passlink.cli(&["user", "list"]).lines().is_empty());
    passlink.at(ACME).send_link(&token).await.sequence();
    let users = passlink.cli(&["user", "list"]).lines();
    assert_eq!((users.len(), &users[0]["organisation"]), (1, &json!("acme")));
}
