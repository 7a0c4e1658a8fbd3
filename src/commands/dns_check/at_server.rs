//! `--at-server`: the server's own resolver, asked through the server's REST API.

use std::path::PathBuf;

use clap::Args;

use crate::check::server_resolver::all_questions;
use crate::commands::network::NetworkArgs;
use crate::commands::{Context, token_file};
use crate::dns::name::Domain;
use crate::endpoint::Endpoint;
use crate::error::hinted;
use crate::facts::server::ServerView;
use crate::net::Net;
use crate::net::http::Login;
use crate::net::server::{caller, resolve_all, targets};

#[derive(Debug, Args)]
pub struct AtServerArgs {
    /// Query this server's own resolver too, through its REST API (3.17 and later; needs the token of a user)
    #[arg(long, value_name = "URL", conflicts_with_all = ["replay", "zone_file"])]
    at_server: Option<Endpoint>,
    /// File with user id and token of a user of that server [default: the one in fedctl.yaml]
    #[arg(long, value_name = "FILE", requires = "at_server")]
    token_file: Option<PathBuf>,
    /// Send the token to a host that is not this machine without TLS
    #[arg(long, requires = "at_server")]
    allow_plain_http: bool,
    /// Trust the authorities in this PEM file too when that server is called
    #[arg(long, value_name = "FILE", requires = "at_server")]
    ca_file: Option<PathBuf>,
}

/// Which server is queried, and with which login.
pub struct AtServer {
    base: Endpoint,
    login: Login,
    net: Net,
}

impl AtServerArgs {
    /// `None` when no server is to be queried.
    pub fn server(&self, cx: &Context, network: &NetworkArgs) -> anyhow::Result<Option<AtServer>> {
        let Some(base) = &self.at_server else { return Ok(None) };
        let path = self.token_file.clone().or_else(|| cx.settings.token_file.clone()).ok_or_else(|| {
            hinted("the server answers only to users, and no token was given", "--token-file FILE (docs/doctor.md)")
        })?;
        let login = token_file::read(&path, self.allow_plain_http, &cx.term)?;
        Ok(Some(AtServer { base: base.clone(), login, net: network.net(cx, self.ca_file.as_deref())? }))
    }
}

impl AtServer {
    /// What its resolver says about the domain. A server that cannot be queried takes nothing from the rest of the report.
    pub async fn look(&self, cx: &Context, domain: &Domain) -> ServerView {
        let questions = all_questions(domain);
        let base = self.base.clone();
        let resolved = match caller(&self.net, base.clone(), &self.login).await {
            Ok(caller) => resolve_all(&caller, &questions).await,
            Err(why) => ServerView::none(&questions, &why),
        };
        let targets = targets(&self.net, &resolved).await;
        let view = ServerView { base, resolved, targets };
        if let Some(why) = view.unknown() {
            cx.term.warn(format_args!("the resolver of {} was not queried: {why}", view.base.url_host()));
        }
        view
    }
}
