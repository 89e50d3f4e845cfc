//! What is told when a crawl has ended: the library's summary, and above its last line where the output is and
//! how to go on.

use std::fmt::Write;
use std::path::PathBuf;

use dragline::{Ended, Summary};

use crate::progress::frame;

/// Something that the crawl leaves behind.
#[derive(Clone, Debug)]
pub(super) enum Place {
    Output(PathBuf),
    State(PathBuf),
}

/// Writes the summary of a crawl that ended.
pub(super) fn report(summary: &Summary, places: &[Place]) -> String {
    let text = summary.to_string();
    let (above, totals) = text.rsplit_once('\n').unwrap_or(("", &text));
    let mut report = above.to_owned();
    for place in places {
        let told = match place {
            Place::Output(path) => match std::fs::metadata(path) {
                Ok(file) if file.is_file() => {
                    writeln!(report, "\noutput: {}, {}", path.display(), frame::bytes(file.len()))
                }
                _ => continue,
            },
            Place::State(path) if summary.ended == Ended::Health => writeln!(
                report,
                "\nstate: {}; once the spider is mended, the same command reads those pages again",
                path.display()
            ),
            Place::State(path) if summary.ended != Ended::Finished => writeln!(
                report,
                "\nstate: {}; the same command goes on, with --state {}",
                path.display(),
                path.display()
            ),
            Place::State(path) => writeln!(report, "\nstate: {}", path.display()),
        };
        // Text in memory takes everything.
        told.unwrap_or_default();
        report.truncate(report.trim_end().len());
    }
    report.push('\n');
    report.push_str(totals);
    report
}
