//! One case: what must hold, what it needs, and how it is found out.

use std::fmt;

use soorma::BoxFuture;

use crate::{Need, bed::Bed};

/// One case of the suite.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub struct Case {
    /// `C01` to `C58`.
    pub id: &'static str,
    /// What it is about, in a few words.
    pub title: &'static str,
    /// What it cannot do without.
    pub needs: &'static [Need],
    pub(crate) run: fn(Bed) -> BoxFuture<'static, anyhow::Result<()>>,
}

impl fmt::Debug for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Case").field("id", &self.id).field("title", &self.title).finish_non_exhaustive()
    }
}

/// One line of a family's list.
macro_rules! case {
    ($id:literal, $title:literal, $run:path $(, $need:ident)*) => {
        $crate::Case { id: $id, title: $title, needs: &[$($crate::Need::$need),*], run: |bed| Box::pin($run(bed)) }
    };
}
pub(crate) use case;
