//! Messages of which every part is usual. What is not, errors among it, gives `None` and is left to hickory.

use hickory_proto::op::ResponseCode;
use hickory_proto::rr::{DNSClass, RecordType as WireType};

use super::{HEADER, KEPT, NAME_MAX, OPT, Parts, is_usual};
use crate::dns::record::{CharacterString, RData, Rr, Soa};

/// No payload size is smaller (RFC 6891 section 6.2.3).
const PAYLOAD_MIN: u16 = 512;

/// What a message says.
pub fn read(bytes: &[u8]) -> Option<Parts> {
    let head: &[u8; HEADER] = bytes.first_chunk()?;
    let count = |at: usize| usize::from(u16::from_be_bytes([head[at], head[at + 1]]));
    // RFC 1035 section 4.1.1: QR, the opcode, AA, TC, RD; RA, Z, AD, CD, the response code.
    let [first, second] = [head[2], head[3]];
    let is_standard = first & 0x78 == 0;
    let (questions, sections) = (count(4), [count(6), count(8), count(10)]);
    if !is_standard || questions > 1 || sections.iter().any(|count| *count > KEPT) {
        return None;
    }
    let mut rest = Reader { bytes, at: HEADER };
    let asked = if questions == 1 { Some(rest.question()?) } else { None };
    let (answers, authority) = (rest.records(sections[0])?, rest.records(sections[1])?);
    let (mut additional, mut edns) = (Vec::new(), None);
    for _ in 0..sections[2] {
        match rest.edns() {
            Some(_) if edns.is_some() => return None,
            Some(payload) => edns = Some(payload),
            None => additional.push(rest.record()?),
        }
    }
    Some(Parts {
        asked,
        authoritative: first & 0x04 != 0,
        recursion: second & 0x80 != 0,
        authenticated: second & 0x20 != 0,
        code: ResponseCode::from_low(second & 0x0f),
        edns,
        answers,
        authority,
        additional,
        omitted: 0,
    })
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Reader<'_> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let part = self.bytes.get(self.at..)?.first_chunk()?;
        self.at += N;
        Some(*part)
    }

    fn u16(&mut self) -> Option<u16> {
        self.take().map(u16::from_be_bytes)
    }

    fn u32(&mut self) -> Option<u32> {
        self.take().map(u32::from_be_bytes)
    }

    /// A name without the final dot. A part of one that was read before follows a pointer (RFC 1035 section 4.1.4); each pointer leads
    /// further back, and what follows it ends where the part with the pointer begins.
    fn name(&mut self) -> Option<String> {
        let mut text = [0; NAME_MAX];
        let (mut length, mut at, mut start, mut limit) = (0, self.at, self.at, self.bytes.len());
        let mut end = None;
        while at < limit {
            match self.bytes[at] {
                0 => {
                    self.at = end.unwrap_or(at + 1);
                    return Some(str::from_utf8(&text[..length]).ok()?.to_owned());
                }
                size @ 1..=63 => {
                    let label = self.bytes.get(at + 1..)?.get(..size.into()).filter(|label| is_usual(label))?;
                    if length > 0 {
                        *text.get_mut(length)? = b'.';
                        length += 1;
                    }
                    text.get_mut(length..)?.get_mut(..label.len())?.copy_from_slice(label);
                    length += label.len();
                    at += 1 + label.len();
                }
                high @ 0xc0.. => {
                    let target = usize::from(u16::from_be_bytes([high & 0x3f, *self.bytes.get(at + 1)?]));
                    end = end.or(Some(at + 2));
                    (limit, start, at) = (start, target, target);
                }
                _ => return None,
            }
        }
        None
    }

    /// The name of a question.
    fn question(&mut self) -> Option<String> {
        let name = self.name()?;
        let _kind = self.u16()?;
        let class = self.u16()?;
        Some(name).filter(|_| class == u16::from(DNSClass::IN))
    }

    /// The payload size of an EDNS record that has neither options nor a part of the response code, if there is one here.
    fn edns(&mut self) -> Option<u16> {
        let record: &[u8; OPT.len()] = self.bytes.get(self.at..)?.first_chunk()?;
        let [.., high, low, code, _, _, _, 0, 0] = record else { return None };
        let is_plain = record.starts_with(&OPT[..3]) && *code == 0;
        let payload = u16::from_be_bytes([*high, *low]).max(PAYLOAD_MIN);
        is_plain.then(|| {
            self.at += record.len();
            payload
        })
    }

    fn records(&mut self, count: usize) -> Option<Vec<Rr>> {
        let mut records = Vec::with_capacity(count);
        for _ in 0..count {
            records.push(self.record()?);
        }
        Some(records)
    }

    fn record(&mut self) -> Option<Rr> {
        let name = self.name()?;
        let (kind, class) = (WireType::from(self.u16()?), self.u16()?);
        let (ttl, length) = (self.u32()?, usize::from(self.u16()?));
        let end = self.at + length;
        if class != u16::from(DNSClass::IN) || end > self.bytes.len() || length == 0 {
            return None;
        }
        let data = self.data(kind, end)?;
        (self.at == end).then_some(Rr { name, ttl, data })
    }

    fn data(&mut self, kind: WireType, end: usize) -> Option<RData> {
        Some(match kind {
            WireType::A => RData::A(self.take::<4>()?.into()),
            WireType::AAAA => RData::Aaaa(self.take::<16>()?.into()),
            WireType::NS => RData::Ns(self.name()?),
            WireType::CNAME => RData::Cname(self.name()?),
            WireType::MX => RData::Mx { preference: self.u16()?, exchange: self.name()? },
            WireType::SRV => {
                RData::Srv { priority: self.u16()?, weight: self.u16()?, port: self.u16()?, target: self.name()? }
            }
            WireType::SOA => RData::Soa(Soa {
                mname: self.name()?,
                rname: self.name()?,
                serial: self.u32()?,
                refresh: self.take().map(i32::from_be_bytes)?,
                retry: self.take().map(i32::from_be_bytes)?,
                expire: self.take().map(i32::from_be_bytes)?,
                minimum: self.u32()?,
            }),
            WireType::TXT => RData::Txt(self.strings(end)?),
            _ => return None,
        })
    }

    /// Character-strings up to there (RFC 1035 section 3.3).
    fn strings(&mut self, end: usize) -> Option<Vec<CharacterString>> {
        let mut strings = Vec::new();
        while self.at < end {
            let [length] = self.take()?;
            let string = self.bytes.get(self.at..end)?.get(..length.into())?;
            self.at += string.len();
            strings.push(CharacterString(string.to_vec()));
        }
        Some(strings)
    }
}

#[cfg(test)]
mod tests {
    use hickory_proto::op::{Edns, Message, MessageType, OpCode};
    use hickory_proto::rr::rdata::{A, AAAA, CAA, CNAME, MX, NS, SOA, SRV, TXT};
    use hickory_proto::rr::{Name, RData as WireData, Record};
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::super::any;
    use super::*;

    fn name(label: &'static str) -> impl Strategy<Value = Name> {
        vec(label, 0..5).prop_map(|labels| {
            let mut name = Name::from_labels(labels.iter().map(String::as_bytes)).unwrap();
            name.set_fqdn(true);
            name
        })
    }

    /// Data of the types that are usual.
    fn data(label: &'static str) -> impl Strategy<Value = WireData> {
        prop_oneof![
            any::<[u8; 4]>().prop_map(|ip| WireData::A(A(ip.into()))),
            any::<[u8; 16]>().prop_map(|ip| WireData::AAAA(AAAA(ip.into()))),
            name(label).prop_map(|name| WireData::NS(NS(name))),
            name(label).prop_map(|name| WireData::CNAME(CNAME(name))),
            (any::<u16>(), name(label)).prop_map(|(preference, name)| WireData::MX(MX::new(preference, name))),
            (any::<[u16; 3]>(), name(label)).prop_map(|([a, b, c], name)| WireData::SRV(SRV::new(a, b, c, name))),
            (name(label), name(label), any::<[u32; 2]>(), any::<[i32; 3]>())
                .prop_map(|(mname, rname, [a, b], [c, d, e])| WireData::SOA(SOA::new(mname, rname, a, c, d, e, b))),
            vec(vec(any::<u8>(), 0..80), 1..5).prop_map(|strings| {
                let strings: Vec<&[u8]> = strings.iter().map(Vec::as_slice).collect();
                WireData::TXT(TXT::from_bytes(strings))
            }),
        ]
    }

    fn records(label: &'static str) -> impl Strategy<Value = Vec<Record>> {
        let one = (name(label), any::<u32>(), data(label));
        vec(one.prop_map(|(name, ttl, data)| Record::from_rdata(name, ttl, data)), 0..6)
    }

    fn message(label: &'static str) -> impl Strategy<Value = Message> {
        let flags = (any::<[bool; 3]>(), 0..16u8, proptest::option::of(any::<u16>()));
        let sections = (records(label), records(label), records(label));
        (flags, proptest::option::of(name(label)), sections).prop_map(
            |((flags, code, payload), asked, (answers, authority, additional))| {
                let mut message = Message::new(7, MessageType::Response, OpCode::Query);
                let head = &mut message.metadata;
                [head.authoritative, head.recursion_available, head.authentic_data] = flags;
                head.response_code = ResponseCode::from_low(code);
                message.queries.extend(asked.map(|name| hickory_proto::op::Query::query(name, WireType::TXT)));
                (message.answers, message.authorities, message.additionals) = (answers, authority, additional);
                message.edns = payload.map(|payload| {
                    let mut edns = Edns::new();
                    edns.set_max_payload(payload);
                    edns
                });
                message
            },
        )
    }

    const USUAL: &str = "[a-zA-Z0-9_][a-zA-Z0-9_-]{0,12}";
    const ODD: &str = "[a-z*. -]{1,8}";

    proptest! {
        #[test]
        fn what_is_usual_is_read_as_hickory_reads_it(message in message(USUAL)) {
            let bytes = message.to_vec().unwrap();
            prop_assert_eq!(read(&bytes), any::read(&bytes).ok());
        }

        /// Whatever happens to a message on its way: it is read as hickory reads it, or left to hickory.
        #[test]
        fn what_is_damaged_is_read_as_hickory_reads_it_or_not_at_all(
            message in prop_oneof![message(USUAL), message(ODD)],
            damage in vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
            end in proptest::option::of(any::<prop::sample::Index>()),
        ) {
            let mut bytes = message.to_vec().unwrap();
            for (at, byte) in damage {
                *at.get_mut(&mut bytes) = byte;
            }
            let bytes = &bytes[..end.map_or(bytes.len(), |end| end.index(bytes.len()))];
            if let Some(parts) = read(bytes) {
                prop_assert_eq!(Some(parts), any::read(bytes).ok());
            }
        }

        #[test]
        fn any_bytes_are_read_as_hickory_reads_them_or_not_at_all(bytes in vec(any::<u8>(), 0..300)) {
            if let Some(parts) = read(&bytes) {
                prop_assert_eq!(Some(parts), any::read(&bytes).ok());
            }
        }
    }

    /// A response to a question for A: the name of the question is `a.`, and the record has the owner that is given.
    fn answer(owner: &[u8]) -> Vec<u8> {
        let head = [0, 7, 0x84, 0, 0, 1, 0, 1, 0, 0, 0, 0, 1, b'a', 0, 0, 1, 0, 1];
        [&head[..], owner, &[0, 1, 0, 1, 0, 0, 0, 9, 0, 4, 192, 0, 2, 1]].concat()
    }

    #[test]
    fn a_pointer_leads_back() {
        let owner = |bytes: &[u8]| read(&answer(bytes)).map(|parts| parts.answers[0].name.clone());
        assert_eq!(owner(&[0xc0, 12]).as_deref(), Some("a"));
        assert_eq!(owner(&[1, b'b', 0xc0, 12]).as_deref(), Some("b.a"));
        // To itself, forward, and into the middle of the message behind it.
        for bytes in [&[0xc0, 19][..], &[0xc0, 21], &[1, b'b', 0xc0, 19], &[0xc0, 40]] {
            assert_eq!(owner(bytes), None);
            assert!(any::read(&answer(bytes)).is_err());
        }
    }

    #[test]
    fn no_payload_size_is_smaller_than_that_of_messages_without_edns() {
        let mut message = Message::new(7, MessageType::Response, OpCode::Query);
        message.edns = Some(Edns::new());
        let mut bytes = message.to_vec().unwrap();
        for (payload, seen) in [([0, 0], 512), ([2, 0], 512), ([4, 208], 1232)] {
            bytes[HEADER + OPT[..3].len()..][..2].copy_from_slice(&payload);
            let parts = read(&bytes);
            assert_eq!(parts.as_ref().unwrap().edns, Some(seen));
            assert_eq!(parts, any::read(&bytes).ok());
        }
    }

    #[test]
    fn what_is_not_usual_is_left_to_hickory() {
        let mut message = Message::new(7, MessageType::Response, OpCode::Query);
        let caa = WireData::CAA(CAA::new_issue(false, None, Vec::new()));
        message.answers.push(Record::from_rdata(Name::root(), 1, caa));
        let bytes = message.to_vec().unwrap();
        assert_eq!(read(&bytes), None);
        assert_eq!(any::read(&bytes).unwrap().answers[0].data, RData::Other("CAA".into()));
    }
}
