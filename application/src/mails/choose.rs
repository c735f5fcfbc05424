//! Choosing which of the mails that wait a worker takes next.

use std::{collections::VecDeque, time::Duration};

use jiff::Timestamp;
use passlink_domain::earlier;

use crate::{
    mails::{Lane, Urgency, circle::Circle, deal::Deal},
    ports::{ReadyMail, Repositories, StoreResult},
};

/// For how long a mail is fresh. Where older ones wait as well, as after an outage, fresh ones come
/// first: somebody who has just asked for a link is still there.
const FRESH: Duration = Duration::from_secs(30);
/// How many times the outbox is asked at most for lanes that may have a slot. The next choice goes on
/// from there.
const LOOKS: usize = 16;
/// Fewer fresh mails than this are read at once, whatever their lanes.
const FEW: usize = 64;

/// Chooses mails for the free slots. However many wait, it looks at a bounded number.
pub(crate) async fn choose(
    mut deal: Deal,
    now: Timestamp,
    tx: &mut dyn Repositories,
) -> StoreResult<Deal> {
    let free = deal.free;
    let some = tx.ready(None, free + 1).await?;
    let is_all = some.len() <= free;
    if !is_all {
        deal.give_out(fresh(now, tx).await?);
    }
    let mut circles = deal.circles;
    for (urgency, circle) in &mut circles {
        let lanes = if is_all {
            circle.is_done = true;
            by_lane(some.iter().filter(|mail| mail.urgency == *urgency).cloned())
        } else if deal.free > 0 {
            gather(*urgency, circle, &deal, now, tx).await?
        } else {
            break;
        };
        deal.give_out(lanes);
    }
    deal.go_on(circles);
    Ok(deal)
}

/// The fresh ones among the mails that somebody waits for, when they are few. When they are many, each
/// lane reads its own.
async fn fresh(now: Timestamp, tx: &mut dyn Repositories) -> StoreResult<Lanes> {
    let fresh = tx.ready_since(Urgency::Awaited, None, earlier(now, FRESH), FEW).await?;
    let mut fresh = if fresh.len() < FEW { fresh } else { Vec::new() };
    fresh.sort_by_key(|mail| (mail.lane, mail.since));
    Ok(by_lane(fresh))
}

type Lanes = Vec<(Lane, VecDeque<ReadyMail>)>;

fn by_lane(mails: impl IntoIterator<Item = ReadyMail>) -> Lanes {
    let mut lanes = Lanes::new();
    for mail in mails {
        match lanes.last_mut().filter(|(lane, _)| *lane == mail.lane) {
            Some((_, mails)) => mails.push_back(mail),
            None => lanes.push((mail.lane, VecDeque::from([mail]))),
        }
    }
    lanes
}

/// Goes around the lanes, until there are enough.
async fn gather(
    urgency: Urgency,
    circle: &mut Circle,
    deal: &Deal,
    now: Timestamp,
    tx: &mut dyn Repositories,
) -> StoreResult<Lanes> {
    let (mut lanes, mut open) = (Lanes::new(), 0);
    for _ in 0..LOOKS {
        if circle.is_done || open >= deal.free {
            break;
        }
        let mails = tx.ready(Some((urgency, circle.after)), circle.limit).await?;
        let found = by_lane(mails.into_iter().take_while(|it| it.urgency == urgency));
        let Some((last, _)) = found.last() else {
            circle.turn();
            continue;
        };
        circle.note_read(found.len());
        circle.after =
            if deal.is_served(last.organisation) { last.end_of_organisation() } else { *last };
        for (lane, mails) in found {
            if circle.knows(lane) {
                circle.is_done = true;
                break;
            }
            if deal.is_open(lane) {
                open += 1;
                lanes.push((lane, fresh_first(mails, deal.free, now, tx).await?));
            } else {
                lanes.push((lane, mails));
            }
        }
    }
    Ok(lanes)
}

/// The mails of a lane, with the fresh ones before those that have waited for long.
async fn fresh_first(
    mails: VecDeque<ReadyMail>,
    limit: usize,
    now: Timestamp,
    tx: &mut dyn Repositories,
) -> StoreResult<VecDeque<ReadyMail>> {
    let since = earlier(now, FRESH);
    let Some(first) = mails.front().filter(|mail| mail.since < since) else { return Ok(mails) };
    let fresh = tx.ready_since(first.urgency, Some(first.lane), since, limit).await?;
    let old = mails.into_iter().filter(|mail| mail.since < since);
    Ok(fresh.into_iter().chain(old).collect())
}

#[cfg(test)]
mod tests;
