//! `dragline completions`: a script that completes the command in a shell.

use clap::CommandFactory;
use clap_complete::Shell;

use crate::args::Arguments;
use crate::{Exit, Outcome, stdout};

/// Runs the command.
pub(crate) fn run(shell: Shell) -> Outcome {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), "dragline", &mut script);
    stdout::write(&String::from_utf8_lossy(&script), Exit::Success)
}
