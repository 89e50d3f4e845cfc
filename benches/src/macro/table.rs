//! Medians of all runs, and ratios within one run.

use std::fmt;

use crate::outcome::Outcome;
use crate::variant::Variant;

/// The outcomes of all variants, in the order of their runs.
pub(crate) struct Table {
    rows: Vec<(Variant, Vec<Outcome>)>,
}

impl Table {
    pub(crate) fn new(variants: &[Variant]) -> Self {
        Self { rows: variants.iter().map(|variant| (variant.clone(), Vec::new())).collect() }
    }

    pub(crate) fn add(&mut self, row: usize, outcome: Outcome) {
        self.rows[row].1.push(outcome);
    }

    /// Returns what was wrong with runs.
    pub(crate) fn faults(&self) -> Vec<&str> {
        let outcomes = self.rows.iter().flat_map(|(_, outcomes)| outcomes);
        outcomes.flat_map(|outcome| &outcome.faults).map(String::as_str).collect()
    }

    /// Returns the cost of a page in each run as a multiple of that of others, all together; `None` when one
    /// of them was not run.
    fn ratios(&self, outcomes: &[Outcome], others: &[String]) -> Option<Vec<f64>> {
        if others.is_empty() {
            return None;
        }
        let mut base = vec![0.0; outcomes.len()];
        for other in others {
            let (_, other) = self.rows.iter().find(|(variant, _)| variant.to_string() == *other)?;
            for (base, outcome) in base.iter_mut().zip(other) {
                *base += cpu(outcome);
            }
        }
        Some(outcomes.iter().zip(base).map(|(outcome, base)| cpu(outcome) / base).collect())
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{:<24} {:>8} {:>11} {:>9} {:>9} {:>12} {:>9} {:>9} {:>11} {:>8}  ratio, one run",
            "variant",
            "pages",
            "CPU us/page",
            "user",
            "system",
            "allocs/page",
            "KiB/page",
            "peak MiB",
            "connections",
            "wall ms"
        )?;
        for (variant, outcomes) in &self.rows {
            let column = |value: fn(&Outcome) -> f64| median(outcomes.iter().map(value).collect());
            write!(
                f,
                "{:<24} {:>8} {:>11.1} {:>9.1} {:>9.1} {:>12.1} {:>9.1} {:>9.1} {:>11} {:>8.0}",
                variant.to_string(),
                column(|outcome| outcome.spent.pages as f64),
                column(cpu),
                // The kernel's part is an estimate, and may be above all there was.
                column(|outcome| (cpu(outcome) - system(outcome)).max(0.0)),
                column(system),
                column(|outcome| per_page(outcome, outcome.spent.allocations as f64)),
                column(|outcome| per_page(outcome, outcome.spent.bytes as f64 / 1024.0)),
                column(|outcome| outcome.spent.peak as f64 / (1 << 20) as f64),
                column(|outcome| outcome.served.map_or(0.0, |served| served.connections as f64)),
                column(|outcome| outcome.spent.wall_ms),
            )?;
            let floor = variant.floor();
            if let Some(ratios) = self.ratios(outcomes, &floor) {
                write!(f, "  {:.2} x ({})", median(ratios), floor.join(" + "))?;
            }
            writeln!(f)?;
        }
        Ok(())
    }
}

/// Microseconds of CPU time of a page.
fn cpu(outcome: &Outcome) -> f64 {
    per_page(outcome, outcome.spent.cpu_ms * 1e3)
}

fn system(outcome: &Outcome) -> f64 {
    per_page(outcome, outcome.spent.system_ms * 1e3)
}

fn per_page(outcome: &Outcome, value: f64) -> f64 {
    value / outcome.spent.pages.max(1) as f64
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}
