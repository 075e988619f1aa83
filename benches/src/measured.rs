//! The frame that callgrind and DHAT look for.

use std::hint::black_box;

/// Runs `body`, and has it counted.
///
/// The tools know it by its name, so it is no generic function (its name would then be part of others), is not inlined, and does
/// not end with the call (it would be gone while the body runs).
#[inline(never)]
pub(crate) fn measured(body: &mut dyn FnMut() -> anyhow::Result<()>) -> anyhow::Result<()> {
    black_box(body())
}
