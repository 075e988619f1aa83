//! `sqlite:orders.db?retention=7d`: what a URL says.

use std::{path::PathBuf, time::Duration};

use soorma_common::duration;

/// What the URL says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SqliteOptions {
    pub(crate) path: PathBuf,
    /// How long a topic keeps its events.
    pub(crate) retention: Duration,
    pub(crate) dead_letter_retention: Duration,
    /// For how long a repeated `(source, id)` is recognised, at least.
    pub(crate) dedup: Duration,
    /// How large the file may become before publishing fails as full.
    pub(crate) max_bytes: Option<u64>,
}

const PARAMETERS: &str = "`retention`, `dead_letters`, `dedup` and `max_bytes`";

const DAY: Duration = Duration::from_secs(86_400);

impl SqliteOptions {
    /// Reads a URL.
    ///
    /// # Errors
    /// What is wrong with it, and what there is instead.
    pub(crate) fn parse(url: &str) -> Result<Self, String> {
        let rest = url.strip_prefix("sqlite:").ok_or("it must begin with `sqlite:`")?;
        let (path, parameters) = rest.split_once('?').unwrap_or((rest, ""));
        // `sqlite:///var/lib/orders.db` is how others write `sqlite:/var/lib/orders.db`.
        let path = path.strip_prefix("//").unwrap_or(path);
        if path.is_empty() || path == ":memory:" {
            return Err(
                "it must name a file, as in `sqlite:soorma.db`; without a file there is `memory:`".into()
            );
        }
        let mut options = Self {
            path: PathBuf::from(path),
            retention: DAY * 7,
            dead_letter_retention: DAY * 30,
            dedup: Duration::from_secs(120),
            max_bytes: None,
        };
        for parameter in parameters.split('&').filter(|parameter| !parameter.is_empty()) {
            let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
            let time = || {
                duration::parse(value)
                    .filter(|time| !time.is_zero())
                    .ok_or(format!("`{name}` must be {}", duration::EXPECTED))
            };
            match name {
                "retention" => options.retention = time()?,
                "dead_letters" => options.dead_letter_retention = time()?,
                "dedup" => options.dedup = time()?,
                "max_bytes" => {
                    let bytes = value.parse().ok().filter(|bytes| *bytes > 0);
                    options.max_bytes = Some(bytes.ok_or("`max_bytes` must be a number from 1 on")?);
                }
                _ => return Err(format!("no parameter `{name}`; there are {PARAMETERS}")),
            }
        }
        Ok(options)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_names_a_file_and_settings() {
        let options = SqliteOptions::parse("sqlite:orders.db?retention=1d&max_bytes=1000").unwrap();
        assert_eq!(
            (options.path, options.retention, options.max_bytes),
            ("orders.db".into(), DAY, Some(1000))
        );
        assert_eq!(SqliteOptions::parse("sqlite:///a/b.db").unwrap().path, PathBuf::from("/a/b.db"));
        for (url, says) in [
            ("sqlite:", "must name a file"),
            ("sqlite:a.db?retention=soon", "`retention` must be"),
            ("sqlite:a.db?max_bytes=0", "`max_bytes` must be a number from 1 on"),
            ("sqlite:a.db?replicas=3", "no parameter `replicas`; there are `retention`"),
        ] {
            let error = SqliteOptions::parse(url).unwrap_err();
            assert!(error.contains(says), "{url}: {error}");
        }
    }
}
