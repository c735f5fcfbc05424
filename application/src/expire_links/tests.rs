use super::*;
use crate::fakes::World;

#[tokio::test]
async fn links_are_expired_when_their_time_has_run_out_and_counted_once() {
    let world = World::new();
    let caller = world.user("ada").await;
    world.send_link().to_caller(caller).await.unwrap();
    let expire = ExpireLinks::new(world.clone(), world.clone(), world.clone());
    world.pass(3599);
    expire.run().await.unwrap();
    assert_eq!(world.state().links[0].state, LinkState::Requested);
    world.pass(1);
    expire.run().await.unwrap();
    expire.run().await.unwrap();
    assert_eq!(world.state().links[0].state, LinkState::Expired);
    assert_eq!(world.counted(LinkState::Expired), 1);
}
