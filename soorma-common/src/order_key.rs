//! Which types can be the key by which events are kept in order.

/// A field that can be an event's order key: `#[event(key = customer_id)]`.
///
/// Two events with equal keys are handled in the order in which they were stored, by handlers that say `ordered`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the key of an event",
    label = "not a type that soorma can order by",
    note = "a key is a string, an integer, a `bool`, a `char`, a `Uuid`, or an `Option` of one of these; for another type implement `soorma::OrderKey`"
)]
pub trait OrderKey {
    /// The key as text; `None` leaves the event without order.
    fn order_key(&self) -> Option<String>;
}

macro_rules! by_display {
    ($($type:ty),*) => {$(
        impl OrderKey for $type {
            fn order_key(&self) -> Option<String> {
                Some(self.to_string())
            }
        }
    )*};
}

by_display!(
    str,
    String,
    bool,
    char,
    u8,
    u16,
    u32,
    u64,
    u128,
    usize,
    i8,
    i16,
    i32,
    i64,
    i128,
    isize,
    uuid::Uuid
);

impl<K: OrderKey> OrderKey for Option<K> {
    fn order_key(&self) -> Option<String> {
        self.as_ref().and_then(OrderKey::order_key)
    }
}

impl<K: OrderKey + ?Sized> OrderKey for &K {
    fn order_key(&self) -> Option<String> {
        (*self).order_key()
    }
}
