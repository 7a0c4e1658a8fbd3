//! The statements of the watch, the same text for both databases. Moments are seconds since 1970.

/// Every form of the tables, the oldest first; each is made from the one before.
pub const MIGRATIONS: &[&str] = &["
CREATE TABLE watch_domains (
    domain TEXT NOT NULL PRIMARY KEY,
    listed BIGINT NOT NULL,
    every BIGINT NOT NULL,
    due BIGINT NOT NULL,
    number BIGINT NOT NULL,
    watcher TEXT,
    taken BIGINT,
    state TEXT
);
CREATE INDEX watch_domains_due ON watch_domains (due) WHERE listed = 1;
CREATE TABLE watch_watchers (id TEXT NOT NULL PRIMARY KEY, started BIGINT NOT NULL, alive_until BIGINT NOT NULL);
CREATE TABLE watch_spans (
    domain TEXT NOT NULL,
    number BIGINT NOT NULL,
    start_at BIGINT NOT NULL,
    end_at BIGINT NOT NULL,
    checks BIGINT NOT NULL,
    snapshot TEXT NOT NULL,
    PRIMARY KEY (domain, number)
);
CREATE INDEX watch_spans_end ON watch_spans (end_at);
CREATE TABLE watch_evidence (
    domain TEXT NOT NULL,
    number BIGINT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (domain, number)
);
CREATE TABLE watch_messages (
    channel TEXT NOT NULL,
    domain TEXT NOT NULL,
    number BIGINT NOT NULL,
    body TEXT NOT NULL,
    due BIGINT NOT NULL,
    attempts BIGINT NOT NULL,
    watcher TEXT,
    taken BIGINT,
    closed BIGINT,
    failure TEXT,
    PRIMARY KEY (channel, domain, number)
);
CREATE INDEX watch_messages_due ON watch_messages (due) WHERE closed IS NULL;
"];

pub const SCHEMA_TABLE: &str = "CREATE TABLE IF NOT EXISTS watch_schema (version BIGINT NOT NULL)";
pub const SCHEMA: &str = "SELECT coalesce(max(version), 0) FROM watch_schema";
pub const SET_SCHEMA: &str = "INSERT INTO watch_schema (version) VALUES ($1)";

/// Of PostgreSQL; ends with the transaction.
pub const LIST_LOCK: &str = "SELECT count(*) FROM (SELECT pg_advisory_xact_lock(112585661969517)) AS locked";
pub const UNLIST: &str = "UPDATE watch_domains SET listed = 0";
pub const LIST: &str = "INSERT INTO watch_domains (domain, listed, every, due, number) VALUES ($1, 1, $2, $3, 0) \
                        ON CONFLICT (domain) DO UPDATE SET listed = 1, every = excluded.every, \
                        due = CASE WHEN watch_domains.due > excluded.due + excluded.every \
                        THEN excluded.due + excluded.every ELSE watch_domains.due END";
/// For a run that checks everything once.
pub const ALL_DUE: &str = "UPDATE watch_domains SET due = $1 WHERE listed = 1";

pub const BEAT: &str = "INSERT INTO watch_watchers (id, started, alive_until) VALUES ($1, $2, $3) \
                        ON CONFLICT (id) DO UPDATE SET alive_until = excluded.alive_until";
pub const LEAVE: &str = "DELETE FROM watch_watchers WHERE id = $1";
pub const FORGET_WATCHERS: &str = "DELETE FROM watch_watchers WHERE alive_until < $1";

/// A row that nobody works on: never taken, taken too long ago, or taken by a watcher that has ended.
const FREE: &str = "(watcher IS NULL OR taken < $2 OR watcher NOT IN \
                    (SELECT id FROM watch_watchers WHERE alive_until >= $1))";

/// `$1` now, `$2` the oldest valid claim, `$3` the watcher, `$4` how many. `lock` keeps two watchers from the same rows.
pub fn take(lock: &str) -> String {
    format!(
        "WITH picked AS MATERIALIZED (SELECT domain FROM watch_domains WHERE listed = 1 AND due <= $1 AND {FREE} \
         ORDER BY due, domain LIMIT $4 {lock}) \
         UPDATE watch_domains SET watcher = $3, taken = $1, number = number + 1 \
         WHERE domain IN (SELECT domain FROM picked) RETURNING domain, number, every, state"
    )
}

/// The same for one domain, due or not, that was not taken since `$4`.
pub fn take_one(lock: &str) -> String {
    format!(
        "WITH picked AS MATERIALIZED (SELECT domain FROM watch_domains WHERE domain = $5 AND listed = 1 AND {FREE} \
         AND (taken IS NULL OR taken < $4) {lock}) \
         UPDATE watch_domains SET watcher = $3, taken = $1, number = number + 1 \
         WHERE domain IN (SELECT domain FROM picked) RETURNING domain, number, every, state"
    )
}

/// Gives up what a watcher holds.
pub const RELEASE: &str = "UPDATE watch_domains SET watcher = NULL WHERE watcher = $1";
pub const RELEASE_MESSAGES: &str = "UPDATE watch_messages SET watcher = NULL WHERE watcher = $1";
/// Gives up what any watcher holds, when there can be no other.
pub const RELEASE_ALL: &str = "UPDATE watch_domains SET watcher = NULL";
pub const RELEASE_ALL_MESSAGES: &str = "UPDATE watch_messages SET watcher = NULL";

/// Ends a check. Without a row another watcher has taken the domain since, and the result is dropped.
pub const FINISH: &str = "UPDATE watch_domains SET watcher = NULL, state = $1, due = $2 \
                          WHERE domain = $3 AND number = $4 AND watcher = $5 RETURNING domain";
/// The running span goes on.
pub const PROLONG: &str = "UPDATE watch_spans SET end_at = $1, checks = checks + 1 WHERE domain = $2 AND number = \
                           (SELECT max(number) FROM watch_spans WHERE domain = $2)";
pub const ADD_SPAN: &str = "INSERT INTO watch_spans (domain, number, start_at, end_at, checks, snapshot) \
                            VALUES ($1, $2, $3, $3, 1, $4)";
pub const ADD_EVIDENCE: &str = "INSERT INTO watch_evidence (domain, number, body) VALUES ($1, $2, $3)";
pub const ADD_MESSAGE: &str = "INSERT INTO watch_messages (channel, domain, number, body, due, attempts) \
                               VALUES ($1, $2, $3, $4, $5, 0)";

/// `$1` now, `$2` the oldest valid claim, `$3` the watcher, `$4` the channel, `$5` how many. Of one domain only the oldest.
pub fn take_messages(lock: &str) -> String {
    format!(
        "WITH picked AS MATERIALIZED (SELECT domain, number FROM watch_messages AS found \
         WHERE channel = $4 AND closed IS NULL AND due <= $1 AND {FREE} \
         AND NOT EXISTS (SELECT 1 FROM watch_messages AS older WHERE older.channel = found.channel \
         AND older.domain = found.domain AND older.number < found.number AND older.closed IS NULL) \
         ORDER BY due, domain LIMIT $5 {lock}) \
         UPDATE watch_messages SET watcher = $3, taken = $1, attempts = attempts + 1 WHERE channel = $4 \
         AND (domain, number) IN (SELECT domain, number FROM picked) RETURNING domain, number, attempts, body"
    )
}

pub const CLOSE_MESSAGE: &str = "UPDATE watch_messages SET watcher = NULL, closed = $1, failure = $2 \
                                 WHERE channel = $3 AND domain = $4 AND number = $5";
pub const POSTPONE_MESSAGE: &str = "UPDATE watch_messages SET watcher = NULL, due = $1, failure = $2 \
                                    WHERE channel = $3 AND domain = $4 AND number = $5";

pub const DOMAINS: &str =
    "SELECT domain, listed, every, due, number, state FROM watch_domains WHERE listed = 1 ORDER BY domain";
pub const DOMAIN: &str = "SELECT domain, listed, every, due, number, state FROM watch_domains WHERE domain = $1";
pub const NEXT_DUE: &str = "SELECT min(due) FROM watch_domains WHERE listed = 1 AND watcher IS NULL";
pub const SPANS: &str = "SELECT number, start_at, end_at, checks, snapshot FROM watch_spans \
                         WHERE domain = $1 AND end_at >= $2 ORDER BY number";
pub const VERDICTS: &str = "SELECT s.domain, s.start_at, s.end_at, s.snapshot FROM watch_spans s \
                            JOIN watch_domains d ON d.domain = s.domain \
                            WHERE d.listed = 1 AND s.end_at >= $1 ORDER BY s.domain, s.number";
pub const EVIDENCE: &str = "SELECT body FROM watch_evidence WHERE domain = $1 AND number = $2";
pub const COUNTS: &str = "SELECT (SELECT count(*) FROM watch_domains WHERE listed = 1), \
                          (SELECT count(*) FROM watch_domains WHERE listed = 1 AND due <= $1 AND watcher IS NULL), \
                          (SELECT count(*) FROM watch_watchers WHERE alive_until >= $1), \
                          (SELECT count(*) FROM watch_messages WHERE closed IS NULL), \
                          (SELECT count(*) FROM watch_messages WHERE closed IS NOT NULL AND failure IS NULL), \
                          (SELECT count(*) FROM watch_messages WHERE closed IS NOT NULL AND failure IS NOT NULL), \
                          (SELECT CAST(coalesce(sum(number), 0) AS BIGINT) FROM watch_domains)";

pub const SWEEP_EVIDENCE: &str = "DELETE FROM watch_evidence WHERE (domain, number) IN \
                                  (SELECT domain, number FROM watch_spans WHERE end_at < $1)";
pub const SWEEP_SPANS: &str = "DELETE FROM watch_spans WHERE end_at < $1";
pub const SWEEP_MESSAGES: &str = "DELETE FROM watch_messages WHERE closed < $1";
/// Domains that are no longer listed and of which nothing is left.
pub const SWEEP_DOMAINS: &str = "DELETE FROM watch_domains WHERE listed = 0 AND watcher IS NULL AND domain NOT IN \
                                 (SELECT domain FROM watch_spans)";
