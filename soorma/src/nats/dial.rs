//! One try to connect, with the access that the URL gives.

use std::time::Duration;

use async_nats::{Client, ConnectOptions};

use super::{NatsOptions, events::Events};

pub(super) enum Attempt {
    Invalid(String),
    Failed(async_nats::ConnectError),
}

pub(super) async fn connect_once(options: &NatsOptions, events: Events) -> Result<Client, Attempt> {
    let file = |path: &std::path::Path, error: std::io::Error| {
        Attempt::Invalid(format!("the file `{}` cannot be used: {error}", path.display()))
    };
    let mut connect = ConnectOptions::new()
        .name("soorma")
        .event_callback(move |event| {
            events.note(event);
            std::future::ready(())
        })
        .reconnect_delay_callback(|attempts| match attempts {
            0 | 1 => Duration::ZERO,
            _ => Duration::from_millis(20 << attempts.min(6)).min(Duration::from_secs(1)),
        })
        .ping_interval(Duration::from_secs(10))
        // It looks at the inbox as well, and for each delimiter by itself; `check_subject` is there before it.
        .skip_subject_validation(true);
    if let Some((user, password)) = &options.user {
        connect = connect.user_and_password(user.clone(), password.clone());
    }
    if let Some(token) = &options.token {
        connect = connect.token(token.clone());
    }
    if let Some(path) = &options.credentials {
        connect = connect.credentials_file(path).await.map_err(|error| file(path, error))?;
    }
    if let Some(path) = &options.nkey {
        let seed = std::fs::read_to_string(path).map_err(|error| file(path, error))?;
        connect = connect.nkey(seed.trim().to_owned());
    }
    if let Some(path) = &options.certificates {
        std::fs::metadata(path).map_err(|error| file(path, error))?;
        connect = connect.add_root_certificates(path.clone());
    }
    connect = connect.require_tls(options.tls);
    connect.connect(options.servers.clone()).await.map_err(Attempt::Failed)
}
