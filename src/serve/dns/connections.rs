//! The TCP connections of a name server. Clients may keep a connection for further queries (RFC 7766 section 6.2.1), so when there is
//! no room for another one, a connection without a query is closed; one whose query is being answered stays.

use std::cmp::Reverse;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::task::{AbortHandle, JoinSet};
use tokio::time::{Instant, timeout};

/// Connections at a time, as BIND's default.
const CONNECTIONS: usize = 150;
/// A connection that has been idle for less may have a query on its way.
const GRACE: Duration = Duration::from_secs(1);
/// How often a full server looks for a connection that has become idle.
const PAUSE: Duration = Duration::from_millis(20);

/// Since when a connection waits for a query; `None` while a query is answered.
#[derive(Debug, Clone)]
pub struct Idle(Arc<Mutex<Option<Instant>>>);

impl Idle {
    /// Notes that a query is answered from now on, or that none is.
    pub fn set(&self, idle: bool) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = idle.then(Instant::now);
    }

    fn time(&self) -> Option<Duration> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).map(|since| since.elapsed())
    }
}

#[derive(Debug)]
struct Connection {
    from: IpAddr,
    idle: Idle,
    task: AbortHandle,
}

/// The open connections; all are closed when dropped.
#[derive(Debug, Default)]
pub struct Connections {
    open: Vec<Connection>,
    tasks: JoinSet<()>,
}

impl Connections {
    /// Returns when there is room for another connection. While all are busy, new ones wait in the backlog of the system.
    pub async fn make_room(&mut self) {
        loop {
            while self.tasks.try_join_next().is_some() {}
            self.open.retain(|connection| !connection.task.is_finished());
            if self.open.len() < CONNECTIONS {
                return;
            }
            let idle: Vec<Option<(IpAddr, Duration)>> =
                self.open.iter().map(|one| one.idle.time().map(|time| (one.from, time))).collect();
            match to_close(&idle) {
                Some(at) => self.open.swap_remove(at).task.abort(),
                None => drop(timeout(PAUSE, self.tasks.join_next()).await),
            }
        }
    }

    /// Starts a connection.
    pub fn add<F>(&mut self, from: IpAddr, serve: impl FnOnce(Idle) -> F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let idle = Idle(Arc::new(Mutex::new(Some(Instant::now()))));
        let task = self.tasks.spawn(serve(idle.clone()));
        self.open.push(Connection { from, idle, task });
    }
}

/// Of the client with most idle connections, the one that has been idle the longest. A busy connection is `None`.
fn to_close(connections: &[Option<(IpAddr, Duration)>]) -> Option<usize> {
    let idle = || connections.iter().enumerate().filter_map(|(at, one)| one.map(|(from, time)| (at, from, time)));
    let old = idle().filter(|(_, _, time)| *time >= GRACE);
    let count = |client: IpAddr| idle().filter(|(_, from, _)| *from == client).count();
    old.min_by_key(|(_, from, time)| (Reverse(count(*from)), Reverse(*time))).map(|(at, ..)| at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_idle_connection_of_the_client_with_most_is_closed() {
        let idle = |client: u8, seconds| Some((IpAddr::from([192, 0, 2, client]), Duration::from_secs(seconds)));
        assert_eq!(to_close(&[idle(1, 9), idle(2, 3), None, idle(2, 5)]), Some(3));
        assert_eq!(to_close(&[None, idle(1, 0), None]), None, "a query may be on its way");
        assert_eq!(to_close(&[None, None]), None);
    }
}
