use sea_orm::Statement;
use sea_orm_migration::MigratorTrait;

use super::*;
use crate::outbound::persistence::migrations::Migrator;

for_both_stores! {
    a_ceremony_comes_back_as_it_was_put_in_and_ends_once,
    the_newest_ceremonies_of_a_user_remain,
    ceremonies_of_a_clock_far_ahead_make_no_room_as_the_newest,
}

/// One that a bearer token began at that second.
pub(super) fn ceremony(id: &str, user: &UserId, begun: i64) -> Ceremony {
    Ceremony {
        id: id.parse().unwrap(),
        user: user.clone(),
        opened_by: OpenedBy::Bearer,
        key: "k1".parse().unwrap(),
        rp_id: "id.example.com".into(),
        asked: None,
        begun: at(begun),
        expires: at(begun + 300),
    }
}

async fn a_ceremony_comes_back_as_it_was_put_in_and_ends_once(store: Arc<dyn Store>) {
    add(&store, user("ada", "ada@example.com")).await;
    let result: Result<(), StoreError> = store
        .write((), |(), tx| {
            Box::pin(async move {
                let ada = "ada".parse().unwrap();
                let by_bearer = ceremony("1", &ada, 1);
                let by_link = Ceremony {
                    opened_by: OpenedBy::Link("link".parse().unwrap()),
                    asked: Some(Attachment::CrossPlatform),
                    ..ceremony("2", &ada, 2)
                };
                for ceremony in [&by_bearer, &by_link] {
                    tx.add_ceremony(ceremony, 9).await?;
                    assert_eq!(tx.ceremony(&ceremony.id).await?.as_ref(), Some(ceremony));
                }
                assert_eq!(tx.ceremonies_of(&ada).await?.len(), 2);
                assert!(tx.end_ceremony(&by_bearer.id).await?);
                assert!(!tx.end_ceremony(&by_bearer.id).await?);
                assert_eq!(tx.ceremony(&by_bearer.id).await?, None);
                assert_eq!(tx.ceremonies_of(&ada).await?, [by_link]);
                Ok(())
            })
        })
        .await;
    result.unwrap();
}

async fn the_newest_ceremonies_of_a_user_remain(store: Arc<dyn Store>) {
    add_ada_and_bob(&store).await;
    let result: Result<(), StoreError> = store
        .write((), |(), tx| {
            Box::pin(async move {
                let (ada, bob): (UserId, UserId) = ("ada".parse().unwrap(), "bob".parse().unwrap());
                tx.add_ceremony(&ceremony("bobs", &bob, 0), 3).await?;
                // Two begin in the same instant.
                for (id, begun) in [("d", 4), ("a", 1), ("c", 4), ("b", 2), ("e", 5)] {
                    tx.add_ceremony(&ceremony(id, &ada, begun), 3).await?;
                }
                let mut left: Vec<_> =
                    tx.ceremonies_of(&ada).await?.iter().map(|it| it.id.to_string()).collect();
                left.sort();
                assert_eq!(left, ["c", "d", "e"]);
                assert_eq!(tx.ceremonies_of(&bob).await?.len(), 1);
                Ok(())
            })
        })
        .await;
    result.unwrap();
}

#[tokio::test]
async fn a_ceremony_is_ended_by_one_of_many_at_once() {
    let (_folder, store, _) = store().await;
    add(&store, user("ada", "ada@example.com")).await;
    let begun: Result<(), StoreError> = store
        .write((), |(), tx| {
            Box::pin(
                async move { tx.add_ceremony(&ceremony("1", &"ada".parse().unwrap(), 1), 9).await },
            )
        })
        .await;
    begun.unwrap();
    let end = |_| {
        let store = store.clone();
        async move {
            let ended: Result<bool, StoreError> = store
                .write("1".parse().unwrap(), |id: &PasskeyId, tx| Box::pin(tx.end_ceremony(id)))
                .await;
            ended.unwrap()
        }
    };
    let ended = (0..8).map(end).collect::<tokio::task::JoinSet<_>>().join_all().await;
    assert_eq!(ended.iter().filter(|ended| **ended).count(), 1);
}

#[tokio::test]
async fn the_challenges_that_earlier_versions_kept_are_gone() {
    let (folder, url) = new_database().await;
    let store = SeaStore::connect(&url, 4).await.unwrap();
    let connection = connection_beside(&store).await;
    Migrator::up(&connection, Some(7)).await.unwrap();
    for statement in [
        "INSERT INTO users (id, organisation, username, display_name, language, email_verified, \
            state, sequence, created_at) VALUES ('ada', 'o', 'u', 'n', 'en', false, 'active', 0, 0)",
        "INSERT INTO ceremonies (id, user_id, challenge, state, rp_id, begun_at, expires_at) \
            VALUES ('1', 'ada', '\\x61', '{\"challenge\":\"kept-in-clear\"}', 'example.com', 0, 1)",
    ] {
        connection.execute_unprepared(statement).await.unwrap();
    }
    store.migrate(&|_| ()).await.unwrap();
    let all = "SELECT * FROM ceremonies";
    let left =
        connection.query_all_raw(Statement::from_string(connection.get_database_backend(), all));
    assert!(left.await.unwrap().is_empty());
    for column in ["challenge", "state"] {
        let read = format!("SELECT {column} FROM ceremonies");
        assert!(connection.execute_unprepared(&read).await.is_err(), "{column}");
    }
    store.clear_journal().await.unwrap();
    for entry in std::fs::read_dir(folder.path()).unwrap() {
        let octets = std::fs::read(entry.unwrap().path()).unwrap();
        assert!(!octets.windows(13).any(|it| it == b"kept-in-clear"));
    }
}

async fn ceremonies_of_a_clock_far_ahead_make_no_room_as_the_newest(store: Arc<dyn Store>) {
    add(&store, user("ada", "ada@example.com")).await;
    let result: Result<(), StoreError> = store
        .write((), |(), tx| {
            Box::pin(async move {
                let ada = "ada".parse().unwrap();
                for (id, begun) in [("ahead", 3600), ("far-ahead", 3601), ("a-little", 10)] {
                    tx.add_ceremony(&ceremony(id, &ada, begun), 4).await?;
                }
                for (id, begun) in [("one", 1), ("two", 2)] {
                    tx.add_ceremony(&ceremony(id, &ada, begun), 4).await?;
                }
                let ids = tx.ceremonies_of(&ada).await?.into_iter().map(|it| it.id.to_string());
                let mut ids: Vec<_> = ids.collect();
                ids.sort();
                assert_eq!(ids, ["a-little", "one", "two"]);
                Ok(())
            })
        })
        .await;
    result.unwrap();
}
