//! The live display on a terminal: a bar over what is known, and lines below it.

use console::Term;
use dragline::Snapshot;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::progress::frame;
use crate::progress::pace::Pace;

/// Frames a second, at most.
const RATE: u8 = 8;
/// The narrowest and the widest frame that is drawn, in columns.
const WIDTHS: (usize, usize) = (40, 120);

/// Draws frames in one place, with what is told once above it. Nothing of it stays when it is dropped.
#[derive(Debug)]
pub(super) struct Bar {
    bar: ProgressBar,
    target: Target,
}

/// Where it is drawn, for the width, which may change.
#[derive(Debug)]
enum Target {
    Stderr,
    #[cfg(test)]
    Fixed(usize),
}

impl Bar {
    pub(super) fn new() -> Self {
        Self::on(ProgressDrawTarget::stderr_with_hz(RATE), Target::Stderr)
    }

    /// Draws on a terminal in memory.
    #[cfg(test)]
    pub(super) fn in_memory(term: indicatif::InMemoryTerm) -> Self {
        let width = usize::from(indicatif::TermLike::width(&term));
        Self::on(ProgressDrawTarget::term_like(Box::new(term)), Target::Fixed(width))
    }

    fn on(draw: ProgressDrawTarget, target: Target) -> Self {
        let bar = ProgressBar::with_draw_target(None, draw);
        bar.set_style(ProgressStyle::with_template("{msg}").expect("the template is well formed"));
        Self { bar, target }
    }

    /// Draws how the crawl stands, below a line that is left free.
    pub(super) fn draw(&self, snapshot: &Snapshot, pace: &Pace) {
        let mut lines = frame::lines(snapshot, pace, self.width());
        // The `^C` that a terminal writes at the end of a frame moves all by a line. When the frame is then taken
        // away, its first line stays.
        lines.insert(0, String::new());
        self.bar.set_message(lines.join("\n"));
    }

    /// Writes a line above the display; it stays.
    pub(super) fn above(&self, line: &str) {
        // What is no terminal shows nothing of a bar, but is told all the same.
        if self.bar.is_hidden() {
            eprintln!("{line}");
        } else {
            self.bar.println(line);
        }
    }

    /// Takes the display away.
    pub(super) fn clear(&self) {
        self.bar.finish_and_clear();
    }

    fn width(&self) -> usize {
        let width = match &self.target {
            Target::Stderr => usize::from(Term::stderr().size().1),
            #[cfg(test)]
            Target::Fixed(width) => *width,
        };
        // The last column stays free, where some terminals wrap.
        width.clamp(WIDTHS.0, WIDTHS.1) - 1
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.clear();
    }
}
