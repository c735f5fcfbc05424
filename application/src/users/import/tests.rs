use std::sync::Mutex;

use super::*;
use crate::fakes::{Waiting, World};

fn import(world: &Arc<World>) -> ImportUsers {
    ImportUsers::new(Box::new(Waiting::new(world.clone())), world.clone(), world.clone())
}

fn new(id: u64) -> Result<(NewUser, UserState), String> {
    let new = NewUser {
        id: Some(id.to_string().parse().unwrap()),
        organisation: "default".parse().unwrap(),
        email: format!("{id}@example.com").parse().unwrap(),
        email_verified: true,
        username: None,
        display_name: None,
        language: "en".parse().ok(),
    };
    Ok((new, UserState::Active))
}

async fn imported(world: &Arc<World>, lines: impl IntoIterator<Item = u64>) -> Result<u64, String> {
    let mut import = import(world);
    for (line, id) in (1..).zip(lines) {
        import.take(line, new(id)).await.unwrap();
    }
    import.finish(|_| ()).await.map_err(|error| error.to_string())
}

#[tokio::test]
async fn each_imported_user_has_the_first_entry_of_a_history() {
    let world = World::new();
    assert_eq!(imported(&world, 1..=2500).await, Ok(2500));
    let state = world.state();
    assert_eq!((state.users.len(), state.events.len()), (2500, 2500));
    assert!(state.events.iter().all(|event| event.sequence.get() == 1));
}

#[tokio::test]
async fn how_far_the_end_is_can_be_told() {
    let world = World::new();
    let mut import = import(&world);
    for line in 1..=3 {
        import.take(line, new(line)).await.unwrap();
    }
    let steps = Mutex::new(Vec::new());
    import.finish(|step| steps.lock().unwrap().push(step)).await.unwrap();
    let adding = |added| ImportStep::Adding { added, of: 3 };
    assert_eq!(*steps.lock().unwrap(), [ImportStep::Comparing, adding(0), adding(3)]);
}

#[tokio::test]
async fn a_user_is_imported_in_the_state_that_was_given() {
    let world = World::new();
    let mut import = import(&world);
    let locked = new(1).map(|(new, _)| (new, UserState::Locked));
    import.take(1, locked).await.unwrap();
    assert_eq!(import.finish(|_| ()).await.unwrap(), 1);
    assert_eq!(world.state().users["1"].state, UserState::Locked);
}

#[tokio::test]
async fn one_wrong_line_stops_all() {
    let world = World::new();
    let mut import = import(&world);
    import.take(1, new(1)).await.unwrap();
    import.take(2, Err("no JSON".into())).await.unwrap();
    let error = import.finish(|_| ()).await.unwrap_err();
    assert_eq!(error.to_string(), "nothing was imported\nline 2: no JSON");
    assert!(world.state().users.is_empty());
}

#[tokio::test]
async fn what_was_there_first_stands() {
    let world = World::new();
    world.user("7").await;
    let error = imported(&world, [3, 7, 3]).await.unwrap_err();
    assert_eq!(
        error,
        "nothing was imported\n\
         line 2: id: there is a user with it already\n\
         line 2: email: it belongs to a user of the organisation, 7\n\
         line 3: id: line 1 has it already\n\
         line 3: email: line 1 has it already, in the same organisation"
    );
    assert_eq!(world.state().users.len(), 1);
}

#[tokio::test]
async fn a_username_that_was_there_first_stands() {
    let world = World::new();
    let named = |id: u64, username: &str| {
        let username = Some(username.parse().unwrap());
        new(id).map(|(new, state)| (NewUser { username, ..new }, state))
    };
    world.user("7").await;
    let mut import = import(&world);
    for (line, id, username) in [(1, 1, "Ada"), (2, 2, "7@EXAMPLE.com"), (3, 3, "ada")] {
        import.take(line, named(id, username)).await.unwrap();
    }
    let error = import.finish(|_| ()).await.unwrap_err().to_string();
    assert_eq!(
        error,
        "nothing was imported\n\
         line 2: username: it belongs to a user of the organisation, 7\n\
         line 3: username: line 1 has it already, in the same organisation"
    );
}

#[tokio::test]
async fn the_first_twenty_wrong_lines_are_told_and_the_rest_is_counted() {
    let world = World::new();
    let mut import = import(&world);
    import.take(1, new(1)).await.unwrap();
    for line in (2..=101).rev() {
        import.take(line, Err("no JSON".into())).await.unwrap();
    }
    for line in 102..=201 {
        import.take(line, new(1)).await.unwrap();
    }
    let error = import.finish(|_| ()).await.unwrap_err().to_string();
    let lines: Vec<_> = error.lines().collect();
    assert_eq!((lines.len(), lines[1], lines[20]), (22, "line 2: no JSON", "line 21: no JSON"));
    assert_eq!(lines[21], "and 280 more");
}
