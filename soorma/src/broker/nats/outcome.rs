//! What an error of the server means to a publisher.

use soorma_common::EventTopic;

use crate::{
    broker::{BrokerError, PublishError},
    nats::{ApiError, AskError, Code},
};

/// The same error, as publishers know it.
pub(super) fn failure(error: Failure, topic: EventTopic) -> PublishError {
    let error = match error {
        Failure::Broker(BrokerError::Closed) => return PublishError::Closed,
        Failure::Broker(BrokerError::Refused(reason)) => return PublishError::Refused(reason),
        Failure::Broker(error) => return PublishError::Unavailable(Box::new(error)),
        Failure::Api(error) => error,
    };
    match &error {
        ApiError::Ask(AskError::Denied(_)) => PublishError::Denied(error.to_string()),
        ApiError::Ask(AskError::NoResponder(_)) => PublishError::NoTopic { topic },
        ApiError::Answered { code: Code::STREAM_NOT_FOUND, .. } => PublishError::NoTopic { topic },
        ApiError::Answered { .. } => PublishError::Refused(error.to_string()),
        ApiError::Ask(_) | ApiError::Unreadable(_) => PublishError::Unavailable(Box::new(error)),
    }
}

/// Where it failed.
pub(super) enum Failure {
    Broker(BrokerError),
    Api(ApiError),
}

impl From<BrokerError> for Failure {
    fn from(error: BrokerError) -> Self {
        Self::Broker(error)
    }
}

impl From<ApiError> for Failure {
    fn from(error: ApiError) -> Self {
        Self::Api(error)
    }
}
