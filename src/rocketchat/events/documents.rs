//! The part of a server's database that federation reads and writes, with a list of what has changed since it was last saved.

use serde_json::{Map, Value};

/// A collection of the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Collection {
    Users,
    Rooms,
    Subscriptions,
    Messages,
    Events,
    Uploads,
    /// Messages that are to be answered.
    Tasks,
    /// Events that are to be sent.
    Outbox,
    /// What was received and sent, for people.
    Timeline,
}

impl Collection {
    pub const ALL: [Self; 9] = [
        Self::Users,
        Self::Rooms,
        Self::Subscriptions,
        Self::Messages,
        Self::Events,
        Self::Uploads,
        Self::Tasks,
        Self::Outbox,
        Self::Timeline,
    ];

    /// Its name in a store.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Users => "users",
            Self::Rooms => "rooms",
            Self::Subscriptions => "subscriptions",
            Self::Messages => "messages",
            Self::Events => "events",
            Self::Uploads => "uploads",
            Self::Tasks => "tasks",
            Self::Outbox => "outbox",
            Self::Timeline => "timeline",
        }
    }

    /// The collection of that name.
    pub fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|collection| collection.as_str() == name)
    }
}

/// A document that was written, or removed when it is `None`.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    pub collection: Collection,
    pub id: String,
    pub document: Option<Value>,
}

/// The documents by their identifiers, in the order in which they were first written.
#[derive(Debug, Clone, Default)]
pub struct Documents {
    collections: [Map<String, Value>; Collection::ALL.len()],
    changes: Vec<Change>,
    bytes: usize,
}

impl Documents {
    fn collection(&self, collection: Collection) -> &Map<String, Value> {
        &self.collections[collection as usize]
    }

    /// The document with this identifier.
    pub fn get(&self, collection: Collection, id: &str) -> Option<&Value> {
        self.collection(collection).get(id)
    }

    /// All documents of a collection, those first that were written first.
    pub fn all(&self, collection: Collection) -> impl DoubleEndedIterator<Item = &Value> {
        self.collection(collection).values()
    }

    /// The documents whose member equals a value.
    pub fn having<'a>(
        &'a self,
        collection: Collection,
        pointer: &'a str,
        value: &'a Value,
    ) -> impl DoubleEndedIterator<Item = &'a Value> {
        self.all(collection).filter(move |document| document.pointer(pointer) == Some(value))
    }

    /// Writes a document.
    pub fn put(&mut self, collection: Collection, id: &str, document: Value) {
        self.bytes += size(&document);
        self.changes.push(Change { collection, id: id.to_owned(), document: Some(document.clone()) });
        if let Some(old) = self.collections[collection as usize].insert(id.to_owned(), document) {
            self.bytes -= size(&old);
        }
    }

    /// Sets one member of a document that exists.
    pub fn set(&mut self, collection: Collection, id: &str, member: &str, value: Value) {
        if let Some(mut document) = self.get(collection, id).cloned().filter(Value::is_object) {
            document[member] = value;
            self.put(collection, id, document);
        }
    }

    /// Removes a document.
    pub fn remove(&mut self, collection: Collection, id: &str) {
        if let Some(old) = self.collections[collection as usize].shift_remove(id) {
            self.bytes -= size(&old);
            self.changes.push(Change { collection, id: id.to_owned(), document: None });
        }
    }

    /// Removes the documents whose member equals a value.
    pub fn remove_having(&mut self, collection: Collection, pointer: &str, value: &Value) {
        let found = self.collection(collection).iter().filter(|(_, document)| document.pointer(pointer) == Some(value));
        let ids: Vec<String> = found.map(|(id, _)| id.clone()).collect();
        ids.iter().for_each(|id| self.remove(collection, id));
    }

    /// What has changed since the last call.
    pub fn take_changes(&mut self) -> Vec<Change> {
        std::mem::take(&mut self.changes)
    }

    /// Gives back changes that could not be saved.
    pub fn give_back(&mut self, mut changes: Vec<Change>) {
        changes.append(&mut self.changes);
        self.changes = changes;
    }

    /// Reads what was saved.
    pub fn load(saved: impl IntoIterator<Item = (Collection, String, Value)>) -> Self {
        let mut documents = Self::default();
        for (collection, id, document) in saved {
            documents.put(collection, &id, document);
        }
        documents.changes.clear();
        documents
    }

    /// Removes what is oldest until no more than `bytes` are held.
    pub fn shrink(&mut self, bytes: usize) {
        use Collection::{Events, Messages, Rooms, Subscriptions, Timeline, Uploads, Users};
        for collection in [Uploads, Timeline, Events, Messages, Subscriptions, Rooms, Users] {
            while self.bytes > bytes {
                let Some(oldest) = self.collection(collection).keys().next().cloned() else { break };
                self.remove(collection, &oldest);
            }
        }
    }
}

fn size(document: &Value) -> usize {
    match document {
        Value::String(text) => 16 + text.len(),
        Value::Array(items) => items.iter().map(size).sum::<usize>() + 16,
        Value::Object(members) => members.iter().map(|(name, value)| name.len() + size(value) + 16).sum::<usize>() + 16,
        Value::Null | Value::Bool(_) | Value::Number(_) => 16,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_was_changed_loads_again_and_the_oldest_gives_way() {
        let mut documents = Documents::default();
        for at in 0..100 {
            documents.put(Collection::Events, &format!("e{at}"), json!({"_id": at, "context": {"roomId": at % 2}}));
        }
        documents.remove_having(Collection::Events, "/context/roomId", &json!(1));
        assert_eq!(documents.all(Collection::Events).count(), 50);
        let mut saved: Map<String, Value> = Map::new();
        for change in documents.take_changes() {
            match change.document {
                Some(document) => drop(saved.insert(change.id, document)),
                None => drop(saved.shift_remove(&change.id)),
            }
        }
        assert!(documents.take_changes().is_empty());
        let saved = saved.into_iter().map(|(id, document)| (Collection::Events, id, document));
        let mut loaded = Documents::load(saved);
        assert!(
            loaded.all(Collection::Events).eq(documents.all(Collection::Events)) && loaded.bytes == documents.bytes
        );
        loaded.put(Collection::Events, "later", json!(1));
        loaded.give_back(vec![Change { collection: Collection::Events, id: "before".into(), document: None }]);
        let changes = loaded.take_changes();
        assert_eq!(changes.iter().map(|change| change.id.as_str()).collect::<Vec<_>>(), ["before", "later"]);
        loaded.shrink(documents.bytes / 2);
        assert!(loaded.get(Collection::Events, "e0").is_none() && loaded.get(Collection::Events, "e98").is_some());
        loaded.shrink(0);
        assert_eq!(loaded.bytes, 0);
    }
}
