//! All times that the suite goes by, in one place: what it asks of brokers, and how much it forgives.

use std::time::Duration;

/// How long anything is waited for that must happen: a case that fails does so after this.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// By how much a redelivery or a delayed event may be late.
pub(crate) const LATE: Duration = Duration::from_secs(4);

/// How soon a healthy consumer has a new event, whatever else goes on.
pub(crate) const SOON: Duration = Duration::from_secs(1);

/// The lease of cases that are not about leases: long, so that a machine that stands still loses none.
pub(crate) const LEASE: Duration = Duration::from_secs(10);

/// The lease of cases that wait for its end.
pub(crate) const SHORT_LEASE: Duration = Duration::from_secs(1);

/// The lease of a case that must keep it, and the time of one that waits for it to be over. Kept as long as no write takes longer than
/// two thirds of it: a busy disk may need a second.
pub(crate) const KEPT_LEASE: Duration = Duration::from_secs(4);

/// How long one case may take in all.
pub(crate) const CASE_LIMIT: Duration = Duration::from_secs(180);

/// How often a condition is looked at.
pub(crate) const LOOK: Duration = Duration::from_millis(5);
