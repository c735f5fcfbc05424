//! A statement takes no more steps where more rows wait.

use std::sync::atomic::Ordering;

use super::{set_runs::file_of, *};
use crate::outbound::persistence::repositories::Sql;

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
