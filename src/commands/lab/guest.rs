//! A zone file of the user, so that the user's own domain can be set up in the lab.

use std::net::Ipv4Addr;
use std::path::Path;

use super::every::scenarios;
use super::scenarios::DRILL;
use crate::commands::key_file::read_text;
use crate::dns::name::Host;
use crate::error::{Hinted, hinted};
use crate::serve::dns::Zone;

/// `--zone ORIGIN=FILE`.
#[derive(Debug, Clone)]
pub struct Guest {
    pub origin: Host,
    file: String,
}

/// The zone that every domain of the lab is in.
const TOP: &str = "test";

impl std::str::FromStr for Guest {
    type Err = Hinted;

    fn from_str(text: &str) -> Result<Self, Hinted> {
        let hint = "write it as in --zone mydomain.test=records.zone";
        let (origin, file) =
            text.split_once('=').ok_or_else(|| Hinted::new(format!("`{text}` names no file"), hint))?;
        let origin: Host = origin.parse()?;
        if origin.labels().count() != 2 || origin.labels().last() != Some(TOP) {
            return Err(Hinted::new(format!("`{origin}` is not a domain below `{TOP}`"), hint));
        }
        let known = scenarios().map(|scenario| scenario.domain).chain([DRILL, "lab.test"]);
        if known.into_iter().any(|known| known == origin.as_str()) {
            return Err(Hinted::new(format!("`{origin}` is in the lab already"), hint));
        }
        Ok(Self { origin, file: file.to_owned() })
    }
}

impl Guest {
    /// The records, in zone file form.
    pub fn text(&self) -> anyhow::Result<String> {
        let path = Path::new(&self.file);
        if !path.is_file() {
            let hint = "give a zone file, such as `fedctl records --format zone` prints";
            return Err(hinted(format!("`{}` cannot be read: it is no file", path.display()), hint));
        }
        let text = read_text(path)?.to_string();
        // The lab puts lines before it, so the lines of a mistake are counted here.
        Zone::parse(&text, Some(self.origin.as_str()), Ipv4Addr::LOCALHOST.into()).map_err(|why| {
            let hint = "a line is OWNER IN TYPE DATA, names end with a dot";
            hinted(format!("`{}` cannot be loaded: {why}", path.display()), hint)
        })?;
        Ok(text)
    }
}
