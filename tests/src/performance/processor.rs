//! Processor time, as Linux counts it, in seconds.

use std::fs;

/// Clock ticks of `/proc/<pid>/stat` a second.
const TICKS: f64 = 100.0;

/// What a process has used, and what its ended children had that it waited for.
#[derive(Debug, Clone, Copy, Default)]
struct Used {
    own: f64,
    children: f64,
}

fn used(process: &str) -> Option<Used> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    let fields: Vec<_> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks = |at: usize| fields[at].parse::<f64>().unwrap() / TICKS;
    Some(Used { own: ticks(11) + ticks(12), children: ticks(13) + ticks(14) })
}

/// What a process has used.
pub fn of_process(id: u32) -> f64 {
    used(&id.to_string()).unwrap().own
}

/// What this process has used.
pub fn of_this_process() -> f64 {
    used("self").unwrap().own
}

/// What the programs used that this process ran to their end.
pub fn of_ended_children() -> f64 {
    used("self").unwrap().children
}

/// What a process and all of its children have used, those that have ended too.
pub fn of_family(id: u32) -> f64 {
    let parent = used(&id.to_string()).unwrap();
    let children = fs::read_to_string(format!("/proc/{id}/task/{id}/children")).unwrap();
    // One may end between the two looks.
    let children = children.split_whitespace().filter_map(used).map(|child| child.own);
    parent.own + parent.children + children.sum::<f64>()
}

/// What all of the machine has used, and what it could have.
pub fn of_machine() -> [f64; 2] {
    let stat = fs::read_to_string("/proc/stat").unwrap();
    let fields = stat.lines().next().unwrap().split_whitespace().skip(1);
    let ticks: Vec<f64> = fields.map(|field| field.parse().unwrap()).collect();
    // A guest's time is a part of the user's.
    let all: f64 = ticks[..8].iter().sum();
    let idle = ticks[3] + ticks[4];
    [(all - idle) / TICKS, all / TICKS]
}
