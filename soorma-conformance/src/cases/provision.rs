//! C43: several instances provision at once; what drifted is told.

use anyhow::{Context, ensure};
use soorma::{
    broker::{Drifted, Start},
    prelude::*,
};

use crate::{
    Case, Need,
    bed::Bed,
    case::case,
    contract::{self, backlog, group, id, id_of_happened, publish_numbers},
    tolerance::PATIENCE,
    wait,
};

pub(super) const CASES: &[Case] = &[case!("C43", "five instances provision at once", provision)];

async fn provision(bed: Bed) -> anyhow::Result<()> {
    let specs = vec![
        group(id_of_happened("agent"), Start::Now)?,
        group(id("agent", ActionRequests, "conformance.>"), Start::Beginning)?,
        group(id("agent", PlanEvents, ">"), Start::Now)?,
    ];
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..5 {
        let (broker, specs) = (bed.broker().await?, specs.clone());
        tasks.spawn(async move { broker.provision(&specs, Drifted::Keep).await });
    }
    while let Some(done) = wait::ends(PATIENCE, "provisioning", tasks.join_next()).await? {
        let drift = done?.context("provisioning beside others")?;
        ensure!(drift.is_empty(), "what was just made has drifted: {drift:?}");
    }
    let broker = bed.broker().await?;
    let mut expected: Vec<_> = specs.iter().map(|spec| spec.id.clone()).collect();
    expected.sort_unstable();
    let durables = broker.durables().await?;
    ensure!(durables == expected, "the durables are {durables:?}");

    // Once more: what exists keeps its position.
    publish_numbers(&*broker, 0..10).await?;
    let mut member = broker.subscribe(&specs[0]).await?;
    contract::draw(&mut *member, 10).await?;
    drop(member);
    publish_numbers(&*broker, 10..13).await?;
    broker.provision(&specs, Drifted::Correct).await?;
    let waiting = backlog(&*broker, &specs[0].id).await?.total();
    ensure!(waiting == 3, "{waiting} wait after provisioning again, and not 3");

    // And removed when asked, not while somebody uses it.
    let removed = broker.remove(&specs[2].id).await?;
    ensure!(removed, "a durable could not be removed");
    let again = broker.remove(&specs[2].id).await?;
    ensure!(!again, "it could be removed twice");
    ensure!(broker.durables().await?.len() == 2, "it is still there");
    drift(&bed).await
}

/// A setting that somebody else has changed is told, and changed back when asked.
async fn drift(bed: &Bed) -> anyhow::Result<()> {
    if !bed.has(Need::Settings).await? {
        return Ok(());
    }
    let (bed, server) = bed.on_server().await?;
    let spec = group(id_of_happened("drifts"), Start::Now)?;
    let specs = std::slice::from_ref(&spec);
    let broker = bed.broker().await?;
    broker.provision(specs, Drifted::Keep).await?;
    if !server.change_setting(bed.space(), &spec.id).await? {
        bed.lacking(Need::Settings);
        return Ok(());
    }
    for (drifted, told) in
        [(Drifted::Keep, true), (Drifted::Keep, true), (Drifted::Correct, true), (Drifted::Keep, false)]
    {
        let drift = bed.broker().await?.provision(specs, drifted).await?;
        ensure!(drift.is_empty() != told, "provisioning with `{drifted:?}` told {drift:?}");
    }
    Ok(())
}
