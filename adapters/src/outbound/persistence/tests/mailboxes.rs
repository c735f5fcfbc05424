use super::*;

for_both_stores! {
    a_mailbox_takes_so_many_in_any_hour,
    a_mailbox_is_set_to_now_and_forgotten,
}

fn mailbox(address: &str) -> Mailbox {
    address.parse::<EmailAddress>().unwrap().mailbox()
}

async fn count(store: &Arc<dyn Store>, address: &str, second: i64) -> Option<Vec<Timestamp>> {
    let counted: Result<_, StoreError> = store
        .write(mailbox(address), move |mailbox, tx| {
            Box::pin(tx.count_mail(mailbox, 3, at(second - 3600), at(second)))
        })
        .await;
    counted.unwrap()
}

async fn a_mailbox_takes_so_many_in_any_hour(store: Arc<dyn Store>) {
    for second in [0, 60, 3000] {
        assert_eq!(count(&store, "ada@example.com", second).await, None);
    }
    let full = Some(vec![at(3000), at(60), at(0)]);
    assert_eq!(count(&store, "Ada+x@example.com", 3599).await, full);
    assert_eq!(count(&store, "bob@example.com", 3599).await, None);
    assert_eq!(count(&store, "ada@example.com", 3600).await, None);
    let full = Some(vec![at(3600), at(3000), at(60)]);
    assert_eq!(count(&store, "ada@example.com", 3601).await, full);
    for (limit, expected) in [(1, 1), (9, 1), (9, 0)] {
        let forgotten: Result<u64, StoreError> =
            store.write((), move |(), tx| Box::pin(tx.forget_mailboxes(at(9000), limit))).await;
        assert_eq!(forgotten.unwrap(), expected, "each is kept once");
    }
}

#[tokio::test]
async fn of_many_who_mail_to_one_mailbox_at_once_no_more_than_may_do() {
    let (_folder, store, _) = store().await;
    let mail = |_| {
        let store = store.clone();
        async move { count(&store, "ada@example.com", 60).await.is_none() }
    };
    let counted = (0..16).map(mail).collect::<tokio::task::JoinSet<_>>().join_all().await;
    assert_eq!(counted.into_iter().filter(|counted| *counted).count(), 3);
}

async fn a_mailbox_is_set_to_now_and_forgotten(store: Arc<dyn Store>) {
    for second in [60, 9000, 9001] {
        count(&store, "ada@example.com", second).await;
    }
    let result: Result<(), StoreError> = store
        .write(mailbox("ada@example.com"), |ada, tx| {
            Box::pin(async move {
                tx.set_mails_before(&mailbox("bob@example.com"), at(90)).await?;
                tx.set_mails_before(ada, at(90)).await?;
                let full = tx.count_mail(ada, 3, at(0), at(91)).await?;
                assert_eq!(full, Some(vec![at(90), at(90), at(60)]));
                assert_eq!(tx.forget_mailboxes(at(90), 9).await?, 0);
                assert_eq!(tx.forget_mailboxes(at(91), 9).await?, 1);
                assert_eq!(tx.count_mail(ada, 1, at(0), at(91)).await?, None);
                Ok(())
            })
        })
        .await;
    result.unwrap();
}
