//! Listing a user's links.

use passlink_domain::{LinkId, PasskeyLink, UserId};

use crate::{links::LinkError, ports::Ports};

pub struct ListLinks(pub Ports);

impl ListLinks {
    /// Up to `limit` of the user's links, in the order in which they were requested, after `after`, each as
    /// it is now.
    pub async fn page(
        &self,
        user: UserId,
        after: Option<LinkId>,
        limit: u64,
    ) -> Result<Vec<PasskeyLink>, LinkError> {
        let now = self.0.clock.now();
        let list = self.0.store.read((user, after), move |(user, after), tx| {
            Box::pin(async move {
                tx.user(user).await?.ok_or(LinkError::UserNotFound)?;
                let links = tx.links_of(user, after.as_ref(), limit).await?;
                Ok(links.into_iter().map(|link| link.seen_at(now)).collect())
            })
        });
        list.await
    }
}
