//! The boxed future that object-safe contracts return.

use std::pin::Pin;

/// A future behind a pointer: what the methods of [`Broker`](crate::broker::Broker) and
/// [`Store`](crate::store::Store) return.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;
