use std::collections::BTreeSet;

use super::*;

for_both_stores! {
    a_link_comes_back_as_it_was_put_in,
    some_links_and_users_are_found_together_without_those_that_are_not_there,
    a_link_is_marked_as_resent_once_when_its_time_has_run_out,
    a_link_is_ended_while_it_is_open,
    links_whose_time_has_run_out_expire_some_at_a_time,
    a_newer_mailed_link_replaces_the_users_older_mailed_ones_that_are_open,
    a_link_that_was_noted_as_expired_is_so_by_a_clock_that_was_set_back,
    links_that_a_clock_which_was_ahead_recorded_are_set_to_right_before_now,
    of_a_token_those_links_are_revoked_that_are_open_and_that_it_made,
    of_a_user_those_links_are_revoked_that_are_open_and_all_are_deleted,
    a_link_moves_from_the_state_that_it_is_in,
    a_users_links_come_in_pages_in_the_order_of_their_requests,
    the_newest_links_of_a_user_are_the_recent_ones,
}

const ALL: [LinkState; 7] = [
    LinkState::Requested,
    LinkState::Sent,
    LinkState::Undeliverable,
    LinkState::Redeemed,
    LinkState::Expired,
    LinkState::Replaced,
    LinkState::Revoked,
];

/// Ada's mailed link, valid from this second on for an hour.
fn mailed(id: &str, requested: i64, state: LinkState) -> PasskeyLink {
    PasskeyLink {
        id: id.parse().unwrap(),
        delivery: Delivery::Mail("ada@example.com".parse().unwrap()),
        requested: at(requested),
        expires: at(requested + 3600),
        state,
        ..link()
    }
}

/// Ada's links, one in each state, named by it.
async fn one_in_each_state(tx: &mut dyn Repositories) -> Result<(), StoreError> {
    for state in ALL {
        tx.add_link(&mailed(&format!("{state:?}"), 0, state)).await?;
    }
    Ok(())
}

fn id(state: LinkState) -> LinkId {
    format!("{state:?}").parse().unwrap()
}

async fn state_of(id: &str, tx: &mut dyn Repositories) -> Result<LinkState, StoreError> {
    Ok(tx.link(&id.parse().unwrap()).await?.unwrap().state)
}

async fn a_link_comes_back_as_it_was_put_in(store: Arc<dyn Store>) {
    add(&store, user("ada", "ada@example.com")).await;
    let template = "https://app.example.com/own?id={{.CodeID}}#{{.Code}}";
    let full = PasskeyLink {
        requested_by: Some(Text::parse("Ada's laptop").unwrap()),
        token: Some("token".parse().unwrap()),
        url_template: Some(template.parse().unwrap()),
        ..mailed("full", 1, LinkState::Undeliverable)
    };
    for link in [link(), full] {
        let put: Result<_, StoreError> = store
            .write(link.clone(), |link, tx| {
                Box::pin(async move {
                    tx.add_link(link).await?;
                    tx.link(&link.id).await
                })
            })
            .await;
        assert_eq!(put.unwrap(), Some(link));
    }
}

async fn some_links_and_users_are_found_together_without_those_that_are_not_there(
    store: Arc<dyn Store>,
) {
    for name in ["ada", "bob", "eve"] {
        add(&store, user(name, &format!("{name}@example.com"))).await;
    }
    let found: Result<_, StoreError> = store
        .write((), |(), tx| {
            Box::pin(async move {
                one_in_each_state(tx).await?;
                let ids = [id(LinkState::Sent), "none".parse().unwrap(), id(LinkState::Expired)];
                let links = tx.some_links(&ids).await?;
                let users = ["eve", "none", "ada"].map(|id| id.parse().unwrap());
                let users = tx.some_users(&users).await?;
                assert_eq!(tx.some_links(&[]).await?, []);
                assert_eq!(tx.some_users(&[]).await?, []);
                let links: BTreeSet<_> = links.into_iter().map(|it| it.id.to_string()).collect();
                let users: BTreeSet<_> = users.into_iter().map(|it| it.id.to_string()).collect();
                Ok((links, users))
            })
        })
        .await;
    let (links, users) = found.unwrap();
    assert_eq!(links.iter().collect::<Vec<_>>(), ["Expired", "Sent"]);
    assert_eq!(users.iter().collect::<Vec<_>>(), ["ada", "eve"]);
}

async fn a_link_is_marked_as_resent_once_when_its_time_has_run_out(store: Arc<dyn Store>) {
    add(&store, user("ada", "ada@example.com")).await;
    let result: Result<(), StoreError> = store
        .write((), |(), tx| {
            Box::pin(async move {
                one_in_each_state(tx).await?;
                let noted = id(LinkState::Expired);
                for state in ALL.into_iter().filter(|state| id(*state) != noted) {
                    assert!(!tx.mark_resent(&id(state), at(3599)).await?, "{state:?}");
                }
                for state in ALL {
                    let can_be = matches!(
                        state,
                        LinkState::Requested
                            | LinkState::Sent
                            | LinkState::Undeliverable
                            | LinkState::Expired
                    );
                    assert_eq!(tx.mark_resent(&id(state), at(3600)).await?, can_be, "{state:?}");
                    assert!(!tx.mark_resent(&id(state), at(3601)).await?, "{state:?}");
                }
                assert!(!tx.mark_resent(&"unknown".parse().unwrap(), at(3600)).await?);
                Ok(())
            })
        })
        .await;
    result.unwrap();
}

async fn a_link_is_ended_while_it_is_open(store: Arc<dyn Store>) {
    add(&store, user("ada", "ada@example.com")).await;
    let result: Result<(), StoreError> = store
        .write((), |(), tx| {
            Box::pin(async move {
                one_in_each_state(tx).await?;
                for state in ALL {
                    let late = tx.end_link(&id(state), LinkState::Redeemed, at(3600)).await?;
                    assert!(!late, "{state:?}");
                    let ended = tx.end_link(&id(state), LinkState::Redeemed, at(3599)).await?;
                    assert_eq!(ended, !state.is_final(), "{state:?}");
                    let expected = if ended { LinkState::Redeemed } else { state };
                    assert_eq!(state_of(&format!("{state:?}"), tx).await?, expected);
                }
                assert!(
                    !tx.end_link(&"unknown".parse().unwrap(), LinkState::Revoked, at(1)).await?
                );
                Ok(())
            })
        })
        .await;
    result.unwrap();
}

#[tokio::test]
async fn a_link_is_redeemed_by_one_of_many_at_once() {
    let (_folder, store, _) = store().await;
    add(&store, user("ada", "ada@example.com")).await;
    let added: Result<(), StoreError> =
        store.write(link(), |link, tx| Box::pin(tx.add_link(link))).await;
    added.unwrap();
    let redeem = |_| {
        let store = store.clone();
        async move {
            let redeemed: Result<bool, StoreError> = store
                .write(link().id, |id, tx| Box::pin(tx.end_link(id, LinkState::Redeemed, at(1))))
                .await;
            redeemed.unwrap()
        }
    };
    let redeemed = (0..16).map(redeem).collect::<tokio::task::JoinSet<_>>().join_all().await;
    assert_eq!(redeemed.iter().filter(|redeemed| **redeemed).count(), 1);
}

async fn links_whose_time_has_run_out_expire_some_at_a_time(store: Arc<dyn Store>) {
    add(&store, user("ada", "ada@example.com")).await;
    let result: Result<(), StoreError> = store
        .write((), |(), tx| {
            Box::pin(async move {
                one_in_each_state(tx).await?;
                tx.add_link(&mailed("later", 1, LinkState::Sent)).await?;
                assert_eq!(tx.expire_links(LinkKind::Mailed, at(3599), 9).await?.len(), 0);
                assert_eq!(tx.expire_links(LinkKind::Mailed, at(3600), 2).await?.len(), 2);
                assert_eq!(tx.expire_links(LinkKind::Mailed, at(3600), 2).await?.len(), 1);
                assert_eq!(tx.expire_links(LinkKind::Mailed, at(3600), 2).await?.len(), 0);
                assert_eq!(tx.expire_links(LinkKind::Returned, at(3600), 9).await?.len(), 0);
                for state in ALL {
                    let now = state_of(&format!("{state:?}"), tx).await?;
                    let expected = if state.is_final() { state } else { LinkState::Expired };
                    assert_eq!(now, expected);
                }
                assert_eq!(state_of("later", tx).await?, LinkState::Sent);
                Ok(())
            })
        })
        .await;
    result.unwrap();
}

async fn a_newer_mailed_link_replaces_the_users_older_mailed_ones_that_are_open(
    store: Arc<dyn Store>,
) {
    add_ada_and_bob(&store).await;
    let result: Result<(), StoreError> = store
        .write((), |(), tx| {
            Box::pin(async move {
                one_in_each_state(tx).await?;
                let newer = mailed("newer", 60, LinkState::Sent);
                let bobs = PasskeyLink {
                    user: "bob".parse().unwrap(),
                    ..mailed("bobs", 0, LinkState::Sent)
                };
                let returned = PasskeyLink { id: "returned".parse().unwrap(), ..link() };
                let at_once = mailed("at-once", 60, LinkState::Sent);
                for link in [&newer, &bobs, &returned, &at_once] {
                    tx.add_link(link).await?;
                }
                // Whoever read it before its row was moved replaces neither it nor newer ones.
                let newer_once = PasskeyLink { requested: at(90), ..newer.clone() };
                assert_eq!(tx.replace_links_before(&newer_once).await?, 3);
                assert_eq!(tx.replace_links_before(&newer).await?, 0);
                for state in ALL {
                    let now = state_of(&format!("{state:?}"), tx).await?;
                    let expected = if state.is_final() { state } else { LinkState::Replaced };
                    assert_eq!(now, expected);
                }
                for link in [newer, bobs, returned, at_once] {
                    assert_eq!(state_of(link.id.as_str(), tx).await?, link.state, "{}", link.id);
                }
                Ok(())
            })
        })
        .await;
    result.unwrap();
}

async fn a_link_that_was_noted_as_expired_is_so_by_a_clock_that_was_set_back(
    store: Arc<dyn Store>,
) {
    add(&store, user("ada", "ada@example.com")).await;
    let result: Result<(), StoreError> = store
        .write((), |(), tx| {
            Box::pin(async move {
                tx.add_link(&mailed("link", 0, LinkState::Expired)).await?;
                assert!(tx.mark_resent(&"link".parse().unwrap(), at(60)).await?);
                Ok(())
            })
        })
        .await;
    result.unwrap();
}

async fn links_that_a_clock_which_was_ahead_recorded_are_set_to_right_before_now(
    store: Arc<dyn Store>,
) {
    add_ada_and_bob(&store).await;
    let result: Result<(), StoreError> = store
        .write((), |(), tx| {
            Box::pin(async move {
                let [ada, bob] = ["ada", "bob"].map(|id| id.parse::<UserId>().unwrap());
                for (id, requested) in [("past", 1), ("now", 60), ("ahead", 9_000)] {
                    let returned = PasskeyLink {
                        delivery: Delivery::Returned,
                        ..mailed(id, requested, LinkState::Sent)
                    };
                    tx.add_link(&returned).await?;
                    let bobs = PasskeyLink {
                        user: bob.clone(),
                        ..mailed(&format!("bobs-{id}"), requested, LinkState::Sent)
                    };
                    tx.add_link(&bobs).await?;
                }
                let open = tx.open_returned_links(&ada, at(1), at(60), 9).await?;
                let mut open: Vec<_> =
                    open.into_iter().map(|link| (link.requested, link.expires)).collect();
                open.sort_unstable();
                assert_eq!(open, [(at(60), at(3660)), (at(9_000), at(12_600))]);

                tx.set_requested_before(&ada, at(60)).await?;
                let before = at(60) - Duration::from_millis(1);
                let recent = tx.recent_links(&ada, at(0), 9).await?;
                assert_eq!(recent.requested, [before, before, at(1)]);
                let bobs = tx.recent_links(&bob, at(0), 9).await?;
                assert_eq!(bobs.requested, [at(9_000), at(60), at(1)]);
                Ok(())
            })
        })
        .await;
    result.unwrap();
}

async fn of_a_token_those_links_are_revoked_that_are_open_and_that_it_made(store: Arc<dyn Store>) {
    add(&store, user("ada", "ada@example.com")).await;
    let result: Result<(), StoreError> = store
        .write((), |(), tx| {
            Box::pin(async move {
                let token: TokenId = "token".parse().unwrap();
                let of = |name: &str| Some(name.parse::<TokenId>().unwrap());
                for state in ALL {
                    let made = mailed(&format!("{state:?}"), 0, state);
                    tx.add_link(&PasskeyLink { token: of("token"), ..made }).await?;
                }
                let returned = PasskeyLink {
                    delivery: Delivery::Returned,
                    ..mailed("returned", 0, LinkState::Requested)
                };
                let others = [
                    PasskeyLink { token: of("token"), ..returned },
                    PasskeyLink { token: of("other"), ..mailed("others", 0, LinkState::Sent) },
                    mailed("operators", 0, LinkState::Sent),
                ];
                for link in &others {
                    tx.add_link(link).await?;
                }
                assert_eq!(tx.revoke_links_of_token(&token, LinkKind::Mailed, at(3600)).await?, 0);
                assert_eq!(tx.revoke_links_of_token(&token, LinkKind::Mailed, at(3599)).await?, 3);
                for state in ALL {
                    let expected = if state.is_final() { state } else { LinkState::Revoked };
                    assert_eq!(state_of(&format!("{state:?}"), tx).await?, expected);
                }
                for link in &others {
                    assert_eq!(state_of(link.id.as_str(), tx).await?, link.state, "{}", link.id);
                }
                assert_eq!(tx.revoke_links_of_token(&token, LinkKind::Returned, at(1)).await?, 1);
                assert_eq!(state_of("returned", tx).await?, LinkState::Revoked);
                Ok(())
            })
        })
        .await;
    result.unwrap();
}

async fn of_a_user_those_links_are_revoked_that_are_open_and_all_are_deleted(
    store: Arc<dyn Store>,
) {
    add_ada_and_bob(&store).await;
    unit(&store, |(), tx| {
        Box::pin(async move {
            let (ada, bob): (UserId, UserId) = ("ada".parse().unwrap(), "bob".parse().unwrap());
            one_in_each_state(tx).await?;
            tx.add_link(&PasskeyLink { user: bob, ..mailed("bobs", 0, LinkState::Sent) }).await?;
            for (second, works) in [(3600, true), (3599, false)] {
                tx.revoke_open_links(&ada, at(second)).await?;
                for state in ALL {
                    let now = state_of(&format!("{state:?}"), tx).await?;
                    let stays = works || state.is_final();
                    assert_eq!(now, if stays { state } else { LinkState::Revoked });
                }
            }
            tx.delete_links_of(&ada).await?;
            for state in ALL {
                assert_eq!(tx.link(&id(state)).await?, None);
            }
            assert_eq!(state_of("bobs", tx).await?, LinkState::Sent);
            Ok(())
        })
    })
    .await;
}

async fn a_link_moves_from_the_state_that_it_is_in(store: Arc<dyn Store>) {
    add_ada_and_bob(&store).await;
    unit(&store, |(), tx| {
        Box::pin(async move {
            tx.add_link(&link()).await?;
            let (requested, sent) = (LinkState::Requested, LinkState::Sent);
            assert!(tx.move_link(&link().id, requested, sent).await?);
            assert!(!tx.move_link(&link().id, requested, LinkState::Undeliverable).await?);
            assert_eq!(state_of("link", tx).await?, sent);
            assert!(!tx.move_link(&"unknown".parse().unwrap(), requested, sent).await?);
            Ok(())
        })
    })
    .await;
}

async fn a_users_links_come_in_pages_in_the_order_of_their_requests(store: Arc<dyn Store>) {
    add_ada_and_bob(&store).await;
    unit(&store, |(), tx| {
        Box::pin(async move {
            let ada = "ada".parse().unwrap();
            for (id, requested) in [("3", 1), ("1", 2), ("2", 1)] {
                tx.add_link(&mailed(id, requested, LinkState::Sent)).await?;
            }
            let bob = "bob".parse().unwrap();
            tx.add_link(&PasskeyLink { user: bob, ..mailed("0", 0, LinkState::Sent) }).await?;
            for (after, limit, expected) in [
                (None, 2, &["2", "3"][..]),
                (Some("2"), 9, &["3", "1"]),
                (Some("3"), 9, &["1"]),
                (Some("1"), 9, &[]),
                (Some("gone"), 9, &["2", "3", "1"]),
            ] {
                let after = after.map(|id| id.parse::<LinkId>().unwrap());
                let links = tx.links_of(&ada, after.as_ref(), limit).await?;
                let ids: Vec<_> = links.iter().map(|link| link.id.as_str()).collect();
                assert_eq!(ids, expected);
            }
            Ok(())
        })
    })
    .await;
}

async fn the_newest_links_of_a_user_are_the_recent_ones(store: Arc<dyn Store>) {
    add_ada_and_bob(&store).await;
    unit(&store, |(), tx| {
        Box::pin(async move {
            let (ada, bob): (UserId, UserId) = ("ada".parse().unwrap(), "bob".parse().unwrap());
            for (id, requested) in [("1", 1), ("2", 2), ("3", 3)] {
                tx.add_link(&mailed(id, requested, LinkState::Replaced)).await?;
            }
            tx.add_link(&PasskeyLink { requested: at(4), ..link() }).await?;
            tx.add_link(&PasskeyLink { user: bob, ..mailed("bobs", 5, LinkState::Sent) }).await?;
            let recent = tx.recent_links(&ada, at(1), 9).await?;
            assert_eq!(recent.requested, [at(4), at(3), at(2)]);
            assert_eq!(recent.last_mailed, Some(at(3)));
            let recent = tx.recent_links(&ada, at(1), 1).await?;
            assert_eq!((recent.requested, recent.last_mailed), (vec![at(4)], None));
            Ok(())
        })
    })
    .await;
}
