//! What is said to all members of a group, each of whom has a result of its own.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::Poll;

use super::members::Group;
use crate::actor::behavior::Actor;
use crate::actor::error::Error;
use crate::actor::info::ActorName;

impl<A: Actor> Group<A> {
    /// Tells every member; `tell` makes the call and sends it. The results are in the order they joined, one a member,
    /// none where there is no member: one that cannot be told, because its mailbox is full or it has just ended, does
    /// not keep the others from being told.
    pub fn tell_all<T>(
        &self,
        mut tell: impl FnMut(&A::Proxy) -> Result<T, Error>,
    ) -> Vec<(ActorName, Result<T, Error>)> {
        let members = self.members();
        members.iter().map(|member| (member.name().clone(), tell(member))).collect()
    }

    /// Asks every member; `ask` makes the call and sends it, at once, to all of them before any answer is waited for.
    /// Resolves when every member has answered or has failed to, to their results in the order they joined. A
    /// member that dies meanwhile has its own error, which says how; each ask has its own deadline, and they run
    /// side by side.
    ///
    /// ```
    /// # use rehearsal::prelude::*;
    /// use rehearsal::actor::Group;
    /// # pub struct Counter { n: i64 }
    /// # #[rehearsal::actor] impl Counter {
    /// #     #[start] pub fn new(n: i64) -> Counter { Counter { n } }
    /// #     #[command] pub fn add(&mut self, by: i64) -> i64 { assert!(by < self.n); self.n += by; self.n }
    /// # }
    /// # #[rehearsal::program] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let counters = Group::<Counter>::new("counters");
    /// let (weak, strong) = (Counter::spawn(1).await?, Counter::spawn(100).await?);
    /// counters.join(&weak)?;
    /// counters.join(&strong)?;
    /// let answers = counters.ask_all(|counter| counter.add(10).send()).await;
    /// assert!(answers[0].1.as_ref().is_err_and(|error| error.is_dead())); // it panicked
    /// assert_eq!(*answers[1].1.as_ref().unwrap(), 110);
    /// # Ok(()) }
    /// ```
    pub fn ask_all<F, T, R, E>(
        &self,
        mut ask: F,
    ) -> impl Future<Output = Vec<(ActorName, Result<R, E>)>> + use<A, F, T, R, E>
    where
        F: FnMut(&A::Proxy) -> Result<T, Error>,
        T: Future<Output = Result<R, E>> + Unpin,
        E: From<Error>,
    {
        let members = self.members();
        let asked: Vec<_> = members.iter().map(|member| (member.name().clone(), ask(member))).collect();
        // None of them is kept alive by being waited for.
        drop(members);
        async move {
            let mut answers: Vec<_> =
                asked.into_iter().map(|(name, asked)| (name, Asked::from(asked))).collect();
            // Once round: every deadline has begun now. Then one after the other, for each is noted while others wait.
            poll_fn(|cx| {
                for (_, asked) in &mut answers {
                    let _ = asked.poll(cx);
                }
                Poll::Ready(())
            })
            .await;
            let mut results = Vec::with_capacity(answers.len());
            for (name, mut asked) in answers {
                poll_fn(|cx| asked.poll(cx)).await;
                if let Asked::Over(result) = asked {
                    results.push((name, result));
                }
            }
            results
        }
    }
}

/// One member's answer.
enum Asked<T, R, E> {
    Pending(T),
    Over(Result<R, E>),
}

impl<T, R, E: From<Error>> From<Result<T, Error>> for Asked<T, R, E> {
    fn from(asked: Result<T, Error>) -> Self {
        match asked {
            Ok(pending) => Asked::Pending(pending),
            Err(error) => Asked::Over(Err(error.into())),
        }
    }
}

impl<T: Future<Output = Result<R, E>> + Unpin, R, E> Asked<T, R, E> {
    fn poll(&mut self, cx: &mut std::task::Context<'_>) -> Poll<()> {
        if let Asked::Pending(pending) = self {
            let Poll::Ready(result) = Pin::new(pending).poll(cx) else { return Poll::Pending };
            *self = Asked::Over(result);
        }
        Poll::Ready(())
    }
}
