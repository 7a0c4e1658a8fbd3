//! What each release does with classic federation: one page for people, and the page of the docs. Both come from the tables in
//! `rocketchat`.

use serde_json::json;

use super::fill::{fix_rows, hang};
use super::key::pretty;
use crate::report::wording::sentence;
use crate::rocketchat::boundary;
use crate::rocketchat::generation::{GENERATIONS, Generation};
use crate::rocketchat::life::{GATE_ANSWER, Life};
use crate::rocketchat::quirks::{self, Quirk};
use crate::rocketchat::release::Release;
use crate::rocketchat::status::STATUS_STRINGS;

/// One release, for people.
pub fn one(release: Release, width: usize) -> String {
    let row = |name: &str, text: &str| hang(&format!("  {name:<12}{text}"), width, 14);
    let life = Life::of(release);
    let mut out = format!("{release}\n\n");
    out += &row("federation", life.sentence());
    if matches!(life, Life::Removed | Life::Unknown) {
        return out + &row("next", "fedctl upgrade plan --from 6.2 --to 7.11");
    }
    let generation = Generation::of(release);
    let names: Vec<&str> = generation.srv.iter().map(|label| label.as_str()).collect();
    out += &row("reads", &format!("SRV {}; TXT rocketchat-public-key", names.join(", then ")));
    out += &row("cache", generation.memory);
    for quirk in quirks::of(release) {
        out += &format!("\n{}", row(&quirk.severity.to_string(), quirk.what));
        out += &row("id", quirk.id);
        out += &row("seen as", quirk.shows);
        out += &fix_rows(&sentence(quirk.fix), 14, |text| row("fix", text));
    }
    out
}

/// One release, for programs.
pub fn one_json(release: Release) -> anyhow::Result<String> {
    let fault = |quirk: &&Quirk| json!({"id": quirk.id, "releases": quirk.span(), "what": quirk.what, "shows": quirk.shows, "fix": sentence(quirk.fix)});
    let faults: Vec<_> = quirks::of(release).iter().map(fault).collect();
    let life = Life::of(release).sentence();
    pretty(&json!({"schema": 1, "release": release.to_string(), "federation": life, "faults": faults}))
}

/// The page of the docs, in Markdown.
pub fn page() -> String {
    let mut out = String::from(
        "# What each release does\n\nGenerated from the tables that the checks, `serve peer` and `explain` use; `fedctl explain 6.5.0` \
         prints one release.\n\n## From the first release to the last\n\n",
    );
    out += "| releases | classic federation |\n| --- | --- |\n";
    for (releases, life) in lives() {
        out += &format!("| {releases} | {} |\n", life.sentence());
    }
    out += &format!(
        "\nThe bridge to a separate Matrix homeserver shipped from {} to the end of 7.x. In 7.x every route answers 400 with\n\n```text\n\
         {GATE_ANSWER}\n```\n\nunless the variable is set. The source of 6.13 has no such gate and that of 7.9 has it; the first release \
         with it was not found. The removal was merged before {}, whose own source was not seen. What to do: [after.md](after.md).\n\n",
        boundary::MATRIX_BRIDGE,
        boundary::REMOVED
    );
    out +=
        "## Discovery\n\n| releases | SRV names, in order | protocol of `_tcp` | cache |\n| --- | --- | --- | --- |\n";
    for generation in &GENERATIONS {
        let names: Vec<String> = generation.srv.iter().map(|label| format!("`{}`", label.as_str())).collect();
        let tcp = match (generation.reads_protocol, generation.srv.len()) {
            (true, _) => "TXT `rocketchat-protocol`, else https",
            (false, 1) => "https; http for the target `localhost`",
            (false, 2) => "-",
            (false, _) => "https",
        };
        out += &format!("| {} | {} | {tcp} | {} |\n", generation.releases, names.join(", "), generation.memory);
    }
    out += "\n## Status texts\n\n| text | releases |\n| --- | --- |\n";
    for status in STATUS_STRINGS {
        out += &format!("| `{}` | {} |\n", status.text, status.releases);
    }
    out + "\n## Faults of releases\n\n" + &faults()
}

/// The faults as a list in Markdown.
pub fn faults() -> String {
    let line = |quirk: &Quirk| {
        let issue = quirk.issue.map(|number| format!(" (RocketChat/Rocket.Chat#{number})")).unwrap_or_default();
        let (id, span, Quirk { what, shows, fix, .. }) = (quirk.id, quirk.span(), quirk);
        format!("- `{id}`, {span}: {what}{issue}. Seen as: {shows}. What helps: {fix}.\n")
    };
    quirks::all().map(line).collect()
}

/// The spans of the life of classic federation, as people write them.
fn lives() -> [(String, Life); 4] {
    let line = |release: Release| format!("{}.{}", release.0, release.1);
    let span = |first: Release, next: Release| format!("{first} until {next}");
    [
        (span(boundary::FIRST, boundary::CANNOT_SEND), Life::Works),
        (span(boundary::CANNOT_SEND, boundary::GATE), Life::ReceivesOnly),
        (span(boundary::GATE, boundary::REMOVED), Life::Closed),
        (format!("{} to {}, the newest that is known", line(boundary::REMOVED), line(boundary::NEWEST)), Life::Removed),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_release_is_shown_with_what_it_can_do() {
        let page = one("6.5.0".parse().unwrap(), 80);
        assert!(page.lines().any(|line| line.split_whitespace().eq(["id", "sending-broken"])), "{page}");
        assert!(page.contains("receives only") && page.contains("Invalid URL"), "{page}");
        let removed = one("8.6.0".parse().unwrap(), 80);
        assert!(removed.contains("was removed in 7.11") && !removed.contains("cache"), "{removed}");
        assert!(one_json("7.9.0".parse().unwrap()).unwrap().contains("ENABLE_INSECURE_LEGACY_FEDERATION"));
    }
}
