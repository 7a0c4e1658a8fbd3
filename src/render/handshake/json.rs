//! For programs, and for `--join`: one object, the members of every report plus the stages and the requests.

use serde_json::{Value, json};

use super::Handshake;
use crate::check::stage::STAGES;
use crate::render::compatibility::members;
use crate::render::report::{JSON, Style, write as write_report};

/// The object, with two spaces and a final line end.
pub fn write(seen: &Handshake, style: Style) -> anyhow::Result<String> {
    let text = write_report(JSON, std::slice::from_ref(seen.report), style)?;
    let mut value: Value = serde_json::from_str(&text)?;
    let facts = seen.facts;
    value["identity"] = json!(facts.identity.as_ref().map(|identity| &identity.records.domain));
    value["as"] = json!(facts.view);
    value["url"] = json!(facts.base.as_ref().map(ToString::to_string));
    value["release"] = json!(facts.release().map(|(release, _)| release));
    value["compatibility"] = seen.compatibility.map_or(Value::Null, members);
    value["addresses"] = facts
        .addresses
        .iter()
        .map(|address| json!({"address": address.addr, "usable": address.is_usable(facts.base.as_ref().is_some_and(|base| base.https))}))
        .collect();
    value["stages"] = STAGES
        .iter()
        .map(|stage| {
            let status = stage.ended(&seen.report.lines).word();
            json!({"name": stage.name(), "status": status, "elapsed_ms": stage.elapsed(facts), "ids": stage.ids()})
        })
        .collect();
    value["requests"] = facts
        .exchanges()
        .map(|exchange| {
            json!({
                "method": exchange.method,
                "path": exchange.path,
                "status": exchange.answer().map(|answer| answer.status),
                "failure": exchange.outcome.as_ref().err().map(ToString::to_string),
                "elapsed_ms": exchange.elapsed,
            })
        })
        .collect();
    crate::render::key::pretty(&value)
}
