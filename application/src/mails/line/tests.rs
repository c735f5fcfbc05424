use super::*;

#[test]
fn as_many_are_claimed_ahead_as_left_a_moment_ago_and_none_where_none_leave() {
    let start = Instant::now();
    let at = |millis| start + Duration::from_millis(millis);
    let mut pace = Pace::default();
    assert_eq!(pace.ahead(4, start), 0);
    for number in 0..40 {
        pace.note(at(number * 2));
    }
    assert_eq!(pace.ahead(4, at(80)), 40);
    for number in 0..10 {
        pace.note(at(100 + number));
    }
    assert_eq!(pace.ahead(4, at(120)), 40, "what left before counts as well");
    assert_eq!(pace.ahead(1, at(120)), AHEAD, "no more than that for each connection");
    assert_eq!(pace.ahead(4, at(300)), 0);
    pace.note(at(400));
    assert_eq!(pace.ahead(4, at(400)), 1);
}
