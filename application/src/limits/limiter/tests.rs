use super::*;
use crate::fakes::World;

fn client(address: &str) -> ClientAddress {
    ClientAddress(address.parse().unwrap())
}

#[test]
fn so_many_are_allowed_at_once_and_then_one_at_a_time() {
    let world = World::new();
    let limiter = Limiter::per_minute(10, world.clone());
    for _ in 0..10 {
        limiter.count_thing("link", "ada").unwrap();
    }
    assert_eq!(limiter.count_thing("link", "ada").unwrap_err().retry_after, Duration::from_secs(6));
    limiter.count_thing("link", "bob").unwrap();
    world.pass(6);
    limiter.count_thing("link", "ada").unwrap();
    assert!(limiter.count_thing("link", "ada").is_err());
    world.pass(60);
    for _ in 0..10 {
        limiter.count_thing("link", "ada").unwrap();
    }
    assert!(limiter.count_thing("link", "ada").is_err());
}

#[test]
fn a_clock_that_is_set_changes_nothing() {
    let world = World::new();
    let limiter = Limiter::per_minute(1, world.clone());
    limiter.count_thing("link", "ada").unwrap();
    for by in [-86_400, 2 * 86_400] {
        world.set_clock(by);
        let wait = limiter.count_thing("link", "ada").unwrap_err();
        assert_eq!(wait.retry_after, Duration::from_secs(60));
    }
    world.set_clock(-86_400);
    world.pass(60);
    limiter.count_thing("link", "ada").unwrap();
}

#[test]
fn one_host_is_one_client_by_whichever_of_its_addresses_it_comes() {
    let limiter = Limiter::per_minute(1, World::new());
    limiter.count_client(client("192.0.2.1")).unwrap();
    assert!(limiter.count_client(client("::ffff:192.0.2.1")).is_err());
    limiter.count_client(client("192.0.2.2")).unwrap();
    limiter.count_client(client("2001:db8::1")).unwrap();
    assert!(limiter.count_client(client("2001:db8::2:3")).is_err());
    limiter.count_client(client("2001:db8:0:1::1")).unwrap();
}

#[test]
fn kinds_of_things_and_clients_are_counted_apart() {
    let limiter = Limiter::per_minute(1, World::new());
    limiter.count_client(client("192.0.2.1")).unwrap();
    limiter.count_thing("link", "192.0.2.1").unwrap();
    limiter.count_thing("passkey", "192.0.2.1").unwrap();
    assert!(limiter.count_thing("passkey", "192.0.2.1").is_err());
}

#[test]
fn the_keys_that_were_counted_longest_ago_are_forgotten() {
    let limiter = Limiter::per_minute(1, World::new());
    for number in 0..=KEYS.get() {
        limiter.count_thing("link", &number.to_string()).unwrap();
    }
    assert_eq!(limiter.paid_off.lock().unwrap().len(), KEYS.get());
    limiter.count_thing("link", "0").unwrap();
    assert!(limiter.count_thing("link", &KEYS.to_string()).is_err());
}
