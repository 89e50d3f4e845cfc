//! `dragline man`: the manual page of the command, or of one of its commands.

use anyhow::anyhow;
use clap::CommandFactory;
use clap_mangen::Man;

use crate::args::Arguments;
use crate::commands::usage;
use crate::{Exit, Outcome, stdout};

/// Runs the command.
pub(crate) fn run(name: Option<&str>) -> Outcome {
    let mut whole = Arguments::command();
    // It gives the commands their whole names.
    whole.build();
    let page = match name {
        None => whole,
        Some(name) => {
            let found = whole.find_subcommand(name).cloned();
            found.ok_or_else(|| {
                let known: Vec<&str> =
                    whole.get_subcommands().map(|known| known.get_name()).collect();
                usage(anyhow!("there is no command `{name}`; there are {}", known.join(", ")))
            })?
        }
    };
    let mut text = Vec::new();
    Man::new(page).render(&mut text).map_err(|error| (Exit::Failure, anyhow::Error::new(error)))?;
    stdout::write(&String::from_utf8_lossy(&text), Exit::Success)
}
