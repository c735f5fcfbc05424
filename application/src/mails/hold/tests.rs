use std::sync::Arc;

use super::*;
use crate::fakes::World;

/// A hold on a mail that may leave for another minute.
fn minute() -> (Arc<World>, Hold) {
    const MINUTE: Duration = Duration::from_secs(60);
    let world = World::new();
    let hold = Hold::new(world.now() + 2 * MINUTE, MINUTE, &*world);
    (world, hold)
}

#[test]
fn a_mail_may_leave_until_the_margin_of_its_lease_begins() {
    let (world, hold) = minute();
    world.pass(59);
    assert!(hold.lets_go(&*world));
    world.pass(1);
    assert!(!hold.lets_go(&*world));
}

#[test]
fn a_clock_that_is_set_back_lets_no_mail_leave_later() {
    let (world, hold) = minute();
    world.set_clock(-30);
    world.pass(59);
    assert!(hold.lets_go(&*world));
    world.pass(1);
    assert!(!hold.lets_go(&*world));
}

#[test]
fn a_clock_that_is_set_ahead_lets_no_mail_leave_that_others_may_have() {
    let (world, hold) = minute();
    world.set_clock(60);
    assert!(!hold.lets_go(&*world));
}
