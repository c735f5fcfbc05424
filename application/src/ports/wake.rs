//! Waking the mail worker.

pub trait Wake: Send + Sync {
    /// There may be a mail to send. Never waits.
    fn wake(&self);
}
