//! From the domain's terms to the messages of the API.

use buffa::{Inline, MessageField};
use buffa_types::google::protobuf::{Duration, Timestamp};
use passlink_domain::ObjectDetails;

use crate::inbound::api::proto::zitadel::{object::v2, v1};

pub(crate) fn timestamp(at: jiff::Timestamp) -> Timestamp {
    Timestamp { seconds: at.as_second(), nanos: at.subsec_nanosecond(), ..Default::default() }
}

pub(crate) fn duration(duration: std::time::Duration) -> Duration {
    Duration {
        seconds: duration.as_secs().try_into().unwrap_or(i64::MAX),
        nanos: duration.subsec_nanos().try_into().unwrap_or_default(),
        ..Default::default()
    }
}

/// Details of either version, as a field of an answer.
pub(crate) fn details_field<T>(details: ObjectDetails) -> MessageField<T, Inline<T>>
where
    T: From<ObjectDetails> + Default,
{
    Some(details.into()).into()
}

macro_rules! from_details {
    ($($message:ty),+) => {
        $(impl From<ObjectDetails> for $message {
            fn from(details: ObjectDetails) -> Self {
                Self {
                    sequence: details.sequence.get(),
                    creation_date: details.created.map(timestamp).into(),
                    change_date: timestamp(details.changed).into(),
                    resource_owner: details.resource_owner.to_string(),
                    ..Default::default()
                }
            }
        })+
    };
}
from_details!(v1::ObjectDetails, v2::Details);

pub(crate) fn list_details(count: usize, standing: &ObjectDetails) -> v2::ListDetails {
    v2::ListDetails {
        total_result: count.try_into().unwrap_or(u64::MAX),
        processed_sequence: standing.sequence.get(),
        timestamp: timestamp(standing.changed).into(),
        ..Default::default()
    }
}
