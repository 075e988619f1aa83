//! The agent `accounts`: resets passwords, and deletes accounts, which nobody but people may ask for.

use anyhow::Context as _;
use soorma::prelude::*;

/// Send the customer a code with which to choose a new password.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema, EventPayload)]
#[event(
    topic = ActionRequests,
    event_type = "password.reset",
    response = PasswordCodeSent,
    when_to_use = "The customer cannot log in.",
    effects = Reversible,
)]
pub(crate) struct ResetPassword {
    /// How the code is sent.
    pub(crate) channel: Channel,
}

/// A way to reach the customer.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Channel {
    /// To the address of the account.
    Email,
    /// To the telephone of the account.
    Sms,
}

/// A code was sent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, EventPayload)]
#[event(topic = ActionResults, event_type = "password.code-sent")]
pub(crate) struct PasswordCodeSent {
    pub(crate) to: String,
    pub(crate) channel: Channel,
}

/// Delete the customer's account, with all that is in it.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema, EventPayload)]
#[event(
    topic = ActionRequests,
    event_type = "account.delete",
    response = AccountDeleted,
    effects = Destructive,
)]
pub(crate) struct DeleteAccount {}

/// An account is gone.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema, EventPayload)]
#[event(topic = ActionResults, event_type = "account.deleted")]
pub(crate) struct AccountDeleted {
    pub(crate) customer: String,
}

#[on_task(agent = "accounts")]
pub(crate) async fn reset_password(task: Task<ResetPassword>) -> anyhow::Result<PasswordCodeSent> {
    Ok(PasswordCodeSent { to: customer(task.envelope())?, channel: task.channel })
}

#[on_task(agent = "accounts")]
pub(crate) async fn delete(task: Task<DeleteAccount>) -> anyhow::Result<AccountDeleted> {
    Ok(AccountDeleted { customer: customer(task.envelope())? })
}

fn customer(envelope: &EventEnvelope) -> anyhow::Result<String> {
    envelope.user_id.clone().context("the request is on behalf of nobody")
}
