use jiff::SignedDuration;

use super::*;
use crate::{fakes::World, ports::Clock};

#[tokio::test]
async fn a_key_is_needed_for_as_long_as_its_link_can_be_resent() {
    let world = World::new();
    let ada = world.user("ada").await;
    world.send_link().send(None, ada).await.unwrap();
    let link = world.state().links[0].clone();
    let keys = KeyUse(world.ports());
    let end = keys.needed().await.unwrap()[0].until();
    for (at, is_needed) in [(end - SignedDuration::from_secs(1), true), (end, false)] {
        world.pass(at.duration_since(world.now()).as_secs());
        assert_eq!(link.can_be_resent_at(world.now()), is_needed, "{at}");
        assert_eq!(!keys.needed().await.unwrap().is_empty(), is_needed, "{at}");
        let users = keys.users(link.key.clone()).await.unwrap();
        assert_eq!(users.links > 0, is_needed, "{at}");
    }
}
