//! What each contender does, in the words of the columns.

use std::future::Future;
use std::sync::Arc;

use tokio::runtime::Builder;
use tokio::sync::Notify;

/// The runtime everything runs on.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Flavor {
    CurrentThread,
    MultiThread,
}

/// A framework, or what stands for one, with one actor: it keeps a sum, adds to it, and hands a token on.
pub trait Peer: 'static {
    const NAME: &'static str;

    /// How its callers hold the actor.
    type Handle: Clone + Send + Sync + 'static;

    /// Starts one; ready to be asked when this returns.
    fn spawn() -> impl Future<Output = Self::Handle> + Send;

    /// Adds, with no answer wanted; waits for room where the mailbox is bounded.
    fn tell(actor: &Self::Handle, by: u64) -> impl Future<Output = ()> + Send;

    /// Adds, and gives the sum.
    fn ask(actor: &Self::Handle, by: u64) -> impl Future<Output = u64> + Send;

    /// Says whom it hands the token to, and whom to tell when the last hop is done.
    fn link(actor: &Self::Handle, next: Self::Handle, done: Arc<Notify>) -> impl Future<Output = ()> + Send;

    /// Gives it the token, which makes so many hops.
    fn pass(actor: &Self::Handle, hops: u64) -> impl Future<Output = ()> + Send;

    /// Has it end. Where an actor ends with its last handle, that is all.
    fn release(actor: Self::Handle) {
        drop(actor);
    }

    /// Runs `main` as a task: what `block_on` is given itself is slow to wake, and that would be measured.
    fn run<F>(flavor: Flavor, main: F) -> F::Output
    where
        F: Future<Output: Send> + Send + 'static,
    {
        let runtime = match flavor {
            Flavor::CurrentThread => Builder::new_current_thread().enable_all().build(),
            Flavor::MultiThread => Builder::new_multi_thread().worker_threads(2).enable_all().build(),
        };
        let runtime = runtime.expect("a runtime");
        runtime.block_on(async { tokio::spawn(main).await.expect("no panic") })
    }

    /// Runs `work` beside others and gives what waits for its end.
    fn beside<F>(work: F) -> impl Future<Output = ()> + Send
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let task = tokio::spawn(work);
        async { task.await.expect("no panic") }
    }
}
