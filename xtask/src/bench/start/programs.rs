//! The programs.

/// One of them.
pub(super) struct Program {
    pub(super) name: &'static str,
    pub(super) title: &'static str,
    /// The folder of its workspace, and its package there, which is also the name of the binary.
    pub(super) workspace: &'static str,
    pub(super) package: &'static str,
    /// The file of a handler, and a part of it; `NUMBER` in what comes there instead is another one each time.
    pub(super) file: &'static str,
    pub(super) part: &'static str,
    pub(super) changed: &'static str,
    pub(super) arguments: &'static [&'static str],
    pub(super) says: Says,
    pub(super) on_nats: bool,
}

/// By what it is known that a program has started.
pub(super) enum Says {
    /// Its handler prints its first event.
    Greeting,
    /// It logs that it is ready.
    Ready,
}

const SAID: &str = r#"println!("{}", greeting.text);"#;
const SAID_OTHERWISE: &str = r#"println!("{}", greeting.text.trim_end_matches("NUMBER"));"#;

pub(super) const PROGRAMS: [Program; 6] = [
    Program {
        name: "hello",
        title: "`hello`, `memory:`",
        workspace: "",
        package: "hello",
        file: "examples/hello/src/main.rs",
        ..HELLO
    },
    Program {
        name: "ruststream",
        title: "the same on `ruststream` in memory",
        package: "hello-ruststream",
        file: "benches/start/ruststream/src/main.rs",
        arguments: &["run"],
        ..HELLO
    },
    Program {
        name: "hello-nats",
        title: "`hello`, `nats:`",
        package: "hello-soorma-nats",
        file: "examples/hello/src/main.rs",
        on_nats: true,
        ..HELLO
    },
    Program {
        name: "async-nats",
        title: "the same by hand on `async-nats`",
        package: "hello-async-nats",
        file: "benches/start/async-nats/src/main.rs",
        on_nats: true,
        ..HELLO
    },
    // After the one by hand, whose stream it takes.
    Program {
        name: "ruststream-nats",
        title: "the same on `ruststream-nats`",
        package: "hello-ruststream-nats",
        file: "benches/start/ruststream-nats/src/main.rs",
        arguments: &["run"],
        on_nats: true,
        ..HELLO
    },
    Program {
        name: "order-flow",
        title: "order-flow with `sqlite:`, on `memory:`",
        workspace: "",
        package: "order-flow",
        file: "examples/order-flow/src/inventory.rs",
        part: "StockAnswer::OutOfStock { order, left },",
        changed: "StockAnswer::OutOfStock { order, left: left.min(u64::MAX - NUMBER) },",
        arguments: &["--agent", "orders", "--agent", "payments", "--agent", "inventory", "--agent", "audit"],
        says: Says::Ready,
        on_nats: false,
    },
];

/// What most have in common.
const HELLO: Program = Program {
    name: "",
    title: "",
    workspace: "benches/start",
    package: "",
    file: "",
    part: SAID,
    changed: SAID_OTHERWISE,
    arguments: &[],
    says: Says::Greeting,
    on_nats: false,
};
