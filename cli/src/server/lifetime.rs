//! From a free port to the signal to stop.

use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::net::TcpListener;

use super::{Service, serve};
use crate::exit::Outcome;
use crate::stop_signal::StopSignal;
use crate::terminal::Terminal;

/// How long requests and tasks that have begun may take after the signal to stop. What is then not done is done after the next start.
const GRACE: Duration = Duration::from_secs(10);

/// Why nothing can be listened to.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ListenError {
    /// Somebody else has the port.
    #[error("port {} is in use; choose another with --port, or let --port 0 find one", .0.port())]
    PortInUse(SocketAddr),
    /// Anything else.
    #[error("cannot listen on {address}")]
    Listen {
        /// Where.
        address: SocketAddr,
        /// Why not.
        source: io::Error,
    },
}

/// Listens on this address.
pub(crate) async fn listen(address: SocketAddr) -> Result<TcpListener, ListenError> {
    TcpListener::bind(address).await.map_err(|source| match source.kind() {
        ErrorKind::AddrInUse => ListenError::PortInUse(address),
        _ => ListenError::Listen { address, source },
    })
}

/// Serves until a signal comes, and then brings what has begun to its end, for as long as that may take.
pub(crate) async fn serve_until_stopped(
    listener: TcpListener,
    service: Arc<Service>,
    mut signal: StopSignal,
    terminal: &Terminal,
) -> io::Result<Outcome> {
    let (stopping, stop) = tokio::sync::oneshot::channel::<()>();
    let served = serve(listener, Arc::clone(&service), async move {
        let _ = stop.await;
    });
    let mut served = std::pin::pin!(served);
    tokio::select! {
        ended = &mut served => return ended.map(|()| Outcome::Good),
        () = signal.come() => tracing::info!("what has begun is brought to its end"),
    }
    service.stopping.store(true, Ordering::Relaxed);
    let _ = stopping.send(());
    let ended = async {
        let served = served.await;
        service.served.stop().await;
        served
    };
    tokio::select! {
        served = ended => served?,
        () = tokio::time::sleep(GRACE) => terminal.warn("not everything that had begun came to its end; the next start does that"),
        () = signal.come() => terminal.warn("told to stop again; the next start does what was not done"),
    }
    Ok(Outcome::Good)
}
