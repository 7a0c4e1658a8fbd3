//! Sealed bodies: who sent them, do they open, what do they say. All of it in turns, so that no sender holds up the others.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;
use tokio::time::timeout;

use super::log::Entry;
use super::{Config, Fault};
use crate::dns::name::Domain;
use crate::key::{PrivateKey, PublicKey};
use crate::rocketchat::body::{NotAnEnvelope, Wire};
use crate::rocketchat::boundary;
use crate::rocketchat::envelope::{self, Failure, Layer};
use crate::rocketchat::events::{Event, Incoming, LatestRequest, NotAMessage};
use crate::rocketchat::release::Release;

/// Blocks that are opened before the next message has its turn.
const TURN: usize = 16;
/// From here on servers call an address that came out as `undefined`, so nothing that they send arrives.
const RECEIVES_ONLY: Release = boundary::CANNOT_SEND;
/// Bodies up to this size never wait behind larger ones.
const SMALL: usize = 64 * 1024;
const SMALL_JOBS: usize = 32;
const LARGE_JOBS: usize = 4;
/// Messages of one sender that are worked on at a time.
const SENDER_JOBS: usize = 4;
/// Senders that are looked up at a time.
const LOOKUPS: usize = 32;
const LOOKUP_TIME: Duration = Duration::from_secs(5);
/// How long an answer about a sender is remembered; servers keep it for an hour, and testing needs less.
const REMEMBERED: Duration = Duration::from_secs(5);
const REMEMBERED_MAX: usize = 1024;
/// Events and bytes of events that are kept.
const EVENTS_MAX: usize = 1000;
const EVENT_BYTES_MAX: usize = 8 << 20;

/// Why a body was refused. The caller is told less than the log.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    #[error("the header `x-federation-domain` is missing")]
    NoSender,
    #[error("it claims to be this server's own domain; a real server would take its body in clear, this one does not")]
    OwnDomain,
    #[error("no key was found for it: {0}")]
    UnknownSender(String),
    #[error("{0}")]
    Body(NotAnEnvelope),
    #[error("{layer} layer, {whose}: {failure}: {proves}", layer = .failure.layer(), proves = .failure.proves())]
    Layer { failure: Failure, whose: String },
    #[error("both layers open, but {0}")]
    Message(NotAMessage),
    #[error("too much work at a time")]
    Busy,
}

/// What discovery gave, and when.
type Remembered = (Instant, Result<PublicKey, String>);

/// The keys, the turns and what is remembered.
pub struct Inbox {
    config: Config,
    key: Arc<PrivateKey>,
    turn: Semaphore,
    small: Semaphore,
    large: Semaphore,
    lookups: Semaphore,
    senders: Mutex<HashMap<Domain, usize>>,
    found: Mutex<HashMap<Domain, Remembered>>,
    events: Mutex<VecDeque<Event>>,
}

impl Inbox {
    pub fn new(config: Config) -> anyhow::Result<Self> {
        let key = match config.has(Fault::WrongKey) {
            true => PrivateKey::generate(config.key.public().bits().max(2048))?,
            false => config.key.clone(),
        };
        Ok(Self {
            key: Arc::new(key),
            turn: Semaphore::new(1),
            small: Semaphore::new(SMALL_JOBS),
            large: Semaphore::new(LARGE_JOBS),
            lookups: Semaphore::new(LOOKUPS),
            senders: Mutex::default(),
            found: Mutex::default(),
            events: Mutex::default(),
            config,
        })
    }

    /// Opens a body, logs what became of it and keeps its events.
    pub async fn take(self: &Arc<Self>, sender: Option<&str>, body: Vec<u8>) -> Result<(), Refusal> {
        let opened = self.open(sender, body).await;
        match &opened {
            Ok((sender, key, incoming)) => {
                let (says, is_events) = description(incoming);
                let key = key.fingerprint();
                (self.config.log)(Entry::Opened { sender: sender.clone(), key, says, is_events });
            }
            Err(why) => {
                // The header is the caller's; a log must stay one line an entry.
                let sender = sender.unwrap_or("nobody").chars().take(80).collect::<String>().escape_debug().to_string();
                (self.config.log)(Entry::Refused { sender, why: why.to_string() });
            }
        }
        match opened? {
            (_, _, Incoming::Events(events)) => self.keep(events),
            (sender, _, Incoming::Latest(request)) => self.send(sender, &request),
            (_, _, Incoming::Old(_)) => {}
        }
        Ok(())
    }

    async fn open(
        self: &Arc<Self>,
        sender: Option<&str>,
        body: Vec<u8>,
    ) -> Result<(Domain, PublicKey, Incoming), Refusal> {
        // 1.x decrypts what comes in its own name too, and looks at the body before it looks at the header.
        let old = self.config.speaks == Wire::One;
        if sender == Some(self.config.domain.as_str()) && !old && self.config.has(Fault::Bypass) {
            let incoming = Incoming::read(&body).map_err(Refusal::Message)?;
            return Ok((self.config.domain.clone(), self.key.public().clone(), incoming));
        }
        let sender = match sender {
            None => Err(Refusal::NoSender),
            Some(own) if own == self.config.domain.as_str() && !old => Err(Refusal::OwnDomain),
            Some(text) => text.parse::<Domain>().map_err(|why| Refusal::UnknownSender(format!("{why}"))),
        };
        let sender = match sender {
            Err(why) if !old => return Err(why),
            sender => sender,
        };
        let jobs = if body.len() <= SMALL { &self.small } else { &self.large };
        let _job = jobs.try_acquire().map_err(|_| Refusal::Busy)?;
        let _share = match &sender {
            Ok(sender) => Some(self.share(sender).ok_or(Refusal::Busy)?),
            Err(_) => None,
        };
        let (_, sealed) =
            spawn_blocking(move || Wire::read(&body)).await.map_err(|_| Refusal::Busy)?.map_err(Refusal::Body)?;
        let sender = sender?;
        let key = self.discover(&sender).await.map_err(Refusal::UnknownSender)?;
        let inner = self.open_origin(sealed, &key).await?;
        let message = self.open_secrecy(inner).await?;
        let incoming = Incoming::read(&message).map_err(Refusal::Message)?;
        Ok((sender, key, incoming))
    }

    async fn open_origin(&self, sealed: Vec<u8>, key: &PublicKey) -> Result<Vec<u8>, Refusal> {
        let owned = key.clone();
        let block = key.size();
        self.in_turns(Layer::Origin, sealed, block, move |part| envelope::open_origin(part, &owned))
            .await
            .map_err(|failure| Refusal::Layer { failure, whose: format!("sender's key {}", key.fingerprint().short()) })
    }

    async fn open_secrecy(&self, inner: Vec<u8>) -> Result<Vec<u8>, Refusal> {
        let key = self.key.clone();
        let block = key.public().size();
        let open = move |part: &[u8]| envelope::open_secrecy(part, &key).map(|message| message.to_vec());
        self.in_turns(Layer::Secrecy, inner, block, open).await.map_err(|failure| {
            let whose = format!("own key {}", self.key.public().fingerprint().short());
            Refusal::Layer { failure, whose }
        })
    }

    /// `open` on a few blocks at a time; between them others have their turn.
    async fn in_turns(
        &self,
        layer: Layer,
        bytes: Vec<u8>,
        block: usize,
        open: impl Fn(&[u8]) -> Result<Vec<u8>, Failure> + Send + Sync + 'static,
    ) -> Result<Vec<u8>, Failure> {
        if bytes.is_empty() || !bytes.len().is_multiple_of(block) {
            return open(&bytes);
        }
        let (open, blocks) = (Arc::new(open), bytes.len() / block);
        let mut opened = Vec::with_capacity(bytes.len());
        for (at, part) in bytes.chunks(block * TURN).enumerate() {
            let (open, part) = (open.clone(), part.to_vec());
            let _turn = self.turn.acquire().await;
            let done = spawn_blocking(move || open(&part)).await.unwrap_or(Err(Failure::Key { layer, blocks }));
            opened.extend(done.map_err(|failure| match failure {
                Failure::Key { blocks: failed, .. } if at > 0 => {
                    Failure::Blocks { layer, failed, blocks, first: at * TURN + 1 }
                }
                other => other,
            })?);
        }
        Ok(opened)
    }

    async fn discover(&self, sender: &Domain) -> Result<PublicKey, String> {
        if let Some((since, found)) = lock(&self.found).get(sender)
            && since.elapsed() < REMEMBERED
        {
            return found.clone();
        }
        let found = {
            let _lookup = self.lookups.try_acquire().map_err(|_| "too many look-ups at a time".to_owned())?;
            let late = |_| Err(format!("no answer within {} s", LOOKUP_TIME.as_secs()));
            timeout(LOOKUP_TIME, (self.config.discover)(sender.clone())).await.unwrap_or_else(late)
        };
        let mut remembered = lock(&self.found);
        if remembered.len() >= REMEMBERED_MAX {
            remembered.retain(|_, (since, _)| since.elapsed() < REMEMBERED);
        }
        if remembered.len() < REMEMBERED_MAX {
            remembered.insert(sender.clone(), (Instant::now(), found.clone()));
        }
        found
    }

    fn keep(&self, events: Vec<Event>) {
        let mut kept = lock(&self.events);
        for event in events {
            let known = event.id.is_none() || kept.iter().any(|other| other.id == event.id);
            if !known && event.room.is_some() {
                kept.push_back(event);
            }
        }
        let size = |event: &Event| event.json.to_string().len();
        let mut bytes: usize = kept.iter().map(size).sum();
        while kept.len() > EVENTS_MAX || bytes > EVENT_BYTES_MAX {
            bytes -= kept.pop_front().map_or(bytes, |event| size(&event));
        }
    }

    /// Sends what was asked for, to the asker alone: who asks in the name of another gets nothing.
    fn send(self: &Arc<Self>, sender: Domain, request: &LatestRequest) {
        if self.config.has(Fault::NeverSends) {
            return;
        }
        if self.config.release >= RECEIVES_ONLY {
            let why = format!("a {} server calls `undefined/api/v1/…`: Invalid URL", self.config.release);
            return (self.config.log)(Entry::Undelivered { to: sender.to_string(), why });
        }
        let inbox = self.clone();
        if request.from_domain != sender.as_str() {
            let why = format!("{sender} asked for events to be sent to `{}`", request.from_domain.escape_debug());
            return (self.config.log)(Entry::Undelivered { to: sender.to_string(), why });
        }
        let room = Some(&request.context_query.room_id);
        let asked = |event: &&Event| {
            let known = event.id.as_ref().is_some_and(|id| request.latest_event_ids.contains(id));
            event.room.as_ref() == room && !known
        };
        let events: Vec<Event> = lock(&self.events).iter().filter(asked).cloned().collect();
        let Some(share) = self.share(&sender) else { return };
        tokio::spawn(async move {
            let message = crate::rocketchat::events::dispatch(&events);
            let delivered = (inbox.config.deliver)(sender.clone(), message).await;
            drop(share);
            (inbox.config.log)(match delivered {
                Ok(()) => Entry::Delivered { to: sender, events: events.len() },
                Err(why) => Entry::Undelivered { to: sender.to_string(), why },
            });
        });
    }

    /// One of the sender's places, given back when dropped.
    fn share(self: &Arc<Self>, sender: &Domain) -> Option<Share> {
        let mut senders = lock(&self.senders);
        let jobs = senders.entry(sender.clone()).or_default();
        *jobs += 1;
        let full = *jobs > SENDER_JOBS;
        drop(senders);
        let share = Share { inbox: self.clone(), sender: sender.clone() };
        (!full).then_some(share)
    }
}

struct Share {
    inbox: Arc<Inbox>,
    sender: Domain,
}

impl Drop for Share {
    fn drop(&mut self) {
        let mut senders = lock(&self.inbox.senders);
        if let Some(jobs) = senders.get_mut(&self.sender) {
            *jobs -= 1;
            if *jobs == 0 {
                senders.remove(&self.sender);
            }
        }
    }
}

/// Nothing that holds one of these locks can leave its data half-changed.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn description(incoming: &Incoming) -> (String, bool) {
    match incoming {
        Incoming::Events(events) if events.is_empty() => ("no events".into(), true),
        Incoming::Events(events) => {
            let kinds: Vec<_> = events.iter().take(8).map(|event| event.kind.escape_debug().to_string()).collect();
            let more = if events.len() > kinds.len() {
                format!(" and {} more", events.len() - kinds.len())
            } else {
                String::new()
            };
            (kinds.join(", ") + &more, true)
        }
        Incoming::Latest(request) => {
            (format!("send me the events of room `{}`", request.context_query.room_id.escape_debug()), false)
        }
        Incoming::Old(kind) => (kind.escape_debug().to_string(), true),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::serve::peer::log::Entry;

    fn inbox() -> Arc<Inbox> {
        let config = Config {
            listen: "127.0.0.1:0".parse().unwrap(),
            domain: "b.example".parse().unwrap(),
            key: PrivateKey::generate(2048).unwrap(),
            release: Release(6, 2, 0),
            speaks: Wire::Two,
            tls: None,
            faults: Vec::new(),
            gate_open: false,
            discover: Arc::new(|_| Box::pin(async { Err("nobody is known".to_owned()) })),
            deliver: Arc::new(|_, _| Box::pin(async { Ok(()) })),
            log: Arc::new(|_: Entry| ()),
        };
        Arc::new(Inbox::new(config).unwrap())
    }

    #[tokio::test]
    async fn a_short_message_does_not_wait_for_the_end_of_a_long_one() {
        let (inbox, turns) = (inbox(), Arc::new(AtomicUsize::new(0)));
        let counted = turns.clone();
        let slow = move |part: &[u8]| {
            counted.fetch_add(1, Ordering::Relaxed);
            std::thread::sleep(Duration::from_millis(5));
            Ok(part.to_vec())
        };
        let (one, long) = (inbox.clone(), vec![0; TURN * 200]);
        let long = tokio::spawn(async move { one.in_turns(Layer::Secrecy, long, 1, slow).await });
        while turns.load(Ordering::Relaxed) == 0 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        inbox.in_turns(Layer::Secrecy, vec![0; 1], 1, |part| Ok(part.to_vec())).await.unwrap();
        assert!(turns.load(Ordering::Relaxed) < 100, "the long one went on for {turns:?} turns");
        assert_eq!(long.await.unwrap().unwrap().len(), TURN * 200);
    }

    #[tokio::test]
    async fn one_sender_has_only_so_many_places() {
        let inbox = inbox();
        let (one, other) = ("a.example".parse().unwrap(), "c.example".parse().unwrap());
        let mut held: Vec<_> = (0..SENDER_JOBS).map(|_| inbox.share(&one).unwrap()).collect();
        assert!(inbox.share(&one).is_none() && inbox.share(&other).is_some());
        held.pop();
        assert!(inbox.share(&one).is_some());
        drop(held);
        assert!(lock(&inbox.senders).is_empty());
    }
}
