use std::sync::Arc;

use passlink_domain::*;

use super::*;
use crate::{
    callers::Asker,
    fakes::{World, credential, everything::*},
    mails::MailWorker,
};

fn settings(host: &str, organisation: Option<&str>) -> DomainSettings {
    DomainSettings {
        names: vec![host.to_owned()],
        public_url: PublicUrl::new(&format!("https://{host}").parse().unwrap()).unwrap(),
        rp_id: host.to_owned(),
        organisation: organisation.map(|it| it.parse().unwrap()),
    }
}

/// Of Acme, of Globex, and of all others.
fn three() -> Domains {
    Domains::new(vec![
        settings("acme.example", Some("acme")),
        settings("globex.example", Some("globex")),
        settings("id.example", None),
    ])
}

fn at(host: &str) -> Arc<Domain> {
    three().named(host).unwrap().clone()
}

/// Ada of Acme, Bob of Globex, and Eve of neither.
async fn world() -> Arc<World> {
    let world = World::new();
    for (user, organisation) in [("ada", "acme"), ("bob", "globex"), ("eve", "default")] {
        world.user(user).await;
        world.change_user(user, |user| user.organisation = organisation.parse().unwrap());
    }
    world
}

/// A link for Ada, made at a domain, with its code.
async fn link_at(world: &Arc<World>, host: &str) -> PresentedCode<LinkId> {
    let issuer = LinkIssuer { domain: at(host), ..world.issuer() };
    let added = AddLink { issuer, offered: true }.add(World::acting("ada")).await.unwrap();
    crate::fakes::presented(added.link, added.code.expose())
}

async fn opens(world: &Arc<World>, domain: Arc<Domain>, code: &PresentedCode<LinkId>) -> bool {
    let codes = CodeChecker { domain, ..world.codes() };
    match codes.link(code, Purpose::Register).await {
        Ok(_) => true,
        Err(CodeError::Invalid) => false,
        Err(other) => panic!("{other:?}"),
    }
}

async fn token(world: &Arc<World>, holder: Holder) -> BearerToken {
    let permissions = "user.passkey.write user.passkey.read".parse().unwrap();
    let new = NewToken { holder, permissions, name: None, lifetime: None };
    ManageTokens(world.ports()).create(new).await.unwrap().1
}

fn service(reach: &str) -> Holder {
    Holder::Service { name: "shop".parse().unwrap(), reach: reach.parse().unwrap() }
}

/// Whether the token is known at the domain, and whom of the three it can list the passkeys of.
async fn reached(world: &Arc<World>, token: &BearerToken, host: &str) -> Option<Vec<&'static str>> {
    let callers = Callers { domain: at(host), ..world.callers() };
    let caller = match callers.caller(token, &|| true).await {
        Err(CallerError::Invalid(_)) => return None,
        caller => caller.unwrap(),
    };
    let list = ListPasskeys { ports: world.ports(), domain: at(host) };
    let mut reached = Vec::new();
    for user in ["ada", "bob", "eve"] {
        let id = user.parse().unwrap();
        let acting = callers.acting(caller.clone(), Some(&id), Permission::PasskeyRead).unwrap();
        match list.list(Asker::Known(acting)).await {
            Ok(_) => reached.push(user),
            Err(PasskeyError::UserNotFound) => {}
            Err(other) => panic!("{other:?}"),
        }
    }
    Some(reached)
}

#[test]
fn each_domain_serves_its_organisation_and_the_one_without_serves_the_others() {
    let served = |organisation: &str| -> Vec<_> {
        let (three, organisation) = (three(), organisation.parse().unwrap());
        three.serving(&organisation).map(|domain| domain.host().to_owned()).collect()
    };
    assert_eq!(served("acme"), ["acme.example"]);
    assert_eq!(served("globex"), ["globex.example"]);
    assert_eq!(served("default"), ["id.example"]);
}

#[tokio::test]
async fn a_link_opens_at_its_own_domain_alone() {
    let world = world().await;
    let code = link_at(&world, "acme.example").await;
    assert!(opens(&world, at("acme.example"), &code).await);
    for other in ["globex.example", "id.example"] {
        assert!(!opens(&world, at(other), &code).await, "{other}");
    }
    // Two domains of one organisation are two as well.
    let two = Domains::new(vec![
        settings("acme.example", Some("acme")),
        settings("acme.net.example", Some("acme")),
    ]);
    assert!(!opens(&world, two.named("acme.net.example").unwrap().clone(), &code).await);
}

#[tokio::test]
async fn a_link_of_before_there_were_domains_opens_where_its_user_is_served() {
    let world = world().await;
    let issuer = world.issuer();
    let added = AddLink { issuer, offered: true }.add(World::acting("ada")).await.unwrap();
    let code = crate::fakes::presented(added.link, added.code.expose());
    assert!(opens(&world, at("acme.example"), &code).await);
    assert!(!opens(&world, at("id.example"), &code).await);
}

#[tokio::test]
async fn what_was_made_at_a_domain_that_serves_the_user_no_longer_goes_along() {
    let world = world().await;
    let before = Domains::new(vec![settings("id.example", None)]);
    let id = before.named("id.example").unwrap().clone();
    let issuer = LinkIssuer { domain: id.clone(), ..world.issuer() };
    let send = SendLink { issuer, ..world.send_link() };
    send.send(None, World::acting("ada")).await.unwrap();
    let mails = mailed(&world, three()).await;
    let register = mails[0].links()[0].1.expose().to_owned();
    assert!(register.starts_with("https://acme.example/"), "where it can be opened");
    let link = world.state().links[0].clone();
    let code = World::keys().derive(&link.key, &link.code_binding(Purpose::Register)).unwrap();
    let code = crate::fakes::presented(link.id, code.expose());
    assert!(opens(&world, at("acme.example"), &code).await);
    for other in ["globex.example", "id.example"] {
        assert!(!opens(&world, at(other), &code).await, "{other}");
    }
}

#[tokio::test]
async fn the_code_that_undoes_a_registration_is_wrong_at_a_domain_that_does_not_serve_its_user() {
    let world = world().await;
    let registry = PasskeyRegistry { domain: at("acme.example"), ..world.passkeys() };
    let register = RegisterPasskey { registry, codes: world.codes() };
    register.begin(World::acting("ada"), NewPasskey::default()).await.unwrap();
    let answer = RegistrationAnswer {
        credential: world.answer("one"),
        name: String::new(),
        user_agent: None,
    };
    let key = CeremonyKey::Challenge { acting: World::acting("ada") };
    register.finish(key, answer).await.unwrap();
    let passkey = world.state().passkeys[0].clone();
    let (key, binding) = passkey.undo_binding().unwrap();
    let code = World::keys().derive(key, &binding).unwrap();
    let elsewhere = CodeChecker { domain: at("globex.example"), ..world.codes() };
    let presented = || crate::fakes::presented(passkey.id.clone(), code.expose());
    // It counts as any wrong code does: three are allowed.
    for _ in 0..3 {
        assert!(matches!(elsewhere.passkey(&presented()).await, Err(CodeError::Invalid)));
    }
    assert!(matches!(elsewhere.passkey(&presented()).await, Err(CodeError::TooMany(_))));
    let own = CodeChecker { domain: at("acme.example"), ..world.codes() };
    own.passkey(&presented()).await.unwrap();
}

#[tokio::test]
async fn a_token_is_known_where_its_holder_is_served() {
    let world = world().await;
    let ada = token(&world, Holder::Person("ada".parse().unwrap())).await;
    let eve = token(&world, Holder::Person("eve".parse().unwrap())).await;
    let shop = token(&world, service("acme")).await;
    for (token, home, reach) in [
        (&ada, "acme.example", vec!["ada"]),
        (&eve, "id.example", vec!["eve"]),
        (&shop, "acme.example", vec!["ada"]),
    ] {
        for host in ["acme.example", "globex.example", "id.example"] {
            let expected = (host == home).then(|| reach.clone());
            assert_eq!(reached(&world, token, host).await, expected, "{home} at {host}");
        }
    }
}

#[tokio::test]
async fn a_service_of_all_organisations_reaches_those_that_the_domain_serves() {
    let world = world().await;
    let all = token(&world, service("*")).await;
    assert_eq!(reached(&world, &all, "acme.example").await, Some(vec!["ada"]));
    assert_eq!(reached(&world, &all, "globex.example").await, Some(vec!["bob"]));
    assert_eq!(reached(&world, &all, "id.example").await, Some(vec!["eve"]));
}

#[tokio::test]
async fn a_passkey_of_another_domain_is_unknown_and_one_of_before_is_not() {
    let world = world().await;
    let domains = Domains::new(vec![
        settings("example.com", Some("acme")),
        settings("acme.example", Some("acme")),
    ]);
    ImportPasskeys(world.passkeys()).import(lines(&["ada"]), || ()).await.unwrap();
    let id = world.state().passkeys[0].id.clone();
    let known = async |domain: &Arc<Domain>| {
        let list = ListPasskeys { ports: world.ports(), domain: domain.clone() };
        list.list(Asker::Known(World::acting("ada"))).await.unwrap().0.len() == 1
    };
    assert!(known(domains.named("example.com").unwrap()).await);
    assert!(known(&at("acme.example")).await, "no domain is of its relying party");
    let other = domains.named("acme.example").unwrap();
    assert!(!known(other).await);
    let registry = PasskeyRegistry { domain: other.clone(), ..world.passkeys() };
    let remove = RemovePasskey(registry);
    let removed = remove.remove(World::acting("ada"), id).await;
    assert!(matches!(removed, Err(PasskeyError::NotFound)));
}

#[tokio::test]
async fn a_ceremony_is_unknown_at_a_domain_that_does_not_serve_its_user() {
    let world = world().await;
    let register_at = |host: &str| {
        let registry = PasskeyRegistry { domain: at(host), ..world.passkeys() };
        RegisterPasskey { registry, codes: world.codes() }
    };
    let (home, elsewhere) = (register_at("acme.example"), register_at("globex.example"));
    let begun = home.begin(World::acting("ada"), NewPasskey::default()).await.unwrap();
    assert!(home.needs_bearer(&begun.passkey).await.unwrap());
    assert!(!elsewhere.needs_bearer(&begun.passkey).await.unwrap());
    let answer = RegistrationAnswer {
        credential: world.answer("one"),
        name: String::new(),
        user_agent: None,
    };
    let key = || {
        let (user, id) = ("ada".parse().unwrap(), begun.passkey.clone());
        CeremonyKey::Passkey { user, id, acting: None }
    };
    let refused = elsewhere.finish(key(), answer.clone()).await;
    assert!(matches!(refused, Err(PasskeyError::NotFound)), "{refused:?}");
    let key_of_hers = CeremonyKey::Challenge { acting: World::acting("ada") };
    home.finish(key_of_hers, answer.clone()).await.unwrap();
    // Nor is it told that there is a passkey of it now.
    let refused = elsewhere.finish(key(), answer).await;
    assert!(matches!(refused, Err(PasskeyError::NotFound)), "{refused:?}");
}

/// Mails what is due; the mails that went out.
async fn mailed(world: &Arc<World>, domains: Domains) -> Vec<Mail> {
    let composer = Composer { keys: World::keys(), domains };
    let deliver = DeliverMail { composer, ..world.deliver_mail() };
    let mut worker = MailWorker::new(Arc::new(deliver), 4).await;
    loop {
        worker.take_mails().await;
        if !worker.delivery_ended().await {
            break;
        }
    }
    world.sent.lock().unwrap().drain(..).map(|(_, mail)| mail).collect()
}

#[tokio::test]
async fn a_mail_is_from_the_domain_that_its_link_was_made_at() {
    let world = world().await;
    for (user, host) in [("ada", "acme.example"), ("eve", "id.example")] {
        let issuer = LinkIssuer { domain: at(host), ..world.issuer() };
        let send = SendLink { issuer, ..world.send_link() };
        send.send(None, World::acting(user)).await.unwrap();
    }
    let mut mails = mailed(&world, three()).await;
    mails.sort_by(|a, b| a.domain.cmp(&b.domain));
    for (mail, host) in mails.iter().zip(["acme.example", "id.example"]) {
        assert_eq!(mail.domain, host);
        for (name, url) in mail.links() {
            assert!(url.expose().starts_with(&format!("https://{host}/passkeys/")), "{name}");
        }
    }
    assert_eq!(mails.len(), 2);
}

#[tokio::test]
async fn a_mail_waits_while_no_domain_serves_its_user() {
    let world = world().await;
    world.send_link().send(None, World::acting("ada")).await.unwrap();
    let others = Domains::new(vec![settings("globex.example", Some("globex"))]);
    assert!(mailed(&world, others).await.is_empty());
    assert_eq!(world.state().mails[0].state, OutboxState::Waiting);
    world.pass(3 * 60);
    assert_eq!(mailed(&world, three()).await.len(), 1);
}

#[tokio::test]
async fn passkeys_are_imported_for_users_whom_the_domain_serves() {
    let world = world().await;
    let registry = PasskeyRegistry { domain: at("acme.example"), ..world.passkeys() };
    let import = ImportPasskeys(registry);
    let (error, imported) = (import.import(lines(&["ada", "bob"]), || ()).await, lines(&["ada"]));
    let ImportError::Lines(wrong) = error.unwrap_err() else { panic!("lines") };
    let wrong = wrong.to_string();
    assert!(
        wrong.contains("line 2: user: the domain does not serve their organisation"),
        "{wrong}"
    );
    assert_eq!(import.import(imported, || ()).await.unwrap(), 1);
}

/// A passkey for each of these users.
fn lines(users: &[&str]) -> Vec<(u64, Result<ImportedPasskey, String>)> {
    let imported = |user: &str| ImportedPasskey {
        id: None,
        user: user.parse().unwrap(),
        handle: UserHandle::new(user.as_bytes().to_vec()).unwrap(),
        name: None,
        rp_id: None,
        credential: credential(user),
        created: None,
        last_used: None,
    };
    (1..).zip(users).map(|(line, user)| (line, Ok(imported(user)))).collect()
}
