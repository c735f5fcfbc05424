use super::*;
use crate::{AddLink, fakes::World};

#[tokio::test]
async fn links_are_expired_when_their_time_has_run_out_and_counted_once() {
    let world = World::new();
    let caller = world.user("ada").await;
    world.send_link().to_caller(caller.clone()).await.unwrap();
    AddLink::new(world.desk(), true).for_caller(caller).await.unwrap();
    let expire = ExpireLinks::new(world.clone(), world.clone(), world.clone());
    world.pass(3599);
    expire.run().await.unwrap();
    assert!(world.state().links.iter().all(|link| link.state == LinkState::Requested));
    world.pass(1);
    expire.run().await.unwrap();
    expire.run().await.unwrap();
    assert!(world.state().links.iter().all(|link| link.state == LinkState::Expired));
    let counted = world.counts.lock().unwrap().clone();
    for kind in [LinkKind::Mailed, LinkKind::Returned] {
        let expired = counted.iter().filter(|it| (it.0, it.1) == (LinkState::Expired, kind));
        assert_eq!(expired.map(|(.., count)| count).sum::<u64>(), 1, "{kind:?}");
    }
}
