//! Types that claim `ticket.opened`. Their lines stand in the expected texts: add new ones at the end.

pub(crate) mod shop {
    use soorma::prelude::*;

    #[derive(Serialize, Deserialize, JsonSchema, EventPayload)]
    #[event(topic = BusinessFacts, event_type = "ticket.opened")]
    pub(crate) struct TicketOpened {
        pub(crate) ticket: String,
        pub(crate) priority: u8,
    }

    #[on_event]
    pub(crate) async fn opened(_ticket: Event<TicketOpened>) {}
}

pub(crate) mod billing {
    use soorma::prelude::*;

    #[derive(Serialize, Deserialize, JsonSchema, EventPayload)]
    #[event(topic = BusinessFacts, event_type = "ticket.opened")]
    pub(crate) struct Opened {
        pub(crate) ticket: String,
        pub(crate) priority: String,
    }

    #[on_event(agent = "billing")]
    pub(crate) async fn opened(_ticket: Event<Opened>) {}

    #[on_event(event_type = "thing.happened", agent = "billing", produces(Opened))]
    pub(crate) async fn publishes(_thing: Event<soorma_tests::Happened>) {}
}

pub(crate) mod copy {
    use soorma::prelude::*;

    /// The same on the wire, in other words and another order.
    #[derive(Serialize, Deserialize, JsonSchema, EventPayload)]
    #[event(topic = BusinessFacts, event_type = "ticket.opened")]
    pub(crate) struct Ticket {
        /// From 1, the most urgent, to 5.
        pub(crate) priority: u8,
        pub(crate) ticket: String,
    }

    #[on_event(agent = "copy")]
    pub(crate) async fn opened(_ticket: Event<Ticket>) {}
}
