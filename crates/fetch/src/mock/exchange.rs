//! The send loop of a client that has a script in place of connections.

use std::net::{Ipv4Addr, SocketAddr};

use http::{HeaderMap, HeaderValue};
use tokio::time::{Instant, sleep};
use url::Position;

use super::{Call, Mock};
use crate::body::{Body, Limits};
use crate::deadline::Deadline;
use crate::decode::Ending;
use crate::error::{Error, ErrorKind, Phase};
use crate::exchange::{Exchange, checked, most, unsendable};
use crate::flow::Trail;
use crate::request::Request;
use crate::response::{Head, Origin, Response};
use crate::source::Source;
use crate::timings::Timings;

impl Exchange {
    /// Answers one request from the script, in the order: check, wait for a turn, answer.
    pub(crate) async fn scripted(
        &self,
        mock: &Mock,
        mut request: Request,
    ) -> Result<Response, Error> {
        let method = request.method.clone();
        match self.play(mock, &mut request).await {
            Ok((head, body)) => Ok(Response::from_parts(head, body)),
            Err(error) => Err(error.with_method(method).with_url(request.url)),
        }
    }

    async fn play(&self, mock: &Mock, request: &mut Request) -> Result<(Head, Body), Error> {
        checked(&mut request.url)?;
        let turn = self.pool.enter(&request.url[..Position::BeforePath]).await;
        let started = Instant::now();
        let limit = request.timeout.unwrap_or(self.config.timeout);
        let deadline = Deadline::after(started, limit, "timeout");
        let host = &request.url[Position::BeforeHost..Position::AfterPort];
        let host = HeaderValue::from_str(host).map_err(|cause| unsendable(&cause))?;
        let mut headers = HeaderMap::new();
        self.fill(request, Some(&host), &mut headers);
        let (method, url) = (request.method.clone(), request.url.clone());
        let body = request.body.clone();
        let answer = mock.answer(&Call { method: method.clone(), url, headers, body });
        let Some(reply) = answer else {
            let reason = "the mock has no answer to this URL; add one with Mock::on";
            return Err(Error::new(ErrorKind::Config, reason));
        };
        if !reply.wait().is_zero() {
            deadline.bound(Phase::Head, sleep(reply.wait())).await?;
        }
        let (status, mut headers, body) = reply.into_parts()?;
        let source = Source::scripted(body, turn);
        let limits = Limits {
            size: most(request, &self.config),
            oversize: request.oversize,
            idle: self.config.read_timeout,
            deadline,
        };
        let body = Body::new(source, (status, &mut headers), None, limits, method)
            .within(request.room.clone());
        let head = Head {
            url: request.url.clone(),
            status,
            version: http::Version::HTTP_11,
            headers,
            remote: SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0)),
            started: Some(started),
            elapsed: started.elapsed(),
            timings: Timings { first_byte: started.elapsed(), ..Timings::default() },
            wire_bytes: 0,
            ending: Ending::Whole,
            trail: Trail::default(),
            place: None,
            coding: None,
            origin: Origin::default(),
        };
        Ok((head, body))
    }
}
