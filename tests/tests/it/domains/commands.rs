//! Commands take the domain of a user's organisation, or the one that is named.

use passlink_tests::Output;

use super::*;

/// Acme has two domains, of which one has a second name, and Globex has one.
fn of_three() -> (Passlink, MailServer) {
    let mails = MailServer::plain();
    let passlink = of_two(Passlink::with_mail_server(&mails));
    let [acme, globex] = both(&passlink);
    let acme = and(acme, json!({ "aliases": ["id.acme.localhost"] }));
    let second =
        json!({ "host": "login.example.com", "organisation": "acme", "mail_from": "b@acme.net" });
    (with_domains(passlink, &[acme, globex, second]), mails)
}

fn imported(passlink: &Passlink, lines: &[Value], more: &[&str]) -> Output {
    let file = passlink.dir().join("passkeys.jsonl");
    let text: Vec<_> = lines.iter().map(Value::to_string).collect();
    fs::write(&file, text.join("\n")).unwrap();
    passlink.cli(&[&["passkey", "import", file.to_str().unwrap()], more].concat())
}

#[tokio::test]
async fn a_link_is_made_at_the_domain_of_its_users_organisation() {
    let (passlink, mails) = of_three();
    let ada = ada(&passlink);
    let bob = passlink.caller("bob@globex.example", &["--org", "globex"]);
    let eve = passlink.caller("eve@example.com", &["--org", "none"]);
    let create = |user: &Caller, more: &[&str]| {
        passlink.cli(&[&["link", "create", "--user", &user.id], more].concat())
    };
    let globex = format!("http://{GLOBEX}:{}/passkeys/register?", passlink.port());
    assert!(create(&bob, &[]).done().starts_with(&globex));
    assert!(create(&bob, &["--domain", GLOBEX]).done().starts_with(&globex));

    let several = create(&ada, &[]).failed(1);
    assert!(several.contains("there are several domains for the organisation acme"), "{several}");
    assert!(several.contains("--domain: acme.localhost, login.example.com"), "{several}");
    let acme = format!("http://{ACME}:{}/passkeys/register?", passlink.port());
    for name in [ACME, "ACME.localhost", "id.acme.localhost"] {
        assert!(create(&ada, &["--domain", name]).done().starts_with(&acme), "{name}");
    }
    let second = create(&ada, &["--domain", "login.example.com"]).done();
    assert!(second.starts_with("https://login.example.com/passkeys/register?"), "{second}");

    let others = create(&ada, &["--domain", GLOBEX]).failed(1);
    assert!(
        others.contains("there is no domain globex.localhost for the organisation acme"),
        "{others}"
    );
    assert!(others.contains("there are: acme.localhost, login.example.com"), "{others}");
    let unknown = create(&bob, &["--domain", UNKNOWN]).failed(1);
    assert!(unknown.contains("there is no domain unknown.localhost"), "{unknown}");
    let nowhere = create(&eve, &[]).failed(1);
    assert!(nowhere.contains("no domain for the organisation none"), "{nowhere}");
    assert_eq!(passlink.history(&eve.id), [1]);

    let passlink = passlink.started().await;
    let sent = passlink.cli(&["link", "create", "--send", "--user", &ada.id, "--domain", ACME]);
    let id = sent.lines()[0]["id"].as_str().unwrap().to_owned();
    let mail = mail_with(&mails, &id).await;
    assert!(mail.register_link().whole.starts_with(&acme));
    assert_eq!(mail.from[0].1, "no-reply@acme.example");
    let inspected = inspect(&passlink.at(ACME), &code_of(&mail.register_link())).await;
    assert_eq!(inspected.status, 200, "{inspected:?}");
}

#[tokio::test]
async fn a_test_mail_is_from_the_domain_that_is_named() {
    let (passlink, mails) = of_three();
    let test = |more: &[&str]| {
        passlink.cli(&[&["mail", "test", "--to", "ada@example.com"], more].concat())
    };
    let several = test(&[]).failed(1);
    assert!(
        several.contains("--domain: acme.localhost, globex.localhost, login.example.com"),
        "{several}"
    );
    let unknown = test(&["--domain", UNKNOWN]).failed(1);
    assert!(unknown.contains("there is no domain unknown.localhost; there are: "), "{unknown}");
    for (count, (host, from, name)) in (1..).zip([
        (GLOBEX, "no-reply@globex.example", "Globex & Sons"),
        (ACME, "no-reply@acme.example", "Acme Sign-in"),
    ]) {
        test(&["--domain", host]).done();
        let mail = mails.until_mails(count).await.remove(count - 1).mail;
        assert_eq!(mail.from[0].1, from);
        assert!(mail.text().text.contains(name), "{}", mail.text().text);
    }
}

#[test]
fn a_preview_is_of_the_domain_that_is_named() {
    let (passlink, _mails) = of_three();
    let preview = |more: &[&str]| {
        passlink.cli(&[&["mail", "preview", "--out", "preview", "--language", "en"], more].concat())
    };
    let several = preview(&[]).failed(1);
    assert!(
        several.contains("--domain: acme.localhost, globex.localhost, login.example.com"),
        "{several}"
    );
    for (host, name, other) in
        [(GLOBEX, "Globex &amp; Sons", "Acme"), (ACME, "Acme Sign-in", "Globex")]
    {
        let out = preview(&["--domain", host]).done();
        assert!(out.trim_end().ends_with("preview/index.html"), "{out}");
        let files = passlink_tests::secrets::files(&passlink.dir().join("preview"));
        let html = files.iter().filter(|file| file.extension().is_some_and(|it| it == "html"));
        let texts: Vec<_> = html.map(|file| fs::read_to_string(file).unwrap()).collect();
        assert!(texts.iter().any(|text| text.contains(name)), "{host}");
        assert!(texts.iter().all(|text| !text.contains(other)), "{host}");
    }
}

/// Ada of Acme with a passkey, as it is exported, and Bob of Globex.
async fn with_a_passkey(passlink: &Passlink) -> (Caller, Caller, Value) {
    let ada = ada(passlink);
    let bob = passlink.caller("bob@globex.example", &["--org", "globex"]);
    registered(&passlink.at(ACME), &ada).await;
    (ada, bob, passlink.cli(&["passkey", "export"]).lines().remove(0))
}

#[tokio::test]
async fn passkeys_are_imported_for_the_relying_party_of_the_domain_that_is_named() {
    let (passlink, _mails) = of_three();
    let passlink = passlink.started().await;
    let (ada, bob, line) = with_a_passkey(&passlink).await;
    let another = |user: &Caller, credential: &str, more: Value| {
        let own = json!({ "id": credential, "user": user.id, "credentialId": credential });
        and(and(line.clone(), own), more)
    };
    let of_acme = [another(&ada, "a2V5", json!({}))];
    let several = imported(&passlink, &of_acme, &[]).failed(1);
    assert!(
        several.contains("--domain: acme.localhost, globex.localhost, login.example.com"),
        "{several}"
    );
    let elsewhere = imported(&passlink, &of_acme, &["--domain", GLOBEX]).failed(1);
    assert!(elsewhere.contains("rpId: must be globex.localhost"), "{elsewhere}");
    imported(&passlink, &of_acme, &["--domain", ACME]).done();
    assert_eq!(names(&passlink.at(ACME), &ada).await.len(), 2);
    // What says nothing of it is of the domain's.
    let mut plain = another(&bob, "a2V6", json!({ "userHandle": "Ym9i" }));
    plain.as_object_mut().unwrap().remove("rpId");
    imported(&passlink, &[plain], &["--domain", GLOBEX]).done();
    let listed = passlink.cli(&["passkey", "list", "--user", &bob.id]).lines();
    assert_eq!(listed[0]["rpId"], GLOBEX);
    assert_eq!(names(&passlink.at(GLOBEX), &bob).await.len(), 1);
}

#[tokio::test]
async fn nobody_is_given_a_passkey_of_a_domain_that_does_not_serve_them() {
    let (passlink, _mails) = of_three();
    let passlink = passlink.started().await;
    let (_, bob, line) = with_a_passkey(&passlink).await;
    let own =
        json!({ "id": "other", "user": bob.id, "credentialId": "a2V5", "userHandle": "Ym9i" });
    let told = imported(&passlink, &[and(line, own)], &["--domain", ACME]).failed(1);
    let why = "line 1: user: the domain does not serve their organisation";
    assert!(told.contains(why), "{told}");
}

#[test]
fn a_token_is_looked_at_as_the_domain_that_is_named_does() {
    let (passlink, _mails) = of_three();
    let ada = ada(&passlink);
    let inspect = |more: &[&str]| {
        let command = passlink.command(&[&["token", "inspect"], more].concat());
        Output::with_input(command, &ada.token)
    };
    for more in [&[][..], &["--domain", ACME], &["--domain", "login.example.com"]] {
        assert_eq!(inspect(more).lines()[0]["user"], ada.id, "{more:?}");
    }
    let told = inspect(&["--domain", GLOBEX]).failed(1);
    assert!(!told.contains(&ada.token), "{told}");
    let told = inspect(&["--domain", UNKNOWN]).failed(1);
    assert!(told.contains("there is no domain unknown.localhost; there are: "), "{told}");
}

#[test]
fn without_domains_there_is_none_to_name() {
    let passlink = Passlink::with_mail_dir();
    let ada = passlink.ada();
    let create = ["link", "create", "--user", &ada.id, "--domain", ACME];
    let told = passlink.cli(&create).failed(1);
    assert!(told.contains("there is no domain acme.localhost"), "{told}");
}

#[test]
fn where_there_is_one_domain_nobody_has_to_name_it() {
    let mails = MailServer::plain();
    let passlink = Passlink::with_mail_server(&mails).without("server.public_url");
    let from = json!({ "mail_from": "Acme <no-reply@acme.example>" });
    let domains = [domain(&passlink, ACME, "default", from)];
    let passlink = with_domains(passlink, &domains);
    let ada = passlink.caller("ada@acme.example", &["--display-name", "Ada Example"]);
    let link = passlink.cli(&["link", "create", "--user", &ada.id]).done();
    assert!(link.starts_with(&format!("http://{ACME}:{}/", passlink.port())), "{link}");
    passlink.cli(&["mail", "test", "--to", "ada@acme.example"]).done();
    assert_eq!(mails.mails()[0].envelope.from, "no-reply@acme.example");
    passlink.cli(&["mail", "preview", "--out", "preview"]).done();
    let checked = passlink.cli(&["config", "check"]);
    assert_eq!(checked.code, Some(0), "{checked:?}");
    assert!(!checked.stderr.contains("warning"), "{checked:?}");
}

/// What a server says of itself when it is ready names where people reach it, and nothing else.
#[tokio::test]
async fn a_server_says_which_domains_it_serves() {
    let (passlink, _mails) = of_three();
    let passlink = passlink.without("server.public_url").started().await;
    let log = passlink.log();
    let ready = log.lines().find(|line| line.contains(r#""message":"ready""#)).unwrap();
    assert!(!ready.contains("localhost:8080"), "{ready}");
    assert!(ready.contains(ACME) && ready.contains(GLOBEX), "{ready}");
}
