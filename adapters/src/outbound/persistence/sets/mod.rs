//! Units of work that share their statements. Those that come together run side by side in one
//! transaction. Where several ask for the same kind of thing at the same time, one statement answers all
//! of them; what they write waits until all have ended, and goes out together. So a use case is written for
//! one, and many of them take the statements of a few.
//!
//! Why: `docs/decisions/sets.md`.

pub(super) mod neighbours;
pub(super) mod together;
