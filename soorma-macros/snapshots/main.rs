// /// Processes orders.
// #[soorma::main(name = "order-processor", handlers_in = [my_agents])]
// async fn main() {}

#[allow(unused_imports)]
use my_agents as _;
fn main() -> ::soorma::__private::ExitCode {
    #[allow(
        clippy::items_after_statements,
        clippy::single_call_fn,
        clippy::unused_async
    )]
    /// Processes orders.
    async fn main() {}
    ::soorma::__private::main(
        ::soorma::__private::About {
            name: "order-processor",
            handlers_in: &["my_agents"],
            version: ::soorma::__private::core::env!("CARGO_PKG_VERSION"),
            description: "Processes orders.",
        },
        |__app| ::soorma::__private::boxed(async move {
            <() as ::soorma::__private::IntoDone>::into_done(main().await)
                .map(|()| __app)
        }),
    )
}
