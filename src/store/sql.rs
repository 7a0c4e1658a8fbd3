//! The statements, the same text for both databases. Parameters are numbered in the order in which they appear.

/// The tables. A hash or an entry is text, a moment is a number of seconds since 1970.
pub const TABLES: &str = "
CREATE TABLE IF NOT EXISTS hub_schema (version BIGINT NOT NULL);
CREATE TABLE IF NOT EXISTS hub_peers (
    domain TEXT NOT NULL PRIMARY KEY,
    url TEXT NOT NULL,
    public_key TEXT NOT NULL,
    since BIGINT NOT NULL,
    confirmed BIGINT NOT NULL
);
CREATE TABLE IF NOT EXISTS hub_proposals (
    id TEXT NOT NULL PRIMARY KEY,
    domain TEXT NOT NULL,
    url TEXT,
    public_key TEXT,
    token TEXT,
    created BIGINT NOT NULL,
    expires BIGINT NOT NULL,
    mail_due BIGINT,
    attempts BIGINT NOT NULL,
    closed TEXT
);
CREATE INDEX IF NOT EXISTS hub_proposals_domain ON hub_proposals (domain);
CREATE INDEX IF NOT EXISTS hub_proposals_created ON hub_proposals (created);
CREATE INDEX IF NOT EXISTS hub_proposals_due ON hub_proposals (mail_due) WHERE mail_due IS NOT NULL;
";

pub const SCHEMA: &str = "SELECT version FROM hub_schema";
pub const TOUCH: &str = "UPDATE hub_schema SET version = version";
pub const SET_SCHEMA: &str = "INSERT INTO hub_schema (version) VALUES ($1)";

pub const PEER: &str = "SELECT domain, url, public_key, since, confirmed FROM hub_peers WHERE domain = $1";
pub const PEERS: &str = "SELECT domain, url, public_key, since, confirmed FROM hub_peers WHERE domain > $1 \
                         ORDER BY domain LIMIT $2";
pub const SERVE: &str = "INSERT INTO hub_peers (domain, url, public_key, since, confirmed) \
                         VALUES ($1, $2, $3, $4, $5) ON CONFLICT (domain) DO UPDATE SET \
                         url = excluded.url, public_key = excluded.public_key, since = excluded.since, \
                         confirmed = excluded.confirmed";
pub const FORGET: &str = "DELETE FROM hub_peers WHERE domain = $1";

pub const PROPOSAL: &str = "SELECT id, domain, url, public_key, token, created, expires, mail_due, attempts, closed \
                            FROM hub_proposals WHERE id = $1";
pub const PROPOSALS: &str = "SELECT id, domain, url, public_key, token, created, expires, mail_due, attempts, closed \
                             FROM hub_proposals WHERE domain = $1 ORDER BY created, id";
pub const DUE: &str = "SELECT id, domain, url, public_key, token, created, expires, mail_due, attempts, closed \
                       FROM hub_proposals WHERE mail_due <= $1 ORDER BY mail_due, id LIMIT $2";
pub const OPEN: &str = "SELECT id, domain, url, public_key, token, created, expires, mail_due, attempts, closed \
                        FROM hub_proposals WHERE closed IS NULL AND expires > $1 ORDER BY created, id LIMIT $2";
pub const PUT: &str = "INSERT INTO hub_proposals \
                       (id, domain, url, public_key, token, created, expires, mail_due, attempts, closed) \
                       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (id) DO UPDATE SET \
                       token = excluded.token, expires = excluded.expires, mail_due = excluded.mail_due, \
                       attempts = excluded.attempts, closed = excluded.closed";
pub const SWEEP: &str = "DELETE FROM hub_proposals WHERE created < $1";

pub const COUNTS: &str = "SELECT (SELECT count(*) FROM hub_peers), \
                          (SELECT count(*) FROM hub_proposals WHERE closed IS NULL AND expires > $1), \
                          (SELECT count(*) FROM hub_proposals WHERE mail_due IS NOT NULL)";
