use super::*;

for_both_stores! {
    a_change_is_recorded_once_and_its_number_is_the_users,
}

async fn a_change_is_recorded_once_and_its_number_is_the_users(store: Arc<dyn Store>) {
    add_ada_and_bob(&store).await;
    let record = async |user: &str, sequence: u64, second: i64| -> Result<(), StoreError> {
        let event = UserEvent {
            user: user.parse().unwrap(),
            sequence: Sequence::recorded(sequence),
            kind: EventKind::UserLocked,
            actor: Actor::Operator,
            at: at(second),
        };
        store.write(event, |event, tx| Box::pin(tx.record(event))).await
    };
    record("ada", 2, 5).await.unwrap();
    record("bob", 2, 6).await.unwrap();
    let again = record("ada", 2, 7).await;
    assert!(matches!(again, Err(StoreError::Broken(_))), "{again:?}");
    unit(&store, |(), tx| {
        Box::pin(async move {
            let ada = "ada".parse().unwrap();
            let sequence = tx.user(&ada).await?.unwrap().sequence;
            assert_eq!(sequence, Sequence::recorded(2));
            assert_eq!(tx.recorded_at(&ada, sequence).await?, at(5));
            let unknown = tx.recorded_at(&ada, sequence.next()).await;
            assert!(matches!(unknown, Err(StoreError::Broken(_))), "{unknown:?}");
            Ok(())
        })
    })
    .await;
}
