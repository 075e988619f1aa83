//! `nats://user:password@h1:4222,h2:4222?namespace=prod&replicas=3`: what a URL says.

use std::{path::PathBuf, str::FromStr, time::Duration};

use soorma_common::{duration, grammar};

/// What the URL says.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct NatsOptions {
    /// `host:port` each.
    pub(crate) servers: Vec<String>,
    pub(crate) user: Option<(String, String)>,
    pub(crate) token: Option<String>,
    pub(crate) credentials: Option<PathBuf>,
    pub(crate) nkey: Option<PathBuf>,
    pub(crate) certificates: Option<PathBuf>,
    pub(crate) tls: bool,
    /// What all names on the server begin with.
    pub(crate) namespace: String,
    pub(crate) replicas: u8,
    pub(crate) retention: Duration,
    pub(crate) dead_letter_retention: Duration,
    pub(crate) dedup: Duration,
    /// How large a topic may become.
    pub(crate) max_bytes: Option<u64>,
    /// How many events a topic may hold, those included that are settled.
    pub(crate) max_events: Option<u64>,
    /// How long to wait for a server at the start.
    pub(crate) connect: Duration,
}

const PARAMETERS: &str = "`namespace`, `replicas`, `retention`, `dead_letters`, `dedup`, `max_bytes`, \
                          `max_events`, `connect`, `token`, `creds`, `nkey`, `ca` and `tls`";

const DAY: Duration = Duration::from_secs(86_400);

impl Default for NatsOptions {
    fn default() -> Self {
        Self {
            servers: Vec::new(),
            user: None,
            token: None,
            credentials: None,
            nkey: None,
            certificates: None,
            tls: false,
            namespace: "soorma".to_owned(),
            replicas: 1,
            retention: DAY * 7,
            dead_letter_retention: DAY * 30,
            dedup: Duration::from_secs(120),
            max_bytes: None,
            max_events: None,
            connect: Duration::from_secs(60),
        }
    }
}

impl NatsOptions {
    /// Reads a URL.
    ///
    /// # Errors
    /// What is wrong with it, and what there is instead. Never what may be secret.
    pub(crate) fn parse(url: &str) -> Result<Self, String> {
        let rest = url.strip_prefix("nats://").ok_or("it must begin with `nats://`")?;
        let (authority, parameters) = rest.split_once('?').unwrap_or((rest, ""));
        let mut options = Self::default();
        let (user, servers) = match authority.rsplit_once('@') {
            Some((user, servers)) => (Some(user), servers),
            None => (None, authority),
        };
        if let Some(user) = user {
            let (name, password) = user.split_once(':').ok_or("before `@` there must be `user:password`")?;
            options.user = Some((decoded(name)?, decoded(password)?));
        }
        for server in servers.trim_end_matches('/').split(',') {
            options.servers.push(server_address(server)?);
        }
        for parameter in parameters.split('&').filter(|parameter| !parameter.is_empty()) {
            let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
            options.set(name, decoded(value)?)?;
        }
        let ways = [
            options.user.is_some(),
            options.token.is_some(),
            options.credentials.is_some(),
            options.nkey.is_some(),
        ];
        if ways.into_iter().filter(|given| *given).count() > 1 {
            return Err("one of user and password, `token`, `creds` and `nkey` is enough".to_owned());
        }
        Ok(options)
    }

    fn set(&mut self, name: &str, value: String) -> Result<(), String> {
        let time = |value: &str| {
            duration::parse(value)
                .filter(|time| !time.is_zero())
                .ok_or(format!("`{name}` must be {}", duration::EXPECTED))
        };
        let file = |value: String| match value.is_empty() {
            true => Err(format!("`{name}` must name a file")),
            false => Ok(Some(PathBuf::from(value))),
        };
        match name {
            "namespace" => {
                grammar::check_name(&value).map_err(|error| format!("`namespace`: {error}"))?;
                self.namespace = value;
            }
            "replicas" => self.replicas = number(name, &value, 1..=5)?,
            "retention" => self.retention = time(&value)?,
            "dead_letters" => self.dead_letter_retention = time(&value)?,
            "dedup" => self.dedup = time(&value)?,
            "max_bytes" => self.max_bytes = Some(number(name, &value, 1..=i64::MAX as u64)?),
            "max_events" => self.max_events = Some(number(name, &value, 1..=i64::MAX as u64)?),
            "connect" => self.connect = time(&value)?,
            "token" if value.is_empty() => return Err("`token` must not be empty".to_owned()),
            "token" => self.token = Some(value),
            "creds" => self.credentials = file(value)?,
            "nkey" => self.nkey = file(value)?,
            "ca" => {
                self.certificates = file(value)?;
                self.tls = true;
            }
            "tls" => {
                self.tls = match value.as_str() {
                    "true" | "" => true,
                    "false" => false,
                    _ => return Err("`tls` must be `true` or `false`".to_owned()),
                }
            }
            _ => return Err(format!("no parameter `{name}`; there are {PARAMETERS}")),
        }
        Ok(())
    }
}

/// The URL without what may be secret, for errors and logs.
pub(crate) fn redacted(url: &str) -> String {
    let (start, rest) = url.split_once("://").unwrap_or(("nats", url));
    let (authority, parameters) = rest.split_once('?').unwrap_or((rest, ""));
    let mut safe = format!("{start}://");
    if authority.contains('@') {
        safe.push_str("***@");
    }
    safe.push_str(authority.rsplit('@').next().unwrap_or_default());
    for (i, parameter) in parameters.split('&').filter(|parameter| !parameter.is_empty()).enumerate() {
        safe.push(if i == 0 { '?' } else { '&' });
        safe.push_str(if parameter.starts_with("token=") { "token=***" } else { parameter });
    }
    safe
}

fn server_address(server: &str) -> Result<String, String> {
    let (host, port) = match server.rsplit_once(':') {
        // An IPv6 address ends in a bracket.
        Some((host, port)) if !port.ends_with(']') => (host, port),
        _ => (server, "4222"),
    };
    let plain = |c: char| c.is_ascii_alphanumeric() || "-._[]:%".contains(c);
    if host.is_empty() || !host.chars().all(plain) {
        return Err("a server must be `host` or `host:port`; several are separated by commas".to_owned());
    }
    let port: u16 = number("the port", port, 1..=u16::MAX)?;
    Ok(format!("{host}:{port}"))
}

fn number<N: FromStr + PartialOrd + std::fmt::Display>(
    name: &str,
    value: &str,
    range: std::ops::RangeInclusive<N>,
) -> Result<N, String> {
    value
        .parse()
        .ok()
        .filter(|n| range.contains(n))
        .ok_or_else(|| format!("`{name}` must be a number from {} to {}", range.start(), range.end()))
}

/// `%40` is `@`.
fn decoded(text: &str) -> Result<String, String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    let wrong = || "after `%` there must be two hex digits".to_owned();
    while let Some(byte) = rest.next() {
        bytes.push(if byte == b'%' {
            let mut digit = || rest.next().and_then(|byte| char::from(byte).to_digit(16)).ok_or_else(wrong);
            u8::try_from(digit()? * 16 + digit()?).map_err(|_| wrong())?
        } else {
            byte
        });
    }
    String::from_utf8(bytes).map_err(|_| "what `%` says must be UTF-8".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_whole_url_is_read() {
        let url = "nats://ann:p%40ss@h1:4333,h2?namespace=prod&replicas=3&retention=2d&max_bytes=1000&max_events=7&ca=/tmp/ca.pem";
        let options = NatsOptions::parse(url).unwrap();
        assert_eq!(options.servers, ["h1:4333", "h2:4222"]);
        assert_eq!(options.user, Some(("ann".into(), "p@ss".into())));
        assert_eq!((options.namespace.as_str(), options.replicas), ("prod", 3));
        assert_eq!(options.retention, DAY * 2);
        assert_eq!((options.max_bytes, options.max_events), (Some(1000), Some(7)));
        assert!(options.tls && options.certificates.is_some());
        assert_eq!(NatsOptions::parse("nats://[::1]:4222/").unwrap().servers, ["[::1]:4222"]);
    }

    #[test]
    fn a_bad_url_is_answered_with_what_there_is() {
        for (url, reason) in [
            ("nats:localhost", "must begin with `nats://`"),
            ("nats://", "a server must be"),
            ("nats://h:0", "`the port` must be a number from 1 to 65535"),
            ("nats://ann@h", "`user:password`"),
            ("nats://h?replicas=9", "`replicas` must be a number from 1 to 5"),
            ("nats://h?namespace=Prod", "`namespace`: "),
            ("nats://h?retention=never", "`retention` must be a whole number and a unit"),
            ("nats://h?tls=maybe", "`tls` must be"),
            ("nats://h?colour=red", "no parameter `colour`; there are `namespace`,"),
            ("nats://a:b@h?token=t", "is enough"),
            ("nats://a:%4@h", "two hex digits"),
        ] {
            let error = NatsOptions::parse(url).err().unwrap();
            assert!(error.contains(reason), "{url}: {error}");
        }
    }

    #[test]
    fn what_is_secret_is_not_shown() {
        let shown = redacted("nats://ann:pass@h1,h2?token=secret&namespace=prod");
        assert_eq!(shown, "nats://***@h1,h2?token=***&namespace=prod");
        assert_eq!(redacted("nats://h"), "nats://h");
    }
}
