//! What holds for each domain, with the defaults filled in.

use super::*;
use url::Url;

use crate::config::effective::EffectiveDomain;

fn domains(toml: &str) -> Vec<EffectiveDomain> {
    load(toml, &[]).all_domains()
}

#[test]
fn without_domains_there_is_one_that_answers_to_any_host() {
    let toml = "[server]\npublic_url = 'https://login.example.com/p/'\n[webauthn]\nrp_id = 'example.com'\n\
        extra_origins = ['https://app.example.net', 'android:apk-key-hash:abc']\n\
        [mail]\nfrom = 'a@example.com'\ntemplate_dir = 'mail'\n[brand]\nlogo = 'logo.svg'";
    let config = load(toml, &[]);
    let [only] = &config.all_domains()[..] else { panic!("{config:?}") };
    assert_eq!((only.key, &only.names[..], &only.organisation), (None, &[][..], &None));
    assert_eq!(only.public_url.as_str(), "https://login.example.com/p");
    assert_eq!((&*only.rp_id, &*only.rp_name), ("example.com", "Passlink"));
    assert_eq!(only.mail_from.as_deref(), Some("a@example.com"));
    assert_eq!(only.template_dir.as_deref(), Some(Path::new("mail")));
    assert_eq!(only.brand.logo.as_deref(), Some(Path::new("logo.svg")));
    assert_eq!(only.extra_origins.len(), 2);
    let [by_default] = &domains("")[..] else { panic!() };
    assert_eq!(by_default.rp_id, "localhost");
    assert_eq!((&*by_default.brand.name, by_default.brand.is_named), ("Passlink", false));
    assert!(by_default.brand.accent.is_none() && by_default.brand.home.is_none());
}

#[test]
fn the_names_of_brand_and_relying_party_stand_for_each_other() {
    for (toml, rp_name, name, is_named) in [
        ("", "Passlink", "Passlink", false),
        ("webauthn.rp_name = 'R'", "R", "R", false),
        // What is set counts, be it the default.
        ("webauthn.rp_name = 'Passlink'\nbrand.name = 'B'", "Passlink", "B", true),
        ("brand.name = 'B'", "B", "B", true),
        ("webauthn.rp_name = 'R'\nbrand.name = 'B'", "R", "B", true),
    ] {
        let [only] = &domains(toml)[..] else { panic!("{toml}") };
        let found = (&*only.rp_name, &*only.brand.name, only.brand.is_named);
        assert_eq!(found, (rp_name, name, is_named), "{toml}");
    }
    let general = "webauthn.rp_name = 'R'\nbrand.name = 'B'\n";
    for (general, own, rp_name, name, is_named) in [
        ("", "", "Passlink", "Passlink", false),
        ("webauthn.rp_name = 'R'\n", "", "R", "R", false),
        (general, "", "B", "B", true),
        (general, "rp_name = 'r'", "r", "B", true),
        (general, "brand.name = 'b'", "b", "b", true),
        (general, "rp_name = 'r'\nbrand.name = 'b'", "r", "b", true),
        // A brand of its own, without a name.
        (general, "brand = {}", "R", "R", false),
        (general, "rp_name = 'r'\nbrand = {}", "r", "r", true),
    ] {
        let [domain] = &domains(&format!("{general}{DOMAIN}{own}"))[..] else { panic!("{own}") };
        let found = (&*domain.rp_name, &*domain.brand.name, domain.brand.is_named);
        assert_eq!(found, (rp_name, name, is_named), "{general}{own}");
    }
}

#[test]
fn a_domain_has_defaults_and_a_brand_as_a_whole() {
    let toml = format!(
        "[mail]\nfrom = 'a@example.com'\ntemplate_dir = 'mail'\n[brand]\nlogo = 'logo.svg'\n\
         accent = '#112233'\n{DOMAIN}organisation = 'acme'\n[[domains]]\nhost = 'b.example'\n\
         mail_from = 'b@b.example'\ntemplate_dir = 'b'\npublic_url = 'https://www.b.example/p'\n\
         [domains.brand]\nhome = 'https://b.example'"
    );
    let [acme, other] = &domains(&toml)[..] else { panic!() };
    assert_eq!((acme.key, other.key), (Some(0), Some(1)));
    assert_eq!(acme.names, ["login.acme.example"]);
    assert_eq!(other.names, ["b.example", "www.b.example"]);
    assert_eq!(acme.public_url.as_str(), "https://login.acme.example");
    assert_eq!(other.public_url.as_str(), "https://www.b.example/p");
    assert_eq!((&*acme.rp_id, &*other.rp_id), ("login.acme.example", "www.b.example"));
    assert_eq!(acme.organisation.as_ref().unwrap().as_str(), "acme");
    assert_eq!(other.organisation, None);
    assert_eq!(acme.mail_from.as_deref(), Some("a@example.com"));
    assert_eq!(other.mail_from.as_deref(), Some("b@b.example"));
    assert_eq!(acme.template_dir.as_deref(), Some(Path::new("mail")));
    assert_eq!(other.template_dir.as_deref(), Some(Path::new("b")));
    assert_eq!(acme.brand.logo.as_deref(), Some(Path::new("logo.svg")));
    assert!(acme.brand.accent.is_some());
    assert!(
        other.brand.logo.is_none() && other.brand.accent.is_none() && other.brand.home.is_some()
    );
}

#[test]
fn an_origin_registers_passkeys_for_the_domain_that_it_is_under() {
    let toml = "[webauthn]\nextra_origins = ['https://app.a.example', 'https://a.example:8443', \
        'https://b.example', 'https://c.example', 'https://xa.example', 'android:apk-key-hash:abc']\n\
        [[domains]]\nhost = 'login.a.example'\nrp_id = 'a.example'\norganisation = 'a'\n\
        [[domains]]\nhost = 'b.example'";
    let origins = domains(toml).into_iter().map(|domain| {
        domain.extra_origins.iter().map(|it| it.as_str().to_owned()).collect::<Vec<_>>().join(" ")
    });
    let of_none = "https://c.example/ https://xa.example/ android:apk-key-hash:abc";
    assert_eq!(
        origins.collect::<Vec<_>>(),
        [
            format!("https://app.a.example/ https://a.example:8443/ {of_none}"),
            format!("https://b.example/ {of_none}"),
        ]
    );
}

#[test]
fn an_origin_below_two_relying_parties_is_of_the_nearest() {
    let toml = "webauthn.extra_origins = ['https://app.b.a.example', 'https://app.a.example']\n\
        [[domains]]\nhost = 'a.example'\norganisation = 'a'\n[[domains]]\nhost = 'b.a.example'";
    let origins = domains(toml).into_iter().map(|domain| domain.extra_origins);
    let origins: Vec<_> =
        origins.map(|it| it.iter().map(Url::to_string).collect::<Vec<_>>()).collect();
    assert_eq!(origins, [["https://app.a.example/"], ["https://app.b.a.example/"]]);
}

#[test]
fn the_names_of_a_domain_register_passkeys_as_far_as_browsers_let_them() {
    let toml = "webauthn.extra_origins = ['https://app.a.example']\n[[domains]]\nhost = 'login.a.example'\n\
        aliases = ['old.a.example', 'other.example']\npublic_url = 'https://login.a.example:8443/p'\n\
        rp_id = 'a.example'";
    let [domain] = &domains(toml)[..] else { panic!() };
    let origins = domain.other_origins();
    let origins: Vec<_> = origins.iter().map(|it| it.origin().ascii_serialization()).collect();
    let expected =
        ["https://app.a.example", "https://login.a.example:8443", "https://old.a.example:8443"];
    assert_eq!(origins, expected);
}

#[test]
fn a_key_is_named_where_it_is_set() {
    let toml = "[mail]\ntemplate_dir = 'mail'\n[brand]\nlogo = 'logo.svg'\n\
        [[domains]]\nhost = 'a.example'\norganisation = 'a'\n[[domains]]\nhost = 'b.example'\n\
        template_dir = 'b'\npublic_url = 'https://b.example'\n[domains.brand]\naccent = '#112233'";
    let config = load(toml, &[]);
    let [first, second] = &config.all_domains()[..] else { panic!() };
    for (name, of_first, of_second) in [
        ("template_dir", "mail.template_dir", "domains[1].template_dir"),
        ("mail_from", "mail.from", "mail.from"),
        ("brand.logo", "brand.logo", "domains[1].brand.logo"),
        ("brand.accent", "brand.accent", "domains[1].brand.accent"),
        ("public_url", "domains[0].host", "domains[1].public_url"),
        ("rp_id", "domains[0].host", "domains[1].public_url"),
        ("rp_name", "webauthn.rp_name", "webauthn.rp_name"),
        ("host", "domains[0].host", "domains[1].host"),
        ("organisation", "domains[0].organisation", "domains[1].organisation"),
    ] {
        assert_eq!(first.path(&config, name), of_first);
        assert_eq!(second.path(&config, name), of_second);
    }
    let fault = config.fault(&second.path(&config, "brand.accent"), &"is too light");
    assert!(fault.ends_with("passlink.toml:13: domains[1].brand.accent: is too light"), "{fault}");
    let config = load("", &[]);
    let [only] = &config.all_domains()[..] else { panic!() };
    for (name, path) in [
        ("template_dir", "mail.template_dir"),
        ("mail_from", "mail.from"),
        ("brand.logo", "brand.logo"),
        ("public_url", "server.public_url"),
        ("rp_id", "webauthn.rp_id"),
        ("rp_name", "webauthn.rp_name"),
    ] {
        assert_eq!(only.path(&config, name), path);
    }
}

#[test]
fn links_lead_to_the_public_url_of_the_domain() {
    let config = load(DOMAIN, &[]);
    let links = config.all_domains()[0].public_links(&config).unwrap();
    assert_eq!(links.host(), "login.acme.example");
}
