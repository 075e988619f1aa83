//! Handlers and payloads wherever an item may stand, and as visible as their author wants them.

use soorma::{handlers, prelude::*, Handlers};

use crate::contracts::{CustomerTold, OrderPlaced};

/// A payload that nobody else sees, in a handler that everybody sees.
#[derive(Debug, Serialize, Deserialize, JsonSchema, EventPayload)]
#[event(topic = BusinessFacts, event_type = "place.private")]
struct Private {
    /// Any.
    number: u64,
}

/// As above, for the crate.
#[derive(Debug, Serialize, Deserialize, JsonSchema, EventPayload)]
#[event(topic = ActionResults, event_type = "place.shared")]
pub(crate) struct Shared {
    /// Any.
    number: u64,
}

/// Hears it.
#[on_event]
async fn private(event: Event<OrderPlaced>) -> Option<Private> {
    Some(Private { number: event.customer.0 })
}

/// Hears it.
#[on_event]
#[expect(private_interfaces, reason = "rustc says so of the function itself")]
pub(crate) async fn shared(event: Event<Private>) -> Shared {
    Shared { number: event.number }
}

mod inner {
    //! Further in.

    use soorma::prelude::*;

    pub(super) mod innermost {
        //! And further.

        use soorma::prelude::*;

        use crate::contracts::CustomerTold;

        /// A request within.
        #[derive(Debug, Serialize, Deserialize, JsonSchema, EventPayload)]
        #[event(topic = ActionRequests, event_type = "place.inner", response = super::super::Shared)]
        pub(in crate::places) struct Ask {
            /// Any.
            pub(in crate::places) number: u64,
        }

        /// Hears it.
        #[on_event(topic = ActionResults)]
        pub(in super::super) async fn upwards(event: Event<super::super::Shared>) -> CustomerTold {
            let super::super::Shared { number } = event.into_payload();
            CustomerTold(format!("up {number}"), 0)
        }
    }

    /// Hears it.
    #[on_task(event_type = "place.inner")]
    pub(super) async fn answer(task: Task<innermost::Ask>) -> super::Shared {
        super::Shared { number: task.number }
    }
}

/// Handlers of a function, and of a block within it.
#[must_use]
pub fn local() -> Handlers {
    /// A payload in a function.
    #[derive(Debug, Serialize, Deserialize, JsonSchema, EventPayload)]
    #[event(topic = BusinessFacts, event_type = "place.local", key = number)]
    struct Local {
        /// Any.
        number: u64,
    }

    #[on_event(ordered)]
    async fn within(event: Event<Local>) -> CustomerTold {
        CustomerTold(format!("local {}", event.number), 0)
    }

    #[on_event]
    async fn start(event: Event<OrderPlaced>) -> anyhow::Result<Local> {
        Ok(Local { number: event.customer.0 })
    }

    handlers![within, start]
}

/// Handlers that a macro of the user's writes.
macro_rules! tell {
    ($($(#[$attribute:meta])* $visibility:vis $name:ident($event:ident: $argument:ty) tells $number:literal;)*) => {$(
        $(#[$attribute])*
        $visibility async fn $name($event: $argument) -> CustomerTold {
            CustomerTold($event.into_payload().order_id, $number)
        }
    )*};
}

tell! {
    /// The first.
    #[on_event(name = "first")]
    pub first(order: Event<OrderPlaced>) tells 11;
    #[on_event(name = "second", agent = "other")]
    second(order: Event<OrderPlaced>) tells 12;
}

/// All of a payload that a macro of the user's writes, the name of soorma included.
macro_rules! payload {
    ($root:path, $visibility:vis $name:ident { $field:ident: $of:ty } as $event:literal on $topic:ident) => {
        /// Written by a macro.
        #[derive(Debug, Serialize, Deserialize, JsonSchema, EventPayload)]
        #[event(topic = $topic, event_type = $event, key = $field, crate = $root)]
        $visibility struct $name {
            $field: $of,
        }
    };
}

payload!(::soorma, pub(crate) Written { key: u8 } as "place.written" on PlanEvents);

#[cfg(test)]
mod tests {
    use soorma::testing::TestApp;

    use super::*;

    async fn told(list: Handlers) -> Vec<CustomerTold> {
        let app = TestApp::start(App::builder("orders").handlers(list)).await.unwrap();
        let _published = app.publish(OrderPlaced::new("o-1".into(), 9)).await.unwrap();
        app.settle().await.unwrap();
        let mut told = app.published::<CustomerTold>();
        told.sort_by_key(|told| told.1);
        told
    }

    #[tokio::test]
    async fn private_payloads_pass_from_module_to_module() {
        let list = handlers![private, shared, inner::innermost::upwards, inner::answer];
        assert_eq!(told(list).await, [CustomerTold("up 9".into(), 0)]);
    }

    #[tokio::test]
    async fn a_request_within_is_answered() {
        let app = TestApp::start(App::builder("inner").handlers(handlers![inner::answer])).await.unwrap();
        let answer = app.ask(inner::innermost::Ask { number: 3 }).await.unwrap();
        assert_eq!(answer.number, 3);
    }

    #[tokio::test]
    async fn handlers_in_a_function_are_heard() {
        assert_eq!(told(local()).await, [CustomerTold("local 9".into(), 0)]);
    }

    #[tokio::test]
    async fn handlers_of_a_macro_are_heard() {
        assert_eq!(told(handlers![first, second]).await.len(), 2);
        assert_eq!(Written { key: 4 }.partition_key().as_deref(), Some("4"));
    }
}
