//! A statement takes no more steps where there are more rows of others.

use std::{ops::Range, sync::atomic::Ordering};

use sea_orm::{DatabaseTransaction, Statement, TransactionTrait};

use super::{
    set_runs::file_of,
    sets::{add_crowd, id},
    *,
};
use crate::outbound::persistence::{repositories::Sql, sets::neighbours::Settlement};

#[tokio::test]
async fn to_look_behind_a_lane_takes_no_more_where_more_mails_wait_in_it() {
    let (_folder, connection) = file_of(1).await;
    let mut sql = Sql::new(&connection);
    let (mut steps, mut lane) = (Vec::new(), None);
    for numbers in [0..10, 10..1000] {
        for number in numbers {
            let user = "user-000".parse().unwrap();
            let mail = OutboxMail { user, ..mail(&format!("mail{number}")) };
            lane = Some(mail.lane);
            sql.queue(&mail).await.unwrap();
        }
        let before = connection.steps.load(Ordering::Relaxed);
        assert_eq!(sql.ready(Some((Urgency::Awaited, lane.unwrap())), 10).await.unwrap(), []);
        steps.push(connection.steps.load(Ordering::Relaxed) - before);
    }
    assert!(steps[0] > 0 && steps[1] <= steps[0], "{steps:?}");
}

/// How many rows of a table a transaction on PostgreSQL has looked at so far.
async fn looked_at(transaction: &DatabaseTransaction, table: &str) -> i64 {
    let sql = "SELECT seq_tup_read + idx_tup_fetch AS rows FROM pg_stat_xact_user_tables \
        WHERE relname = $1";
    let counted = Statement::from_sql_and_values(DbBackend::Postgres, sql, [table.into()]);
    transaction.query_one_raw(counted).await.unwrap().unwrap().try_get("", "rows").unwrap()
}

/// Adds so many links of a user, each with a mail that waits.
async fn add_mailed_links(store: &Arc<dyn Store>, user: &str, names: Range<usize>) {
    let given = (user.parse::<UserId>().unwrap(), names);
    let added: Result<(), StoreError> = store
        .write(given, |(user, names), tx| {
            Box::pin(async move {
                for number in names.clone() {
                    let id = id("link", number).parse().unwrap();
                    let delivery = Delivery::Mail("ada@example.com".parse().unwrap());
                    tx.add_link(&PasskeyLink { id, delivery, user: user.clone(), ..link() })
                        .await?;
                    let mail = mail(&id_of_mail(number));
                    tx.queue(&OutboxMail { user: user.clone(), ..mail }).await?;
                }
                Ok(())
            })
        })
        .await;
    added.unwrap();
}

fn id_of_mail(number: usize) -> String {
    id("mail", number)
}

fn settlement(number: usize) -> Settlement {
    Settlement {
        id: id_of_mail(number).parse().unwrap(),
        tries: 0_u32.into(),
        state: OutboxState::Sent,
        answer: None,
        urgency: None,
        may_have_arrived: true,
        due: None,
        settled: Some(at(1)),
    }
}

#[tokio::test]
async fn what_comes_of_mails_looks_at_nothing_of_others_on_postgresql() {
    let store = SeaStore::connect(&postgres::new_database().await, 2).await.unwrap();
    store.migrate(&|_| ()).await.unwrap();
    let connection = connection_beside(&store).await;
    let store: Arc<dyn Store> = Arc::new(store);
    add_crowd(&store, 3).await;
    add_mailed_links(&store, "user-000", 0..1).await;
    add_mailed_links(&store, "user-001", 1..2).await;
    add_mailed_links(&store, "user-002", 2..500).await;
    let transaction = connection.begin().await.unwrap();
    let mut sql = Sql::new(&transaction);
    let newer = [0, 1].map(|number| id("link", number).parse().unwrap());
    assert_eq!(sql.replace_links(&newer).await.unwrap(), [0, 0]);
    assert_eq!(sql.settle_all(&[settlement(0), settlement(1)]).await.unwrap(), [true, true]);
    for table in ["links", "outbox"] {
        let looked = looked_at(&transaction, table).await;
        assert!((1..20).contains(&looked), "{table}: {looked}");
    }
}

/// What a login name is looked for in.
fn within() -> [Organisations; 3] {
    let left_out = ["one", "two"].map(|it| it.parse().unwrap());
    [
        Organisations::One("default".parse().unwrap()),
        Organisations::all(),
        Organisations::AllBut(left_out.into()),
    ]
}

#[tokio::test]
async fn to_find_who_has_a_login_name_takes_no_more_where_there_are_more_users() {
    let (_folder, connection) = file_of(1).await;
    let mut sql = Sql::new(&connection);
    let mut steps = Vec::new();
    for numbers in [1..10, 10..1000] {
        for number in numbers {
            let id = id("user", number);
            sql.add_user(&user(&id, &format!("{id}@example.com")), at(0)).await.unwrap().unwrap();
        }
        let before = connection.steps.load(Ordering::Relaxed);
        for within in within() {
            let name = LoginName::parse("User-005@example.com").unwrap();
            assert_eq!(sql.users_named(&name, &within).await.unwrap().len(), 1);
        }
        steps.push(connection.steps.load(Ordering::Relaxed) - before);
    }
    assert!(steps[0] > 0 && steps[1] <= steps[0], "{steps:?}");
}

#[tokio::test]
async fn to_find_who_has_a_login_name_looks_at_nobody_else_on_postgresql() {
    let store = SeaStore::connect(&postgres::new_database().await, 2).await.unwrap();
    store.migrate(&|_| ()).await.unwrap();
    let connection = connection_beside(&store).await;
    let store: Arc<dyn Store> = Arc::new(store);
    add_crowd(&store, 500).await;
    let transaction = connection.begin().await.unwrap();
    let mut sql = Sql::new(&transaction);
    for within in within() {
        let name = LoginName::parse("User-005@example.com").unwrap();
        assert_eq!(sql.users_named(&name, &within).await.unwrap().len(), 1);
    }
    let looked = looked_at(&transaction, "users").await;
    // By the username, and by the address.
    assert!((3..=6).contains(&looked), "{looked}");
}
