//! Sealed bodies: who sent them, and do they open. All of it in turns, so that no sender holds up the others.
//!
//! A body names its sender, and any client can name any domain. So only the origin layer, which costs little, is opened for
//! everybody; the allowance of a domain is for messages that this layer proves to be its own.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::Value;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::task::spawn_blocking;
use tokio::time::timeout;

use super::fault::Fault;
use super::parse;
use super::refusal::Refusal;
use super::{Config, lock};
use crate::dns::name::Domain;
use crate::facts::call::CallFailure;
use crate::key::{PrivateKey, PublicKey};
use crate::rocketchat::body::Wire;
use crate::rocketchat::envelope::{self, Failure, Layer};
use crate::rocketchat::events::read_json;

/// Blocks that are opened before the next message has its turn.
const TURN: usize = 16;
/// Bodies up to this size never wait behind larger ones.
const SMALL: usize = 64 * 1024;
const SMALL_JOBS: usize = 32;
const LARGE_JOBS: usize = 4;
/// How long a body may wait for its turn.
const WAIT: Duration = Duration::from_millis(1500);
/// Messages of one sender that are worked on at a time.
const SENDER_JOBS: usize = 4;
/// Senders that are looked up at a time.
const LOOKUPS: usize = 32;
const LOOKUP_TIME: Duration = Duration::from_secs(5);
/// How long an answer about a sender is kept; servers keep it for an hour, and testing needs less.
const KEPT: Duration = Duration::from_secs(5);
const KEPT_MAX: usize = 1024;

/// A message that opened.
pub struct Opened {
    pub sender: Domain,
    /// The sender's key, as discovered.
    pub key: PublicKey,
    pub value: Value,
}

/// What discovery gave, and when.
type Kept = (Instant, Result<PublicKey, CallFailure>);

/// The keys, the turns and what is kept about senders.
pub struct Inbox {
    config: Config,
    key: Arc<PrivateKey>,
    turn: Semaphore,
    small: Semaphore,
    large: Semaphore,
    lookups: Semaphore,
    senders: Mutex<HashMap<Domain, usize>>,
    found: Mutex<HashMap<Domain, Kept>>,
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
            config,
        })
    }

    /// Opens a body. `None` is one that is empty, or not JSON by its content type.
    pub async fn open(&self, sender: Option<&str>, body: Option<Vec<u8>>) -> Result<Opened, Refusal> {
        // 1.x decrypts what comes in its own name too, and looks at the body before it looks at the header.
        let old = self.config.speaks == Wire::One;
        let sender = match sender {
            None => Err(Refusal::NoSender),
            Some(own) if own == self.config.domain.as_str() && !old => Err(Refusal::OwnDomain),
            Some(text) => {
                text.parse::<Domain>().map_err(|why| Refusal::UnknownSender(CallFailure::NotFound(why.to_string())))
            }
        };
        let sender = match sender {
            Err(why) if !old => return Err(why),
            sender => sender,
        };
        let body = body.ok_or(Refusal::NotJson)?;
        let _job = self.job(body.len()).await?;
        let sealed = spawn_blocking(move || parse::bytes(&body, old)).await.map_err(|_| Refusal::Busy)??;
        let sender = sender?;
        let key = self.discover(&sender).await.map_err(Refusal::UnknownSender)?;
        let inner = self.open_origin(sealed, &key).await?;
        // From here on the message is verified to be the sender's own.
        let _share = self.share(&sender).ok_or(Refusal::Busy)?;
        let message = self.open_secrecy(inner).await?;
        let value = read_json(&message).map_err(|why| Refusal::Message { why, parse: parse::error(&message) })?;
        Ok(Opened { sender, key, value })
    }

    async fn job(&self, bytes: usize) -> Result<SemaphorePermit<'_>, Refusal> {
        let jobs = if bytes <= SMALL { &self.small } else { &self.large };
        timeout(WAIT, jobs.acquire()).await.ok().and_then(Result::ok).ok_or(Refusal::Busy)
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

    async fn discover(&self, sender: &Domain) -> Result<PublicKey, CallFailure> {
        if let Some((since, found)) = lock(&self.found).get(sender)
            && since.elapsed() < KEPT
        {
            return found.clone();
        }
        let found = {
            let busy = |_| CallFailure::NotFound("too many look-ups at a time".to_owned());
            let _lookup = self.lookups.try_acquire().map_err(busy)?;
            let late = |_| Err(CallFailure::NotFound(format!("no answer within {} s", LOOKUP_TIME.as_secs())));
            timeout(LOOKUP_TIME, (self.config.discover)(sender.clone())).await.unwrap_or_else(late)
        };
        let mut kept = lock(&self.found);
        if kept.len() >= KEPT_MAX {
            kept.retain(|_, (since, _)| since.elapsed() < KEPT);
        }
        if kept.len() < KEPT_MAX {
            kept.insert(sender.clone(), (Instant::now(), found.clone()));
        }
        found
    }

    /// One of the sender's places, given back when dropped.
    fn share(&self, sender: &Domain) -> Option<Share<'_>> {
        let mut senders = lock(&self.senders);
        let jobs = senders.entry(sender.clone()).or_default();
        *jobs += 1;
        let full = *jobs > SENDER_JOBS;
        drop(senders);
        let share = Share { inbox: self, sender: sender.clone() };
        (!full).then_some(share)
    }
}

struct Share<'a> {
    inbox: &'a Inbox,
    sender: Domain,
}

impl Drop for Share<'_> {
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

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::rocketchat::release::Release;
    use crate::serve::peer::tests::config;

    fn inbox() -> Arc<Inbox> {
        Arc::new(Inbox::new(config(Release(6, 2, 0))).unwrap())
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

    /// A client that names a domain does not use up what is kept for that domain's own messages.
    #[tokio::test(flavor = "multi_thread")]
    async fn garbage_in_the_name_of_a_domain_spends_none_of_its_places() {
        let alice = PrivateKey::generate(2048).unwrap();
        let known = alice.public().clone();
        let mut config = config(Release(6, 2, 0));
        config.discover = Arc::new(move |_| {
            let known = known.clone();
            Box::pin(async move { Ok(known) })
        });
        let inbox = Arc::new(Inbox::new(config.clone()).unwrap());
        // Signed by nobody, and large enough to be worked on for a while.
        let garbage = Wire::Two.write(&vec![7; 256 * 64]);
        let flood: Vec<_> = (0..SENDER_JOBS * 8)
            .map(|_| {
                let (inbox, garbage) = (inbox.clone(), garbage.clone());
                tokio::spawn(
                    async move { inbox.open(Some("a.example"), Some(garbage)).await.err().unwrap().to_string() },
                )
            })
            .collect();
        let ping = br#"{"events":[{"type":"ping"}]}"#;
        let sealed = Wire::Two.write(&envelope::seal(ping, &alice, config.key.public()).unwrap());
        for _ in 0..SENDER_JOBS {
            inbox.open(Some("a.example"), Some(sealed.clone())).await.unwrap();
        }
        for refused in flood {
            assert!(refused.await.unwrap().contains("origin layer"));
        }
    }
}
