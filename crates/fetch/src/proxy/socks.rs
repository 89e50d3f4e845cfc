//! The client's side of SOCKS 5 (RFC 1928) with a user and a password (RFC 1929).

use std::io;
use std::net::{IpAddr, SocketAddr};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use super::User;

const VERSION: u8 = 5;
const NO_LOGIN: u8 = 0;
const PASSWORD: u8 = 2;

/// What the proxy is asked to connect to.
pub(super) enum Target {
    Address(SocketAddr),
    Name(String, u16),
}

/// Asks for a connection to the target.
pub(super) async fn open<S>(
    stream: &mut S,
    target: &Target,
    user: Option<&User>,
) -> Result<(), String>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let request = request(target)?;
    let told = |cause: io::Error| cause.to_string();
    let greeting: &[u8] = match user {
        Some(_) => &[VERSION, 2, NO_LOGIN, PASSWORD],
        None => &[VERSION, 1, NO_LOGIN],
    };
    stream.write_all(greeting).await.map_err(told)?;
    let mut chosen = [0; 2];
    stream.read_exact(&mut chosen).await.map_err(told)?;
    match (chosen, user) {
        ([VERSION, NO_LOGIN], _) => {}
        ([VERSION, PASSWORD], Some(user)) => log_in(stream, user).await?,
        ([VERSION, _], None) => return Err(String::from("it wants a user and a password")),
        ([VERSION, _], Some(_)) => return Err(String::from("it wants another way to log in")),
        _ => return Err(String::from("it does not speak SOCKS 5")),
    }
    stream.write_all(&request).await.map_err(told)?;
    let mut head = [0; 4];
    stream.read_exact(&mut head).await.map_err(told)?;
    if head[0] != VERSION {
        return Err(String::from("its answer is not SOCKS 5"));
    }
    if head[1] != 0 {
        return Err(format!("it answered {}", reply(head[1])));
    }
    // The address that the proxy connects from is read and not needed.
    let length = match head[3] {
        1 => 4,
        4 => 16,
        3 => stream.read_u8().await.map_err(told)?.into(),
        _ => return Err(String::from("its answer has an unknown kind of address")),
    };
    let mut bound = [0; 255 + 2];
    stream.read_exact(&mut bound[..length + 2]).await.map_err(told)?;
    Ok(())
}

async fn log_in<S>(stream: &mut S, user: &User) -> Result<(), String>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let told = |cause: io::Error| cause.to_string();
    let mut login = vec![1];
    for secret in [&user.name, &user.password] {
        login.push(u8::try_from(secret.len()).expect("the length was checked when it was read"));
        login.extend_from_slice(secret);
    }
    stream.write_all(&login).await.map_err(told)?;
    let mut answer = [0; 2];
    stream.read_exact(&mut answer).await.map_err(told)?;
    if answer[1] == 0 { Ok(()) } else { Err(String::from("it refused the user and password")) }
}

fn request(target: &Target) -> Result<Vec<u8>, String> {
    let mut request = vec![VERSION, 1, 0];
    let port = match target {
        Target::Address(address) => {
            match address.ip() {
                IpAddr::V4(ip) => {
                    request.push(1);
                    request.extend_from_slice(&ip.octets());
                }
                IpAddr::V6(ip) => {
                    request.push(4);
                    request.extend_from_slice(&ip.octets());
                }
            }
            address.port()
        }
        Target::Name(name, port) => {
            let length = u8::try_from(name.len())
                .map_err(|_| String::from("a host name is longer than 255 bytes"))?;
            request.extend_from_slice(&[3, length]);
            request.extend_from_slice(name.as_bytes());
            *port
        }
    };
    request.extend_from_slice(&port.to_be_bytes());
    Ok(request)
}

fn reply(code: u8) -> &'static str {
    match code {
        1 => "general failure",
        2 => "not allowed by its rules",
        3 => "network unreachable",
        4 => "host unreachable",
        5 => "connection refused",
        6 => "time to live expired",
        7 => "command not supported",
        8 => "kind of address not supported",
        _ => "an unknown failure",
    }
}
