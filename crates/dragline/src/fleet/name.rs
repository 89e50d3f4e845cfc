//! The name of a worker that was given none: no other one has it.

use std::env;
use std::fs;
use std::process;

/// The longest part that is of the machine's name, in bytes.
const MACHINE: usize = 32;

/// Makes a name of the machine's, the process's number and a random one.
pub(super) fn of_worker() -> String {
    // Elsewhere the random number has to do.
    let machine = fs::read_to_string("/proc/sys/kernel/hostname").or_else(|_| env::var("HOSTNAME"));
    let machine = plain(machine.as_deref().unwrap_or("worker"));
    format!("{machine}-{}-{:04x}", process::id(), fastrand::u16(..))
}

/// Leaves out what a name cannot have.
fn plain(text: &str) -> String {
    let good =
        text.trim().bytes().filter(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(byte));
    let name: String = good.take(MACHINE).map(char::from).collect();
    if name.is_empty() { "worker".to_owned() } else { name }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_plain_and_no_other_worker_has_it() {
        assert_eq!(plain("web 1.example\n"), "web1example");
        assert_eq!(plain("\u{fc}"), "worker");
        assert_ne!(of_worker(), of_worker());
    }
}
