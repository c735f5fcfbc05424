use super::*;

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
                store.write((), |(), tx| Box::pin(tx.claim(at(1), at(90), 3))).await;
            claimed.unwrap()
        }
    };
    let claims = (0..20).map(claim).collect::<tokio::task::JoinSet<_>>().join_all().await;
    let ids: std::collections::BTreeSet<_> =
        claims.iter().flatten().map(|mail| mail.id.to_string()).collect();
    assert_eq!((claims.iter().flatten().count(), ids.len()), (30, 30));
}

#[tokio::test]
async fn a_claimed_mail_is_nobody_elses_and_only_the_last_claim_counts() {
    let (_folder, store, _) = store().await;
    add(&store, user("ada", "ada@example.com")).await;
    let outcome: Result<(), StoreError> = store
        .write((), |(), tx| {
            Box::pin(async move {
                for id in ["a", "b", "c"] {
                    tx.queue(&mail(id)).await?;
                }
                let first = tx.claim(at(1), at(90), 2).await?;
                assert_eq!(first.len(), 2);
                assert_eq!(tx.claim(at(2), at(90), 5).await?.len(), 1);
                assert_eq!(tx.next_due().await?, Some(at(90)));
                assert_eq!(tx.claim(at(89), at(200), 5).await?, []);
                let again = tx.claim(at(90), at(200), 5).await?;
                assert_eq!(again.len(), 3);
                assert!(!tx.make_due(&again[0].id, at(91)).await?, "it is in hand");
                let in_hand = tx.mail(&again[0].id).await?.unwrap();
                assert_eq!(in_hand.leased_until, Some(at(200)));
                let sent = MailOutcome::Sent("250".into());
                assert!(!tx.settle(&first[0], &sent, at(91)).await?);
                assert!(tx.settle(&again[0], &sent, at(91)).await?);
                assert!(!tx.settle(&again[0], &sent, at(92)).await?);
                assert!(!tx.make_due(&again[0].id, at(92)).await?);
                let later = MailOutcome::Retry { due: at(120), answer: "451".into() };
                assert!(tx.settle(&again[1], &later, at(91)).await?);
                assert!(tx.make_due(&again[1].id, at(120)).await?, "it is in nobody's hand");
                assert_eq!(tx.next_due().await?, Some(at(120)));
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

#[tokio::test]
async fn a_lease_is_renewed_only_while_its_claim_is_the_last_and_not_settled() {
    let (_folder, store, _) = store().await;
    add(&store, user("ada", "ada@example.com")).await;
    let outcome: Result<(), StoreError> = store
        .write((), |(), tx| {
            Box::pin(async move {
                tx.queue(&mail("a")).await?;
                tx.queue(&mail("b")).await?;
                let first = tx.claim(at(1), at(90), 2).await?;
                assert!(tx.renew(&first[0], at(150)).await?);
                let renewed = tx.mail(&first[0].id).await?.unwrap();
                assert_eq!((renewed.due, renewed.leased_until), (at(150), Some(at(150))));
                assert_eq!(renewed.tries, 1);
                let others = tx.claim(at(90), at(180), 5).await?;
                assert_eq!(others.len(), 1, "the lease of the other one ended");
                assert!(!tx.renew(&first[1], at(200)).await?, "another has it");
                let lost = tx.mail(&first[1].id).await?.unwrap();
                assert_eq!(lost.leased_until, Some(at(180)));

                let later = MailOutcome::Retry { due: at(120), answer: "451".into() };
                assert!(tx.settle(&others[0], &later, at(91)).await?);
                assert!(!tx.renew(&others[0], at(200)).await?, "it is to be tried again");
                assert_eq!(tx.next_due().await?, Some(at(120)));
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
        store.write((), |(), tx| Box::pin(tx.claim(at(1), at(90), 5))).await;
    let ids: Vec<_> = claimed.unwrap().iter().map(|mail| mail.id.to_string()).collect();
    assert_eq!(ids, ["plain"]);
    let due: Result<Option<Timestamp>, StoreError> =
        store.read((), |(), tx| Box::pin(tx.next_due())).await;
    assert_eq!(due.unwrap(), Some(at(90)), "what waits for another node is not due here");
}
