use async_trait::async_trait;
use jiff::Timestamp;
use passlink_domain::*;

use super::State;
use crate::fakes::everything::*;

#[async_trait]
impl Tokens for State {
    async fn add_token(&mut self, token: &Token, hash: &TokenHash) -> Result<(), StoreError> {
        self.tokens.push((token.clone(), hash.clone()));
        Ok(())
    }

    async fn token_by_hash(&mut self, hash: &TokenHash) -> Result<Option<Token>, StoreError> {
        let found = self.tokens.iter().find(|(_, stored)| hash.matches(stored.as_bytes()));
        Ok(found.map(|(token, _)| token.clone()))
    }

    async fn token(&mut self, id: &TokenId) -> Result<Option<Token>, StoreError> {
        let found = self.tokens.iter().find(|(token, _)| token.id == *id);
        Ok(found.map(|(token, _)| token.clone()))
    }

    async fn token_for_share(&mut self, id: &TokenId) -> Result<Option<Token>, StoreError> {
        self.token(id).await
    }

    async fn tokens_of_service(&mut self, name: &Text) -> Result<Vec<Token>, StoreError> {
        let tokens = self.tokens.iter().map(|(token, _)| token);
        let is_of = |token: &&Token| matches!(&token.holder, Holder::Service { name: it, .. } if it == name);
        let mut tokens: Vec<_> = tokens.filter(is_of).cloned().collect();
        tokens.sort_by(|a, b| a.id.cmp(&b.id));
        Ok(tokens)
    }

    async fn note_use(&mut self, id: &TokenId, at: Timestamp) -> Result<(), StoreError> {
        for (token, _) in self.tokens.iter_mut().filter(|(token, _)| token.id == *id) {
            token.last_used = Some(at);
        }
        Ok(())
    }

    async fn tokens_of(&mut self, user: &UserId) -> Result<Vec<Token>, StoreError> {
        let tokens = self.tokens.iter().filter(|(token, _)| token.holder.person() == Some(user));
        let mut tokens: Vec<_> = tokens.map(|(token, _)| token.clone()).collect();
        tokens.sort_by(|a, b| a.id.cmp(&b.id));
        Ok(tokens)
    }

    async fn delete_tokens_of(&mut self, user: &UserId) -> Result<(), StoreError> {
        self.tokens.retain(|(token, _)| token.holder.person() != Some(user));
        Ok(())
    }

    async fn revoke_token(
        &mut self,
        id: &TokenId,
        at: Timestamp,
    ) -> Result<Option<Token>, StoreError> {
        let found = self.tokens.iter_mut().find(|(token, _)| token.id == *id);
        Ok(found.map(|(token, _)| {
            token.revoked = token.revoked.or(Some(at));
            token.clone()
        }))
    }
}
