// #[soorma::main(name = "order-processor")]
// async fn main(app: AppBuilder) -> anyhow::Result<AppBuilder> {
//     Ok(app.state(Stock))
// }

fn main() -> ::soorma::__private::ExitCode {
    #[allow(
        clippy::items_after_statements,
        clippy::single_call_fn,
        clippy::unused_async
    )]
    async fn main(app: AppBuilder) -> anyhow::Result<AppBuilder> {
        Ok(app.state(Stock))
    }
    ::soorma::__private::main(
        ::soorma::__private::About {
            name: "order-processor",
            handlers_in: &[],
            version: ::soorma::__private::core::env!("CARGO_PKG_VERSION"),
            description: "",
        },
        |__app| ::soorma::__private::boxed(async move {
            <anyhow::Result<
                AppBuilder,
            > as ::soorma::__private::IntoApp>::into_app(main(__app).await)
        }),
    )
}
