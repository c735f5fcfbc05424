//! From the domain's terms to the messages of the API.

use buffa_types::google::protobuf::{Duration, Timestamp};
use passlink_domain::ObjectDetails;

use super::proto::zitadel::v1;

fn timestamp(at: jiff::Timestamp) -> Timestamp {
    Timestamp { seconds: at.as_second(), nanos: at.subsec_nanosecond(), ..Default::default() }
}

/// A duration as the API tells it.
pub(super) fn duration(duration: std::time::Duration) -> Duration {
    Duration {
        seconds: duration.as_secs().try_into().unwrap_or(i64::MAX),
        nanos: duration.subsec_nanos().try_into().unwrap_or_default(),
        ..Default::default()
    }
}

impl From<ObjectDetails> for v1::ObjectDetails {
    fn from(details: ObjectDetails) -> Self {
        Self {
            sequence: details.sequence.get(),
            creation_date: details.created.map(timestamp).into(),
            change_date: timestamp(details.changed).into(),
            resource_owner: details.resource_owner.to_string(),
            ..Default::default()
        }
    }
}
