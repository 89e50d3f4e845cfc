//! How requests get to an object store: through our own client, which also gives the timeouts.

use std::time::Duration;

use async_trait::async_trait;
use dragline_fetch::{Client, Config, ErrorKind, Network, Request};
use http_body_util::BodyExt;
use object_store::client::{
    ClientOptions, HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpRequest, HttpResponse,
    HttpService,
};
use url::Url;

/// The longest that a request may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// Makes clients for object stores.
#[derive(Debug)]
pub(super) struct Connector;

impl HttpConnector for Connector {
    fn connect(&self, _: &ClientOptions) -> object_store::Result<HttpClient> {
        let generic = |source| object_store::Error::Generic { store: "S3", source };
        let everywhere = ["0.0.0.0/0", "::/0"].map(|net| net.parse::<Network>());
        let config = Config {
            // Whoever names a store means it, wherever it is; so are the servers that hand out roles.
            allow_net: everywhere.into_iter().map(|net| net.expect("they are networks")).collect(),
            timeout: PATIENCE,
            first_byte_timeout: PATIENCE,
            read_timeout: PATIENCE,
            ..Config::default()
        };
        let client = Client::new(config).map_err(|error| generic(Box::new(error)))?;
        Ok(HttpClient::new(Service(client)))
    }
}

#[derive(Debug)]
struct Service(Client);

#[async_trait]
impl HttpService for Service {
    async fn call(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let (parts, body) = request.into_parts();
        let url = Url::parse(&parts.uri.to_string())
            .map_err(|error| HttpError::new(HttpErrorKind::Unknown, error))?;
        let mut request = Request::new(parts.method, url);
        request.headers = parts.headers;
        request.body = body.collect().await?.to_bytes();
        let answer = match self.0.send(request).await {
            Ok(response) => response.collect().await,
            Err(error) => Err(error),
        };
        let response = answer.map_err(|error| HttpError::new(kind(error.kind()), error))?;
        let mut answer = http::Response::new(response.body().clone().into());
        *answer.status_mut() = response.status();
        answer.headers_mut().clone_from(response.headers());
        Ok(answer)
    }
}

/// Says what the retries of the store make of an error.
fn kind(kind: ErrorKind) -> HttpErrorKind {
    match kind {
        ErrorKind::Dns | ErrorKind::Connect | ErrorKind::Descriptors => HttpErrorKind::Connect,
        ErrorKind::Timeout => HttpErrorKind::Timeout,
        ErrorKind::Closed | ErrorKind::Reset | ErrorKind::Truncated => HttpErrorKind::Interrupted,
        _ => HttpErrorKind::Unknown,
    }
}
