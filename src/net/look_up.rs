//! Looks up records as a server does: the first resolver that answers is trusted.

use futures_util::future::join_all;

use super::Route;
use super::ask::ask;
use super::dns::Resolver;
use crate::dns::codec::Flags;
use crate::dns::record::{Outcome, Query, Response, Transport};

/// Asks the resolvers one after the other until one answers; without an answer, the last failure.
pub async fn look_up(route: &Route, resolvers: &[Resolver], question: &Query) -> Outcome {
    response(route, resolvers, question).await.outcome
}

/// The same, with what stood around the records.
pub async fn response(route: &Route, resolvers: &[Resolver], question: &Query) -> Response {
    let mut last = Response::bare(Outcome::Unreachable("no resolver is known".into()), Transport::Udp);
    for resolver in resolvers {
        last = ask(&route.sockets, resolver.addr, question, Flags::RESOLVER, route.timeout).await;
        if last.outcome.is_answer() {
            break;
        }
    }
    last
}

/// All questions at once.
pub async fn look_up_all(route: &Route, resolvers: &[Resolver], questions: &[Query]) -> Vec<(Query, Outcome)> {
    let asked =
        questions.iter().map(|question| async move { (question.clone(), look_up(route, resolvers, question).await) });
    join_all(asked).await
}
