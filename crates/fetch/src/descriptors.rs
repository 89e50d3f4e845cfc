//! How many sockets the system lets this process open.

/// The part of the descriptors that sockets may take, in percent; files and lookups need some.
const SHARE: usize = 80;

/// Raises the limit of open descriptors as far as the system allows, and returns the sockets
/// that leaves room for; no limit where there is none or none can be read.
pub(crate) fn socket_limit() -> usize {
    descriptor_limit().map_or(usize::MAX, share)
}

fn share(descriptors: usize) -> usize {
    (descriptors / 100 * SHARE + descriptors % 100 * SHARE / 100).max(1)
}

#[cfg(unix)]
fn descriptor_limit() -> Option<usize> {
    use rustix::process::{Resource, getrlimit, setrlimit};

    let mut limit = getrlimit(Resource::Nofile);
    if limit.current != limit.maximum {
        let soft = limit.current;
        limit.current = limit.maximum;
        // Some systems refuse to raise it that far; then the limit stays what it was.
        if setrlimit(Resource::Nofile, limit).is_err() {
            limit.current = soft;
        }
    }
    limit.current.map(|current| usize::try_from(current).unwrap_or(usize::MAX))
}

#[cfg(not(unix))]
fn descriptor_limit() -> Option<usize> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn four_of_five_descriptors_may_be_sockets() {
        assert_eq!(share(1_024), 819);
        assert_eq!(share(20_000), 16_000);
        assert_eq!(share(1), 1);
        assert!(share(usize::MAX) < usize::MAX);
    }

    #[cfg(unix)]
    #[test]
    fn the_limit_is_raised_as_far_as_the_system_allows() {
        let sockets = socket_limit();
        let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile);
        assert_eq!(limit.current, limit.maximum);
        let current = limit.current.map_or(usize::MAX, |current| current as usize);
        assert!(sockets < current || limit.current.is_none());
    }
}
