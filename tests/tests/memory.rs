//! What agents remember: whose it is, for how long, and that nobody overwrites anybody.

#![allow(clippy::unwrap_used)]

use std::{sync::Arc, time::Duration};

use soorma::{Identity, handlers, prelude::*, testing::TestApp};
use soorma_tests::{Happened, Log};

/// Says what each memory holds, and then writes its own mark into all of them.
#[on_event]
#[on_event(agent = "other")]
async fn mark(
    thing: Event<Happened>,
    memory: Memory,
    context: Context,
    log: State<Arc<Log<String>>>,
) -> anyhow::Result<()> {
    let of_user_and_plan = memory.of_user().and_then(|memory| memory.of_plan());
    let all = [
        Some(memory.clone()),
        Some(memory.shared()),
        memory.of_user(),
        memory.of_plan(),
        of_user_and_plan,
        memory.of_plan().map(|memory| memory.shared()),
    ];
    let mut found = vec![format!("{} {}", thing.number, context.agent())];
    for memory in all {
        let Some(memory) = memory else {
            found.push("none".to_owned());
            continue;
        };
        let marks = |old: Option<Vec<u32>>| [old.unwrap_or_default(), vec![thing.number]].concat();
        found.push(format!("{:?}", memory.update("marks", marks).await?));
        anyhow::ensure!(memory.keys().await? == ["marks"]);
    }
    log.add(found.join(" "));
    Ok(())
}

async fn marks(agents: &[&str], identities: &[Identity]) -> Vec<String> {
    let log = Arc::<Log<String>>::default();
    let app = App::builder("first").handlers(handlers![mark]).state(log.clone()).agents(agents.to_vec());
    let app = TestApp::start(app).await.unwrap();
    for (number, identity) in (1..).zip(identities) {
        app.bus().on_behalf_of(identity.clone()).publish(Happened::number(number)).await.unwrap();
        app.settle().await.unwrap();
    }
    assert!(app.dead_letters().await.unwrap().is_empty());
    log.entries()
}

fn identity(tenant: &str, user: &str, plan: &str) -> Identity {
    let text = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    Identity { tenant_id: text(tenant), user_id: text(user), plan_id: text(plan), ..Identity::default() }
}

#[tokio::test]
async fn tenants_users_plans_and_agents_have_memories_of_their_own() {
    let identities = [
        identity("", "", ""),
        identity("_", "", ""),
        identity("", "ann", ""),
        identity("", "bob", "p"),
        identity("", "ann", "p"),
        // A plan that is called like a user.
        identity("", "p", "ann"),
    ];
    assert_eq!(
        marks(&["first"], &identities).await,
        [
            "1 first [1] [1] none none none none",
            "2 first [2] [2] none none none none",
            "3 first [1, 3] [1, 3] [3] none none none",
            "4 first [1, 3, 4] [1, 3, 4] [4] [4] [4] [4]",
            "5 first [1, 3, 4, 5] [1, 3, 4, 5] [3, 5] [4, 5] [5] [4, 5]",
            "6 first [1, 3, 4, 5, 6] [1, 3, 4, 5, 6] [6] [6] [6] [6]",
        ]
    );
}

#[tokio::test]
async fn what_is_shared_is_shared_among_agents_and_nothing_else_is() {
    let mut found = marks(&["first", "other"], &[identity("t", "ann", "p")]).await;
    found.sort_by_key(String::len);
    for (n, line) in found.iter().enumerate() {
        let shared = if n == 0 { "[1]" } else { "[1, 1]" };
        assert!(line.ends_with(&format!("[1] {shared} [1] [1] [1] {shared}")), "{found:?}");
    }
}

#[on_event]
async fn keep(
    thing: Event<Happened>,
    memory: Memory,
    log: State<Arc<Log<Option<u32>>>>,
) -> anyhow::Result<()> {
    log.add(memory.retrieve("last").await?);
    memory.store_for("last", &thing.number, Duration::from_secs(60)).await?;
    Ok(())
}

#[tokio::test]
async fn what_is_stored_for_a_time_is_forgotten_when_it_is_over() {
    let log = Arc::<Log<Option<u32>>>::default();
    let app = App::builder("first").handlers(handlers![keep]).state(log.clone());
    let app = TestApp::start(app).await.unwrap();
    for (number, pause) in [(1, 59), (2, 61), (3, 0)] {
        app.publish(Happened::number(number)).await.unwrap();
        app.settle().await.unwrap();
        app.advance(Duration::from_secs(pause)).await;
    }
    assert_eq!(log.entries(), [None, Some(1), None]);
}
