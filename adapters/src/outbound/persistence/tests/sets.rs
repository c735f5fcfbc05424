use futures_util::future::BoxFuture;
use tokio::task::JoinSet;

use super::*;
for_both_stores! {
    who_fails_in_a_set_leaves_no_trace_and_all_others_are_kept,
    who_wants_back_what_a_statement_has_written_gets_it_back_alone,
    those_of_one_user_are_recorded_one_behind_the_other,
    those_of_one_mailbox_together_get_no_more_than_may_be,
    those_of_one_organisation_together_get_no_more_than_may_be,
    who_reads_what_it_has_written_finds_it,
    who_panics_in_a_set_stops_no_other,
    those_who_are_out_of_step_wait_for_nobody_who_waits_for_them,
    a_flood_of_one_user_keeps_no_other_waiting,
    those_of_several_organisations_count_for_each,
    settlements_that_come_together_count_each_for_itself,
}

pub(super) fn id(name: &str, number: usize) -> String {
    format!("{name}-{number:03}")
}

fn email(number: usize) -> String {
    format!("{}@example.com", id("user", number))
}

pub(super) async fn add_crowd(store: &Arc<dyn Store>, count: usize) {
    for number in 0..count {
        assert!(add(store, user(&id("user", number), &email(number))).await);
    }
}

/// What a send does: it locks the user, looks, counts, and writes.
pub(super) async fn send(number: usize, tx: &mut dyn Repositories) -> Result<Sequence, StoreError> {
    let user_id = id("user", number).parse().unwrap();
    let user = tx.user_for_update(&user_id).await?.unwrap();
    let recent = tx.recent_links(&user_id, at(0), 9).await?;
    let mailbox = email(number).parse::<EmailAddress>().unwrap().mailbox();
    assert_eq!(tx.count_mail(&mailbox, 9, at(0), at(60)).await?, None);
    let sequence = user.sequence.next();
    let name = format!("{number:03}-{}", recent.requested.len());
    let new = PasskeyLink {
        id: format!("link-{name}").parse().unwrap(),
        user: user_id.clone(),
        requested: at(60),
        ..link()
    };
    tx.add_link(&new).await?;
    let kind = EventKind::LinkRequested(new.id.clone());
    let event =
        UserEvent { user: user_id.clone(), sequence, kind, actor: Actor::Operator, at: at(60) };
    tx.record(&event).await?;
    let queued = OutboxMail { user: user_id, ..mail(&format!("mail-{name}")) };
    tx.queue(&queued).await?;
    Ok(sequence)
}

type Planned = fn(usize, &mut dyn Repositories) -> BoxFuture<'_, Result<Sequence, StoreError>>;

/// The results of the same work for each of these numbers, all at once.
async fn all_at_once(
    store: &Arc<dyn Store>,
    numbers: impl Iterator<Item = usize>,
    work: Planned,
) -> Vec<(usize, Result<Sequence, StoreError>)> {
    let start = |number| {
        let store = store.clone();
        let run = async move { store.write_in_set(number, move |it, tx| work(*it, tx)).await };
        async move { (number, run.await) }
    };
    numbers.map(start).collect::<JoinSet<_>>().join_all().await
}

/// How many links of a user there are, where the history stands, and how many mails wait.
pub(super) async fn kept(store: &Arc<dyn Store>, number: usize) -> (usize, u64) {
    let found: Result<_, StoreError> = store
        .read(id("user", number), |id, tx| {
            Box::pin(async move {
                let id = id.parse().unwrap();
                let links = tx.links_of(&id, None, 100).await?;
                let sequence = tx.user(&id).await?.unwrap().sequence;
                if sequence > Sequence::NONE.next() {
                    tx.recorded_at(&id, sequence).await?;
                }
                Ok((links.len(), sequence.get()))
            })
        })
        .await;
    found.unwrap()
}

async fn mails_waiting(store: &Arc<dyn Store>) -> u64 {
    let load: Result<_, StoreError> = store.read((), |(), tx| tx.load()).await;
    load.unwrap().waiting
}

async fn who_fails_in_a_set_leaves_no_trace_and_all_others_are_kept(store: Arc<dyn Store>) {
    add_crowd(&store, 50).await;
    let results = all_at_once(&store, 0..50, |number, tx| {
        Box::pin(async move {
            let sent = send(number, tx).await;
            if number % 10 == 3 { Err(StoreError::Broken("as planned".into())) } else { sent }
        })
    });
    for (number, result) in results.await {
        let fails = number % 10 == 3;
        assert_eq!(result.is_err(), fails, "{number}: {result:?}");
        let expected = if fails { (0, 1) } else { (1, 2) };
        assert_eq!(kept(&store, number).await, expected, "{number}");
    }
    assert_eq!(mails_waiting(&store).await, 45);
}

async fn who_wants_back_what_a_statement_has_written_gets_it_back_alone(store: Arc<dyn Store>) {
    add_crowd(&store, 20).await;
    let results = all_at_once(&store, 0..20, |number, tx| {
        Box::pin(async move {
            let mailbox = email(number).parse::<EmailAddress>().unwrap().mailbox();
            tx.count_mail(&mailbox, 1, at(0), at(60)).await?;
            match number {
                7 => Err(StoreError::Broken("as planned".into())),
                _ => Ok(Sequence::NONE),
            }
        })
    });
    for (number, result) in results.await {
        assert_eq!(result.is_err(), number == 7);
        let mailbox = email(number).parse::<EmailAddress>().unwrap().mailbox();
        let full: Result<_, StoreError> =
            store.write(mailbox, |it, tx| tx.count_mail(it, 1, at(0), at(61))).await;
        assert_eq!(full.unwrap(), (number != 7).then(|| vec![at(60)]), "{number}");
    }
}

async fn those_of_one_user_are_recorded_one_behind_the_other(store: Arc<dyn Store>) {
    add_crowd(&store, 3).await;
    let results =
        all_at_once(&store, (0..24).map(|n| n % 3), |number, tx| Box::pin(send(number, tx)));
    let mut sequences: Vec<_> =
        results.await.into_iter().map(|(number, it)| (number, it.unwrap().get())).collect();
    sequences.sort();
    let expected: Vec<_> = (0..3).flat_map(|user| (2..10).map(move |it| (user, it))).collect();
    assert_eq!(sequences, expected);
    for number in 0..3 {
        assert_eq!(kept(&store, number).await, (8, 9));
    }
}

async fn those_of_one_mailbox_together_get_no_more_than_may_be(store: Arc<dyn Store>) {
    let results = all_at_once(&store, 0..30, |number, tx| {
        Box::pin(async move {
            let mailbox = email(number % 2).parse::<EmailAddress>().unwrap().mailbox();
            match tx.count_mail(&mailbox, 4, at(0), at(60)).await? {
                None => Ok(Sequence::NONE),
                Some(_) => Err(StoreError::Broken("it is full".into())),
            }
        })
    });
    assert_eq!(results.await.iter().filter(|(_, counted)| counted.is_ok()).count(), 8);
}

async fn those_of_one_organisation_together_get_no_more_than_may_be(store: Arc<dyn Store>) {
    add_crowd(&store, 12).await;
    let results = all_at_once(&store, 0..12, |number, tx| {
        Box::pin(async move {
            let sent = send(number, tx).await?;
            let organisation = "default".parse().unwrap();
            let mailed = tx.mailed_for(&organisation).await?;
            let mailed = LinkPolicy::counts_for_organisation(7, &mailed, at(60));
            let mailed = mailed.map_err(|error| StoreError::Broken(error.into()))?;
            tx.set_mailed_for(&organisation, &mailed).await?;
            Ok(sent)
        })
    });
    let mut sent = 0;
    for (number, result) in results.await {
        sent += usize::from(result.is_ok());
        assert_eq!(kept(&store, number).await.0, usize::from(result.is_ok()), "{number}");
    }
    assert_eq!((sent, mails_waiting(&store).await), (7, 7));
}

async fn who_reads_what_it_has_written_finds_it(store: Arc<dyn Store>) {
    add_crowd(&store, 10).await;
    let results = all_at_once(&store, 0..10, |number, tx| {
        Box::pin(async move {
            let sequence = send(number, tx).await?;
            let user = id("user", number).parse().unwrap();
            assert_eq!(tx.links_of(&user, None, 9).await?.len(), 1);
            assert_eq!(tx.recorded_at(&user, sequence).await?, at(60));
            Ok(sequence)
        })
    });
    for (number, result) in results.await {
        assert_eq!(result.unwrap().get(), 2);
        assert_eq!(kept(&store, number).await, (1, 2));
    }
    assert_eq!(mails_waiting(&store).await, 10);
}

async fn those_who_are_out_of_step_wait_for_nobody_who_waits_for_them(store: Arc<dyn Store>) {
    add_crowd(&store, 16).await;
    let results = all_at_once(&store, 0..16, |number, tx| {
        Box::pin(async move {
            let user = id("user", number).parse().unwrap();
            if number % 2 == 0 {
                tx.user_for_update(&user).await?;
                tx.set_requested_before(&user, at(9)).await?;
                tx.links_of(&user, None, 9).await?;
            }
            send(number, tx).await
        })
    });
    for (number, result) in results.await {
        assert_eq!(result.unwrap().get(), 2, "{number}");
        assert_eq!(kept(&store, number).await, (1, 2));
    }
}

async fn a_flood_of_one_user_keeps_no_other_waiting(store: Arc<dyn Store>) {
    add_crowd(&store, 4).await;
    let numbers = (0..90).map(|place| if place % 30 == 29 { place / 30 + 1 } else { 0 });
    let results = all_at_once(&store, numbers, |number, tx| {
        Box::pin(async move {
            tx.user_for_update(&id("user", number).parse().unwrap()).await?.unwrap();
            Ok(Sequence::NONE)
        })
    });
    for (number, result) in results.await {
        result.unwrap_or_else(|error| panic!("{number}: {error:?}"));
    }
}

/// Lanes would lock their organisations in the order in which they come.
async fn those_of_several_organisations_count_for_each(store: Arc<dyn Store>) {
    let results = all_at_once(&store, 0..64, |number, tx| {
        Box::pin(async move {
            let organisation = id("org", (number * 7 + number / 8) % 8).parse().unwrap();
            let mailed = tx.mailed_for(&organisation).await?;
            let mailed = LinkPolicy::counts_for_organisation(5, &mailed, at(60));
            let mailed = mailed.map_err(|error| StoreError::Broken(error.into()))?;
            tx.set_mailed_for(&organisation, &mailed).await?;
            Ok(Sequence::NONE)
        })
    });
    assert_eq!(results.await.iter().filter(|(_, counted)| counted.is_ok()).count(), 8 * 5);
}

/// What recording the outcome of a mail does; returns how many rows that changed.
async fn settle(number: usize, tx: &mut dyn Repositories) -> Result<Sequence, StoreError> {
    let mail = tx.mail(&id("mail", number).parse().unwrap()).await?.unwrap();
    let claimed = ClaimedMail {
        id: mail.id,
        user: mail.user,
        about: mail.about,
        lane: mail.lane,
        queued: mail.queued,
        urgency: Urgency::Awaited,
        since: mail.queued,
        tries: if number == 7 { 2 } else { 1 },
        may_have_arrived: false,
        lease_end: at(90),
        trace: None,
    };
    if !tx.settle(&claimed, &MailOutcome::Sent("250".into()), at(70)).await? {
        return Ok(Sequence::NONE);
    }
    let link = tx.link(&id("new", number).parse().unwrap()).await?.unwrap();
    let moved = tx.move_link(&link.id, LinkState::Requested, LinkState::Sent).await?;
    let replaced = if moved { tx.replace_links_before(&link).await? } else { 0 };
    Ok(Sequence::recorded(1 + u64::from(moved) + replaced))
}

async fn settlements_that_come_together_count_each_for_itself(store: Arc<dyn Store>) {
    add_crowd(&store, 20).await;
    unit(&store, |(), tx| {
        Box::pin(async move {
            for number in 0..20 {
                let user: UserId = id("user", number).parse().unwrap();
                for (name, requested) in [("old", at(10)), ("new", at(60))] {
                    let id = id(name, number).parse().unwrap();
                    let (user, delivery) =
                        (user.clone(), Delivery::Mail(email(number).parse().unwrap()));
                    let link = PasskeyLink { id, user, delivery, requested, ..link() };
                    tx.add_link(&link).await?;
                }
                tx.queue(&OutboxMail { user, ..mail(&id("mail", number)) }).await?;
            }
            let ready = tx.ready(None, 99).await?;
            tx.take(&ready, &Lease { end: at(90), holder: None }).await?;
            let revoked = id("new", 5).parse().unwrap();
            assert!(tx.end_link(&revoked, LinkState::Revoked, at(61)).await?);
            Ok(())
        })
    })
    .await;
    let settled = all_at_once(&store, 0..20, |number, tx| Box::pin(settle(number, tx)));
    for (number, changed) in settled.await {
        let expected = match number {
            7 => 0,
            5 => 1,
            _ => 3,
        };
        assert_eq!(changed.unwrap().get(), expected, "{number}");
    }
    assert_eq!(mails_waiting(&store).await, 1, "whose claim is another one's");
    let again = all_at_once(&store, 0..20, |number, tx| Box::pin(settle(number, tx))).await;
    assert!(again.iter().all(|(_, it)| matches!(it, Ok(Sequence::NONE))), "{again:?}");
}

async fn who_panics_in_a_set_stops_no_other(store: Arc<dyn Store>) {
    add_crowd(&store, 12).await;
    let run = |number: usize| {
        let store = store.clone();
        let running = tokio::spawn(async move {
            let work = store.write_in_set(number, |number, tx| {
                Box::pin(async move {
                    let sent = send(*number, tx).await;
                    assert_ne!(*number, 5, "as planned");
                    sent
                })
            });
            work.await
        });
        async move { (number, running.await) }
    };
    for (number, result) in (0..12).map(run).collect::<JoinSet<_>>().join_all().await {
        assert_eq!(matches!(result, Ok(Ok(_))), number != 5, "{number}");
        assert_eq!(kept(&store, number).await.0, usize::from(number != 5));
    }
}
