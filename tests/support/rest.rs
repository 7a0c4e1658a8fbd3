//! A stub of a server's REST API, as the public routes are documented: two headers for anyone who is an admin, `success` in every
//! answer, 401 without a token, ten requests a minute and route.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

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
}

pub struct Rest {
    pub addr: SocketAddr,
    pub script: Arc<Mutex<Script>>,
    /// Method, path with query, and whether the token came along.
    pub asked: Arc<Mutex<Vec<(String, bool)>>>,
}

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
        // Ends with the test process.
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (script, asked) = (script.clone(), asked.clone());
                std::thread::spawn(move || serve(stream, &script, &asked));
            }
        });
        rest
    }
}

fn serve(mut stream: TcpStream, script: &Mutex<Script>, asked: &Mutex<Vec<(String, bool)>>) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut line = String::new();
    let (mut user, mut token, mut length) = (String::new(), String::new(), 0);
    if reader.read_line(&mut line).unwrap_or_default() == 0 {
        return;
    }
    let request = line.trim_end().rsplit_once(' ').map(|(request, _)| request.to_owned()).unwrap_or_default();
    loop {
        line.clear();
        if reader.read_line(&mut line).unwrap_or_default() == 0 || line == "\r\n" {
            break;
        }
        let Some((name, value)) = line.trim_end().split_once(": ") else { break };
        match name.to_ascii_lowercase().as_str() {
            "x-user-id" => user = value.to_owned(),
            "x-auth-token" => token = value.to_owned(),
            "content-length" => length = value.parse().unwrap(),
            _ => {}
        }
    }
    let _ = std::io::copy(&mut reader.take(length), &mut std::io::sink());
    let admin = user == USER && token == TOKEN;
    let count = {
        let mut asked = asked.lock().unwrap();
        asked.push((request.clone(), !token.is_empty()));
        let route =
            |request: &str| request.split('?').next().unwrap().rsplit_once('/').map(|(route, _)| route.to_owned());
        asked.iter().filter(|(other, _)| route(other) == route(&request)).count()
    };
    let (status, body) = match count {
        // The API counts each of its own routes apart; the stub's last segment does not.
        0..=40 => answer(&request, admin, &script.lock().unwrap()),
        _ => (429, json!({"success": false, "error": "Error, too many requests. [error-too-many-requests]"})),
    };
    let text = body.to_string();
    let _ = write!(
        stream,
        "HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{text}",
        text.len()
    );
}

fn answer(request: &str, admin: bool, script: &Script) -> (u16, Value) {
    let (path, query) = request.split_once('?').unwrap_or((request, ""));
    let parameter = |name: &str| {
        url::form_urlencoded::parse(query.as_bytes()).find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
    };
    let failure = |error: &str| (400, json!({"success": false, "error": error}));
    match path {
        "GET /api/info" => return (200, json!({"version": script.release, "success": true})),
        "GET /api/v1/federation.users.search" => return (200, json!({"users": [], "success": true})),
        "GET /api/v1/federation.users" => return (404, json!("<html>")),
        _ if !admin => {
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
            let of = |(id, value): &(&str, Value)| json!({"_id": id, "value": value});
            let settings: Vec<Value> =
                script.settings.iter().filter(|(id, _)| wanted.contains(&json!(id))).map(of).collect();
            (
                200,
                json!({"settings": settings, "count": settings.len(), "offset": 0, "total": settings.len(), "success": true}),
            )
        }
        ("GET", one) if one.starts_with("settings/") => {
            match script.settings.iter().find(|(id, _)| Some(*id) == one.strip_prefix("settings/")) {
                Some((id, value)) => (200, json!({"_id": id, "value": value, "success": true})),
                None => failure("Setting not found"),
            }
        }
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
