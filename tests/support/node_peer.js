// A small classic federation server of 2.x, or of 1.x without what its users do, written from the description of the protocol and
// with node-rsa, which real servers use: none of it comes from fedctl, so that both can be compared.
//
// stdin: one line of JSON with the configuration, then one command a line. stdout: one line of JSON for everything that happens;
// `what` names it. A command ends with `{"what":"done","number":N,…}` or with `{"what":"done","number":N,"error":"…"}`.
//
// Configuration: domain, private (PEM), release, users (names), listen (address),
//   peers {domain: {url, key}} or dns ("127.0.0.1:port") with connect {"host:port": "address:port"} and ca (PEM).
'use strict';
const { createHash, randomBytes } = require('crypto');
const { Resolver } = require('dns').promises;
const http = require('http');
const https = require('https');
const NodeRSA = require('node-rsa');

// Servers wait for two seconds; a machine that runs tests may be busy for longer.
const LIMIT = 20000;
const NOT_FOUND = 'Could not find the peer using DNS or Hub [federation-error-peer-no-found-using-dns]';
const print = (what, more) => process.stdout.write(`${JSON.stringify({ what, ...more })}\n`);

let me; // the configuration
let key;
let lost = 0; // dispatches of this server that are still to be lost on the way
let deaf = 0; // dispatches of others whose connection is still to be closed without an answer
const db = {};
for (const name of ['events', 'rooms', 'users', 'subscriptions', 'messages', 'uploads']) db[name] = new Map();
const all = (name, matches) => [...db[name].values()].filter(matches);
const copy = (value) => fromWire(JSON.parse(JSON.stringify(toWire(value))));

// --- releases ---------------------------------------------------------------------------------------------------------------
const number = (release) => release.split('.').reduce((sum, part) => sum * 1000 + Number(part), 0);
const padded = (release) => number([...release.split('.'), '0', '0'].slice(0, 3).join('.'));
const since = (release) => padded(me.release) >= padded(release);
const between = (first, until) => since(first) && !since(until);

// --- EJSON, identifiers and names -------------------------------------------------------------------------------------------
function toWire(value) {
    if (value instanceof Date) return { $date: value.getTime() };
    if (Array.isArray(value)) return value.map(toWire);
    if (value && typeof value === 'object') {
        const entries = Object.entries(value).filter(([, member]) => member !== undefined);
        return Object.fromEntries(entries.map(([name, member]) => [name, toWire(member)]));
    }
    return value;
}

function fromWire(value) {
    if (Array.isArray(value)) return value.map(fromWire);
    if (value && typeof value === 'object') {
        const names = Object.keys(value);
        if (names.length === 1 && names[0] === '$date') return new Date(value.$date);
        return Object.fromEntries(names.map((name) => [name, fromWire(value[name])]));
    }
    return value;
}

// Each UTF-16 unit is encoded for itself: a character above U+FFFF becomes six bytes.
function cesu8(text) {
    const bytes = [];
    for (let at = 0; at < text.length; at += 1) {
        const unit = text.charCodeAt(at);
        if (unit < 0x80) bytes.push(unit);
        else if (unit < 0x800) bytes.push(0xc0 | (unit >> 6), 0x80 | (unit & 0x3f));
        else bytes.push(0xe0 | (unit >> 12), 0x80 | ((unit >> 6) & 0x3f), 0x80 | (unit & 0x3f));
    }
    return Buffer.from(bytes);
}

function eventId(event) {
    const parts = [event.origin, JSON.stringify(event.context), event.parentIds.join(','), event.type];
    const text = `${parts.join('')}${String(event.timestamp)}${JSON.stringify(event.data)}`;
    return createHash('sha256').update(cesu8(text)).digest('hex');
}

const ALPHABET = '23456789ABCDEFGHJKLMNPQRSTWXYZabcdefghijkmnopqrstuvwxyz';
const randomId = () => [...randomBytes(17)].map((byte) => ALPHABET[byte % ALPHABET.length]).join('');
const fq = (name) => (name.includes('@') ? name : `${name}@${me.domain}`);
const domainOf = (name) => fq(name).split('@')[1];
const local = (name) => (name.endsWith(`@${me.domain}`) ? name.slice(0, -me.domain.length - 1) : name);
const distinct = (list) => [...new Set(list)];

// --- documents as they leave this server --------------------------------------------------------------------------------------
function outgoingUser(user, inEvent) {
    const origin = (user.federation && user.federation.origin) || me.domain;
    const remote = origin !== me.domain;
    const mail = since('4.3.0') ? `${user._id}@${origin}` : (user.emails && user.emails[0].address) || `${user._id}@${origin}`;
    const federation = user.federation || { origin, originalInfo: { email: mail } };
    const state = { active: true, roles: ['user'], status: 'online' };
    const dates = { createdAt: user.createdAt, _updatedAt: user._updatedAt };
    const start = {
        _id: user._id, username: fq(user.username), type: 'user', emails: [{ address: `${user._id}@${me.domain}` }], name: user.name,
    };
    if (!inEvent) return { ...start, ...state, federation, isRemote: remote };
    if (remote) return { ...start, federation, isRemote: true, ...dates, ...state };
    return { ...start, ...dates, ...state, federation, isRemote: false };
}

function outgoingRoom(room) {
    const document = copy(room);
    if (document.t !== 'd') {
        document.t = 'p';
        document.name = fq(document.name);
        document.u.username = fq(document.u.username);
    }
    for (const list of ['usernames', 'muted', 'unmuted']) if (document[list]) document[list] = document[list].map(fq);
    return document;
}

function outgoingSubscription(subscription) {
    const document = copy(subscription);
    document.u.username = fq(document.u.username);
    document.name = fq(document.name);
    document.federation = document.federation || { origin: me.domain };
    return document;
}

function outgoingMessage(message) {
    const document = copy(message);
    document.u.username = fq(document.u.username);
    document.federation = document.federation || { origin: me.domain };
    for (const mention of document.mentions) {
        if (['all', 'here', 'rocket.cat'].includes(mention.username) || mention.username.includes('@')) continue;
        document.msg = document.msg.split(mention.username).join(fq(mention.username));
        mention.username = fq(mention.username);
    }
    return document;
}

// --- documents as they arrive ---------------------------------------------------------------------------------------------------
function incoming(document) {
    const kept = copy(document);
    if (kept.username) kept.username = local(kept.username);
    if (kept.name) kept.name = local(kept.name);
    if (kept.u) kept.u.username = local(kept.u.username);
    for (const list of ['usernames', 'muted', 'unmuted']) if (kept[list]) kept[list] = kept[list].map(local);
    return kept;
}

function incomingMessage(resource) {
    const kept = copy(resource);
    kept.u.username = local(kept.u.username);
    for (const [list, member] of [['mentions', 'username'], ['channels', 'name']]) {
        if (!resource[list] || !resource[list][Symbol.iterator]) throw new TypeError(`resource.${list} is not iterable`);
        kept[list].forEach((item, at) => {
            const name = resource[list][at][member];
            item[member] = local(name);
            kept.msg = kept.msg.split(name).join(local(name));
        });
    }
    return kept;
}

// --- discovery and requests -----------------------------------------------------------------------------------------------------
async function discover(domain) {
    if (me.peers && me.peers[domain]) return me.peers[domain];
    if (!me.dns) throw new Error(NOT_FOUND);
    const resolver = new Resolver({ timeout: 1000, tries: 1 });
    resolver.setServers([me.dns]);
    for (const label of since('3.4.0') ? ['https', 'http', 'tcp'] : ['https', 'http']) {
        const found = await resolver.resolveSrv(`_rocketchat._${label}.${domain}`).catch(() => []);
        if (found.length === 0) continue;
        const text = await resolver.resolveTxt(`rocketchat-public-key.${domain}`).catch(() => { throw new Error(NOT_FOUND); });
        return { url: `${label === 'http' ? 'http' : 'https'}://${found[0].name}:${found[0].port}`, key: text[0].join('') };
    }
    throw new Error(NOT_FOUND);
}

const publicKey = (text) => new NodeRSA(text, 'pkcs8-public-pem');
const seal = (object, to) => JSON.stringify(key.encryptPrivate(publicKey(to).encrypt(JSON.stringify(toWire(object)))));

function request(method, url, path, body) {
    const target = new URL(path, url);
    const at = `${target.hostname}:${target.port || (target.protocol === 'https:' ? 443 : 80)}`;
    const [host, port] = ((me.connect && me.connect[at]) || at).split(':');
    const headers = { 'content-type': 'application/json', 'x-federation-domain': me.domain, host: at };
    // The servers' library opens a connection for each request. One that is used again may be closed by the other side meanwhile.
    const options = { method, host, port, path: target.pathname + target.search, headers, ca: me.ca, servername: target.hostname, agent: false };
    const client = target.protocol === 'https:' ? https : http;
    return new Promise((resolve, reject) => {
        const sent = client.request(options, (response) => {
            const parts = [];
            response.on('data', (part) => parts.push(part));
            response.on('error', reject);
            response.on('end', () => {
                const text = Buffer.concat(parts).toString();
                if (response.statusCode >= 400) reject(new Error(`failed [${response.statusCode}] ${text}`));
                else resolve({ status: response.statusCode, text });
            });
        });
        sent.setTimeout(LIMIT, () => sent.destroy(new Error('ESOCKETTIMEDOUT')));
        sent.on('error', reject);
        sent.end(body);
    });
}

async function call(domain, method, path, object) {
    if (since('6.3.0')) throw new Error('Invalid URL');
    const peer = await discover(domain);
    const body = object === undefined ? undefined : seal(object, peer.key);
    const answer = await request(method, peer.url, `/api/v1/federation.${path}`, body);
    return { ...answer, json: JSON.parse(answer.text) };
}

// One dispatch to each domain in turn; its own domain takes the events without the network.
async function deliver(domains, events) {
    const types = events.map((event) => event.type);
    for (const to of domains) {
        if (to === me.domain) {
            await take(copy(events), me.domain).catch((error) => print('failed', { from: to, error: error.message }));
            continue;
        }
        if (between('3.4.0', '3.6.3') && events.length === 1) {
            print('unsent', { to, types, error: 'this release sends single events to its own domain only' });
            continue;
        }
        if (lost > 0) {
            lost -= 1;
            print('lost', { to, types, ids: events.map((event) => event._id) });
            continue;
        }
        try {
            const answer = await call(to, 'POST', 'events.dispatch', { events });
            print('sent', { to, types, ids: events.map((event) => event._id), status: answer.status, body: answer.json });
        } catch (error) {
            print('unsent', { to, types, error: error.message });
            // The look-up stood outside of what catches errors: every later domain is left out.
            if (error.message === NOT_FOUND && !since('4.2.0')) throw error;
        }
    }
}

// --- the chain of events --------------------------------------------------------------------------------------------------------
function createEvent(roomId, type, data, first) {
    const leaves = all('events', (event) => event.context.roomId === roomId && event.hasChildren === false);
    const parents = first ? [] : leaves.map((event) => event._id);
    const kept = copy(data);
    const event = { origin: me.domain, context: { roomId }, parentIds: parents, type, timestamp: new Date(), data: kept, hasChildren: false };
    event._id = eventId(event);
    return event;
}

function store(event) {
    for (const id of event.parentIds) delete db.events.get(id).hasChildren;
    db.events.set(event._id, event);
}

// Makes an event, stores it and sends it to the domains of its room.
async function emit(room, type, data, domains) {
    const event = createEvent(room._id, type, data, false);
    if (type !== 'room_delete') store(event);
    await deliver(domains || room.federation.domains, [event]);
    return event;
}

function addEvent(event) {
    if (db.events.has(event._id)) return undefined;
    const room = (known) => JSON.stringify(known.context) === JSON.stringify(event.context);
    const found = all('events', (known) => room(known) && event.parentIds.includes(known._id));
    if (found.length !== event.parentIds.length) {
        return all('events', (known) => room(known) && known.origin === event.origin).map((known) => known._id);
    }
    store(copy(event));
    return undefined;
}

// --- what each event does ---------------------------------------------------------------------------------------------------------
const HANDLERS = {
    genesis({ contextType, room }) {
        if (contextType !== 'room') throw new TypeError("Cannot read property 'latestEventIds' of undefined");
        const known = db.rooms.get(room._id);
        if (known) known.federation = room.federation;
        else db.rooms.set(room._id, incoming(room));
    },
    room_add_user({ roomId, user, subscription, domainsAfterAdd }) {
        let changed = meet('users', user);
        changed = meet('subscriptions', subscription) || changed;
        const room = db.rooms.get(roomId);
        if (room && domainsAfterAdd && (changed || !since('3.4.0'))) room.federation.domains = domainsAfterAdd;
    },
    room_remove_user({ roomId, user, domainsAfterRemoval }) {
        unsubscribe(roomId, user._id);
        const room = db.rooms.get(roomId);
        if (room && domainsAfterRemoval) room.federation.domains = domainsAfterRemoval;
    },
    room_user_left: ({ roomId, user }) => unsubscribe(roomId, user._id),
    async room_message({ message }) {
        const known = db.messages.get(message._id);
        if (known) {
            known.federation = message.federation;
            return;
        }
        const kept = incomingMessage(message);
        if (kept.file) await fetchFile(kept);
        db.messages.set(kept._id, kept);
    },
    async room_edit_message({ message }, event) {
        const known = db.messages.get(message._id);
        if (!known && !since('4.0.0')) throw new TypeError("Cannot read property 'join' of undefined");
        if (!known) return askFor(event, undefined);
        known.msg = message.msg;
        known.federation = message.federation;
        return undefined;
    },
    room_delete_message: ({ messageId }) => void db.messages.delete(messageId),
    room_set_message_reaction: (data) => react(data, true),
    room_unset_message_reaction: (data) => react(data, false),
    room_mute_user: ({ roomId, user }) => mute(roomId, user, true),
    room_unmute_user: ({ roomId, user }) => mute(roomId, user, false),
};

// Stores a document that is new; of a known one only `federation` changes.
function meet(name, document) {
    const known = db[name].get(document._id);
    if (!known) {
        db[name].set(document._id, incoming(document));
        return true;
    }
    if (since('3.4.0') && known.federation) return false;
    known.federation = document.federation;
    return true;
}

function unsubscribe(roomId, userId) {
    for (const found of all('subscriptions', (one) => one.rid === roomId && one.u._id === userId)) db.subscriptions.delete(found._id);
}

function react({ messageId, username, reaction }, isSet) {
    const message = db.messages.get(messageId);
    if (!message) throw new TypeError("Cannot read property 'reactions' of undefined");
    const reactions = message.reactions || {};
    const names = ((reactions[reaction] && reactions[reaction].usernames) || []).filter((name) => name !== username);
    if (isSet) names.push(username);
    if (names.length > 0) reactions[reaction] = { usernames: names };
    else delete reactions[reaction];
    message.reactions = reactions;
}

function mute(roomId, user, isMute) {
    const room = db.rooms.get(roomId);
    if (!room) return;
    const name = local(user.username);
    room.muted = (room.muted || []).filter((other) => other !== name);
    if (isMute) room.muted.push(name);
}

async function fetchFile(message) {
    const { origin } = message.federation;
    const old = message.file._id;
    const { json } = await call(origin, 'GET', `uploads?upload_id=${encodeURIComponent(old)}`);
    const bytes = Buffer.from(json.buffer.data);
    const id = randomId();
    print('fetched', { from: origin, upload: old, bytes: bytes.length, name: json.upload.name });
    db.uploads.set(id, { ...json.upload, _id: id, federation: { _id: old, origin }, content: bytes.toString('base64') });
    message.file._id = id;
    const kind = since('3.3.0') ? message.file.type.split('/')[0] : 'image';
    for (const attachment of message.attachments) {
        attachment.title_link = attachment.title_link.replace(old, id);
        const link = `${kind}_url`;
        if (['image', 'audio', 'video'].includes(kind)) attachment[link] = attachment[link].replace(old, id);
    }
}

async function askFor(event, latestEventIds) {
    const question = { fromDomain: me.domain, contextType: 'room', contextQuery: event.context, latestEventIds };
    print('asks', { origin: event.origin, room: event.context.roomId, known: latestEventIds });
    await call(event.origin, 'POST', 'events.requestFromLatest', question);
}

// Applies events in order; the first one whose parents are missing ends it, and its origin is asked.
async function take(events, from) {
    if (!Array.isArray(events)) throw new TypeError('events is not iterable');
    for (const event of events) {
        const { type } = event;
        const room = event.context && event.context.roomId;
        const hidden = (type === 'room_add_user' && between('3.0.0', '3.0.10')) || (type === 'room_user_left' && !since('3.2.0'));
        if (type === 'ping') {
            print('applied', { from, type });
        } else if (type === 'room_delete') {
            const id = event.data.roomId;
            db.rooms.delete(id);
            for (const found of all('messages', (one) => one.rid === id)) db.messages.delete(found._id);
            for (const found of all('subscriptions', (one) => one.rid === id)) db.subscriptions.delete(found._id);
            for (const found of all('events', (one) => one.context.roomId === id)) db.events.delete(found._id);
            print('applied', { from, type, room: id });
        } else if (hidden || !HANDLERS[type]) {
            if (since('3.0.0')) throw new TypeError(`Cannot read property '${since('3.2.0') ? 'latestEventIds' : 'success'}' of undefined`);
            print('ignored', { from, type, room, id: event._id });
        } else {
            const known = addEvent(event);
            if (known) {
                await askFor(event, known);
                return;
            }
            try {
                await HANDLERS[type](event.data, event);
            } catch (error) {
                print('failed', { from, type, room, id: event._id, error: error.message });
                throw error;
            }
            if (from !== me.domain) print('applied', { from, type, room, id: event._id });
        }
    }
}

// --- 1.x: identifiers of its own, and everything is found by the one of the home server ---------------------------------------------
function ofHome(name, id) {
    const [found] = all(name, (one) => one.federation && one.federation._id === id);
    if (!found) throw new Error(`no ${name} has the identifier ${id}`);
    return found;
}

function oldUser(user) {
    const [known] = all('users', (one) => one.federation && one.federation._id === user.federation._id);
    if (known) return known;
    user.name.split('@');
    const kept = { ...user, _id: randomId(), username: local(user.username) };
    db.users.set(kept._id, kept);
    return kept;
}

function oldRoom({ room, owner, users }, isNamed) {
    if (all('rooms', (one) => one.federation._id === room.federation._id).length > 0) return;
    const head = oldUser(owner);
    const members = users.map(oldUser).map(({ _id }) => _id);
    if (isNamed && !/^[0-9a-zA-Z-_.@]+$/.test(room.name)) throw new Error('the name of the room is not allowed');
    const kept = { ...room, _id: randomId(), members, muted: [] };
    if (isNamed) Object.assign(kept, { t: 'p', name: local(room.name), encrypted: false });
    if (room.broadcast) kept.muted = members.filter((id) => id !== head._id);
    db.rooms.set(kept._id, kept);
}

function oldMember(payload, list, isIn) {
    const room = ofHome('rooms', payload.federated_room_id);
    const user = payload.user ? oldUser(payload.user) : ofHome('users', payload.federated_user_id);
    room[list] = room[list].filter((id) => id !== user._id);
    if (isIn) room[list].push(user._id);
}

// The sender cut the names of mentions; the text still has them as they were written there.
function oldText(message) {
    let text = message.msg;
    for (const { username, federation } of message.mentions) {
        const whole = `@${username}@${federation.peer}`;
        if (federation.peer === me.domain) text = text.split(whole).join(`@${username}`);
        else if (!text.includes(whole)) text = text.split(`@${username}`).join(whole);
    }
    return text;
}

async function oldMessage({ message }) {
    if (all('messages', (one) => one.federation._id === message.federation._id).length > 0) return;
    const room = ofHome('rooms', message.federation.roomId);
    const user = ofHome('users', message.u.federation._id);
    const kept = { ...copy(message), _id: randomId(), rid: room._id, msg: oldText(message), u: { _id: user._id, username: user.username } };
    if (kept.file) {
        if (!kept.attachments.every((one) => one.title_link && one.image_url)) throw new Error('an attachment has no link');
        await fetchFile({ ...kept, federation: { origin: message.federation.peer } });
    }
    db.messages.set(kept._id, kept);
}

function oldReaction({ federated_message_id: id, federated_user_id: userId, reaction, shouldReact }) {
    react({ messageId: ofHome('messages', id)._id, username: ofHome('users', userId).username, reaction }, shouldReact);
}

const OLD_HANDLERS = {
    png: () => {},
    drc: (payload) => oldRoom(payload, false),
    roc: (payload) => oldRoom(payload, true),
    usj: (payload) => oldMember(payload, 'members', true),
    usa: (payload) => ofHome('users', payload.federated_inviter_id) && oldMember(payload, 'members', true),
    usl: (payload) => oldMember(payload, 'members', false),
    usr: (payload) => ofHome('users', payload.federated_removed_by_user_id) && oldMember(payload, 'members', false),
    usm: (payload) => oldMember(payload, 'muted', true),
    usu: (payload) => oldMember(payload, 'muted', false),
    msc: oldMessage,
    msu({ message, federated_user_id: userId }) {
        ofHome('users', userId);
        Object.assign(ofHome('messages', message.federation._id), { msg: oldText(message), editedAt: new Date() });
    },
    msd: ({ federated_message_id: id }) => void db.messages.delete(ofHome('messages', id)._id),
    msr: ({ federated_room_id: id, federated_user_id: user }) => void (ofHome('rooms', id).readBy = ofHome('users', user).username),
    mrs: oldReaction,
    mru: oldReaction,
};

const refusal = (text, errorType) => Object.assign(new Error(text), { errorType });

async function openOld(headers, text) {
    const { payload } = /^application\/json/.test(headers['content-type'] || '') ? JSON.parse(text) : {};
    if (!payload) throw refusal('Payload was not sent');
    const from = headers['x-federation-domain'];
    if (!from) throw refusal('Cannot handle that request');
    const peer = await discover(from).catch(() => { throw refusal('Could not find valid peer'); });
    try {
        const { event } = JSON.parse(key.decrypt(publicKey(peer.key).decryptPublic(Buffer.from(payload))).toString());
        return [from, event];
    } catch (error) {
        throw refusal('Could not decrypt [error-decrypt]', 'error-decrypt');
    }
}

const OLD_ROUTES = {
    'GET users'(query) {
        const name = query.get('username');
        const mail = `${name}@${query.get('domain')}`;
        const isAlike = (user) => user.name === name || (user.emails || []).some(({ address }) => address === mail);
        const isNamed = (user) => user.username === name || (query.get('usernameOnly') !== 'true' && isAlike(user));
        const found = all('users', isNamed).map((user) => ({ ...user, username: fq(user.username), roles: ['user'], statusConnection: 'online' }));
        if (found.length === 0) throw new Error('There is no such user in this server');
        return { federatedUsers: found.map((user) => ({ resourceName: 'federated-user', localPeerIdentifier: me.domain, user })) };
    },
    async 'POST events'(event, from) {
        if (!event) throw new Error('Event was not sent');
        try {
            await OLD_HANDLERS[event.t](event.payload);
        } catch (error) {
            print('failed', { from, type: event.t, error: error.message });
            throw new Error('Federation.peerServer.error is not a function');
        }
        print('applied', { from, type: event.t, id: event._id });
    },
};

// --- routes -----------------------------------------------------------------------------------------------------------------------
const ROUTES = {
    'GET users.search'(query) {
        const name = query.get('username');
        const mail = `${name}@${query.get('domain')}`;
        const matches = (user) => user.name === name || user.username === name || (user.emails || []).some(({ address }) => address === mail);
        return { users: all('users', (user) => user.type === 'user' && matches(user)).map((user) => outgoingUser(user, false)) };
    },
    'GET users.getByUsername'(query) {
        const [user] = all('users', ({ username }) => username === query.get('username'));
        if (!user) throw new TypeError(`Cannot read property '${since('4.3.0') ? 'indexOf' : '0'}' of undefined`);
        return { user: outgoingUser(user, false) };
    },
    'GET uploads'(query) {
        const upload = db.uploads.get(query.get('upload_id'));
        if (!upload) throw new Error('There is no such file in this server');
        const { content, ...document } = upload;
        print('served', { upload: upload._id });
        return { upload: document, buffer: Buffer.from(content, 'base64') };
    },
    'POST events.dispatch': async (body, from) => void (await take(body.events, from)),
    async 'POST events.requestFromLatest'({ fromDomain, contextType, contextQuery, latestEventIds }) {
        if (contextType !== 'room') throw new TypeError("Cannot read property 'find' of undefined");
        print('asked', { from: fromDomain, room: contextQuery.roomId, known: latestEventIds });
        let oldest = -Infinity;
        if (latestEventIds.length > 0) {
            const [known] = latestEventIds.map((id) => db.events.get(id)).filter(Boolean);
            if (!known) return;
            oldest = known.timestamp;
        }
        const isMissing = (event) => !latestEventIds.includes(event._id) && event.timestamp >= oldest;
        const events = all('events', (event) => event.context.roomId === contextQuery.roomId && isMissing(event));
        events.sort((one, other) => one.timestamp - other.timestamp);
        await deliver([fromDomain], events);
    },
};

async function open(headers, text) {
    const from = headers['x-federation-domain'];
    try {
        if (!/^application\/json/.test(headers['content-type'] || '') || !from) throw new Error('no JSON or no sender');
        const body = JSON.parse(text);
        if (from === me.domain) return [from, fromWire(body)];
        const sender = publicKey((await discover(from)).key);
        return [from, fromWire(JSON.parse(key.decrypt(sender.decryptPublic(Buffer.from(body))).toString()))];
    } catch (error) {
        print('refused', { from, error: error.message });
        throw new Error('Could not decrypt payload');
    }
}

async function answer(method, url, headers, text) {
    const route = url.pathname.replace('/api/v1/federation.', '');
    if (/^\/api(\/v1)?\/info$/.test(url.pathname)) {
        const version = since('4.0.0') ? me.release.split('.').slice(0, 2).join('.') : me.release;
        return [200, since('3.0.0') ? { version, success: true } : { version }];
    }
    const isOld = !since('2.0.0');
    const routes = isOld ? { ...OLD_ROUTES, 'GET uploads': ROUTES['GET uploads'] } : ROUTES;
    const handler = routes[`${method} ${route}`];
    if (!handler) {
        const other = routes[`${method === 'GET' ? 'POST' : 'GET'} ${route}`];
        return other ? [405, { status: 'error', message: 'API endpoint does not exist' }] : [200, '<!DOCTYPE html>'];
    }
    const work = async () => {
        if (method === 'GET') return handler(url.searchParams);
        const [from, body] = await (isOld ? openOld : open)(headers, text);
        return handler(body, from);
    };
    if (method === 'POST' && !isOld && !since('4.2.0')) {
        // Answered before anything was looked at; what goes wrong is in the log alone.
        setImmediate(() => work().catch((error) => print('hidden', { route, error: error.message })));
        return [200, {}];
    }
    try {
        return [200, { ...(await work()), success: true }];
    } catch (error) {
        return [400, { success: false, error: error.message, errorType: error.errorType }];
    }
}

const server = http.createServer((incomingRequest, response) => {
    const parts = [];
    incomingRequest.on('data', (part) => parts.push(part));
    incomingRequest.on('end', async () => {
        const { method, headers } = incomingRequest;
        const url = new URL(incomingRequest.url, 'http://here');
        if (deaf > 0 && url.pathname.endsWith('events.dispatch')) {
            deaf -= 1;
            print('deaf', { from: headers['x-federation-domain'] });
            incomingRequest.socket.destroy();
            return;
        }
        const [status, body] = await answer(method, url, headers, Buffer.concat(parts).toString());
        const isPage = typeof body === 'string';
        response.writeHead(status, { 'content-type': isPage ? 'text/html' : 'application/json' });
        response.end(isPage ? body : JSON.stringify(body));
        print('request', { from: headers['x-federation-domain'], method, path: url.pathname, query: url.search, status, error: body.error });
    });
});

// --- commands: what the users of this server do -------------------------------------------------------------------------------------
function userOf(name) {
    const [user] = all('users', ({ username }) => username === name);
    if (!user) throw new Error(`there is no user ${name}`);
    return user;
}

// A user by name; one of another server is looked up there.
async function findUser(name) {
    const [known] = all('users', ({ username }) => username === local(name));
    if (known || !name.includes('@')) return known || userOf(name);
    const [username, domain] = name.split('@');
    const { json } = await call(domain, 'GET', `users.getByUsername?username=${encodeURIComponent(username)}`);
    db.users.set(json.user._id, fromWire(json.user));
    return json.user;
}

function subscribe(room, user, name) {
    const now = new Date();
    return {
        _id: randomId(), rid: room._id, t: room.t, name, fname: name, open: true, alert: false, unread: 0, userMentions: 0, groupMentions: 0,
        ts: now, u: { _id: user._id, username: user.username }, ls: now, _updatedAt: now, federation: { origin: me.domain },
    };
}

// Genesis and one event for each member, none of which has a parent.
async function openRoom(room, members, nameFor) {
    room.federation = { origin: me.domain, domains: members.map(({ username }) => domainOf(username)) };
    if (since('3.4.0')) room.federation.domains = distinct(room.federation.domains);
    db.rooms.set(room._id, room);
    const adds = members.map((user) => {
        const kept = subscribe(room, user, nameFor(user));
        db.subscriptions.set(kept._id, kept);
        const subscription = outgoingSubscription(kept);
        return createEvent(room._id, 'room_add_user', { roomId: room._id, user: outgoingUser(user, true), subscription }, true);
    });
    const genesis = createEvent(room._id, 'genesis', { contextType: 'room', room: outgoingRoom(room) }, true);
    await deliver(room.federation.domains, [genesis, ...adds]);
    return { room: room._id };
}

function roomOf(id) {
    const room = db.rooms.get(id);
    if (!room) throw new Error(`there is no room ${id}`);
    return room;
}

function messageOf(id) {
    const message = db.messages.get(id);
    if (!message) throw new Error(`there is no message ${id}`);
    return message;
}

const membersDomains = (roomId) => distinct(all('subscriptions', (one) => one.rid === roomId).map((one) => domainOf(one.u.username)));

async function post(room, user, text, more) {
    const now = new Date();
    const mentions = [];
    for (const [, name] of text.matchAll(/@([\w-]+(?:@[\w.-]+)?)/g)) {
        const [found] = all('users', ({ username }) => username === local(name));
        if (found) mentions.push({ _id: found._id, username: found.username });
    }
    const message = {
        _id: randomId(), rid: room._id, msg: text, ts: now, u: { _id: user._id, username: user.username, name: user.name },
        ...more, mentions, channels: [], _updatedAt: now, federation: { origin: me.domain },
    };
    db.messages.set(message._id, message);
    const event = await emit(room, 'room_message', { message: outgoingMessage(message) });
    return { message: message._id, event: event._id };
}

const COMMANDS = {
    peers: ({ peers }) => void (me.peers = { ...me.peers, ...peers }),
    configure: ({ set }) => void Object.assign(me, set),
    show: () => Object.fromEntries(Object.keys(db).map((name) => [name, toWire([...db[name].values()])])),
    lose: ({ count }) => void (lost = count),
    refuse: ({ count }) => void (deaf = count),
    hash: ({ event }) => ({ id: eventId(fromWire(event)) }),
    ping: ({ to }) => deliver([to], [{ type: 'ping' }]),
    async search({ username, domain }) {
        const query = new URLSearchParams({ username, domain });
        return { users: (await call(domain, 'GET', `users.search?${query}`)).json.users };
    },
    async direct({ user, with: other }) {
        const members = [userOf(user), await findUser(other)];
        const ids = members.map(({ _id }) => _id).sort();
        const known = db.rooms.get(ids.join(''));
        if (known) return { room: known._id };
        const now = new Date();
        const room = {
            _id: ids.join(''), t: 'd', usernames: members.map(({ username }) => fq(username)), usersCount: 2, msgs: 0, ts: now, uids: ids, _updatedAt: now,
        };
        return openRoom(room, members, (member) => members.find((one) => one !== member).username);
    },
    async private({ user, name, with: others }) {
        const owner = userOf(user);
        const members = [owner, ...(await Promise.all(others.map(findUser)))];
        const now = new Date();
        const room = {
            _id: randomId(), t: 'p', name, fname: name, u: { _id: owner._id, username: owner.username, name: owner.name },
            usersCount: members.length, msgs: 0, ts: now, ro: false, sysMes: true, _updatedAt: now,
        };
        return openRoom(room, members, () => name);
    },
    // 1.x: one event in an envelope of its own, and the only route about users.
    async old({ to, t, payload }) {
        const now = new Date().toISOString();
        const event = { t, ts: now, fulfilled: false, payload, peer: to, options: {}, _updatedAt: now, _id: randomId() };
        const peer = await discover(to);
        const sealed = key.encryptPrivate(publicKey(peer.key).encrypt(JSON.stringify({ event })));
        const { text } = await request('POST', peer.url, '/api/v1/federation.events', JSON.stringify({ payload: sealed }));
        return JSON.parse(text);
    },
    async old_users({ username, domain }) {
        const query = new URLSearchParams({ username, domain, usernameOnly: 'true' });
        return { users: (await call(domain, 'GET', `users?${query}`)).json.federatedUsers };
    },
    async add({ room: id, user: name }) {
        const room = roomOf(id);
        const user = await findUser(name);
        const domainsAfterAdd = distinct([...room.federation.domains, domainOf(user.username)]);
        const subscription = outgoingSubscription(subscribe(room, user, room.name || user.username));
        await emit(room, 'room_add_user', { roomId: id, user: outgoingUser(user, true), subscription, domainsAfterAdd }, domainsAfterAdd);
    },
    say: ({ room, user, text }) => post(roomOf(room), userOf(user), text, {}),
    file({ room, user, name, type, content }) {
        const file = { _id: randomId(), name, type };
        db.uploads.set(file._id, { ...file, size: Buffer.from(content, 'base64').length, rid: room, complete: true, content });
        const link = `/file-upload/${file._id}/${name}`;
        const kind = type.split('/')[0];
        const shown = ['image', 'audio', 'video'].includes(kind) ? { [`${kind}_url`]: link, [`${kind}_type`]: type } : {};
        const attachments = [{ title: name, type: 'file', title_link: link, title_link_download: true, ...shown }];
        return post(roomOf(room), userOf(user), '', { file, attachments });
    },
    async edit({ message: id, text }) {
        const message = messageOf(id);
        message.msg = text;
        const { _id, msg, federation } = outgoingMessage(message);
        await emit(roomOf(message.rid), 'room_edit_message', { message: { _id, msg, federation } });
    },
    async delete({ message: id }) {
        const room = roomOf(messageOf(id).rid);
        db.messages.delete(id);
        await emit(room, 'room_delete_message', { roomId: room._id, messageId: id });
    },
    async react({ message: id, user, reaction }) {
        const data = { roomId: messageOf(id).rid, messageId: id, username: userOf(user).username, reaction };
        await emit(roomOf(data.roomId), 'room_set_message_reaction', data);
    },
    async unreact({ message: id, user, reaction }) {
        const data = { roomId: messageOf(id).rid, messageId: id, username: userOf(user).username, reaction };
        react(data, false);
        if (!since('3.4.0')) throw new Error('dispatchEvent is not defined');
        await emit(roomOf(data.roomId), 'room_unset_message_reaction', data);
    },
    mute: ({ room, user }) => emit(roomOf(room), 'room_mute_user', { roomId: room, user: outgoingUser(userOf(user), true) }).then(() => {}),
    unmute: ({ room, user }) => emit(roomOf(room), 'room_unmute_user', { roomId: room, user: outgoingUser(userOf(user), true) }).then(() => {}),
    async remove({ room: id, user }) {
        const leaving = userOf(user);
        const before = membersDomains(id);
        unsubscribe(id, leaving._id);
        const domainsAfterRemoval = membersDomains(id);
        await emit(roomOf(id), 'room_remove_user', { roomId: id, user: outgoingUser(leaving, true), domainsAfterRemoval }, before);
    },
    async leave({ room: id, user }) {
        const leaving = userOf(user);
        const before = membersDomains(id);
        const domains = [...before.filter((domain) => domain !== me.domain), me.domain];
        unsubscribe(id, leaving._id);
        if (!since('3.2.0')) return;
        await emit(roomOf(id), 'room_user_left', { roomId: id, user: outgoingUser(leaving, true), domainsAfterLeave: membersDomains(id) }, domains);
    },
    async delete_room({ room: id }) {
        const room = roomOf(id);
        if (!since('3.0.10')) throw new Error('dispatchEvent is not defined');
        if (room.federation.domains.some((domain) => domain !== me.domain)) await emit(room, 'room_delete', { roomId: id });
    },
};

function begin(configuration) {
    me = { release: '5.3.0', users: [], listen: '127.0.0.1', ...configuration };
    key = new NodeRSA(me.private, 'pkcs8-private-pem');
    for (const username of me.users) {
        const now = new Date();
        const name = username[0].toUpperCase() + username.slice(1);
        const emails = [{ address: `${username}@${me.domain}`, verified: true }];
        const user = { _id: randomId(), username, type: 'user', emails, name, createdAt: now, _updatedAt: now };
        if (!since('2.0.0')) user.federation = { _id: user._id, peer: me.domain };
        db.users.set(user._id, user);
    }
    server.listen(me.port || 0, me.listen, () => print('listening', { port: server.address().port }));
}

let turn = Promise.resolve();
const lines = require('readline').createInterface({ input: process.stdin });
lines.on('line', (line) => {
    const command = JSON.parse(line);
    if (!me) return begin(command);
    // One after the other, as if one person did it all.
    turn = turn.then(async () => {
        try {
            print('done', { number: command.number, ...(await COMMANDS[command.do](command)) });
        } catch (error) {
            print('done', { number: command.number, error: error.message });
        }
    });
    return undefined;
});
lines.on('close', () => process.exit(0));
