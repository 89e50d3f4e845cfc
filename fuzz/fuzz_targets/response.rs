//! Any bytes as the answer of a server: never over the limit, never a panic, never a hang.

#![no_main]

use std::cell::RefCell;
use std::time::Duration;

use dragline_fetch::{Client, Config};
use libfuzzer_sys::fuzz_target;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};

const MAX_BODY: u64 = 64 * 1024;
/// Far above what loopback takes, far below what would be called a hang.
const LIMIT: Duration = Duration::from_secs(10);

struct Setting {
    runtime: Runtime,
    listener: TcpListener,
    client: Client,
    url: String,
}

impl Setting {
    fn new() -> Self {
        let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).expect("a port");
        let address = listener.local_addr().expect("an address");
        let config = Config {
            allow_net: vec!["127.0.0.0/8".parse().expect("a network")],
            max_body: MAX_BODY,
            ..Config::default()
        };
        let client = Client::new(config).expect("a client");
        Self { runtime, listener, client, url: format!("http://{address}/") }
    }

    /// Answers one request with these bytes and then closes.
    async fn serve(&self, answer: &[u8]) -> Option<()> {
        let (mut stream, _) = self.listener.accept().await.ok()?;
        let mut request = Vec::new();
        while !request.ends_with(b"\r\n\r\n") {
            if stream.read_buf(&mut request).await.ok()? == 0 {
                return None;
            }
        }
        stream.write_all(answer).await.ok()
    }

    async fn fetch(&self) {
        let answer = match self.client.get(&self.url).send().await {
            Ok(response) => response.collect().await,
            Err(error) => Err(error),
        };
        match answer {
            Ok(response) => assert!(response.body().len() as u64 <= MAX_BODY),
            Err(error) => {
                assert!(!error.to_string().contains('\n'), "{error}");
                assert_ne!(error.code(), "timeout", "{error}");
                assert_ne!(error.code(), "connect", "{error}");
            }
        }
    }
}

thread_local! {
    static SETTING: RefCell<Setting> = RefCell::new(Setting::new());
}

fuzz_target!(|answer: &[u8]| {
    SETTING.with_borrow(|setting| {
        setting.runtime.block_on(async {
            let both = async { tokio::join!(setting.serve(answer), setting.fetch()) };
            tokio::time::timeout(LIMIT, both).await.expect("an exchange ends");
        });
    });
});
