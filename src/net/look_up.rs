//! Looks up records as a server does: the first resolver that answers is trusted.

use futures_util::future::join_all;

use super::Route;
use super::ask::ask;
use super::dns::Resolver;
use crate::dns::codec::Flags;
use crate::dns::record::{Outcome, Query};

/// Asks the resolvers one after the other until one answers; without an answer, the last failure.
pub async fn look_up(route: &Route, resolvers: &[Resolver], question: &Query) -> Outcome {
    let mut last = Outcome::Unreachable("no resolver is known".into());
    for resolver in resolvers {
        last = ask(&route.udp, resolver.addr, question, Flags::RESOLVER, route.timeout).await.outcome;
        if last.is_answer() {
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
