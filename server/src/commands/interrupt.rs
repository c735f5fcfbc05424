//! Ctrl-C in an import.

use std::{
    io::{self, Write},
    process,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use indicatif::ProgressBar;
use tokio::signal::unix::{SignalKind, signal};

use crate::Error;

/// The exit code of what was interrupted: 128 and the number of SIGINT, as shells have it.
const INTERRUPTED: i32 = 130;

#[derive(PartialEq, Eq)]
enum Stage {
    /// Nothing is in the database.
    Undone,
    /// All may be in the database, or nothing.
    Committing,
    /// And somebody wants it to stop.
    Waiting,
}

/// What Ctrl-C does during an import: it ends the process, and says that nothing was imported.
pub(super) struct Interrupt(Arc<Mutex<Stage>>);

impl Interrupt {
    /// Listens from now on; what is said takes the place of `progress`.
    pub fn listen(progress: &ProgressBar) -> Result<Self, Error> {
        let (stage, progress) = (Arc::new(Mutex::new(Stage::Undone)), progress.clone());
        let mut interrupts = signal(SignalKind::interrupt())?;
        let seen = stage.clone();
        tokio::spawn(async move {
            while interrupts.recv().await.is_some() {
                interrupted(lock(&seen), &progress);
            }
        });
        Ok(Self(stage))
    }

    /// Nothing but the commit is left to do: from now on it is too late.
    pub fn too_late(&self) {
        *lock(&self.0) = Stage::Committing;
    }
}

/// As long as the stage is held, nothing is committed; so it is held until the process has ended.
fn interrupted(mut stage: MutexGuard<'_, Stage>, progress: &ProgressBar) {
    let told = match *stage {
        Stage::Undone => "nothing was imported: interrupted",
        Stage::Committing => {
            *stage = Stage::Waiting;
            let told = "it is too late to stop the import; interrupt again to quit without waiting";
            return progress.suspend(|| print(told));
        }
        Stage::Waiting => "interrupted; all was imported, or nothing",
    };
    progress.finish_and_clear();
    print(told);
    process::exit(INTERRUPTED);
}

/// Nobody may listen any more: what reads stderr gets the same Ctrl-C.
fn print(what: &str) {
    let _ = writeln!(io::stderr(), "passlink: {what}");
}

fn lock(stage: &Mutex<Stage>) -> MutexGuard<'_, Stage> {
    stage.lock().unwrap_or_else(PoisonError::into_inner)
}
