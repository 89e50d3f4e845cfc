//! Errors and their causes in one line.

/// Writes an error and its causes, leaving out a cause that the text before it repeats.
pub(crate) fn chain(error: &anyhow::Error) -> String {
    let mut text = String::new();
    for cause in error.chain().map(ToString::to_string) {
        if text.is_empty() {
            text = cause;
        } else if !text.contains(&cause) {
            text.push_str(": ");
            text.push_str(&cause);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use anyhow::anyhow;

    use super::*;

    #[test]
    fn a_cause_is_told_once() {
        let error = anyhow!("refused").context("failed to connect: refused").context("no page");
        assert_eq!(chain(&error), "no page: failed to connect: refused");
    }
}
