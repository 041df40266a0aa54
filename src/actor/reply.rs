//! Where an answer goes.

use tokio::sync::oneshot;

use super::error::Cause;
use super::letter;

/// Where the answer of one message goes: to a caller in this process, to one in another, or nowhere (a tell).
///
/// Dropped without an answer, a reply tells its caller why: the command panicked, the actor ended, or the
/// message was dropped.
pub struct Reply<T>(Option<Route<T>>);

enum Route<T> {
    Local(oneshot::Sender<Result<T, Cause>>),
    Remote(Box<dyn RemoteReply<T>>),
}

/// A reply whose caller is in another process.
pub(crate) trait RemoteReply<T>: Send {
    fn send(self: Box<Self>, answer: T);
    fn fail(self: Box<Self>, cause: Cause);
}

/// The caller's end of a [`Reply`]. It ends without a value where the actor dropped the message.
pub(crate) type Waiting<T> = oneshot::Receiver<Result<T, Cause>>;

impl<T> Reply<T> {
    /// A reply nobody waits for.
    pub const fn nobody() -> Reply<T> {
        Reply(None)
    }

    pub(crate) fn pair() -> (Reply<T>, Waiting<T>) {
        let (sender, receiver) = oneshot::channel();
        (Reply(Some(Route::Local(sender))), receiver)
    }

    pub(crate) fn remote(remote: Box<dyn RemoteReply<T>>) -> Reply<T> {
        Reply(Some(Route::Remote(remote)))
    }

    /// Whether anybody waits for it.
    pub(crate) fn is_wanted(&self) -> bool {
        self.0.is_some()
    }

    /// Answers. Where the caller has given up the answer is dropped.
    pub fn send(mut self, answer: T) {
        match self.0.take() {
            None => {}
            Some(Route::Local(sender)) => drop(sender.send(Ok(answer))),
            Some(Route::Remote(remote)) => remote.send(answer),
        }
    }

    /// Tells the caller why there is no answer.
    pub(crate) fn fail(mut self, cause: Cause) {
        self.fail_in_place(cause);
    }

    fn fail_in_place(&mut self, cause: Cause) {
        match self.0.take() {
            None => {}
            Some(Route::Local(sender)) => drop(sender.send(Err(cause))),
            Some(Route::Remote(remote)) => remote.fail(cause),
        }
    }
}

impl<T> Drop for Reply<T> {
    fn drop(&mut self) {
        if self.0.is_some()
            && let Some(cause) = letter::cause_of_drop()
        {
            self.fail_in_place(cause);
        }
    }
}

impl<T> std::fmt::Debug for Reply<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if self.is_wanted() { "Reply(wanted)" } else { "Reply(nobody)" })
    }
}
