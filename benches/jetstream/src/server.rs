//! What the server has done so far: its CPU time, and the messages that it received and sent. Also the CPU time of any process.

use std::{
    fs,
    io::{Read, Write},
    net::{Ipv4Addr, TcpStream},
};

use serde::Deserialize;

/// A server that is watched: its process, and the port at which it says how it is.
#[derive(Clone, Copy, Default)]
pub(crate) struct Server {
    process: u32,
    monitor: u16,
}

/// What it has done since it began.
#[derive(Clone, Copy, Default)]
pub(crate) struct Tally {
    /// Seconds.
    pub(crate) cpu: f64,
    pub(crate) received: f64,
    pub(crate) sent: f64,
}

#[derive(Deserialize)]
struct Varz {
    in_msgs: f64,
    out_msgs: f64,
}

impl Server {
    pub(crate) fn new(process: u32, monitor: u16) -> Self {
        Self { process, monitor }
    }

    /// Both, as a run is given them.
    pub(crate) fn arguments(self) -> [String; 2] {
        [self.process.to_string(), self.monitor.to_string()]
    }

    /// Zero where it cannot be asked.
    pub(crate) fn tally(self) -> Tally {
        let varz = self.varz();
        Tally {
            cpu: cpu_of(self.process).unwrap_or_default(),
            received: varz.as_ref().map_or(0.0, |varz| varz.in_msgs),
            sent: varz.as_ref().map_or(0.0, |varz| varz.out_msgs),
        }
    }

    fn varz(self) -> Option<Varz> {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.monitor)).ok()?;
        stream.write_all(b"GET /varz HTTP/1.0\r\n\r\n").ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).ok()?;
        serde_json::from_str(answer.split_once("\r\n\r\n")?.1).ok()
    }
}

/// The seconds that the threads of a process have run, which proc_pid_schedstat(5) counts in nanoseconds.
pub(crate) fn cpu_of(process: u32) -> Option<f64> {
    let tasks = fs::read_dir(format!("/proc/{process}/task")).ok()?;
    let of = |path| fs::read_to_string(path).ok()?.split(' ').next()?.parse::<f64>().ok();
    Some(tasks.filter_map(|task| of(task.ok()?.path().join("schedstat"))).sum::<f64>() / 1e9)
}
