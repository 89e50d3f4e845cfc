//! Why a worker cannot join a crawl.

/// Why a worker cannot join a crawl. What is kept is left as it was.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The address is none. It is not shown, since it may hold a password.
    #[error("the address of the Redis server is not a URL such as redis://127.0.0.1:6379/0")]
    Address,
    /// An option cannot be used.
    #[error("{0}")]
    Options(String),
    /// The server does not answer, or not as it should.
    #[error("failed to open the crawl {name} at {place}: {message}")]
    Server {
        /// The crawl.
        name: String,
        /// The server, without a password.
        place: String,
        /// What went wrong, and what helps.
        message: String,
    },
    /// The server drops keys when its memory is full, which would lose URLs.
    #[error(
        "{place} drops keys when its memory is full ({policy}), which would lose URLs; \
         set its maxmemory-policy to noeviction"
    )]
    Evicts {
        /// The server.
        place: String,
        /// Its policy.
        policy: String,
    },
    /// There is no crawl of this name.
    #[error(
        "there is no crawl {name} at {place}; see that its name is right, or begin it with a worker"
    )]
    Absent {
        /// The crawl.
        name: String,
        /// The server.
        place: String,
    },
    /// The keys are those of something else.
    #[error("the keys of {name} at {place} are no crawl; choose another name")]
    Foreign {
        /// The crawl.
        name: String,
        /// The server.
        place: String,
    },
    /// Another version made it.
    #[error(
        "the crawl {name} at {place} has format {format} and this version knows only {known}; \
         join it with the version that began it, or choose another name"
    )]
    Format {
        /// The crawl.
        name: String,
        /// The server.
        place: String,
        /// Its format.
        format: u64,
        /// The format that is understood.
        known: u64,
    },
    /// It was made with another number of partitions.
    #[error(
        "the crawl {name} at {place} has {partitions} partitions and {wanted} were asked for; \
         join it with {partitions}, since they cannot be changed"
    )]
    Partitions {
        /// The crawl.
        name: String,
        /// The server.
        place: String,
        /// How many it has.
        partitions: u64,
        /// How many were asked for.
        wanted: u16,
    },
}

impl OpenError {
    /// Returns a stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Address => "redis_address",
            Self::Options(_) => "redis_options",
            Self::Server { .. } => "redis_server",
            Self::Evicts { .. } => "redis_evicts",
            Self::Absent { .. } => "redis_absent",
            Self::Foreign { .. } => "redis_foreign",
            Self::Format { .. } => "redis_format",
            Self::Partitions { .. } => "redis_partitions",
        }
    }
}
