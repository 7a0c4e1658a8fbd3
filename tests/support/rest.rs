//! A stub of a server's REST API, as the source of the server has it: two headers for anyone who is an admin, `success` in every
//! answer, 401 without a token, a limit of requests for each route, a second factor for changes from 3.6 on, settings that cannot
//! be changed or are hidden, and the status of federation by release.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

pub const USER: &str = "aobEdbYhXfu5hkeqG";
pub const TOKEN: &str = "9HqLlyZOugoStsXCUfD_0YdwnNnunAJF8V47U3QHXSq";

/// What the stub says.
#[derive(Clone)]
pub struct Script {
    pub release: &'static str,
    pub settings: Vec<(&'static str, Value)>,
    /// name -> what `dns.resolve.*` answers in `resolved`; a name that is not there fails as Node's resolver does.
    pub resolved: HashMap<String, Value>,
    /// `GET /api/v1/settings` refuses a query, as the newest releases do.
    pub no_query: bool,
    /// Settings that a variable of the environment blocks.
    pub blocked: Vec<&'static str>,
    /// The method and what it accepts; `None` is a token that was made to do without.
    pub second_factor: Option<(&'static str, String)>,
    /// A proxy removes the header fields of the second factor.
    pub deaf: bool,
    /// A code is worn out after one change.
    pub forgets: bool,
    /// Requests that a route takes in each window. The server's own limit is 10 in 60 seconds.
    pub limit: (usize, Duration),
    /// After so many reads of the list, another admin sets this.
    pub writer: Option<(usize, &'static str, Value)>,
    /// Changes that work before the server fails.
    pub changes_left: usize,
    /// What the status goes through after federation was switched on; the last one stays.
    pub starts: Vec<&'static str>,
    /// Every other route is that of this server.
    pub upstream: Option<SocketAddr>,
}

impl Script {
    /// A server of a release, with these settings.
    pub fn new(release: &'static str, settings: Vec<(&'static str, Value)>) -> Self {
        let starts = if release.starts_with("1.") { vec!["Booting...", "Running"] } else { vec!["Enabled"] };
        Self {
            release,
            settings,
            resolved: HashMap::new(),
            no_query: false,
            blocked: Vec::new(),
            second_factor: None,
            deaf: false,
            forgets: false,
            limit: (1000, Duration::from_secs(60)),
            writer: None,
            changes_left: usize::MAX,
            starts,
            upstream: None,
        }
    }

    /// The same, and the server's own resolver has the records of mydomain.com at port 80 with this key.
    pub fn resolving(mut self, key: &str) -> Self {
        let answer = json!({"target": "chat.mydomain.com", "port": 80, "priority": 1, "weight": 1});
        self.resolved = [
            ("_rocketchat._http.mydomain.com".to_owned(), answer.clone()),
            ("_rocketchat._tcp.mydomain.com".to_owned(), answer),
            ("rocketchat-public-key.mydomain.com".to_owned(), json!(key)),
        ]
        .into();
        self
    }

    /// The numbers of the release.
    fn release(&self) -> (u16, u16) {
        let mut parts = self.release.split('.').map(|part| part.parse().unwrap());
        (parts.next().unwrap(), parts.next().unwrap())
    }

    pub fn get(&self, id: &str) -> Option<Value> {
        let hidden = self.release() >= (7, 11) && !matches!(id, "FEDERATION_Enabled" | "Site_Url");
        let found = self.settings.iter().find(|(known, _)| *known == id && !hidden);
        found.map(|(_, value)| value.clone())
    }

    pub fn set(&mut self, id: &str, value: impl Into<Value>) {
        self.settings.iter_mut().find(|(known, _)| *known == id).unwrap().1 = value.into();
    }

    /// What a server does when a setting was set.
    fn react(&mut self, id: &str) {
        let on = self.get("FEDERATION_Enabled") == Some(true.into());
        let queue = self.starts.clone();
        match id {
            "FEDERATION_Enabled" if on => self.set("FEDERATION_Status", queue[0]),
            "FEDERATION_Enabled" => self.set("FEDERATION_Status", "Disabled"),
            _ => {}
        }
    }

    /// The status goes on with every look at it.
    fn go_on(&mut self) {
        let Some(status) = self.get("FEDERATION_Status") else { return };
        let at = self.starts.iter().position(|known| status == *known);
        if let Some(next) = at.and_then(|at| self.starts.get(at + 1)) {
            let next = *next;
            self.set("FEDERATION_Status", next);
        }
    }
}

pub struct Rest {
    pub addr: SocketAddr,
    pub script: Arc<Mutex<Script>>,
    /// Method, path with query, and whether the token came along.
    pub asked: Arc<Mutex<Vec<(String, bool)>>>,
}

type Windows = Arc<Mutex<HashMap<String, (Instant, usize)>>>;

impl Rest {
    pub fn start(script: Script) -> Self {
        Self::start_at("127.0.0.1:0", script)
    }

    /// Starts on this address.
    pub fn start_at(listen: &str, script: Script) -> Self {
        let listener = TcpListener::bind(listen).unwrap();
        let addr = listener.local_addr().unwrap();
        let (script, asked) = (Arc::new(Mutex::new(script)), Arc::new(Mutex::new(Vec::new())));
        let rest = Self { addr, script: script.clone(), asked: asked.clone() };
        let windows = Windows::default();
        // Ends with the test process.
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (script, asked, windows) = (script.clone(), asked.clone(), windows.clone());
                std::thread::spawn(move || serve(stream, &script, &asked, &windows));
            }
        });
        rest
    }

    /// The requests of this method to paths that begin so.
    pub fn count(&self, start: &str) -> usize {
        self.asked.lock().unwrap().iter().filter(|(request, _)| request.starts_with(start)).count()
    }
}

#[derive(Default)]
struct Request {
    /// Method and path with query.
    line: String,
    head: String,
    user: String,
    token: String,
    code: Option<String>,
    method: Option<String>,
    body: Vec<u8>,
}

fn read(stream: &TcpStream) -> Option<Request> {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut line = String::new();
    if reader.read_line(&mut line).unwrap_or_default() == 0 {
        return None;
    }
    let mut request = Request {
        line: line.trim_end().rsplit_once(' ').map(|(request, _)| request.to_owned()).unwrap_or_default(),
        head: line.clone(),
        ..Request::default()
    };
    let mut length = 0;
    loop {
        line.clear();
        if reader.read_line(&mut line).unwrap_or_default() == 0 || line == "\r\n" {
            break;
        }
        request.head += &line;
        let Some((name, value)) = line.trim_end().split_once(": ") else { break };
        match name.to_ascii_lowercase().as_str() {
            "x-user-id" => request.user = value.to_owned(),
            "x-auth-token" => request.token = value.to_owned(),
            "x-2fa-code" => request.code = Some(value.to_owned()),
            "x-2fa-method" => request.method = Some(value.to_owned()),
            "content-length" => length = value.parse().unwrap(),
            _ => {}
        }
    }
    reader.take(length).read_to_end(&mut request.body).unwrap();
    Some(request)
}

fn serve(mut stream: TcpStream, script: &Mutex<Script>, asked: &Mutex<Vec<(String, bool)>>, windows: &Windows) {
    let Some(request) = read(&stream) else { return };
    asked.lock().unwrap().push((request.line.clone(), !request.token.is_empty()));
    let upstream = script.lock().unwrap().upstream;
    let own = ["/api/v1/settings", "/api/v1/dns.resolve"];
    if let Some(upstream) = upstream.filter(|_| !own.iter().any(|own| request.line.contains(own))) {
        let mut server = TcpStream::connect(upstream).unwrap();
        write!(server, "{}\r\n", request.head).and_then(|()| server.write_all(&request.body)).unwrap();
        let _ = std::io::copy(&mut server, &mut stream);
        return;
    }
    let limit = script.lock().unwrap().limit;
    let (status, body) = match limited(&request.line, limit, windows) {
        Some(seconds) => {
            let error = format!(
                "Error, too many requests. Please slow down. You must wait {seconds} seconds before trying this endpoint again. [error-too-many-requests]"
            );
            (429, json!({"success": false, "error": error}))
        }
        None => answer(&request, &mut script.lock().unwrap()),
    };
    let text = body.to_string();
    let _ = write!(
        stream,
        "HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{text}",
        text.len()
    );
}

/// The seconds to wait, when the route has had its requests. Routes with and without an id are counted apart.
fn limited(line: &str, (limit, window): (usize, Duration), windows: &Windows) -> Option<u64> {
    let path = line.split('?').next().unwrap();
    // `/api/info` belongs to no version of the API and has no limit.
    let route = path.strip_suffix("/api/info").map_or_else(
        || Some(path.split_once("/settings/").map_or(path.to_owned(), |(start, _)| format!("{start}/settings/:_id"))),
        |_| None,
    )?;
    let mut windows = windows.lock().unwrap();
    let (start, count) = windows.entry(route).or_insert((Instant::now(), 0));
    if start.elapsed() >= window {
        (*start, *count) = (Instant::now(), 0);
    }
    *count += 1;
    (*count > limit).then(|| (window.saturating_sub(start.elapsed())).as_secs() + 1)
}

fn failure(error: &str) -> (u16, Value) {
    (400, json!({"success": false, "error": error}))
}

fn answer(request: &Request, script: &mut Script) -> (u16, Value) {
    let (path, query) = request.line.split_once('?').unwrap_or((&request.line, ""));
    let parameter = |name: &str| {
        url::form_urlencoded::parse(query.as_bytes()).find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
    };
    match path {
        "GET /api/info" => return (200, json!({"version": script.release, "success": true})),
        "GET /api/v1/federation.users.search" => return (200, json!({"users": [], "success": true})),
        "GET /api/v1/federation.users" => return (404, json!("<html>")),
        "GET /api/v1/settings.public" => {
            let ids = parameter("_id").unwrap_or_default();
            return list(script, |id| ids.split(',').any(|wanted| wanted == id) && is_public(id));
        }
        _ if request.user != USER || request.token != TOKEN => {
            return (401, json!({"status": "error", "message": "You must be logged in to do this."}));
        }
        _ => {}
    }
    let (method, route) = path.split_once(" /api/v1/").unwrap_or_default();
    match (method, route) {
        ("GET", "settings") if script.no_query => {
            failure("The usage of the \"query\" parameter is disabled [error-invalid-query]")
        }
        ("GET", "settings") => {
            let query: Value = serde_json::from_str(&parameter("query").unwrap()).unwrap();
            let wanted = query["_id"]["$in"].as_array().unwrap();
            let answer = list(script, |id| wanted.contains(&json!(id)));
            another_admin(script);
            if wanted.contains(&json!("FEDERATION_Status")) {
                script.go_on();
            }
            answer
        }
        ("GET", one) if one.starts_with("settings/") => match script.get(&one["settings/".len()..]) {
            Some(value) => (200, json!({"_id": &one["settings/".len()..], "value": value, "success": true})),
            // Older servers pick nothing out of nothing, and call that a success.
            None if script.release() < (4, 0) => (200, json!({"success": true})),
            None => (400, json!({"success": false})),
        },
        ("POST", one) if one.starts_with("settings/") => change(request, &one["settings/".len()..], script),
        ("GET", "dns.resolve.srv") | ("POST", "dns.resolve.txt") => {
            let name = parameter("url").unwrap();
            match script.resolved.get(&name) {
                Some(value) => (200, json!({"resolved": value, "success": true})),
                None => failure(&format!("queryTxt ENOTFOUND {name}")),
            }
        }
        _ => (404, json!({"success": false, "error": "not found"})),
    }
}

fn is_public(id: &str) -> bool {
    ["FEDERATION_Enabled", "FEDERATION_Discovery_Method", "Site_Url"].contains(&id)
}

fn list(script: &Script, wanted: impl Fn(&str) -> bool) -> (u16, Value) {
    let ids = script.settings.iter().map(|(id, _)| *id).filter(|id| wanted(id));
    let settings: Vec<Value> = ids.filter_map(|id| Some(json!({"_id": id, "value": script.get(id)?}))).collect();
    let count = settings.len();
    (200, json!({"settings": settings, "count": count, "offset": 0, "total": count, "success": true}))
}

fn another_admin(script: &mut Script) {
    match &mut script.writer {
        Some((0, _, _)) | None => {}
        Some((left, id, value)) => {
            *left -= 1;
            if *left == 0 {
                let (id, value) = (*id, value.clone());
                script.set(id, value);
            }
        }
    }
}

/// `POST /api/v1/settings/:_id`
fn change(request: &Request, id: &str, script: &mut Script) -> (u16, Value) {
    let factor = |error: &str, method: &str| {
        let error_type = error.to_lowercase().replace(' ', "-");
        let details = json!({"method": method, "codeGenerated": method == "email", "availableMethods": [method]});
        let body = json!({"success": false, "error": format!("{error} [{error_type}]"), "errorType": error_type, "details": details});
        (400, body)
    };
    if let Some((method, code)) = script.second_factor.clone().filter(|_| script.release() >= (3, 6)) {
        match &request.code {
            given if given.is_none() || script.deaf => return factor("TOTP Required", method),
            Some(given) if *given != code || request.method.as_deref() != Some(method) => {
                return factor("TOTP Invalid", method);
            }
            // A server remembers the token for half an hour, unless that is switched off.
            _ if !script.forgets => script.second_factor = None,
            _ => script.second_factor = Some((method, format!("{code}1"))),
        }
    }
    if script.get(id).is_none() || script.blocked.contains(&id) {
        return (400, json!({"success": false}));
    }
    if script.changes_left == 0 {
        return (500, json!({"success": false, "error": "Internal error occured"}));
    }
    script.changes_left -= 1;
    let body: Value = serde_json::from_slice(&request.body).unwrap();
    script.set(id, body["value"].clone());
    script.react(id);
    (200, json!({"success": true}))
}
