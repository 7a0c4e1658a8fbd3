//! `fedctl config`

use clap::Args;
use serde_json::json;

use super::{Context, Format};
use crate::error::ExitStatus;
use crate::render::fill::hang;
use crate::render::key::pretty;
use crate::settings::SETTINGS;

/// Show each setting and where it came from
///
/// Options override FEDCTL_* variables, and these override fedctl.yaml in the working directory or in the user's config directory.
#[derive(Debug, Args)]
#[command(after_long_help = "Examples:\n  fedctl config\n  fedctl config --config other.yaml --format json")]
pub struct ShowConfig {
    /// How to print the settings: human or json
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "human", hide_possible_values = true)]
    format: Format,
}

impl ShowConfig {
    pub fn run(&self, cx: &Context) -> anyhow::Result<ExitStatus> {
        cx.term.answer(match self.format {
            Format::Human => human(cx, cx.term.width),
            Format::Json => pretty(&document(cx))?,
        })?;
        Ok(ExitStatus::Clean)
    }
}

/// A line for each setting: its value and where it comes from, or what it means.
fn human(cx: &Context, width: usize) -> String {
    let column = SETTINGS.iter().map(|(name, _)| name.len()).max().unwrap_or_default();
    let row = |name: &str, text: &str| hang(&format!("{name:<column$}  {text}"), width, column + 2);
    let file = match &cx.settings.file {
        Some(path) => path.display().to_string(),
        None => "none (fedctl.yaml is not here and not in the user's config directory)".into(),
    };
    let mut out = row("file", &file) + "\n";
    for (name, meaning) in SETTINGS {
        out += &match cx.settings.setting(name) {
            Some(setting) => row(name, &format!("{}  ({})", setting.values.join(", "), setting.source)),
            None => row(name, &format!("not set: {meaning}")),
        };
    }
    out
}

fn document(cx: &Context) -> serde_json::Value {
    let setting = |(name, _): &(&'static str, &str)| {
        let setting = cx.settings.setting(name);
        json!({
            "name": name,
            "values": setting.map(|setting| setting.values.clone()).unwrap_or_default(),
            "source": setting.map(|setting| setting.source.to_string()),
        })
    };
    json!({
        "schema": 1,
        "file": cx.settings.file.as_ref().map(|path| path.display().to_string()),
        "settings": SETTINGS.iter().map(setting).collect::<Vec<_>>(),
    })
}
