//! Mails after workers had them, and as operators see them.

use super::{
    outbox::{WAITS, claim},
    *,
};

for_both_stores! {
    mails_of_a_state_come_in_pages_by_id,
    how_much_waits_is_told_with_the_mail_that_waits_longest,
    when_a_links_mail_was_accepted_is_known_until_the_mail_is_deleted,
    the_domains_that_were_served_last_come_first,
    what_a_worker_settles_late_is_no_longer_ready,
    a_notice_that_failed_is_awaited_by_whoever_has_it_tried_again,
}

fn ids(mails: &[OutboxMail]) -> Vec<&str> {
    mails.iter().map(|mail| mail.id.as_str()).collect()
}

fn sent() -> MailOutcome {
    MailOutcome::Sent("250".into())
}

fn failed() -> MailOutcome {
    MailOutcome::Failed("550".into())
}

async fn mails_of_a_state_come_in_pages_by_id(store: Arc<dyn Store>) {
    add_ada_and_bob(&store).await;
    unit(&store, |(), tx| {
        Box::pin(async move {
            for id in ["3", "1", "2"] {
                tx.queue(&mail(id)).await?;
            }
            let waiting = OutboxState::Waiting;
            assert_eq!(ids(&tx.mails_in(waiting, None, 2).await?), ["1", "2"]);
            let after = "1".parse().unwrap();
            assert_eq!(ids(&tx.mails_in(waiting, Some(&after), 9).await?), ["2", "3"]);
            assert_eq!(tx.mails_in(OutboxState::Sent, None, 9).await?, []);
            Ok(())
        })
    })
    .await;
}

async fn how_much_waits_is_told_with_the_mail_that_waits_longest(store: Arc<dyn Store>) {
    add_ada_and_bob(&store).await;
    unit(&store, |(), tx| {
        Box::pin(async move {
            let nothing = OutboxLoad { waiting: 0, oldest: None, due: None };
            assert_eq!(tx.load().await?, nothing);
            for (id, queued, due) in [("1", 1, 9), ("2", 2, 8)] {
                tx.queue(&OutboxMail { queued: at(queued), due: at(due), ..mail(id) }).await?;
            }
            let both = OutboxLoad { waiting: 2, oldest: Some(at(1)), due: Some(at(8)) };
            assert_eq!(tx.load().await?, both);
            for taken in claim(tx, 90, 9).await? {
                assert!(tx.settle(&taken, &failed(), at(10)).await?);
            }
            assert_eq!(tx.load().await?, nothing);
            Ok(())
        })
    })
    .await;
}

async fn when_a_links_mail_was_accepted_is_known_until_the_mail_is_deleted(store: Arc<dyn Store>) {
    add_ada_and_bob(&store).await;
    unit(&store, |(), tx| {
        Box::pin(async move {
            let (ada, bob) = ("ada".parse().unwrap(), "bob".parse().unwrap());
            tx.add_link(&link()).await?;
            let link = link().id;
            tx.queue(&mail("a")).await?;
            let taken = claim(tx, 90, 1).await?.remove(0);
            assert_eq!(tx.accepted_at(&link).await?, None);
            assert!(tx.settle(&taken, &sent(), at(7)).await?);
            assert_eq!(tx.accepted_at(&link).await?, Some(at(7)));
            assert_eq!(tx.accepted_at(&"other".parse().unwrap()).await?, None);
            tx.delete_mails_of(&bob).await?;
            assert!(tx.mail(&taken.id).await?.is_some());
            tx.delete_mails_of(&ada).await?;
            assert_eq!(tx.mail(&taken.id).await?, None);
            assert_eq!(tx.accepted_at(&link).await?, None);
            assert!(!tx.settle(&taken, &sent(), at(8)).await?, "it is gone");
            Ok(())
        })
    })
    .await;
}

async fn the_domains_that_were_served_last_come_first(store: Arc<dyn Store>) {
    add_ada_and_bob(&store).await;
    unit(&store, |(), tx| {
        Box::pin(async move {
            for (id, domain) in [("2", 7), ("1", 5), ("3", 6), ("4", 9)] {
                tx.queue(&OutboxMail { lane: lane(1, domain), ..mail(id) }).await?;
            }
            for taken in claim(tx, 90, 9).await? {
                let outcome = if taken.lane.domain == 9 { failed() } else { sent() };
                assert!(tx.settle(&taken, &outcome, at(7)).await?);
            }
            assert_eq!(tx.served_domains(2).await?, [6, 7]);
            assert_eq!(tx.served_domains(9).await?, [6, 7, 5]);
            Ok(())
        })
    })
    .await;
}

async fn what_a_worker_settles_late_is_no_longer_ready(store: Arc<dyn Store>) {
    add_ada_and_bob(&store).await;
    unit(&store, |(), tx| {
        Box::pin(async move {
            tx.queue(&mail("a")).await?;
            let taken = claim(tx, 90, 1).await?.remove(0);
            tx.make_due_mails_ready(at(90), WAITS, &[], 500).await?;
            assert!(tx.is_any_ready().await?, "its lease has ended");
            assert!(tx.settle(&taken, &sent(), at(91)).await?, "nobody else has taken it");
            assert!(!tx.is_any_ready().await?);
            Ok(())
        })
    })
    .await;
}

async fn a_notice_that_failed_is_awaited_by_whoever_has_it_tried_again(store: Arc<dyn Store>) {
    add_ada_and_bob(&store).await;
    unit(&store, |(), tx| {
        Box::pin(async move {
            let about = MailSubject::PasskeyAdded("passkey".parse().unwrap());
            tx.queue(&OutboxMail { about, ..mail("a") }).await?;
            let taken = claim(tx, 90, 1).await?.remove(0);
            assert!(tx.settle(&taken, &failed(), at(5)).await?);
            assert!(tx.make_due(&taken.id, at(6)).await?);
            let ready = tx.ready(None, 9).await?;
            assert_eq!((ready[0].urgency, ready[0].since), (Urgency::Awaited, at(6)));
            Ok(())
        })
    })
    .await;
}
