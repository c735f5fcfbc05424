//! A way around the lanes of an urgency, a part of it at a time.

use crate::mails::Lane;

/// How many mails are read at most at a time, unless there are more free slots.
const MOST: usize = 64;
/// How many are read soon, however long lanes are: some may be short.
const SOME: usize = 16;

#[derive(Debug, Clone, Copy)]
pub(crate) struct Circle {
    start: Lane,
    /// The lane behind which it goes on.
    pub after: Lane,
    /// Whether it goes on from the first lane of all.
    has_turned: bool,
    pub is_done: bool,
    /// How many mails to read next.
    pub limit: usize,
}

impl Circle {
    /// One that begins behind this lane, for so many free slots.
    pub fn new(start: Lane, free: usize) -> Self {
        let has_turned = start == Lane::START;
        Self { start, after: start, has_turned, is_done: false, limit: free.max(1) }
    }

    /// Notes that no more lanes come: it goes on with the first one, unless it has begun with that.
    pub fn turn(&mut self) {
        (self.is_done, self.has_turned, self.after) = (self.has_turned, true, Lane::START);
    }

    /// Whether the lane was looked at before.
    pub fn knows(&self, lane: Lane) -> bool {
        self.has_turned && self.start != Lane::START && lane > self.start
    }

    /// Notes how many lanes the mails had that were read. Where lanes are short, more mails show more of them.
    pub fn note_read(&mut self, lanes: usize) {
        if lanes > 1 || self.limit < SOME {
            self.limit = (self.limit * 2).min(MOST.max(self.limit));
        }
    }
}
