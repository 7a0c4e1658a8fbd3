//! external-dns: a DNSEndpoint for its CRD source.

use serde_json::{Value, json};

use super::{Facts, Format, Place, Proof, json, rdata};
use crate::dns::record::{RData, Rr};
use crate::error::Hinted;
use crate::rocketchat::records::{DEFAULT_TTL, Plan, Record};

pub const FORMAT: Format = Format {
    id: "external-dns",
    title: "external-dns, DNSEndpoint",
    next: "kubectl apply -f FILE, with a controller that was started with --source=crd --managed-record-types=SRV \
     --managed-record-types=TXT (and the types it already manages); TXT through the CRD is documented for DigitalOcean only, on AWS it is open work (external-dns #5742), and SRV targets lose or need their dot by release (#4267)",
    prints_sizes: false,
    write,
    read,
    facts: Facts {
        txt: "in one piece, cut by the provider behind it; not every provider can",
        owner: "in full",
        target: "with a final dot; releases before 2026 may refuse it",
        ttl: "seconds",
        limits: &[],
        proof: Proof::Read("2026-11-23"),
        source: "external-dns documentation, CRD source; issues 3979, 4267, 4751, 4792, 5742",
    },
};

fn write(plan: &Plan) -> Result<String, Hinted> {
    let endpoint = |record: &Record| {
        Ok(json!({
            "dnsName": record.owner,
            "recordTTL": record.ttl,
            "recordType": record.data.kind(),
            "targets": [rdata::plain(&record.data)?],
        }))
    };
    let endpoints: Vec<Value> = plan.set.records.iter().map(endpoint).collect::<Result<_, Hinted>>()?;
    json::yaml_text(&json!({
        "apiVersion": "externaldns.k8s.io/v1alpha1",
        "kind": "DNSEndpoint",
        "metadata": { "name": "rocketchat-federation" },
        "spec": { "endpoints": endpoints },
    }))
}

fn read(text: &str, place: &Place) -> Result<Vec<Rr>, Hinted> {
    let value = json::yaml_document(text)?;
    let endpoints = value.root().get("spec").get("endpoints");
    if !endpoints.is_list() {
        let hint = "`fedctl records --format external-dns` prints a DNSEndpoint";
        return Err(endpoints.wrong("this YAML has no `spec.endpoints`", hint));
    }
    let mut records = Vec::new();
    for endpoint in endpoints.items() {
        let ttl = endpoint.get("recordTTL").ttl_or(DEFAULT_TTL)?;
        for target in endpoint.get("targets").items() {
            let data = target.read(|target| match endpoint.get("recordType").text() {
                "SRV" => rdata::read_srv(target),
                "TXT" => Ok(rdata::cut(target.as_bytes())),
                other => Ok(RData::Other(other.to_owned())),
            })?;
            records.push(Rr { name: place.full(endpoint.get("dnsName").text()), ttl, data });
        }
    }
    Ok(records)
}
