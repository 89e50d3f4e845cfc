//! One run of one variant: the process that does it, and what came of it.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Instant;

use clap::Args;
use dragline_benches::{Meter, peak};
use serde::{Deserialize, Serialize};

use crate::backend::{Backend, Served};
use crate::plan::Plan;
use crate::variant::{Kind, Transport, Variant};

/// What the process of one run is told.
#[derive(Args, Debug)]
pub(crate) struct Arguments {
    pub(crate) variant: Variant,
    /// The hosts.
    #[arg(long, value_delimiter = ',')]
    pub(crate) addresses: Vec<SocketAddr>,
    /// The certificate of all hosts.
    #[arg(long)]
    pub(crate) certificate: PathBuf,
    #[command(flatten)]
    pub(crate) plan: Plan,
}

/// What the process of one run tells.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize)]
pub(crate) struct Spent {
    pub(crate) pages: u64,
    /// Milliseconds of CPU time of the whole process, and the kernel's part of it.
    pub(crate) cpu_ms: f64,
    pub(crate) system_ms: f64,
    pub(crate) allocations: u64,
    /// Bytes allocated.
    pub(crate) bytes: u64,
    /// The most memory of the process, in bytes.
    pub(crate) peak: u64,
    pub(crate) wall_ms: f64,
}

/// What came of one run.
#[derive(Debug, Serialize)]
pub(crate) struct Outcome {
    pub(crate) variant: Variant,
    pub(crate) spent: Spent,
    /// What the server saw; nothing when no server was asked.
    pub(crate) served: Option<Served>,
    /// What is wrong with the run.
    pub(crate) faults: Vec<String>,
}

impl Arguments {
    /// Returns the URL of a path of a host.
    pub(crate) fn url(&self, host: usize, path: &str) -> String {
        let scheme = if self.variant.transport == Transport::Tls { "https" } else { "http" };
        format!("{scheme}://{}{path}", self.addresses[host])
    }

    /// Does what the variant says, and tells what it took.
    pub(crate) fn run(&self) -> Spent {
        let (meter, start) = (Meter::start(), Instant::now());
        let done = crate::run(self.variant.kind, self);
        let wall = start.elapsed();
        let cost = done.cost.unwrap_or_else(|| meter.stop());
        Spent {
            pages: done.pages,
            cpu_ms: cost.cpu.as_secs_f64() * 1e3,
            system_ms: cost.system.as_secs_f64() * 1e3,
            allocations: cost.allocations,
            bytes: cost.bytes,
            peak: peak(),
            wall_ms: wall.as_secs_f64() * 1e3,
        }
    }
}

impl Outcome {
    /// Runs a variant in a process of its own.
    pub(crate) fn of(variant: &Variant, plan: &Plan, backend: &mut Backend) -> Self {
        let addresses: Vec<String> = backend.addresses.iter().map(ToString::to_string).collect();
        let output = Command::new(std::env::current_exe().unwrap())
            .args(["one", &variant.to_string(), "--addresses", &addresses.join(",")])
            .arg("--certificate")
            .arg(&backend.certificate)
            .args(plan.arguments())
            .stderr(Stdio::inherit())
            .output()
            .unwrap();
        assert!(output.status.success(), "the process of {variant} failed");
        let spent: Spent = serde_json::from_slice(&output.stdout).unwrap();
        let asks = matches!(variant.kind, Kind::Crawl | Kind::Bare);
        let served = asks.then(|| backend.report());
        let mut faults = Vec::new();
        if let Some(served) = &served {
            served.check(plan.expected(plan.hosts(variant.hosts)), &spent, &mut faults);
        }
        let faults = faults.into_iter().map(|fault| format!("{variant}: {fault}")).collect();
        Self { variant: variant.clone(), spent, served, faults }
    }
}
