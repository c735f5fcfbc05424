use proptest::{prelude::Strategy, strategy::ValueTree, test_runner::TestRunner};

use super::*;

for_both_stores! {
    an_organisation_gets_so_many_in_any_hour,
    minutes_of_a_clock_that_was_ahead_count_as_now,
    a_minute_that_is_about_to_begin_is_not_set_back,
    organisations_are_forgotten_in_batches,
}

const MOST: u32 = 3;

fn minute(number: i32) -> Minute {
    Minute::recorded(28_000_000 + number)
}

fn mailed(minutes: &[(i32, u64)]) -> Option<Vec<MailedMinute>> {
    let mailed = |(at, mails): &(i32, u64)| MailedMinute { minute: minute(*at), mails: *mails };
    Some(minutes.iter().map(mailed).collect())
}

async fn count(store: &Arc<dyn Store>, organisation: &str, at: i32) -> Option<Vec<MailedMinute>> {
    let organisation: OrganisationId = organisation.parse().unwrap();
    let counted: Result<_, StoreError> = store
        .write(organisation, move |organisation, tx| {
            Box::pin(tx.count_mail_for(organisation, MOST, minute(at)))
        })
        .await;
    counted.unwrap()
}

async fn set_before(store: &Arc<dyn Store>, organisation: &str, at: i32) {
    let organisation: OrganisationId = organisation.parse().unwrap();
    let set: Result<(), StoreError> = store
        .write(organisation, move |organisation, tx| {
            Box::pin(tx.set_mails_for_before(organisation, minute(at)))
        })
        .await;
    set.unwrap();
}

async fn an_organisation_gets_so_many_in_any_hour(store: Arc<dyn Store>) {
    for at in [0, 0, 59] {
        assert_eq!(count(&store, "acme", at).await, None);
    }
    for at in [59, 60] {
        assert_eq!(count(&store, "acme", at).await, mailed(&[(59, 1), (0, 2)]), "{at}");
    }
    assert_eq!(count(&store, "other", 60).await, None);
    // The first two are an hour old, all of their minute.
    for at in [61, 61] {
        assert_eq!(count(&store, "acme", at).await, None);
    }
    assert_eq!(count(&store, "acme", 119).await, mailed(&[(61, 2), (59, 1)]));
    assert_eq!(count(&store, "acme", 120).await, None);
    assert_eq!(count(&store, "acme", 121).await, mailed(&[(120, 1), (61, 2)]));
    for at in [10_000, 10_000, 10_000] {
        assert_eq!(count(&store, "acme", at).await, None);
    }
    assert_eq!(count(&store, "acme", 10_060).await, mailed(&[(10_000, 3)]));
}

async fn minutes_of_a_clock_that_was_ahead_count_as_now(store: Arc<dyn Store>) {
    // One that passes sets them.
    for at in [0, 30, 10] {
        assert_eq!(count(&store, "near", at).await, None);
    }
    assert_eq!(count(&store, "near", 60).await, mailed(&[(10, 2), (0, 1)]));
    assert_eq!(count(&store, "near", 61).await, None);
    for at in [5000, 10, 10] {
        assert_eq!(count(&store, "far", at).await, None);
    }
    assert_eq!(count(&store, "far", 70).await, mailed(&[(10, 3)]));
    assert_eq!(count(&store, "far", 71).await, None);
    // One that is refused does not, so it is done then.
    for (organisation, ahead) in [("near2", 30), ("far2", 5000)] {
        for _ in 0..3 {
            count(&store, organisation, ahead).await;
        }
        for _ in 0..2 {
            assert_eq!(count(&store, organisation, 10).await, mailed(&[(ahead, 3)]));
        }
        set_before(&store, organisation, 10).await;
        set_before(&store, organisation, 10).await;
        assert_eq!(count(&store, organisation, 70).await, mailed(&[(10, 3)]));
        assert_eq!(count(&store, organisation, 71).await, None);
    }
    set_before(&store, "nobody", 10).await;
}

async fn a_minute_that_is_about_to_begin_is_not_set_back(store: Arc<dyn Store>) {
    for at in [1, 0] {
        assert_eq!(count(&store, "acme", at).await, None);
    }
    set_before(&store, "acme", 0).await;
    assert_eq!(count(&store, "acme", 0).await, None);
    assert_eq!(count(&store, "acme", 61).await, mailed(&[(1, 3)]));
    assert_eq!(count(&store, "acme", 62).await, None);
}

async fn organisations_are_forgotten_in_batches(store: Arc<dyn Store>) {
    for (organisation, at) in [("acme", 0), ("other", 1), ("third", 2)] {
        count(&store, organisation, at).await;
    }
    for (before, limit, expected) in [(0, 9, 0), (2, 1, 1), (2, 9, 1), (2, 9, 0), (3, 9, 1)] {
        let forgotten: Result<u64, StoreError> = store
            .write((), move |(), tx| Box::pin(tx.forget_organisation_mails(minute(before), limit)))
            .await;
        assert_eq!(forgotten.unwrap(), expected, "{before}");
    }
}

#[tokio::test]
async fn of_many_who_mail_for_one_organisation_at_once_no_more_than_may_do() {
    let (_folder, store, _) = store().await;
    let mail = |number| {
        let store = store.clone();
        // Their clocks differ, and each waits for the others.
        async move { count(&store, "acme", number % 2).await.is_none() }
    };
    let counted = (0..16).map(mail).collect::<tokio::task::JoinSet<_>>().join_all().await;
    assert_eq!(counted.into_iter().filter(|counted| *counted).count(), 3);
}

/// Whatever is counted when, the database and the store in memory agree.
#[tokio::test]
async fn it_counts_as_a_list_of_all_mails_does() {
    let (_folder, store, _) = store().await;
    let memory = new_world();
    let steps = proptest::collection::vec((0..100_u8, 0..90_i32), 60);
    let mut runner = TestRunner::deterministic();
    for case in 0..8 {
        let (organisation, mut now) = (format!("acme{case}"), 0);
        for (kind, by) in steps.new_tree(&mut runner).unwrap().current() {
            now += match kind {
                0..70 => by % 8,
                70..90 => by,
                90..97 => -(by % 3),
                _ => -by,
            };
            let counted = count(&store, &organisation, now).await;
            let expected = count(&memory, &organisation, now).await;
            assert_eq!(counted, expected, "case {case}: {now}");
            let ahead = |mailed: &Vec<MailedMinute>| mailed[0].minute.is_ahead_of(minute(now));
            if expected.as_ref().is_some_and(ahead) {
                for store in [&store, &memory] {
                    set_before(store, &organisation, now).await;
                }
            }
        }
    }
}
