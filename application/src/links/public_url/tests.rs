use jiff::Timestamp;
use passlink_domain::{
    CodeKey, CodeKeys, Delivery, EmailAddress, LinkId, LinkState, OrganisationId, Purpose, UserId,
};

use super::*;

fn public_url(text: &str) -> Result<PublicUrl, PublicUrlError> {
    PublicUrl::new(&Url::parse(text).unwrap())
}

fn sample(url_template: Option<&str>) -> (PasskeyLink, Code) {
    let keys = CodeKeys::new(vec![CodeKey::new("k".parse().unwrap(), &[7; 32]).unwrap()]).unwrap();
    let link = PasskeyLink {
        id: LinkId::parse("l&1#2").unwrap(),
        user: UserId::parse("u=ü").unwrap(),
        organisation: OrganisationId::parse("a+b/c").unwrap(),
        delivery: Delivery::Mail(EmailAddress::parse("ada@example.com").unwrap()),
        domain: "id.example.com".into(),
        key: "k".parse().unwrap(),
        requested_by: None,
        token: None,
        url_template: url_template.map(|text| UrlTemplate::parse(text).unwrap()),
        requested: Timestamp::UNIX_EPOCH,
        expires: Timestamp::UNIX_EPOCH,
        state: LinkState::Requested,
    };
    let code = keys.newest().derive(&link.code_binding(Purpose::Register));
    (link, code)
}

#[test]
fn the_code_stands_in_the_fragment_and_every_value_is_encoded() {
    let (link, code) = sample(None);
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

/// Passlink at id.example.com, whose links may lead to app.example.com too.
fn with_links(template: Option<&str>) -> Result<PublicUrl, LinkTemplateError> {
    let app = Url::parse("https://app.example.com").unwrap();
    let template = template.map(|text| UrlTemplate::parse(text).unwrap());
    public_url("https://id.example.com/app").unwrap().with_links([app.origin()], template)
}

#[test]
fn a_link_leads_to_the_page_of_its_own_template_or_of_that_of_all() {
    let all = Some("https://app.example.com/all?o={{OrgID}}#{{CodeID}}&{{Code}}");
    let own = Some("https://id.example.com/own?u={{.UserID}}&c={{.CodeID}}#{{.Code}}");
    let (link, code) = sample(own);
    let code = code.expose();
    let expected = format!("https://id.example.com/own?u=u%3D%C3%BC&c=l%261%232#{code}");
    assert_eq!(with_links(all).unwrap().register(&link, &sample(own).1).expose(), expected);
    let (link, _) = sample(None);
    let expected = format!("https://app.example.com/all?o=a%2Bb%2Fc#l%261%232&{code}");
    assert_eq!(with_links(all).unwrap().register(&link, &sample(None).1).expose(), expected);
}

#[test]
fn a_link_whose_origin_is_allowed_no_longer_leads_to_the_usual_page() {
    let (link, code) = sample(Some("https://old.example.com/?{{CodeID}}#{{Code}}"));
    let url = with_links(None).unwrap().register(&link, &code);
    assert!(url.expose().starts_with("https://id.example.com/app/passkeys/register?"));
}

#[test]
fn a_template_leads_to_an_allowed_origin_by_https() {
    use LinkTemplateError::{Origin, Url};
    for (start, outcome) in [
        ("https://id.example.com/", Ok(())),
        ("https://app.example.com:443/deep/page", Ok(())),
        ("https://app.example.com:8443/", Err(Origin)),
        ("https://example.com/", Err(Origin)),
        ("https://app.example.com.evil.example/", Err(Origin)),
        ("https://evil.example\\@app.example.com/", Err(Origin)),
        ("http://localhost:3000/", Err(Origin)),
        ("http://app.example.com/", Err(Url)),
        ("https://app.example.com@evil.example/", Err(Url)),
        ("https://:secret@app.example.com/", Err(Url)),
        ("/passkeys/register", Err(Url)),
        ("//app.example.com/", Err(Url)),
        ("javascript:alert(1)//", Err(Url)),
    ] {
        let text = format!("{start}?c={{{{CodeID}}}}#{{{{Code}}}}");
        assert_eq!(with_links(Some(&text)).map(drop), outcome, "{start}");
    }
    let local = public_url("http://localhost:8080").unwrap();
    let template = UrlTemplate::parse("http://localhost:8080/x?{{CodeID}}#{{Code}}").unwrap();
    assert_eq!(local.allows(&template), Ok(()));
}
