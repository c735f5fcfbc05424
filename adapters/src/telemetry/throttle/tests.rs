use super::*;

#[test]
fn what_happens_every_second_is_logged_at_once_and_then_every_five_minutes() {
    let (throttle, start) = (Throttle::default(), Instant::now());
    assert_eq!(throttle.count(0, start), None, "nothing has happened");
    let logged: Vec<_> = (0..900)
        .filter_map(|second| {
            let count = throttle.count(2, start + Duration::from_secs(second))?;
            Some((second, count))
        })
        .collect();
    assert_eq!(logged, [(0, 2), (300, 600), (600, 600)]);
    assert_eq!((throttle.rest(), throttle.rest()), (Some(598), None));
}
