use async_trait::async_trait;
use passlink_domain::*;

use super::State;
use crate::fakes::everything::*;

#[async_trait]
impl OrganisationMails for State {
    async fn mailed_for(
        &mut self,
        organisation: &OrganisationId,
    ) -> Result<MailedMinutes, StoreError> {
        Ok(self.organisations.get(organisation).cloned().unwrap_or_default())
    }

    async fn set_mailed_for(
        &mut self,
        organisation: &OrganisationId,
        mailed: &MailedMinutes,
    ) -> Result<(), StoreError> {
        self.organisations.insert(organisation.clone(), mailed.clone());
        Ok(())
    }

    async fn forget_organisation_mails(
        &mut self,
        before: Minute,
        limit: u64,
    ) -> Result<u64, StoreError> {
        let mut left = limit;
        self.organisations.retain(|_, mailed| {
            let goes = left > 0 && mailed.0.first().is_none_or(|newest| newest.minute < before);
            left -= u64::from(goes);
            !goes
        });
        Ok(limit - left)
    }
}
