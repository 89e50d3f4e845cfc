//! The built-in service: the endpoints that examples of an HTTP client need.

use std::time::Duration;

use crate::answer::Answer;
use crate::asked::Asked;
use crate::site::Site;

const USERS: u32 = 500;
const FILE: usize = 4 * 1024 * 1024;

/// Creates a site that answers like a small web service.
///
/// | request | answer |
/// |---|---|
/// | `GET /users/N`, N below 500 | `{"id":N,"name":"user N","posts":N mod 7}`, after up to 40 ms |
/// | `POST /echo` | 201 and the body it was sent, with its type |
/// | `GET /private` | 401, or `{"welcome":true}` with `Authorization: Bearer sesame` |
/// | `GET /busy/N` | 503 with `Retry-After: 1` the first time, then `{"ready":N}` |
/// | `GET /file` | 4 MiB of bytes |
///
/// Everything else is a 404.
pub fn api() -> Site {
    let file: Vec<u8> = (0..FILE).map(|byte| (byte % 251) as u8).collect();
    Site::new()
        .answer(
            "/file",
            Answer::new(200).header("content-type", "application/octet-stream").body(file),
        )
        .dynamic(user)
        .dynamic(echo)
        .dynamic(private)
        .dynamic(busy)
}

fn user(asked: &Asked) -> Option<Answer> {
    let id = asked.path.strip_prefix("/users/")?.parse::<u32>().ok().filter(|id| *id < USERS)?;
    let body = format!(r#"{{"id":{id},"name":"user {id}","posts":{}}}"#, id % 7);
    // Not all equally fast, so that they do not come in the order in which they were asked for.
    Some(Answer::json(body).delay(Duration::from_millis(u64::from(id % 5) * 10)))
}

fn echo(asked: &Asked) -> Option<Answer> {
    if asked.method != "POST" || asked.path != "/echo" {
        return None;
    }
    let kind = asked.header("content-type").unwrap_or("application/octet-stream");
    Some(Answer::new(201).header("content-type", kind).body(asked.body.clone()))
}

fn private(asked: &Asked) -> Option<Answer> {
    if asked.path != "/private" {
        return None;
    }
    Some(match asked.header("authorization") {
        Some("Bearer sesame") => Answer::json(r#"{"welcome":true}"#),
        _ => Answer::new(401).header("www-authenticate", "Bearer"),
    })
}

fn busy(asked: &Asked) -> Option<Answer> {
    let number = asked.path.strip_prefix("/busy/")?.parse::<u32>().ok()?;
    if asked.hit == 1 {
        return Some(Answer::new(503).header("retry-after", "1"));
    }
    Some(Answer::json(format!(r#"{{"ready":{number}}}"#)))
}

#[cfg(test)]
mod tests {
    use super::api;
    use crate::asked::Asked;

    #[tokio::test]
    async fn users_are_there_up_to_the_last_one() {
        let site = api();
        let last = site.respond(&Asked::get("/users/499")).await;
        assert_eq!(last.body, br#"{"id":499,"name":"user 499","posts":2}"#);
        assert_eq!(site.respond(&Asked::get("/users/500")).await.status, 404);
    }

    #[tokio::test]
    async fn the_private_page_wants_its_token() {
        let site = api();
        assert_eq!(site.respond(&Asked::get("/private")).await.status, 401);
    }

    #[tokio::test]
    async fn a_busy_page_is_ready_the_second_time() {
        let site = api();
        let mut asked = Asked::get("/busy/3");
        assert_eq!(site.respond(&asked).await.status, 503);
        asked.hit = 2;
        assert_eq!(site.respond(&asked).await.body, br#"{"ready":3}"#);
    }
}
