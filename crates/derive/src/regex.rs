//! Checks a regex with the library that reads it later, so that both accept the same.

use regex::Regex;

/// Returns what is wrong with a regex, in the library's words, which show the place.
pub(crate) fn check(pattern: &str) -> Result<(), String> {
    match Regex::new(pattern) {
        Ok(_) => Ok(()),
        Err(error) => Err(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::check;

    #[test]
    fn what_is_wrong_is_shown() {
        assert_eq!(check(r"(\d+)[.,]\w"), Ok(()));
        let message = check(r"([\d.]+").unwrap_err();
        assert!(message.contains("([\\d.]+\n    ^"), "{message}");
        assert!(message.contains("unclosed group"), "{message}");
        assert!(check(r"\w{1000}{1000}").unwrap_err().contains("size limit"));
    }
}
