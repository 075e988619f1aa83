//! What the kernel says of a process. Linux.

use std::fs;

use anyhow::Context;

/// Memory and CPU of a process.
#[derive(Clone, Copy, Debug, Default)]
pub struct Usage {
    /// The most that was resident, in KB.
    pub peak: u64,
    /// What is resident now, in KB.
    pub resident: u64,
    /// User and system, in seconds.
    pub cpu: f64,
}

impl Usage {
    /// Of the process with this id.
    ///
    /// # Errors
    /// There is no such process, or no `/proc`.
    pub fn of(id: u32) -> anyhow::Result<Self> {
        let read = |file: &str| {
            fs::read_to_string(format!("/proc/{id}/{file}"))
                .with_context(|| format!("nothing is known of process {id}; this needs Linux"))
        };
        let status = read("status")?;
        let kilobytes = |name: &str| -> anyhow::Result<u64> {
            let line = status.lines().find_map(|line| line.strip_prefix(name));
            let line = line.with_context(|| format!("process {id} has no `{name}`"))?;
            Ok(line.split_whitespace().next().unwrap_or_default().parse()?)
        };
        // Fields 14 and 15 of proc_pid_stat(5), in ticks of 10 ms; the name in field 2 may contain spaces.
        let stat = read("stat")?;
        let (_, after_name) = stat.rsplit_once(')').context("`stat` has changed")?;
        let ticks: Vec<f64> =
            after_name.split_whitespace().skip(11).take(2).map_while(|ticks| ticks.parse().ok()).collect();
        Ok(Self {
            peak: kilobytes("VmHWM:")?,
            resident: kilobytes("VmRSS:")?,
            cpu: ticks.iter().sum::<f64>() / 100.0,
        })
    }
}
