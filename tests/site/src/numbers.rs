//! The built-in site of numbers: many small JSON answers, some of which fail.

use crate::answer::Answer;
use crate::site::Site;

const COUNT: u32 = 1000;

/// Creates a site that answers `/numbers/N` with `{"number":N,"square":N*N}` for N from 0 to 999.
///
/// The eleven numbers divisible by 97 are answered with 503 (zero is one of them), all else with
/// 404.
pub fn numbers() -> Site {
    Site::new().dynamic(|asked| {
        let number = number(asked.path.strip_prefix("/numbers/")?)?;
        if number % 97 == 0 {
            return Some(Answer::json(r#"{"error":"try later"}"#).status(503));
        }
        let square = number * number;
        Some(Answer::json(format!(r#"{{"number":{number},"square":{square}}}"#)))
    })
}

/// Parses a number below the count in its only spelling: no sign, no leading zero.
fn number(text: &str) -> Option<u32> {
    let number = text.parse::<u32>().ok()?;
    (number < COUNT && number.to_string() == text).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::{number, numbers};
    use crate::asked::Asked;

    #[tokio::test]
    async fn multiples_of_97_fail_and_the_rest_are_squared() {
        let site = numbers();
        let mut failed = 0;
        for number in 0..1000 {
            let answer = site.respond(&Asked::get(&format!("/numbers/{number}"))).await;
            if number % 97 == 0 {
                assert_eq!(answer.status, 503);
                failed += 1;
                continue;
            }
            let expected = format!(r#"{{"number":{number},"square":{}}}"#, number * number);
            assert_eq!((answer.status, answer.body), (200, expected.into_bytes()));
        }
        assert_eq!(failed, 11);
        assert_eq!(site.respond(&Asked::get("/numbers/1000")).await.status, 404);
    }

    #[test]
    fn a_number_has_one_spelling() {
        assert_eq!(number("999"), Some(999));
        for text in ["", "1000", "+5", "007", "-1", "5/", "99999999999999"] {
            assert_eq!(number(text), None, "{text:?}");
        }
    }
}
