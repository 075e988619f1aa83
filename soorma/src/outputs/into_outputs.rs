//! Which types a handler may return.

use super::{Failure, Outputs, Produces};

/// A type that a handler can return. What it holds is published before the event is acknowledged.
///
/// `()`, a payload (the derive of `EventPayload` implements this), `Option`, `Vec`, tuples of up to six, an enum
/// with `#[derive(Outputs)]`, and `Result` of any of these.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be returned from a handler",
    label = "not something soorma can publish",
    note = "a payload has `#[derive(EventPayload)]`, an enum of payloads `#[derive(Outputs)]`",
    note = "handlers return one of these, `()`, an `Option`, a `Vec` or a tuple of up to six of them, or a `Result` of any of these"
)]
pub trait IntoOutputs {
    /// What is published.
    const PRODUCES: Produces;

    /// Adds what is to be published.
    ///
    /// # Errors
    /// The handler's own error, or that a payload cannot be written as JSON.
    fn into_outputs(self, outputs: &mut Outputs) -> anyhow::Result<()>;
}

impl IntoOutputs for () {
    const PRODUCES: Produces = Produces::Nothing;

    fn into_outputs(self, _outputs: &mut Outputs) -> anyhow::Result<()> {
        Ok(())
    }
}

impl<T: IntoOutputs> IntoOutputs for Option<T> {
    const PRODUCES: Produces = Produces::Maybe(&T::PRODUCES);

    fn into_outputs(self, outputs: &mut Outputs) -> anyhow::Result<()> {
        match self {
            Some(some) => some.into_outputs(outputs),
            None => Ok(()),
        }
    }
}

impl<T: IntoOutputs> IntoOutputs for Vec<T> {
    const PRODUCES: Produces = Produces::Maybe(&T::PRODUCES);

    fn into_outputs(self, outputs: &mut Outputs) -> anyhow::Result<()> {
        outputs.list(|outputs| self.into_iter().try_for_each(|one| one.into_outputs(outputs)))
    }
}

impl<T: IntoOutputs, E: Failure> IntoOutputs for Result<T, E> {
    const PRODUCES: Produces = T::PRODUCES;

    fn into_outputs(self, outputs: &mut Outputs) -> anyhow::Result<()> {
        match self {
            Ok(some) => some.into_outputs(outputs),
            Err(error) => Err(error.into_error()),
        }
    }
}

macro_rules! tuples {
    ($(($($member:ident $index:tt),+))*) => {$(
        impl<$($member: IntoOutputs),+> IntoOutputs for ($($member,)+) {
            const PRODUCES: Produces = Produces::All(&[$($member::PRODUCES),+]);

            fn into_outputs(self, outputs: &mut Outputs) -> anyhow::Result<()> {
                $(outputs.member($index, |outputs| self.$index.into_outputs(outputs))?;)+
                Ok(())
            }
        }
    )*};
}

tuples! {
    (A 0)
    (A 0, B 1)
    (A 0, B 1, C 2)
    (A 0, B 1, C 2, D 3)
    (A 0, B 1, C 2, D 3, E 4)
    (A 0, B 1, C 2, D 3, E 4, F 5)
}
