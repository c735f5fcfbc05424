//! What became of a link is told by its page, with a way on.

use super::*;

#[tokio::test]
async fn an_expired_link_has_a_new_one_mailed_once() {
    let scene = Scene::set(&[]).await;
    let expired = scene.passlink.expired(&scene.mail().await.register_link());
    let page = scene.open(&expired).await;
    let said = shows(&page, "register.expired").await;
    assert!(said.contains("a•••@example.com") && said.contains("Send a new link"), "{said}");
    press(&page).await;
    shows(&page, "register.resent").await;
    let new = scene.next_mail(1).await.register_link();
    assert_ne!(new.query["codeID"], expired.query["codeID"]);

    page.goto(&expired.whole).await;
    comes_to(&page, "register.expired").await;
    press(&page).await;
    let said = shows(&page, "register.not_resent").await;
    assert!(!said.contains("sent before"), "{said}");
    assert_eq!(scene.mails.count(), 2);

    page.goto(&new.whole).await;
    comes_to(&page, "register.ready").await;
    press(&page).await;
    comes_to(&page, "register.done").await;
}

#[tokio::test]
async fn who_had_a_link_a_moment_ago_is_told_when_the_next_one_can_be_mailed() {
    let scene = Scene::set(&[("links.cooldown", "10m")]).await;
    let expired = scene.passlink.expired(&scene.link().await);
    scene.mail().await;
    let page = scene.open(&expired).await;
    comes_to(&page, "register.expired").await;
    press(&page).await;
    let said = shows(&page, "register.later").await;
    assert!(said.contains("in 10 min"), "{said}");
    scene.passlink.sql("UPDATE links SET requested_at = requested_at - 600000", &[]);
    press(&page).await;
    comes_to(&page, "register.resent").await;
}

#[tokio::test]
async fn a_link_that_was_used_replaced_or_revoked_says_so() {
    let scene = Scene::set(&[]).await;
    let replaced = scene.mail().await.register_link();
    let revoked = scene.mail().await.register_link();
    let page = scene.open(&replaced).await;
    let said = shows(&page, "register.replaced").await;
    assert!(said.contains("a•••@example.com"), "{said}");
    scene.passlink.cli(&["link", "revoke", &revoked.query["codeID"]]).done();
    page.goto(&revoked.whole).await;
    shows(&page, "register.revoked").await;

    let used = scene.link().await;
    page.goto(&used.whole).await;
    comes_to(&page, "register.ready").await;
    press(&page).await;
    comes_to(&page, "register.done").await;
    shows(&scene.open(&used).await, "register.redeemed").await;
}

#[tokio::test]
async fn a_link_that_is_wrong_or_was_broken_off_says_how_to_open_the_whole() {
    let scene = Scene::set(&[]).await;
    let link = scene.link().await;
    let page = scene.device().await;
    let shorter = &link.whole[..link.whole.len() - 1];
    let id = &link.query["codeID"];
    let [other, blank, long_id] =
        ["other", "a%20b", &id.repeat(10)].map(|it| link.whole.replace(id, it));
    let long_code = format!("{}{}", link.whole, link.code.repeat(10));
    for wrong in [shorter, &other, &blank, &long_id, &long_code] {
        page.goto(wrong).await;
        comes_to(&page, "register.invalid").await;
        page.goto("about:blank").await;
    }
    page.goto(shorter).await;
    shows(&page, "register.invalid").await;
    let [without_code, without_id] = [
        link.whole.split('#').next().unwrap().to_owned(),
        format!("{}#code={}", link.page, link.code),
    ];
    for broken in [&link.page, &without_code, &format!("{without_code}#"), &without_id] {
        page.goto("about:blank").await;
        page.goto(broken).await;
        comes_to(&page, "common.incomplete").await;
    }
    shows(&page, "common.incomplete").await;
}

#[tokio::test]
async fn what_mail_programs_do_to_a_link_does_not_break_it() {
    let scene = Scene::set(&[]).await;
    let link = scene.link().await;
    let page = scene.device().await;
    let [encoded, stopped, in_query] = [
        link.whole.replace('#', "%23"),
        format!("{}.", link.whole),
        link.whole.replace("#code=", "&code="),
    ];
    for mangled in [&encoded, &stopped, &in_query] {
        page.goto(mangled).await;
        comes_to(&page, "register.ready").await;
    }
    page.run("await page.reload()", Value::Null).await;
    comes_to(&page, "register.ready").await;
}

#[tokio::test]
async fn a_link_that_is_pasted_over_another_is_taken_even_where_only_its_fragment_differs() {
    let scene = Scene::set(&[]).await;
    let link = scene.link().await;
    let page = scene.device().await;
    let whole = format!("{}#codeID={}&code={}", link.page, link.query["codeID"], link.code);
    page.goto(&whole[..whole.len() - 1]).await;
    comes_to(&page, "register.invalid").await;
    page.run(r##"await page.evaluate((url) => location.assign(url), args)"##, whole.into()).await;
    comes_to(&page, "register.ready").await;
    assert_eq!(page.run("return page.url()", Value::Null).await, link.page.as_str());
}
