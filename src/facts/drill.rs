//! Everything that was seen in a drill: what was sent, what the peer answered, and what it called back for.

use std::fmt;
use std::net::SocketAddr;

use serde::{Deserialize, Serialize};

use super::peer::{Exchange, PeerFacts, Speaks};
use crate::count::counted;
use crate::dns::name::Domain;
use crate::error::Hinted;
use crate::position::Position;
use crate::rocketchat::boundary;
use crate::rocketchat::drill::cast::Guest;
use crate::rocketchat::drill::expectation::{Expectation, expectations};
use crate::rocketchat::drill::script::Part;
use crate::rocketchat::drill::step::Step;
use crate::rocketchat::quirks;
use crate::rocketchat::release::Release;

/// What was requested.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DrillOptions {
    /// `--release`.
    pub release: Option<Release>,
    /// The steps to take; all of them when empty.
    pub only: Vec<Step>,
    pub keep_room: bool,
}

/// Where the records of the drill domain lead, read as the peer's release reads them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "found", rename_all = "snake_case")]
pub enum WayBack {
    /// A request to the published address came out at the listener of the drill.
    Here {
        url: String,
    },
    /// The records lead nowhere.
    NoRecords {
        why: String,
    },
    NoKey {
        why: String,
    },
    /// Another key is published; its fingerprint.
    OtherKey {
        published: String,
    },
    /// The request came out elsewhere, or nowhere.
    Elsewhere {
        url: String,
        exchange: Box<Exchange>,
    },
}

/// A request to the peer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Request {
    /// Milliseconds since the beginning.
    pub at: u32,
    pub purpose: Purpose,
    pub parts: Vec<Part>,
    pub exchange: Exchange,
}

/// Why a request was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    Steps,
    /// The peer did not request the withheld event, so it is sent with the one after it.
    Repair,
    /// An event that cannot be stored, so that the peer asks and names what it has stored.
    Question,
}

/// What the peer did at the drill.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Arrival {
    /// Milliseconds since the beginning.
    pub at: u32,
    #[serde(flatten)]
    pub what: Arrived,
}

/// One thing that came in, or went out as its answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "arrived", rename_all = "snake_case")]
pub enum Arrived {
    /// The peer asks for the events of a room and names those that it has.
    Question {
        room: String,
        known: Vec<String>,
    },
    Fetched {
        upload: String,
        bytes: usize,
    },
    /// What it requested was sent and accepted.
    Delivered {
        events: usize,
    },
    Undelivered {
        why: String,
    },
    /// Events of the peer itself.
    Events {
        #[serde(alias = "says")]
        description: String,
    },
    /// A request that did not open, or a connection that failed.
    Refused {
        why: String,
    },
}

impl fmt::Display for Arrived {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Question { room, known } => {
                write!(f, "the peer requests the events of room {room}, and has {}", known.len())
            }
            Self::Fetched { upload, bytes } => write!(f, "file {upload} was fetched, {}", counted(bytes, "byte")),
            Self::Delivered { events } => write!(f, "{} sent to the peer", counted(events, "event")),
            Self::Undelivered { why } => write!(f, "what the peer requested was not sent: {why}"),
            Self::Events { description } => write!(f, "the peer reports {description}"),
            Self::Refused { why } => write!(f, "{why}"),
        }
    }
}

/// How the peer took a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Taken<'a> {
    /// 200 with `success`: it answers so after it has applied the events.
    Applied,
    /// `200 {}`, which releases from 2.0 to 4.1 answer before they look at a message.
    Accepted,
    /// 400 with this text.
    Rejected(&'a str),
    /// Anything else.
    Unanswered,
}

/// Everything that was seen.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DrillFacts {
    /// Seconds since 1970-01-01T00:00:00Z.
    pub time: i64,
    pub domain: Domain,
    /// The drill's user with its domain.
    pub user: String,
    /// The name that was looked up.
    pub username: String,
    pub options: DrillOptions,
    /// Where the drill listened; nowhere when the peer could not be reached.
    pub listened: Option<SocketAddr>,
    pub peer: PeerFacts,
    pub way_back: Option<WayBack>,
    pub look_up: Option<Exchange>,
    pub guest: Option<Guest>,
    /// The direct room.
    pub room: Option<String>,
    pub requests: Vec<Request>,
    pub arrivals: Vec<Arrival>,
    /// When a signal stopped it, in milliseconds since the beginning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stopped: Option<u32>,
}

impl Request {
    /// How the peer took it.
    pub fn taken(&self) -> Taken<'_> {
        let Some(answer) = self.exchange.answer() else { return Taken::Unanswered };
        match (answer.status, answer.success()) {
            (200, Some(true)) => Taken::Applied,
            (200, None) if answer.json.as_ref().is_some_and(|json| *json == serde_json::json!({})) => Taken::Accepted,
            (400, _) => answer.error().map_or(Taken::Unanswered, Taken::Rejected),
            _ => Taken::Unanswered,
        }
    }
}

impl DrillFacts {
    /// True for a peer of 1.x.
    pub fn is_first_protocol(&self) -> bool {
        self.peer.speaks() == Speaks::Old
    }

    /// The release of the peer: the one that was given, else the one that it reports.
    pub fn release(&self) -> Option<Release> {
        self.options.release.or_else(|| self.peer.release().map(|(release, _)| release))
    }

    /// The release whose behaviour is expected. One that is not known is inferred from its answers: either the last that sends, or the
    /// last line that answers before it looks.
    pub fn judged_as(&self) -> Release {
        self.release().unwrap_or(match (self.is_first_protocol(), self.is_blind()) {
            (true, _) => boundary::LAST_OF_1,
            (false, true) => boundary::READS_ALL,
            (false, false) => boundary::LAST_SENDER,
        })
    }

    /// True when answers say nothing, because the peer gives them before it looks at a message.
    pub fn is_blind(&self) -> bool {
        match self.requests.first().map(Request::taken) {
            Some(Taken::Accepted) => true,
            Some(Taken::Applied | Taken::Rejected(_)) => false,
            _ => self.release().is_some_and(|release| quirks::ALWAYS_200.is_in(release)),
        }
    }

    /// The steps that were chosen.
    pub fn steps(&self) -> Vec<Step> {
        Step::chosen(&self.options.only, self.is_first_protocol())
    }

    /// The request of a step, and its part in it.
    pub fn sent(&self, step: Step) -> Option<(&Request, &Part)> {
        let requests = self.requests.iter().filter(|request| request.purpose == Purpose::Steps);
        requests
            .flat_map(|request| request.parts.iter().map(move |part| (request, part)))
            .find(|(_, part)| part.step == step)
    }

    /// True when the drill was stopped while it waited for what the peer calls back for.
    pub fn is_cut(&self, step: Step) -> bool {
        let Some(stopped) = self.stopped else { return false };
        let last = self.requests.iter().rfind(|request| request.at <= stopped);
        last.is_some_and(|last| last.parts.iter().any(|part| part.step == step))
    }

    /// Where the drill listened, for people.
    pub fn listened(&self) -> String {
        self.listened.map_or_else(|| "ADDR:PORT".to_owned(), |addr| addr.to_string())
    }

    /// What the peer's release does with a step that was sent.
    pub fn expected(&self, step: Step) -> Option<Expectation> {
        let of_steps: Vec<&Request> =
            self.requests.iter().filter(|request| request.purpose != Purpose::Question).collect();
        let parts: Vec<&[Part]> = of_steps.iter().map(|request| request.parts.as_slice()).collect();
        let all = expectations(self.judged_as(), &self.peer.records.domain, &parts);
        let each = of_steps.iter().zip(all).flat_map(|(request, expected)| request.parts.iter().zip(expected));
        each.into_iter().find(|(part, _)| part.step == step).map(|(_, expected)| expected)
    }

    /// What came in after a moment.
    pub fn arrived_since(&self, at: u32) -> impl Iterator<Item = &Arrival> {
        self.arrivals.iter().filter(move |arrival| arrival.at >= at)
    }

    /// Whether the peer's questions name all of these events as stored: `None` when it asked nothing after they were sent.
    pub fn named(&self, part: &Part, sent: u32) -> Option<bool> {
        let ids: Vec<&str> = part.sent.iter().filter_map(|event| event.get("_id")?.as_str()).collect();
        let questions = self.arrived_since(sent).filter_map(|arrival| match &arrival.what {
            Arrived::Question { room, known } if Some(room) == self.room.as_ref() => Some(known),
            _ => None,
        });
        // The last question names most; a question may come while an event is still being looked at.
        let last = questions.last()?;
        Some(ids.iter().all(|id| last.iter().any(|known| known == id)))
    }
}

/// Raised when older programs could no longer read the file.
const SCHEMA: u32 = 1;

/// A drill as a file. Judging it again needs no network and gives the same report.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SavedDrill {
    schema: u32,
    /// Who wrote it.
    program: String,
    drill: DrillFacts,
}

impl SavedDrill {
    /// The file's text.
    pub fn text(facts: &DrillFacts) -> serde_json::Result<String> {
        let program = format!("fedctl {}", env!("CARGO_PKG_VERSION"));
        serde_json::to_string_pretty(&Self { schema: SCHEMA, program, drill: facts.clone() })
    }

    /// Reads the file's text.
    pub fn parse(text: &str) -> Result<DrillFacts, Hinted> {
        let hint = "`fedctl drill PEER --user NAME --save FILE` writes such a file";
        let saved: Self = serde_json::from_str(text)
            .map_err(|error| Hinted::new(format!("this is not a saved drill: {error}"), hint))?;
        match saved.schema {
            SCHEMA => Ok(saved.drill),
            other => {
                let what = format!("the saved drill has schema {other}, this fedctl reads {SCHEMA}");
                let at = Position::in_json(text, &["schema".to_owned()]);
                Err(Hinted::new(what, "use the fedctl that wrote it").at(at))
            }
        }
    }
}
