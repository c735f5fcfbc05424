//! Domains that are configured over an installation that had none.

use passlink_tests::Browser;

use super::*;
use crate::pages::{comes_to, press};

const OLD: &str = "login.example.com";

/// What a user had: a link that was mailed and one that was returned, a passkey, and a link that undoes it.
struct Past {
    user: Caller,
    mailed: Value,
    revoke: Link,
    returned: Value,
    passkey: String,
    undo: Link,
}

/// An installation without domains. Any host leads to it.
fn alone(mails: &MailServer) -> Passlink {
    Passlink::with_mail_server(mails).generous().set("limits.wrong_codes_per_minute", "10000")
}

async fn past(passlink: &Passlink, mails: &MailServer, name: &str, organisation: &str) -> Past {
    let [one, other] = ["", "-2"].map(|more| {
        let address = format!("{name}{more}@example.com");
        passlink.caller(&address, &["--org", organisation])
    });
    let passkey = begin(passlink, &one).await;
    passkey.finish(passlink, Some(&one.token), &passkey.answer().credential()).await.sequence();
    let undo = mail_with(mails, &passkey.id).await.undo_link();
    passlink.send_link(&one.token).await.sequence();
    let mail = mail_with(mails, &newest_link(passlink, &one)).await;
    let mailed = code_of(&mail.register_link());
    let revoke = mail.revoke_link();
    // A link that is returned replaces none that was mailed to somebody else.
    let returned = json!({ "of": other.id, "code": returned_code(passlink, &other).await });
    Past { user: one, mailed, revoke, returned, passkey: passkey.id, undo }
}

impl Past {
    /// All that there was is where it was, at a site.
    async fn assert_kept(&self, site: &Site<'_>) {
        let Self { user, mailed, revoke, returned, passkey, undo: undo_link } = self;
        assert_eq!(names(site, user).await.len(), 1);
        let opened = inspect(site, mailed).await;
        assert_eq!(opened.status, 200, "{opened:?}");
        assert_eq!(at_link(site, &code_of(revoke), "_inspect_revocation").await.status, 200);
        begin_with(site, user, mailed).await;
        let other = Caller { id: returned["of"].as_str().unwrap().to_owned(), ..user.clone() };
        begin_with(site, &other, &returned["code"]).await;
        assert_eq!(at_passkey(site, passkey, "inspect_undo", &undo_link.code).await.status, 200);
        assert_eq!(undo(site, passkey, &undo_link.code).await.status, 200);
        assert_eq!(names(site, user).await, [""; 0]);
    }

    /// Nothing of it is known at a site, whoever is known there.
    async fn assert_unknown(&self, site: &Site<'_>) {
        assert_code_invalid(&inspect(site, &self.mailed).await);
        assert_code_invalid(&at_link(site, &code_of(&self.revoke), "_revoke").await);
        assert_code_invalid(&inspect(site, &self.returned["code"]).await);
        assert_code_invalid(&undo(site, &self.passkey, &self.undo.code).await);
    }
}

#[tokio::test]
async fn what_was_made_goes_along_with_its_user_also_under_the_host_of_another_domain() {
    let mails = MailServer::plain();
    let mut passlink = alone(&mails).started().await;
    let ada = past(&passlink, &mails, "ada", "default").await;
    let amy = past(&passlink, &mails, "amy", "acme").await;
    assert!(passlink.stop().await.success());
    let old = json!({ "host": OLD, "organisation": "default" });
    let domains = [old, domain(&passlink, ACME, "acme", json!({}))];
    let passlink = with_domains(passlink, &domains).started().await;
    let (home, acme) = (passlink.at(OLD), passlink.at(ACME));

    ada.assert_unknown(&acme).await;
    assert_eq!(acme.send_link(&ada.user.token).await.status, 401);
    amy.assert_unknown(&home).await;
    assert_eq!(home.send_link(&amy.user.token).await.status, 401);
    // Her passkey is of a relying party that serves her no more: she can remove it, and begins anew.
    let listed = passlink.cli(&["passkey", "list", "--user", &amy.user.id]).lines();
    assert_eq!(listed[0]["rpId"], OLD);
    amy.assert_kept(&acme).await;
    acme.send_link(&amy.user.token).await.sequence();
    let link = mail_with(&mails, &newest_link(&passlink, &amy.user)).await.register_link();
    assert!(link.page.starts_with(&acme.url()), "{link:?}");
    begin_with(&acme, &amy.user, &code_of(&link)).await;
    ada.assert_kept(&home).await;
}

#[tokio::test]
async fn what_was_made_under_a_host_of_no_domain_is_where_its_user_is_served() {
    let mails = MailServer::plain();
    let mut passlink = alone(&mails).started().await;
    let ada = past(&passlink, &mails, "ada", "default").await;
    let amy = past(&passlink, &mails, "amy", "acme").await;
    assert!(passlink.stop().await.success());
    let mut all_others = domain(&passlink, GLOBEX, "", json!({}));
    all_others.as_object_mut().unwrap().remove("organisation");
    let domains = [domain(&passlink, ACME, "acme", json!({})), all_others];
    let passlink = with_domains(passlink, &domains).started().await;
    let (acme, others) = (passlink.at(ACME), passlink.at(GLOBEX));
    ada.assert_unknown(&acme).await;
    amy.assert_unknown(&others).await;
    amy.assert_kept(&acme).await;
    ada.assert_kept(&others).await;
}

/// A mail that waits while domains are configured leads to where its link opens.
async fn assert_waiting_mail_opens(organisation: &str, host: &'static str) {
    let mut mails = MailServer::shut(passlink_tests::Tls::None);
    let mut passlink = alone(&mails).started().await;
    let user = passlink.caller("ada@example.com", &["--org", organisation]);
    passlink.send_link(&user.token).await.sequence();
    assert!(passlink.stop().await.success());
    let old = json!({ "host": OLD, "organisation": "default" });
    let domains = [old, domain(&passlink, ACME, "acme", json!({}))];
    mails.open();
    let passlink = with_domains(passlink, &domains).started().await;
    let link = mail_with(&mails, &newest_link(&passlink, &user)).await.register_link();
    assert!(link.page.contains(host), "{link:?}");
    let answer = inspect(&passlink.at(host), &code_of(&link)).await;
    assert_eq!(answer.status, 200, "{answer:?}");
}

#[tokio::test]
async fn a_mail_that_waited_opens_at_the_old_host() {
    assert_waiting_mail_opens("default", OLD).await;
}

#[tokio::test]
async fn a_mail_that_waited_opens_at_the_new_domain_of_its_user() {
    assert_waiting_mail_opens("acme", ACME).await;
}

/// Who still has a link of before can add a passkey with it, by the page that it leads to.
#[tokio::test]
async fn a_host_that_became_an_alias_still_takes_the_links_of_before() {
    let mails = MailServer::plain();
    let passlink = alone(&mails);
    let rp = json!({ "rp_id": ACME });
    let old = domain(&passlink, ID_OF_ACME, "acme", rp.clone());
    let mut passlink = with_domains(passlink, &[old]).started().await;
    let ada = ada(&passlink);
    let before = passlink.at(ID_OF_ACME);
    before.send_link(&ada.token).await.sequence();
    let mail = mail_with(&mails, &newest_link(&passlink, &ada)).await;
    let passkey = registered(&before, &ada).await;
    let undo_link = mail_with(&mails, &passkey).await.undo_link();
    assert!(passlink.stop().await.success());

    let new = and(domain(&passlink, ACME, "acme", rp), json!({ "aliases": [ID_OF_ACME] }));
    let passlink = with_domains(passlink, &[new]).started().await;
    for host in [ACME, ID_OF_ACME] {
        let site = passlink.at(host);
        assert_eq!(names(&site, &ada).await.len(), 1, "{host}");
        assert_eq!(inspect(&site, &code_of(&mail.register_link())).await.status, 200, "{host}");
    }
    let undone = undo(&passlink.at(ID_OF_ACME), &passkey, &undo_link.code).await;
    assert_eq!(undone.status, 200, "{undone:?}");
    let page = Browser::start().await.page(json!({ "locale": "en-GB" })).await;
    page.authenticator(true).await;
    page.goto(&mail.register_link().whole).await;
    comes_to(&page, "register.ready").await;
    press(&page).await;
    comes_to(&page, "register.done").await;
    assert_eq!(names(&passlink.at(ACME), &ada).await.len(), 1);
}
