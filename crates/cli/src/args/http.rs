//! The options that say how requests are made. What may hold a secret stays text here, since a value that is
//! refused while the command line is read would be shown.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use dragline::fetch::Network;

use crate::values::{duration, size};

/// How requests are made; the same for all commands.
#[derive(Debug, Args)]
#[command(next_help_heading = "Requests")]
pub(crate) struct Http {
    /// Most time for a whole request [default: 30s]
    ///
    /// An answer must begin within first_byte_timeout of [fetch], 15s, which a time of more than 30s here raises
    /// to the same; and it must go on within its read_timeout, 10s.
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub(crate) timeout: Option<Duration>,

    /// Most time to connect: TCP and TLS [default: 10s]
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub(crate) connect_timeout: Option<Duration>,

    /// Most bytes of a body, as sent and as decoded [default: 10MiB]
    #[arg(long, value_name = "SIZE", value_parser = size)]
    pub(crate) max_body: Option<u64>,

    /// What the crawler calls itself [default: dragline/VERSION]
    ///
    /// Its first word is the name that robots.txt knows it by.
    #[arg(long, value_name = "TEXT")]
    pub(crate) user_agent: Option<String>,

    /// Send this header with every request, as in 'Accept-Language: en'; may be repeated
    ///
    /// `Authorization`, Bearer or Basic, goes to the hosts of the URLs on the command line and to no other.
    #[arg(long, value_name = "NAME: VALUE")]
    pub(crate) header: Vec<String>,

    /// Keep the cookies that are set, and send them back
    ///
    /// They are in memory alone: a crawl that goes on from its state begins without them.
    #[arg(long)]
    pub(crate) cookies: bool,

    /// Send requests through this proxy [default: environment]
    ///
    /// http://HOST:PORT, socks5:// or socks5h://; direct is none, and environment what HTTP_PROXY, HTTPS_PROXY,
    /// ALL_PROXY and NO_PROXY say.
    #[arg(long, value_name = "URL")]
    pub(crate) proxy: Option<String>,

    /// Speak HTTP/2 with servers that do, over TLS
    #[arg(long)]
    pub(crate) http2: bool,

    /// Trust the certificates in this PEM file too; may be repeated
    #[arg(long, value_name = "FILE.pem")]
    pub(crate) ca: Vec<PathBuf>,

    /// Do not check the certificates of servers, so that anyone on the way can read along
    #[arg(long, conflicts_with = "ca")]
    pub(crate) insecure: bool,

    /// Let this private or special network be contacted; may be repeated
    ///
    /// A network such as 10.0.0.0/8, or one address. A loopback address or `localhost` named as a URL allows
    /// itself.
    #[arg(long, value_name = "CIDR")]
    pub(crate) allow_net: Vec<Network>,

    /// Read settings from this file; options win over it
    ///
    /// It has the sections that --print-config of `dragline crawl` writes. Options that may be repeated add to what
    /// the file lists.
    #[arg(long, value_name = "FILE.toml", help_heading = "Settings")]
    pub(crate) config: Option<PathBuf>,
}
