//! The arguments of `fleet` and its commands.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand};

use crate::examples;
use crate::values::{at_least_one, duration, listen};

/// Which of its commands.
#[derive(Debug, Args)]
pub(crate) struct Fleet {
    #[command(subcommand)]
    pub(crate) command: FleetCommand,
}

/// What is done with a fleet.
#[derive(Debug, Subcommand)]
pub(crate) enum FleetCommand {
    /// Tell how it is: workers, queues, rates, slow hosts, stuck leases
    #[command(after_long_help = examples::FLEET_STATUS)]
    Status {
        #[command(flatten)]
        place: Place,

        /// Write it as one JSON object
        #[arg(long)]
        json: bool,

        /// Serve it for Prometheus at this address, or this port of 127.0.0.1, until a signal comes
        ///
        /// At /metrics; all is looked at each 15 s. Port 0 is a free one, which is told on standard error. One such
        /// command is enough for a fleet.
        #[arg(long, value_name = "ADDRESS | PORT", value_parser = listen, conflicts_with = "json")]
        metrics: Option<SocketAddr>,
    },
    /// Have all workers give their hosts back and wait
    ///
    /// No host is handed out from now on. Workers learn of it when they check in, or when they renew their leases:
    /// after a third of a lease, which is 20 s unless hosts are asked less often than each second.
    Pause {
        #[command(flatten)]
        place: Place,
    },
    /// Go on after a pause or a stop
    ///
    /// Workers that ended have to be started again.
    Resume {
        #[command(flatten)]
        place: Place,
    },
    /// Have all workers finish what is in flight and end
    ///
    /// As with a pause, no host is handed out; workers end when they check in. The frontier stays, and the crawl goes
    /// on with `resume` and workers that are started again.
    Stop {
        #[command(flatten)]
        place: Place,
    },
    /// Give a host more time, or fewer requests at once, than the settings of the crawl
    ///
    /// The stricter of both holds. Workers learn of it when they check in.
    #[command(after_long_help = examples::FLEET_LIMIT)]
    Limit {
        #[command(flatten)]
        place: Place,

        #[command(flatten)]
        host: Host,

        /// Least time between two requests to it, such as 2s
        #[arg(long, value_name = "DURATION", value_parser = duration, required_unless_present = "parallel")]
        delay: Option<Duration>,

        /// Requests in flight to it, at most
        #[arg(long, value_name = "N", value_parser = at_least_one)]
        parallel: Option<usize>,
    },
    /// Have nobody ask a host
    ///
    /// Whoever holds it gives it back when it renews its leases. Its URLs wait.
    Block {
        #[command(flatten)]
        place: Place,

        #[command(flatten)]
        host: Host,

        /// For how long, such as 2h [default: until it is allowed]
        #[arg(long = "for", value_name = "DURATION", value_parser = duration)]
        time: Option<Duration>,
    },
    /// End what `limit` and `block` said of a host
    Allow {
        #[command(flatten)]
        place: Place,

        #[command(flatten)]
        host: Host,
    },
    /// Add seeds
    ///
    /// Those that are known already are counted and left alone. Ends with exit code 1 when one was refused.
    #[command(after_long_help = examples::FLEET_SEEDS)]
    Seeds {
        #[command(flatten)]
        place: Place,

        /// Absolute URLs; `-` is standard input, with one a line
        #[arg(value_name = "URL | -", required = true)]
        urls: Vec<String>,
    },
    /// Write the frontier into a state directory, with which `crawl --state` goes on by itself
    ///
    /// Pause the fleet first, and wait until its workers have given their hosts back. The directory is made, and holds
    /// what is known, what waits, what is kept of hosts, and seeds. Of URLs that ended it knows only that, so a refresh
    /// leaves them out. The frontier is not changed.
    #[command(after_long_help = examples::FLEET_EXPORT)]
    Export {
        #[command(flatten)]
        place: Place,

        /// The directory to be made
        #[arg(long, value_name = "DIR", required = true)]
        state: PathBuf,
    },
    /// Begin a frontier with what is in a state directory
    ///
    /// Its crawl must not be running, and is not changed; there must be no frontier of the name. It is paused until
    /// `resume`.
    #[command(after_long_help = examples::FLEET_IMPORT)]
    Import {
        #[command(flatten)]
        place: Place,

        /// The directory that the crawl was kept in
        #[arg(long, value_name = "DIR", required = true)]
        state: PathBuf,
    },
}

/// The fleet.
#[derive(Debug, Args)]
pub(crate) struct Place {
    /// Where its frontier is, as the workers have it in --frontier
    ///
    /// redis:// or rediss:// (TLS) with a server, redis-cluster:// or rediss-cluster:// with one server of a cluster,
    /// then the name of the crawl.
    // A text, since what is wrong with it must not be shown with its password.
    #[arg(value_name = "redis://HOST:PORT/NAME")]
    pub(crate) address: String,
}

/// A host of the fleet.
#[derive(Debug, Args)]
pub(crate) struct Host {
    /// The host, such as example.org, with http and https; or one of them, as in https://example.org:8443
    #[arg(value_name = "HOST")]
    pub(crate) host: String,
}
