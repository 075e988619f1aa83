//! On whose behalf a workflow runs.

use soorma_common::EventEnvelope;

/// On whose behalf a workflow runs: what the first event says, all its descendants carry.
///
/// ```
/// use soorma::Identity;
///
/// let identity = Identity { tenant_id: Some("tenant-1".into()), ..Identity::default() };
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Identity {
    /// The tenant.
    pub tenant_id: Option<String>,
    /// The user.
    pub user_id: Option<String>,
    /// The session.
    pub session_id: Option<String>,
    /// The goal that the workflow serves.
    pub goal_id: Option<String>,
    /// The plan that the workflow belongs to.
    pub plan_id: Option<String>,
}

impl Identity {
    pub(crate) fn put_into(&self, event: &mut EventEnvelope) {
        event.tenant_id.clone_from(&self.tenant_id);
        event.user_id.clone_from(&self.user_id);
        event.session_id.clone_from(&self.session_id);
        event.goal_id.clone_from(&self.goal_id);
        event.plan_id.clone_from(&self.plan_id);
    }
}
