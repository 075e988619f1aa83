//! What an app says of itself in the registry: the definitions of its events, and what its agents do.

use soorma_common::{Contract, EventDefinition, Timestamp, id};

use crate::{
    handler::{AgentTable, Handler, HookRegistration, Table},
    registry::{Capability, EventReference, RegisteredAgent},
    sorted::Sorted,
};

/// What an app registers.
pub(super) struct Registration {
    /// Of every event that its agents name, and of their responses, by event type.
    pub(super) definitions: Vec<EventDefinition>,
    pub(super) agents: Vec<RegisteredAgent>,
}

impl Registration {
    pub(super) fn of(table: &Table, since: Timestamp) -> Self {
        let definitions = Definitions::of(table);
        let instance = id::fresh().to_string();
        let agents = table.agents.iter().map(|agent| RegisteredAgent {
            name: agent.name.to_string(),
            instance: instance.clone(),
            since,
            capabilities: {
                let handlers = agent.handlers.iter().map(|handler| definitions.of_handler(handler));
                handlers.chain(agent.hooks.iter().map(|hook| definitions.of_hook(hook))).collect()
            },
        });
        let agents = agents.collect();
        Self { definitions: definitions.0.into_values().map(|definition| *definition).collect(), agents }
    }
}

/// By event type and topic. Types that claim one event have the same schema: the table has checked that.
struct Definitions(Sorted<(&'static str, &'static str), Box<EventDefinition>>);

impl Definitions {
    fn of(table: &Table) -> Self {
        let mut definitions = Sorted::default();
        let mut define = |contract: &Contract| {
            definitions.or_insert_with(key(contract), || Box::new((contract.definition)()));
        };
        for agent in &table.agents {
            for contract in contracts(agent) {
                define(&contract);
                contract.response.map(&mut define);
            }
        }
        Self(definitions)
    }

    fn of_handler(&self, handler: &Handler) -> Capability {
        let registration = &handler.registration;
        Capability {
            handler: registration.handler.to_owned(),
            attribute: registration.role.attribute().to_owned(),
            description: registration.description.to_owned(),
            consumes: Some(EventReference {
                topic: registration.topic,
                event_name: registration.pattern.to_owned(),
                version: registration.consumes.as_ref().and_then(|contract| self.version(contract)),
            }),
            produces: self.references(registration.publishes()),
        }
    }

    fn of_hook(&self, hook: &HookRegistration) -> Capability {
        Capability {
            handler: hook.handler.to_owned(),
            attribute: hook.role.attribute().to_owned(),
            description: String::new(),
            consumes: None,
            produces: self.references(hook.publishes()),
        }
    }

    fn references(&self, contracts: Vec<Contract>) -> Vec<EventReference> {
        let reference = |contract: Contract| EventReference {
            topic: contract.topic,
            event_name: contract.event_type.to_owned(),
            version: self.version(&contract),
        };
        let mut references = Sorted::default();
        for contract in contracts {
            references.add(reference(contract));
        }
        references.into_keys()
    }

    fn version(&self, contract: &Contract) -> Option<u32> {
        self.0.get(&key(contract)).map(|definition| definition.payload.version)
    }
}

fn key(contract: &Contract) -> (&'static str, &'static str) {
    (contract.event_type, contract.topic.as_str())
}

/// Every payload type that an agent names.
fn contracts(agent: &AgentTable) -> Vec<Contract> {
    let mut all = Vec::new();
    for handler in &agent.handlers {
        all.extend(handler.registration.contracts());
    }
    for hook in &agent.hooks {
        all.extend(hook.publishes());
    }
    all
}
