//! The socket of a service manager, as in `sd_notify(3)`: an absolute path, or an abstract name after `@`.

use std::ffi::OsStr;
use std::io;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::path::Path;

/// Where a service manager listens. It is looked up anew with each message: a manager may go and come again.
#[derive(Debug)]
pub(super) struct Manager {
    socket: UnixDatagram,
    address: SocketAddr,
}

impl Manager {
    /// The one at this address.
    pub(super) fn at(address: &OsStr) -> io::Result<Self> {
        let socket = UnixDatagram::unbound()?;
        socket.set_nonblocking(true)?;
        Ok(Self { socket, address: named(address)? })
    }

    /// Tells it, at once or not at all.
    pub(super) fn tell(&self, message: &str) -> io::Result<()> {
        // A datagram goes whole or not at all.
        self.socket.send_to_addr(message.as_bytes(), &self.address).map(|_| ())
    }
}

fn named(address: &OsStr) -> io::Result<SocketAddr> {
    match address.as_encoded_bytes() {
        #[cfg(any(target_os = "linux", target_os = "android"))]
        [b'@', name @ ..] => {
            use std::os::linux::net::SocketAddrExt as _;
            SocketAddr::from_abstract_name(name)
        }
        [b'/', ..] => SocketAddr::from_pathname(Path::new(address)),
        _ => Err(io::Error::new(io::ErrorKind::Unsupported, "neither a path nor the name of an abstract socket")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(target_os = "linux")]
    #[test]
    fn an_abstract_name_is_an_address_like_a_path() {
        use std::os::linux::net::SocketAddrExt as _;
        let name = format!("neo-test-{}", std::process::id());
        let listener = UnixDatagram::bind_addr(&SocketAddr::from_abstract_name(&name).unwrap()).unwrap();
        Manager::at(OsStr::new(&format!("@{name}"))).unwrap().tell("READY=1").unwrap();
        let mut room = [0; 16];
        let length = listener.recv(&mut room).unwrap();
        assert_eq!(&room[..length], b"READY=1");
    }

    #[test]
    fn an_address_that_means_nothing_is_refused() {
        for address in ["", "notify", "vsock:2:1234"] {
            assert_eq!(Manager::at(OsStr::new(address)).unwrap_err().kind(), io::ErrorKind::Unsupported, "{address}");
        }
    }
}
