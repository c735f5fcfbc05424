use super::*;

for_both_stores! {
    a_claimed_mail_is_nobody_elses_and_only_the_last_claim_counts,
    a_lease_is_renewed_only_while_its_claim_is_the_last_and_not_settled,
    mails_are_ready_by_urgency_then_lane_then_time,
    a_mail_that_is_put_off_is_ready_when_its_time_comes_as_a_retry,
    a_time_further_ahead_than_any_can_be_is_not_waited_for,
    what_a_holder_has_in_hand_is_freed_and_nothing_else,
    mails_of_links_that_ended_are_ended_unless_they_are_in_hand,
    that_a_mail_may_have_arrived_is_remembered_until_it_is_settled,
}

pub(super) const WAITS: LongestWaits = LongestWaits {
    link: Duration::from_secs(90),
    notice: Duration::from_secs(2700),
    lease: Duration::from_secs(200),
};

fn lease(end: i64) -> Lease {
    Lease { end: at(end), holder: None }
}

fn later(due: i64) -> MailOutcome {
    MailOutcome::Retry { due: at(due), answer: "451".into(), may_have_arrived: false }
}

/// Takes up to `limit` mails that are ready, for a lease that ends at `end`.
pub(super) async fn claim(
    tx: &mut dyn Repositories,
    end: i64,
    limit: usize,
) -> Result<Vec<ClaimedMail>, StoreError> {
    let ready = tx.ready(None, limit).await?;
    tx.take(&ready, &lease(end)).await
}

/// As [`claim`], at a time at which others may be ready again.
async fn claim_at(
    tx: &mut dyn Repositories,
    now: i64,
    end: i64,
    limit: usize,
) -> Result<Vec<ClaimedMail>, StoreError> {
    if tx.are_mails_due(at(now), WAITS, &[]).await? {
        tx.make_due_mails_ready(at(now), WAITS, &[], 500).await?;
        assert!(!tx.are_mails_due(at(now), WAITS, &[]).await?);
    }
    claim(tx, end, limit).await
}

#[tokio::test]
async fn a_mail_is_given_to_one_of_those_who_claim_at_once() {
    let (_folder, store, _) = store().await;
    add(&store, user("ada", "ada@example.com")).await;
    let queued: Result<(), StoreError> = store
        .write((), |(), tx| {
            Box::pin(async move {
                for number in 0..30 {
                    tx.queue(&mail(&format!("mail{number}"))).await?;
                }
                Ok(())
            })
        })
        .await;
    queued.unwrap();
    let claim = |_| {
        let store = store.clone();
        async move {
            let claimed: Result<Vec<ClaimedMail>, StoreError> =
                store.write((), |(), tx| Box::pin(claim(tx, 90, 3))).await;
            claimed.unwrap()
        }
    };
    let claims = (0..20).map(claim).collect::<tokio::task::JoinSet<_>>().join_all().await;
    let ids: std::collections::BTreeSet<_> =
        claims.iter().flatten().map(|mail| mail.id.to_string()).collect();
    assert_eq!((claims.iter().flatten().count(), ids.len()), (30, 30));
}

async fn a_claimed_mail_is_nobody_elses_and_only_the_last_claim_counts(store: Arc<dyn Store>) {
    add(&store, user("ada", "ada@example.com")).await;
    let outcome: Result<(), StoreError> = store
        .write((), |(), tx| {
            Box::pin(async move {
                for id in ["a", "b", "c"] {
                    tx.queue(&mail(id)).await?;
                }
                let first = claim(tx, 90, 2).await?;
                assert_eq!(first.len(), 2);
                assert_eq!(claim(tx, 90, 5).await?.len(), 1);
                assert_eq!(tx.load().await?.due, Some(at(90)));
                assert_eq!(claim_at(tx, 89, 200, 5).await?, []);
                let again = claim_at(tx, 90, 200, 5).await?;
                assert_eq!(again.len(), 3);
                assert!(!tx.make_due(&again[0].id, at(91)).await?, "it is in hand");
                let in_hand = tx.mail(&again[0].id).await?.unwrap();
                assert_eq!(in_hand.leased_until, Some(at(200)));
                let sent = MailOutcome::Sent("250".into());
                assert!(!tx.settle(&first[0], &sent, at(91)).await?);
                assert!(tx.settle(&again[0], &sent, at(91)).await?);
                assert!(!tx.settle(&again[0], &sent, at(92)).await?);
                assert!(!tx.make_due(&again[0].id, at(92)).await?);
                let later = later(120);
                assert!(tx.settle(&again[1], &later, at(91)).await?);
                assert!(tx.make_due(&again[1].id, at(120)).await?, "it is in nobody's hand");
                assert_eq!(tx.load().await?.due, Some(at(120)));
                let failed = MailOutcome::Failed("550".into());
                assert!(tx.settle(&again[2], &failed, at(91)).await?);
                let listed = tx.mails_in(OutboxState::Failed, None, 5).await?;
                assert_eq!(listed[0].last_answer.as_deref(), Some("550"));
                assert!(tx.make_due(&listed[0].id, at(93)).await?);
                Ok(())
            })
        })
        .await;
    outcome.unwrap();
}

async fn a_lease_is_renewed_only_while_its_claim_is_the_last_and_not_settled(
    store: Arc<dyn Store>,
) {
    add(&store, user("ada", "ada@example.com")).await;
    let outcome: Result<(), StoreError> = store
        .write((), |(), tx| {
            Box::pin(async move {
                tx.queue(&mail("a")).await?;
                tx.queue(&mail("b")).await?;
                let first = claim(tx, 90, 2).await?;
                assert!(tx.renew(&first[0], at(150)).await?);
                let renewed = tx.mail(&first[0].id).await?.unwrap();
                assert_eq!((renewed.due, renewed.leased_until), (at(150), Some(at(150))));
                assert_eq!(renewed.tries, 1);
                let others = claim_at(tx, 90, 180, 5).await?;
                assert_eq!(others.len(), 1, "the lease of the other one ended");
                assert!(!tx.renew(&first[1], at(200)).await?, "another has it");
                let lost = tx.mail(&first[1].id).await?.unwrap();
                assert_eq!(lost.leased_until, Some(at(180)));

                let later = later(120);
                assert!(tx.settle(&others[0], &later, at(91)).await?);
                assert!(!tx.renew(&others[0], at(200)).await?, "it is to be tried again");
                assert_eq!(tx.load().await?.due, Some(at(120)));
                assert!(tx.settle(&first[0], &MailOutcome::Sent("250".into()), at(91)).await?);
                assert!(!tx.renew(&first[0], at(200)).await?, "it was sent");
                Ok(())
            })
        })
        .await;
    outcome.unwrap();
}

#[tokio::test]
async fn a_mail_that_this_version_can_not_read_is_in_no_other_mails_way() {
    let (_folder, store, connection) = store().await;
    add(&store, user("ada", "ada@example.com")).await;
    let queued: Result<(), StoreError> = store
        .write((), |(), tx| {
            Box::pin(async move {
                for id in ["newer", "odd", "plain"] {
                    tx.queue(&mail(id)).await?;
                }
                Ok(())
            })
        })
        .await;
    queued.unwrap();
    for statement in [
        "UPDATE outbox SET kind = 'of a newer version' WHERE id = 'newer'",
        "UPDATE outbox SET subject = '' WHERE id = 'odd'",
    ] {
        connection.execute_unprepared(statement).await.unwrap();
    }
    let claimed: Result<Vec<ClaimedMail>, StoreError> =
        store.write((), |(), tx| Box::pin(claim(tx, 90, 5))).await;
    let ids: Vec<_> = claimed.unwrap().iter().map(|mail| mail.id.to_string()).collect();
    assert_eq!(ids, ["plain"]);
    let load: Result<OutboxLoad, StoreError> = store.read((), |(), tx| Box::pin(tx.load())).await;
    assert_eq!(load.unwrap().due, Some(at(90)), "what waits for another node is not due here");
}

fn ids<'m>(mails: impl IntoIterator<Item = &'m ReadyMail>) -> Vec<&'m str> {
    mails.into_iter().map(|mail| mail.id.as_str()).collect()
}

async fn mails_are_ready_by_urgency_then_lane_then_time(store: Arc<dyn Store>) {
    add(&store, user("ada", "ada@example.com")).await;
    unit(&store, |(), tx| {
        Box::pin(async move {
            let notice = MailSubject::PasskeyAdded("passkey".parse().unwrap());
            for (id, lane, due, about) in [
                ("late", lane(1, 5), 9, None),
                ("early", lane(1, 5), 3, None),
                ("other-domain", lane(1, 7), 1, None),
                ("other-organisation", lane(2, 1), 1, None),
                ("notice", lane(1, 1), 0, Some(&notice)),
            ] {
                let about = about.cloned().unwrap_or(mail(id).about);
                tx.queue(&OutboxMail { lane, due: at(due), about, ..mail(id) }).await?;
            }
            assert!(tx.is_any_ready().await?);
            let all = tx.ready(None, 9).await?;
            let order = ["early", "late", "other-domain", "other-organisation", "notice"];
            assert_eq!(ids(&all), order);
            assert_eq!(all[4].urgency, Urgency::Notice);
            for (place, first) in [
                ((Urgency::Awaited, Lane::START), "early"),
                ((Urgency::Awaited, lane(1, 5)), "other-domain"),
                ((Urgency::Awaited, lane(1, i64::MAX)), "other-organisation"),
                ((Urgency::Awaited, lane(2, 1)), "notice"),
            ] {
                assert_eq!(ids(&tx.ready(Some(place), 1).await?), [first], "{place:?}");
            }
            assert_eq!(tx.ready(Some((Urgency::Notice, lane(1, 1))), 9).await?, []);
            let since = tx.ready_since(Urgency::Awaited, Some(lane(1, 5)), at(4), 9).await?;
            assert_eq!(ids(&since), ["late"]);
            let since = tx.ready_since(Urgency::Awaited, None, at(3), 9).await?;
            assert_eq!(ids(&since), ["early", "late"], "of all lanes, by time");
            Ok(())
        })
    })
    .await;
}

async fn a_mail_that_is_put_off_is_ready_when_its_time_comes_as_a_retry(store: Arc<dyn Store>) {
    add(&store, user("ada", "ada@example.com")).await;
    unit(&store, |(), tx| {
        Box::pin(async move {
            for id in ["a", "b"] {
                tx.queue(&mail(id)).await?;
            }
            let taken = claim(tx, 40, 2).await?;
            assert!(!tx.is_any_ready().await?);
            let later = later(20);
            assert!(tx.settle(&taken[0], &later, at(2)).await?);
            let again = MailOutcome::Returned("no connection".into());
            assert!(tx.settle(&taken[1], &again, at(2)).await?);
            let ready = tx.ready(None, 9).await?;
            assert_eq!((ids(&ready), ready[0].urgency), (vec!["b"], Urgency::Awaited));
            assert_eq!(ready[0].since, at(0), "it waits since it was queued");
            assert!(!tx.are_mails_due(at(19), WAITS, &[]).await?);
            tx.make_due_mails_ready(at(20), WAITS, &[], 500).await?;
            let ready = tx.ready(Some((Urgency::Notice, Lane::START)), 9).await?;
            assert_eq!((ids(&ready), ready[0].urgency), (vec!["a"], Urgency::Retry));
            assert!(tx.make_due(&taken[0].id, at(21)).await?);
            assert_eq!(tx.ready(None, 9).await?[1].urgency, Urgency::Awaited, "who asks waits");
            Ok(())
        })
    })
    .await;
}

async fn a_time_further_ahead_than_any_can_be_is_not_waited_for(store: Arc<dyn Store>) {
    add(&store, user("ada", "ada@example.com")).await;
    unit(&store, |(), tx| {
        Box::pin(async move {
            let notice = MailSubject::PasskeyAdded("passkey".parse().unwrap());
            tx.queue(&mail("link")).await?;
            tx.queue(&OutboxMail { about: notice, ..mail("notice") }).await?;
            let taken = claim(tx, 40, 2).await?;
            for mail in &taken {
                let later = later(1000);
                assert!(tx.settle(mail, &later, at(2)).await?);
            }
            tx.make_due_mails_ready(at(910), WAITS, &[], 500).await?;
            assert!(!tx.is_any_ready().await?, "both can have been put off for so long");
            tx.make_due_mails_ready(at(909), WAITS, &[], 500).await?;
            assert_eq!(ids(&tx.ready(None, 9).await?), ["link"], "a link is not");
            claim(tx, 1109, 1).await?;
            assert!(!tx.are_mails_due(at(909), WAITS, &[]).await?);
            let own = [taken[0].id.clone()];
            assert!(!tx.are_mails_due(at(908), WAITS, &own).await?);
            tx.make_due_mails_ready(at(908), WAITS, &own, 500).await?;
            assert!(!tx.is_any_ready().await?, "who asks has it in hand");
            tx.make_due_mails_ready(at(908), WAITS, &[], 500).await?;
            assert_eq!(ids(&tx.ready(None, 9).await?), ["link"], "no lease is so long");
            Ok(())
        })
    })
    .await;
}

async fn what_a_holder_has_in_hand_is_freed_and_nothing_else(store: Arc<dyn Store>) {
    add(&store, user("ada", "ada@example.com")).await;
    unit(&store, |(), tx| {
        Box::pin(async move {
            for (id, holder) in [("a", Some("one")), ("b", Some("other")), ("c", None)] {
                tx.queue(&mail(id)).await?;
                let ready = tx.ready(None, 1).await?;
                let holder = holder.map(str::to_owned);
                tx.take(&ready, &Lease { end: at(90), holder }).await?;
            }
            let mut holders = tx.holders().await?;
            holders.sort();
            assert_eq!(holders, [None, Some("one".to_owned()), Some("other".to_owned())]);
            tx.free_mails_of(Some("one")).await?;
            assert_eq!(ids(&tx.ready(None, 9).await?), ["a"]);
            tx.free_mails_of(None).await?;
            let ready = tx.ready(None, 9).await?;
            assert_eq!(ids(&ready), ["a", "c"]);
            assert_eq!(ready[0].urgency, Urgency::Awaited);
            assert_eq!(tx.holders().await?, [Some("other".to_owned())]);
            Ok(())
        })
    })
    .await;
}

async fn mails_of_links_that_ended_are_ended_unless_they_are_in_hand(store: Arc<dyn Store>) {
    add(&store, user("ada", "ada@example.com")).await;
    unit(&store, |(), tx| {
        Box::pin(async move {
            for id in ["in-hand", "ready", "put-off", "other"] {
                let link = if id == "other" { "other" } else { "link" };
                let about = MailSubject::Link(link.parse().unwrap());
                tx.queue(&OutboxMail { about, ..mail(id) }).await?;
                if id == "in-hand" || id == "put-off" {
                    let ready = tx.ready(None, 9).await?;
                    let of_id: Vec<_> =
                        ready.into_iter().filter(|it| it.id.as_str() == id).collect();
                    let taken = tx.take(&of_id, &lease(90)).await?;
                    if id == "put-off" {
                        let later = later(20);
                        assert!(tx.settle(&taken[0], &later, at(2)).await?);
                    }
                }
            }
            let links = ["link".parse().unwrap(), "another".parse().unwrap()];
            assert_eq!(tx.end_mails(&links, "it is over", at(5)).await?, 2);
            let failed = tx.mails_in(OutboxState::Failed, None, 9).await?;
            let ended: Vec<_> = failed.iter().map(|mail| mail.id.as_str()).collect();
            assert_eq!(ended, ["put-off", "ready"]);
            assert_eq!(failed[0].last_answer.as_deref(), Some("it is over"));
            assert_eq!(ids(&tx.ready(None, 9).await?), ["other"]);
            assert_eq!(tx.end_mails(&[], "", at(5)).await?, 0);
            Ok(())
        })
    })
    .await;
}

async fn that_a_mail_may_have_arrived_is_remembered_until_it_is_settled(store: Arc<dyn Store>) {
    add(&store, user("ada", "ada@example.com")).await;
    let done: Result<(), StoreError> = store
        .write((), |(), tx| {
            Box::pin(async move {
                tx.queue(&mail("a")).await?;
                let first = claim(tx, 90, 1).await?.remove(0);
                assert!(!first.may_have_arrived);
                let unclear = MailOutcome::Retry {
                    due: at(20),
                    answer: "gibberish".into(),
                    may_have_arrived: true,
                };
                assert!(tx.settle(&first, &unclear, at(10)).await?);
                for tries in 0..2 {
                    let again = claim_at(tx, 20 + tries, 90, 1).await?.remove(0);
                    assert!(again.may_have_arrived);
                    assert!(tx.settle(&again, &later(21), at(20)).await?);
                }
                assert!(tx.make_due(&first.id, at(30)).await?);
                assert!(claim(tx, 90, 1).await?.remove(0).may_have_arrived);
                Ok(())
            })
        })
        .await;
    done.unwrap();
}
