//! What strangers try.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::json;

use crate::hub::KEYS;
use crate::support::Fedctl;
use crate::support::http::{get, raw, send};
use crate::support::hub::{Hub, eventually};
use crate::support::mailbox::Mailbox;

fn trial(fedctl: &Fedctl, more: &[&str]) -> Hub {
    Hub::start(fedctl, &[&["--data", "hub", "--mail-to-log"], more].concat())
}

/// The owner is registered; nobody without the owner's mail moves the entry.
#[test]
fn nobody_takes_the_entry_of_another() {
    let fedctl = Fedctl::new();
    let hub = trial(&fedctl, &[]);
    let [key, evil] = &*KEYS;
    hub.register("mydomain.com", "https://chat.mydomain.com", key);
    hub.answer(&hub.logged_token("mydomain.com", 0), "yes");
    let own = || hub.search("mydomain.com").body;
    let before = own();

    for spelling in ["mydomain.com", "MYDOMAIN.com", "mydomain.com."] {
        assert_eq!(hub.register(spelling, "https://evil.example.org", evil).status, 200, "{spelling}");
    }
    assert_eq!(own(), before);
    // The evil one proves that it reads its own mail, and tries the token elsewhere.
    hub.register("evil.example.org", "https://evil.example.org", evil);
    let token = hub.logged_token("evil.example.org", 0);
    let (id, secret) = token.split_once('.').unwrap();
    let victim = hub.logged_token("mydomain.com", 1);
    let (victim_id, _) = victim.split_once('.').unwrap();
    for forged in
        [format!("{victim_id}.{secret}"), format!("{id}.{}", "A".repeat(43)), victim_id.to_owned(), String::new()]
    {
        assert_eq!(hub.answer(&forged, "yes").status, 404, "{forged}");
        assert_eq!(get(hub.addr, &format!("/confirm?token={forged}")).status, 404, "{forged}");
    }
    let form = [("Content-Type", "application/x-www-form-urlencoded")];
    for body in [
        format!("token={token}&answer=yes&domain=mydomain.com"),
        format!("token={token}&answer=yes&token={victim}"),
        format!("token={token}"),
        format!("token={token}&answer=maybe"),
    ] {
        send(hub.addr, "POST", "/confirm", &form, &body);
    }
    send(hub.addr, "POST", "/api/v1/peers/removal", &[], "{\"domain\":\"mydomain.com\"}");
    for (method, path) in
        [("DELETE", "/api/v1/peers?search=mydomain.com"), ("PUT", "/api/v1/peers"), ("PATCH", "/api/v1/peers")]
    {
        assert_eq!(send(hub.addr, method, path, &[], "{\"domain\":\"mydomain.com\"}").status, 405, "{method}");
    }
    assert_eq!(own(), before);
    // The owner refuses, and the link is dead afterwards.
    assert_eq!(hub.answer(&victim, "no").status, 200);
    let again = hub.answer(&victim, "yes");
    assert!(again.status == 410 && again.body.contains("was refused"), "{}", again.body);
    assert_eq!(own(), before);
}

#[test]
fn a_link_works_once_and_expires() {
    let fedctl = Fedctl::new();
    let hub = trial(&fedctl, &[]);
    hub.register("once.example.org", "https://chat.example.org", &KEYS[0]);
    let token = hub.logged_token("once.example.org", 0);
    assert_eq!(hub.answer(&token, "yes").status, 200);
    for _ in 0..2 {
        assert_eq!(hub.answer(&token, "yes").status, 410);
        assert_eq!(get(hub.addr, &format!("/confirm?token={token}")).status, 410);
    }
    hub.register("late.example.org", "https://chat.example.org", &KEYS[0]);
    let token = hub.logged_token("late.example.org", 0);
    assert_eq!(get(hub.addr, &format!("/confirm?token={token}")).status, 200);
    let db = rusqlite::Connection::open(fedctl.path("hub/hub.db")).unwrap();
    let kept: String = db.query_row("SELECT group_concat(token) FROM hub_proposals", [], |row| row.get(0)).unwrap();
    assert!(kept.len() > 40 && !kept.contains(token.split_once('.').unwrap().1), "only a hash is stored");
    db.execute("UPDATE hub_proposals SET expires = 1 WHERE domain = 'late.example.org'", []).unwrap();
    let expired = hub.answer(&token, "yes");
    assert!(expired.status == 410 && expired.body.contains("expired"), "{}", expired.body);
    assert_eq!(hub.url_of("late.example.org"), None);
}

#[test]
fn nothing_gets_into_a_mail_header_or_a_page() {
    let Some(mailbox) = Mailbox::start(0) else { return };
    let fedctl = Fedctl::new();
    let smtp = format!("smtp://127.0.0.1:{}", mailbox.port);
    let hub = Hub::start(&fedctl, &["--data", "hub", "--smtp", &smtp, "--registrations-per-hour", "1000"]);
    let good = "https://chat.mydomain.com";
    for domain in [
        "mydomain.com\r\nBcc: all@example.org",
        "mydomain.com\nX: y",
        "mydomain.com\u{0}",
        "my domain.com",
        "a@mydomain.com",
        "mydomain.com>",
        "mydomain.com, all@example.org",
        "\"><script>alert(1)</script>.com",
        "localhost",
        "10.0.0.1",
        "",
    ] {
        let answer = hub.register(domain, good, &KEYS[0]);
        assert_eq!(answer.status, 400, "{domain:?}: {}", answer.body);
        assert_eq!(answer.header("content-type"), "application/json");
    }
    for url in [
        "https://chat.mydomain.com\r\nBcc: all@example.org",
        "javascript:alert(1)",
        "https://chat.mydomain.com/\"><script>",
        "https://u:p@chat.mydomain.com",
        "http://127.0.0.1",
        "http://[::1]:80",
        "http://169.254.169.254",
        "http://2130706433",
        "https://chat.local",
        "https://chat.mydomain.com/path",
    ] {
        assert_eq!(hub.register("mydomain.com", url, &KEYS[0]).status, 400, "{url}");
    }
    let private = "-----BEGIN PRIVATE KEY-----MIIB-----END PRIVATE KEY-----";
    let refused = hub.register("mydomain.com", good, private);
    assert!(refused.status == 400 && refused.body.contains("PRIVATE key") && !refused.body.contains("MIIB"));
    assert!(!hub.log().contains("MIIB"));
    for body in
        ["", "{}", "[]", "null", "{\"domain\":1}", "{\"domain\":\"mydomain.com\"}", "\u{1}", &"[".repeat(10_000)]
    {
        assert_eq!(hub.post(body).status, 400, "{}", &body[..body.len().min(40)]);
    }
    assert!(mailbox.next_within(Duration::from_millis(300)).is_none());
    hub.register("mydomain.com", good, &KEYS[0]);
    let mail = mailbox.next();
    let (head, _) = mail.text.split_once("\r\n\r\n").unwrap();
    let names: Vec<&str> = head.lines().filter_map(|line| line.split_once(':')).map(|(name, _)| name).collect();
    assert!(!names.iter().any(|name| name.eq_ignore_ascii_case("bcc") || name.eq_ignore_ascii_case("x")), "{head}");
    for path in
        ["/confirm?token=%3Cscript%3E", "/%3Cscript%3E", "/confirm?token=//evil.example.org", "//evil.example.org"]
    {
        let answer = get(hub.addr, path);
        assert!(
            answer.status == 404 && !answer.body.contains("<script") && answer.header("location").is_empty(),
            "{path}"
        );
    }
}

#[test]
fn every_answer_is_wrapped_up() {
    let fedctl = Fedctl::new();
    let hub = trial(&fedctl, &[]);
    for path in ["/", "/remove", "/nowhere", "/api/v1/peers", "/confirm?token=x", "/healthz"] {
        let answer = get(hub.addr, path);
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(answer.header("x-frame-options"), "DENY");
        assert_eq!(answer.header("referrer-policy"), "no-referrer");
        assert_eq!(answer.header("cache-control"), "no-store");
        let policy = answer.header("content-security-policy");
        assert!(policy.starts_with("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
    }
}

#[test]
fn clients_are_held_within_bounds() {
    let fedctl = Fedctl::new();
    let hub = trial(&fedctl, &["--registrations-per-hour", "6", "--connections", "4"]);
    let head = "POST /api/v1/peers HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 200000\r\n\r\n";
    let large = raw(hub.addr, format!("{head}{}", "a".repeat(200_000)).as_bytes());
    assert!(large.is_none_or(|answer| answer.status == 413));
    let headers = "X: y\r\n".repeat(200);
    let many = raw(hub.addr, format!("GET / HTTP/1.1\r\nHost: x\r\n{headers}Connection: close\r\n\r\n").as_bytes());
    assert!(many.is_none_or(|answer| answer.status == 431), "too many headers");
    let long = format!("GET /{} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", "a".repeat(40_000));
    assert!(raw(hub.addr, long.as_bytes()).is_none_or(|answer| matches!(answer.status, 414 | 431)), "too long");

    // Silent connections take every place; they are sent away, and then others get their answer.
    let mut silent: Vec<TcpStream> = (0..4).map(|_| TcpStream::connect(hub.addr).unwrap()).collect();
    silent[0].write_all(b"GET / HTTP/1.1\r\nHost: ").unwrap();
    assert_eq!(get(hub.addr, "/healthz").status, 200);
    silent[0].set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    let mut rest = Vec::new();
    silent[0].read_to_end(&mut rest).unwrap();

    // One of the six went to the large one, unless it was refused before that.
    let statuses: Vec<u16> = (0..8)
        .map(|at| hub.register(&format!("d{at}.example.org"), "https://chat.example.org", &KEYS[0]).status)
        .collect();
    let taken = statuses.iter().filter(|status| **status == 200).count();
    assert!((5..=6).contains(&taken), "{statuses:?}");
    let limited = hub.register("more.example.org", "https://chat.example.org", &KEYS[0]);
    assert_eq!(limited.status, 429);
    assert!(limited.header("retry-after").parse::<u64>().unwrap() > 0);
    // A header that anyone can write does not help.
    let body = json!({"domain": "x.example.org", "url": "https://chat.example.org", "public_key": KEYS[0]}).to_string();
    assert_eq!(send(hub.addr, "POST", "/api/v1/peers", &[("X-Forwarded-For", "192.0.2.77")], &body).status, 429);
}

/// A mail bomb: many wishes about one domain, from many addresses behind a trusted proxy.
#[test]
fn a_domain_gets_few_mails_a_day() {
    let fedctl = Fedctl::new();
    let hub = trial(&fedctl, &["--trusted-proxy", "127.0.0.1", "--mails-per-day", "4"]);
    let register = |from: &str, at: usize| {
        let url = format!("https://chat{at}.example.org");
        let body = json!({"domain": "victim.example.org", "url": url, "public_key": KEYS[0]}).to_string();
        send(hub.addr, "POST", "/api/v1/peers", &[("X-Forwarded-For", from)], &body).status
    };
    let one: Vec<u16> = (0..5).map(|at| register("192.0.2.1", at)).collect();
    assert_eq!(one, [200, 200, 200, 429, 429], "one address does not use up the allowance of a domain");
    let more: Vec<u16> = (5..9).map(|at| register(&format!("192.0.2.{at}"), at)).collect();
    assert_eq!(more, [200, 429, 429, 429]);
    eventually(|| (hub.log().matches("mail sent").count() == 4).then_some(()));
    assert_eq!(hub.log().matches("token=").count(), 4);
}

#[test]
fn a_private_hub_takes_its_own_only() {
    let fedctl = Fedctl::new();
    let hub = trial(&fedctl, &["--allow-domain", "mydomain.com", "--allow-private"]);
    assert_eq!(hub.register("a.mydomain.com", "http://10.0.0.1:3000", &KEYS[0]).status, 200);
    let refused = hub.register("other.example.org", "http://10.0.0.1:3000", &KEYS[0]);
    assert!(refused.status == 400 && refused.body.contains("private"), "{}", refused.body);
}

/// One host opens more connections than its part: its oldest ones give way, and its newest still works.
#[test]
fn one_host_does_not_hold_all_connections() {
    let fedctl = Fedctl::new();
    let hub = trial(&fedctl, &["--connections", "40"]);
    let mut silent: Vec<TcpStream> = (0..10).map(|_| TcpStream::connect(hub.addr).unwrap()).collect();
    let oldest = &mut silent[0];
    oldest.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    // The end of the stream, or a reset.
    let _ = oldest.read_to_end(&mut Vec::new());
    // If they were all closed because they are silent, the newest is closed by now.
    std::thread::sleep(Duration::from_millis(500));
    let newest = &mut silent[9];
    newest.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    newest.write_all(b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").unwrap();
    let mut text = String::new();
    newest.read_to_string(&mut text).unwrap();
    assert!(text.starts_with("HTTP/1.1 200"), "{text}");
}

/// The files are private although their directory is not.
#[cfg(unix)]
#[test]
fn the_database_and_its_copy_are_readable_by_the_owner_only() {
    use std::os::unix::fs::PermissionsExt;
    let fedctl = Fedctl::new();
    std::fs::create_dir(fedctl.path("hub")).unwrap();
    fedctl.write("hub/hub.db", "");
    std::fs::set_permissions(fedctl.path("hub/hub.db"), std::fs::Permissions::from_mode(0o644)).unwrap();
    let hub = trial(&fedctl, &[]);
    hub.register("a.example.org", "https://chat.example.org", &KEYS[0]);
    assert_eq!(fedctl.run(&["hub", "backup", "--data", "hub", "copy.db"]).status, 0);
    for name in ["hub/hub.db", "hub/hub.db-wal", "hub/hub.db-shm", "copy.db"] {
        let mode = std::fs::metadata(fedctl.path(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{name}: {mode:o}");
    }
}

/// A database that can be read and not written, as on a full disk.
#[test]
fn a_hub_that_cannot_write_is_not_healthy() {
    let fedctl = Fedctl::new();
    let hub = trial(&fedctl, &[]);
    assert_eq!(get(hub.addr, "/healthz").status, 200);
    let db = rusqlite::Connection::open(fedctl.path("hub/hub.db")).unwrap();
    let full = "CREATE TRIGGER full BEFORE UPDATE ON hub_schema BEGIN SELECT RAISE(FAIL, 'disk is full'); END";
    db.execute_batch(full).unwrap();
    eventually(|| (get(hub.addr, "/healthz").status == 503).then_some(()));
    assert_eq!(hub.search("a.example.org").status, 404, "searches are answered all the same");
    db.execute_batch("DROP TRIGGER full").unwrap();
    eventually(|| (get(hub.addr, "/healthz").status == 200).then_some(()));
}
