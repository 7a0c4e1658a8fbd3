//! Facts of a drill in which everything went well, for the cases of the checks to spoil.

use serde_json::json;

use super::peer_sample::{answer, sample as peer_sample, set_release};
use crate::facts::drill::{Arrival, Arrived, DrillFacts, DrillOptions, Purpose, Request, WayBack};
use crate::facts::peer::Exchange;
use crate::rocketchat::boundary;
use crate::rocketchat::drill::cast::{Cast, Guest};
use crate::rocketchat::drill::script::{Part, Script};
use crate::rocketchat::drill::step::Step;
use crate::rocketchat::events::documents::Documents;
use crate::rocketchat::quirks;
use crate::rocketchat::release::Release;

fn exchange(method: &str, path: &str, body: &str) -> Exchange {
    let outcome = Ok(answer(200, "application/json", body));
    Exchange { method: method.into(), path: path.into(), elapsed: 20, outcome, dropped: None }
}

/// A drill of drill.example with mydomain.com, which runs this release.
pub fn sample(release: &str) -> DrillFacts {
    let mut peer = peer_sample();
    set_release(&mut peer, release);
    let release: Release = release.parse().unwrap();
    let domain = "drill.example".parse().unwrap();
    let user =
        json!({"_id": "uBob", "username": "bob@mydomain.com", "name": "Bob", "federation": {"origin": "mydomain.com"}});
    let guest = Guest::read(&user).unwrap();
    let cast = Cast::new(&domain, &peer.records.domain, guest.clone(), "fedctl", "secret");
    let body = if quirks::ALWAYS_200.is_in(release) { "{}" } else { r#"{"success":true}"# };
    let mut documents = Documents::default();
    let mut part = |at: i64, step: Step| -> Option<Part> {
        let time = 1_700_000_000_000 + at * 1000;
        Script { cast: &cast, documents: &mut documents, release: boundary::LAST_SENDER, time }.part(step)
    };
    let steps = (0..).zip(Step::all(false));
    let requests = steps.filter_map(|(at, step)| {
        Some(Request {
            at: u32::try_from(at).unwrap() * 1000,
            purpose: Purpose::Steps,
            parts: vec![part(at, *step)?],
            exchange: exchange("POST", "/api/v1/federation.events.dispatch", body),
        })
    });
    let requests: Vec<Request> = requests.collect();
    let at = |step: Step| requests.iter().find(|request| request.parts[0].step == step).unwrap().at;
    let arrivals = vec![
        Arrival { at: at(Step::File) + 40, what: Arrived::Fetched { upload: cast.upload.clone(), bytes: 70 } },
        Arrival { at: at(Step::Recovery) + 30, what: Arrived::Question { room: cast.room.clone(), known: vec![] } },
        Arrival { at: at(Step::Recovery) + 60, what: Arrived::Delivered { events: 2 } },
    ];
    DrillFacts {
        time: 1_700_000_000,
        user: "fedctl@drill.example".into(),
        domain,
        username: "bob".into(),
        options: DrillOptions::default(),
        listened: Some("192.0.2.1:443".parse().unwrap()),
        peer,
        way_back: Some(WayBack::Here { url: "https://drill.example:443".into() }),
        look_up: Some(exchange(
            "GET",
            "/api/v1/federation.users.getByUsername",
            &json!({"user": user, "success": true}).to_string(),
        )),
        guest: Some(guest),
        room: Some(cast.room.clone()),
        requests,
        arrivals,
        stopped: None,
    }
}
