use jiff::Timestamp;
use passlink_domain::{
    CodeKey, CodeKeys, Delivery, EmailAddress, LinkId, LinkState, OrganisationId, Purpose, UserId,
};

use super::*;

fn public_url(text: &str) -> Result<PublicUrl, PublicUrlError> {
    PublicUrl::new(&Url::parse(text).unwrap())
}

#[test]
fn the_code_stands_in_the_fragment_and_every_value_is_encoded() {
    let keys = CodeKeys::new(vec![CodeKey::new("k".parse().unwrap(), &[7; 32]).unwrap()]).unwrap();
    let link = PasskeyLink {
        id: LinkId::parse("l&1#2").unwrap(),
        user: UserId::parse("u=ü").unwrap(),
        organisation: OrganisationId::parse("a+b/c").unwrap(),
        delivery: Delivery::Mail(EmailAddress::parse("ada@example.com").unwrap()),
        domain: "id.example.com".into(),
        key: "k".parse().unwrap(),
        requested_by: None,
        requested: Timestamp::UNIX_EPOCH,
        expires: Timestamp::UNIX_EPOCH,
        state: LinkState::Requested,
    };
    let code = keys.derive(keys.newest(), &link.code_binding(Purpose::Register)).unwrap();
    let public_url = public_url("https://id.example.com/app/").unwrap();
    let url = Url::parse(public_url.register(&link, &code).expose()).unwrap();
    assert_eq!(url.path(), "/app/passkeys/register");
    let pairs: Vec<(String, String)> = url.query_pairs().into_owned().collect();
    let expected = [("userID", "u=ü"), ("orgID", "a+b/c"), ("codeID", "l&1#2")];
    assert_eq!(pairs, expected.map(|(name, value)| (name.into(), value.into())));
    assert_eq!(url.fragment(), Some(&*format!("code={}", code.expose())));
    assert!(!url.query().unwrap().contains(code.expose()));
    let revoke = public_url.revoke(&link, &code);
    assert!(
        revoke
            .expose()
            .starts_with("https://id.example.com/app/passkeys/revoke?codeID=l%261%232#code=")
    );
}

#[test]
fn a_public_url_has_a_host_and_nothing_behind_its_path() {
    for text in [
        "ftp://a.example",
        "https://u@a.example",
        "https://a.example/?q",
        "https://a.example/#f",
        "mailto:a@b.example",
    ] {
        assert!(public_url(text).is_err(), "{text}");
    }
    assert_eq!(public_url("http://localhost:8080").unwrap().host(), "localhost");
}

#[test]
fn people_know_the_place_by_its_host_and_by_its_port_where_that_is_unusual() {
    assert_eq!(public_url("https://id.example.com/app").unwrap().site(), "id.example.com");
    assert_eq!(public_url("http://localhost:8080").unwrap().site(), "localhost:8080");
}
