//! Which process of which machine this is, and whether another one is gone: so that what a process had
//! in hand when it was killed can be taken from it at once, by who can prove that it is gone.
//!
//! Linux says it in `/proc`. Elsewhere no process has a name, and none is known to be gone.

use std::{fs, io, path::Path};

/// A name that no other process has or will have: the machine's boot, the namespace in which process ids
/// hold, the process id, and when the process began. `None` where it can't be told.
pub fn name() -> Option<String> {
    let here = here()?;
    let (id, proc) = (std::process::id(), Path::new("/proc/self"));
    let began = running_since(proc).ok().flatten()?;
    Some(format!("{here} {id} {began}"))
}

/// Whether the process of this name ran on this machine, or in this container, and no longer does.
pub fn is_gone(name: &str) -> bool {
    let of_here = || name.strip_prefix(&here()?)?.strip_prefix(' ')?.split_once(' ');
    let Some((id, began)) = of_here() else { return false };
    let Ok(id) = id.parse::<u32>() else { return false };
    // Where processes of others are hidden, a missing one may only be hidden.
    if !Path::new("/proc/1/stat").exists() {
        return false;
    }
    match running_since(&Path::new("/proc").join(id.to_string())) {
        Ok(since) => since.as_deref() != Some(began),
        Err(error) => error.kind() == io::ErrorKind::NotFound,
    }
}

/// The boot, and the namespace of process ids.
fn here() -> Option<String> {
    let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    let namespace = fs::read_link("/proc/self/ns/pid").ok()?;
    Some(format!("{} {}", boot.trim(), namespace.to_str()?))
}

/// When the process of a folder of `/proc` began, in the system's ticks since the boot; `None` of one
/// that has ended and that nobody has asked about yet.
fn running_since(proc: &Path) -> io::Result<Option<String>> {
    let stat = fs::read_to_string(proc.join("stat"))?;
    // What comes behind the program's name, which may hold anything: the state is field 3, the time 22.
    let fields = stat.rsplit_once(')').map_or("", |(_, fields)| fields);
    let mut fields = fields.split_ascii_whitespace();
    let ended = fields.next().is_none_or(|state| matches!(state, "Z" | "X" | "x"));
    Ok(fields.nth(18).filter(|_| !ended).map(str::to_owned))
}

#[cfg(test)]
mod tests;
