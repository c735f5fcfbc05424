use super::*;

for_both_stores! {
    what_was_mailed_for_an_organisation_is_kept,
    organisations_are_forgotten_in_batches,
}

fn mailed(minutes: &[(i32, u64)]) -> MailedMinutes {
    let minute = |number| Minute::recorded(28_000_000 + number);
    let mailed = minutes.iter();
    let mailed = mailed.map(|(at, mails)| MailedMinute { minute: minute(*at), mails: *mails });
    MailedMinutes(mailed.collect())
}

/// What was mailed, which is set to this then.
async fn swap(store: &Arc<dyn Store>, organisation: &str, to: MailedMinutes) -> MailedMinutes {
    let organisation: OrganisationId = organisation.parse().unwrap();
    let swapped: Result<_, StoreError> = store
        .write((organisation, to), |(organisation, to), tx| {
            Box::pin(async move {
                let before = tx.mailed_for(organisation).await?;
                tx.set_mailed_for(organisation, to).await?;
                Ok(before)
            })
        })
        .await;
    swapped.unwrap()
}

async fn what_was_mailed_for_an_organisation_is_kept(store: Arc<dyn Store>) {
    let (one, all) = (mailed(&[(0, 1)]), mailed(&[(61, 1_000_000), (59, 1), (0, u64::MAX)]));
    assert_eq!(swap(&store, "acme", one.clone()).await, mailed(&[]));
    assert_eq!(swap(&store, "acme", all.clone()).await, one);
    assert_eq!(swap(&store, "other", one.clone()).await, mailed(&[]));
    assert_eq!(swap(&store, "acme", mailed(&[])).await, all);
    assert_eq!(swap(&store, "acme", one.clone()).await, mailed(&[]));
    assert_eq!(swap(&store, "other", one.clone()).await, one);
}

async fn organisations_are_forgotten_in_batches(store: Arc<dyn Store>) {
    for (organisation, at) in [("acme", 0), ("other", 1), ("third", 2)] {
        swap(&store, organisation, mailed(&[(at, 1), (at - 60, 5)])).await;
    }
    for (before, limit, expected) in [(0, 9, 0), (2, 1, 1), (2, 9, 1), (2, 9, 0), (3, 9, 1)] {
        let before = mailed(&[(before, 1)]).0[0].minute;
        let forgotten: Result<u64, StoreError> = store
            .write((), move |(), tx| Box::pin(tx.forget_organisation_mails(before, limit)))
            .await;
        assert_eq!(forgotten.unwrap(), expected, "{before:?}");
    }
}

#[tokio::test]
async fn of_many_who_mail_for_one_organisation_at_once_no_more_than_may_do() {
    let (_folder, store, _) = store().await;
    let mail = |number: i64| {
        let store = store.clone();
        async move {
            let organisation: OrganisationId = "acme".parse().unwrap();
            let counted: Result<bool, StoreError> = store
                .write(organisation, move |organisation, tx| {
                    Box::pin(async move {
                        let before = tx.mailed_for(organisation).await?;
                        // Their clocks differ.
                        let now = at(number % 2 * 60);
                        let after = LinkPolicy::counts_for_organisation(3, &before, now);
                        let Ok(after) = after else { return Ok(false) };
                        tx.set_mailed_for(organisation, &after).await?;
                        Ok(true)
                    })
                })
                .await;
            counted.unwrap()
        }
    };
    let counted = (0..16).map(mail).collect::<tokio::task::JoinSet<_>>().join_all().await;
    assert_eq!(counted.into_iter().filter(|counted| *counted).count(), 3);
}
