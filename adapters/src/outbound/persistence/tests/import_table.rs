use std::sync::Mutex;

use passlink_application::fakes::Waiting;

use super::*;

for_both_stores! {
    database_and_table, world_and_waiting:
    who_waits_is_seen_by_nobody_until_all_are_added,
    each_kind_of_obstacle_is_found_with_its_line,
    a_username_that_another_has_is_an_obstacle,
    an_imported_user_has_a_history_that_goes_on,
}

fn staged(line: u64, id: &str, email: &str) -> StagedUser {
    StagedUser { line, user: user(id, email) }
}

/// A new store, and a place for users who wait.
type Staged = (Arc<dyn Store>, Box<dyn Staging>);

async fn database_and_table() -> (tempfile::TempDir, Staged) {
    let (folder, url) = new_database().await;
    let store = SeaStore::connect(&url, 2).await.unwrap();
    store.migrate(&|_| ()).await.unwrap();
    let table = ImportTable::open(&url).await.unwrap();
    (folder, (Arc::new(store), Box::new(table)))
}

fn world_and_waiting() -> Staged {
    let world = World::new();
    (world.clone(), Box::new(Waiting::new(world)))
}

async fn users(store: &Arc<dyn Store>) -> Vec<User> {
    let users: Result<_, StoreError> =
        store.read((), |(), tx| Box::pin(tx.users_after(None, 100))).await;
    users.unwrap()
}

async fn who_waits_is_seen_by_nobody_until_all_are_added((store, mut staging): Staged) {
    assert!(add(&store, user("ada", "ada@example.com")).await);
    let bob = User { state: UserState::Locked, ..user("bob", "Bob@example.com") };
    staging.stage(&[StagedUser { line: 1, user: bob.clone() }], at(5)).await.unwrap();
    staging.stage(&[], at(5)).await.unwrap();
    staging.stage(&[staged(2, "eve", "eve@example.com")], at(5)).await.unwrap();
    assert_eq!(staging.obstacles(9).await.unwrap(), vec![Obstacles::default(); 6]);
    assert_eq!(users(&store).await.len(), 1);
    // Others can write meanwhile.
    assert!(add(&store, user("abe", "abe@example.com")).await);
    assert!(staging.add_all(at(5), &|_| ()).await.unwrap());
    let added = users(&store).await;
    assert_eq!(added.len(), 4);
    assert_eq!(added[2], bob);
}

#[tokio::test]
async fn how_many_are_added_is_told_until_all_are() {
    let (_folder, (store, mut staging)) = database_and_table().await;
    for chunk in 0..25 {
        let lines = chunk * 1000..(chunk + 1) * 1000;
        let lines: Vec<_> =
            lines.map(|n| staged(n, &format!("u{n}"), &format!("u{n}@example.com"))).collect();
        staging.stage(&lines, at(5)).await.unwrap();
    }
    let told = Mutex::new(Vec::new());
    assert!(staging.add_all(at(5), &|added| told.lock().unwrap().push(added)).await.unwrap());
    assert_eq!(*told.lock().unwrap(), [10_000, 20_000, 25_000]);
    let count: Result<_, StoreError> =
        store.read((), |(), tx| Box::pin(tx.users_after(None, 30_000))).await;
    assert_eq!(count.unwrap().len(), 25_000);
}

async fn each_kind_of_obstacle_is_found_with_its_line((store, mut staging): Staged) {
    assert!(add(&store, user("ada", "ada@example.com")).await);
    let lines = [
        staged(1, "bob", "bob@example.com"),
        staged(2, "ada", "other@example.com"),
        staged(3, "eve", "ADA@example.com"),
        staged(5, "bob", "two@example.com"),
        staged(7, "abe", "Bob@example.com"),
        staged(8, "bob", "three@example.com"),
    ];
    staging.stage(&lines, at(5)).await.unwrap();
    let [ids, emails, usernames, taken_ids, taken_emails, taken_usernames] =
        staging.obstacles(1).await.unwrap().try_into().unwrap();
    // Who has the address in common as well is told of the address.
    assert_eq!([usernames, taken_usernames], [Obstacles::default(), Obstacles::default()]);
    assert_eq!(ids, Obstacles { first: vec![(5, Obstacle::IdOfLine(1))], count: 2 });
    assert_eq!(emails, Obstacles { first: vec![(7, Obstacle::EmailOfLine(1))], count: 1 });
    assert_eq!(taken_ids, Obstacles { first: vec![(2, Obstacle::IdTaken)], count: 1 });
    let of_ada = Obstacle::EmailTaken("ada".to_owned());
    assert_eq!(taken_emails, Obstacles { first: vec![(3, of_ada)], count: 1 });
    assert!(!staging.add_all(at(5), &|_| ()).await.unwrap());
    assert_eq!(users(&store).await.len(), 1);
}

async fn a_username_that_another_has_is_an_obstacle((store, mut staging): Staged) {
    let named = |line, id: &str, username: &str| {
        let username = username.parse().unwrap();
        let user = User { username, ..user(id, &format!("{id}@example.com")) };
        StagedUser { line, user }
    };
    assert!(add(&store, named(0, "ada", "ada").user).await);
    let elsewhere = named(9, "eve", "ADA");
    let elsewhere = User { organisation: "other".parse().unwrap(), ..elsewhere.user };
    let lines = [
        named(1, "bob", "bob"),
        named(2, "zoe", "zoe\u{308}"),
        named(3, "abe", "Ada"),
        named(4, "zed", "ZOË"),
        named(5, "max", "BOB"),
        // Another's address, which is no username.
        named(6, "joe", "bob@example.com"),
        StagedUser { line: 9, user: elsewhere },
    ];
    staging.stage(&lines, at(5)).await.unwrap();
    let [ids, emails, usernames, taken_ids, taken_emails, taken_usernames] =
        staging.obstacles(9).await.unwrap().try_into().unwrap();
    assert_eq!(
        [ids, emails, taken_ids, taken_emails],
        [const { Obstacles { first: Vec::new(), count: 0 } }; 4]
    );
    let earlier = vec![(4, Obstacle::UsernameOfLine(2)), (5, Obstacle::UsernameOfLine(1))];
    assert_eq!(usernames, Obstacles { first: earlier, count: 2 });
    let taken = vec![(3, Obstacle::UsernameTaken("ada".to_owned()))];
    assert_eq!(taken_usernames, Obstacles { first: taken, count: 1 });
    assert!(!staging.add_all(at(5), &|_| ()).await.unwrap());
}

async fn an_imported_user_has_a_history_that_goes_on((store, mut staging): Staged) {
    staging.stage(&[staged(1, "bob", "bob@example.com")], at(5)).await.unwrap();
    assert!(staging.add_all(at(5), &|_| ()).await.unwrap());
    let event = |sequence| UserEvent {
        user: "bob".parse().unwrap(),
        sequence: Sequence::recorded(sequence),
        kind: EventKind::UserLocked,
        actor: Actor::Operator,
        at: at(6),
    };
    let record = async |event: UserEvent| -> Result<(), StoreError> {
        store.write(event, |event, tx| Box::pin(tx.record(event))).await
    };
    assert!(record(event(1)).await.is_err(), "that number is recorded");
    record(event(2)).await.unwrap();
}
