//! The scripts that run on the server, each touching the keys of one partition or those of the crawl.

/// One of the scripts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Script {
    Offer,
    Claim,
    Complete,
    Renew,
    Release,
    Control,
    Status,
    Open,
    Keep,
    Kept,
    Rules,
    Label,
    CheckIn,
    Order,
    Limit,
    Crew,
    Halt,
    Survey,
    Ended,
    Hosts,
    Waiting,
    Known,
}

/// What scripts of a partition begin with, and one of them.
macro_rules! of_partition {
    ($file:literal) => {
        concat!(include_str!("scripts/prelude.lua"), include_str!($file))
    };
}

/// The same for one that adds fingerprints.
macro_rules! adding {
    ($file:literal) => {
        concat!(
            include_str!("scripts/prelude.lua"),
            include_str!("scripts/buckets.lua"),
            include_str!($file)
        )
    };
}

impl Script {
    pub(crate) const ALL: [Self; 22] = [
        Self::Offer,
        Self::Claim,
        Self::Complete,
        Self::Renew,
        Self::Release,
        Self::Control,
        Self::Status,
        Self::Open,
        Self::Keep,
        Self::Kept,
        Self::Rules,
        Self::Label,
        Self::CheckIn,
        Self::Order,
        Self::Limit,
        Self::Crew,
        Self::Halt,
        Self::Survey,
        Self::Ended,
        Self::Hosts,
        Self::Waiting,
        Self::Known,
    ];

    pub(crate) fn source(self) -> &'static str {
        match self {
            Self::Offer => adding!("scripts/offer.lua"),
            Self::Claim => of_partition!("scripts/claim.lua"),
            Self::Complete => of_partition!("scripts/complete.lua"),
            Self::Renew => of_partition!("scripts/renew.lua"),
            Self::Release => of_partition!("scripts/release.lua"),
            Self::Control => of_partition!("scripts/control.lua"),
            Self::Status => of_partition!("scripts/status.lua"),
            Self::Open => include_str!("scripts/open.lua"),
            Self::Keep => include_str!("scripts/keep.lua"),
            Self::Kept => include_str!("scripts/kept.lua"),
            Self::Rules => of_partition!("scripts/rules.lua"),
            Self::Label => include_str!("scripts/label.lua"),
            Self::CheckIn => include_str!("scripts/check_in.lua"),
            Self::Order => include_str!("scripts/order.lua"),
            Self::Limit => include_str!("scripts/limit.lua"),
            Self::Crew => include_str!("scripts/crew.lua"),
            Self::Halt => of_partition!("scripts/halt.lua"),
            Self::Survey => of_partition!("scripts/survey.lua"),
            Self::Ended => adding!("scripts/ended.lua"),
            Self::Hosts => of_partition!("scripts/hosts.lua"),
            Self::Waiting => of_partition!("scripts/waiting.lua"),
            Self::Known => of_partition!("scripts/known.lua"),
        }
    }
}
