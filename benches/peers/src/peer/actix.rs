//! actix. Its actors live on the thread of an arbiter: in the columns with two threads they are on a second one, and
//! their callers on the first. `do_send`, its way to tell, goes past the mailbox's bound.

use std::cell::RefCell;
use std::future::Future;
use std::sync::{Arc, Mutex};

use actix::{Actor, Addr, Arbiter, ArbiterHandle, Context, Handler, Message, System};
use tokio::sync::Notify;

use super::{Flavor, Peer};

pub struct Actix;

pub struct Counter {
    sum: u64,
    next: Option<(Addr<Counter>, Arc<Notify>)>,
}

impl Actor for Counter {
    type Context = Context<Self>;
}

#[derive(Message)]
#[rtype(result = "u64")]
pub struct Add(u64);

#[derive(Message)]
#[rtype(result = "()")]
pub struct Link(Addr<Counter>, Arc<Notify>);

#[derive(Message)]
#[rtype(result = "()")]
pub struct Pass(u64);

impl Handler<Add> for Counter {
    type Result = u64;

    fn handle(&mut self, Add(by): Add, _: &mut Context<Self>) -> u64 {
        self.sum += by;
        self.sum
    }
}

impl Handler<Link> for Counter {
    type Result = ();

    fn handle(&mut self, Link(next, done): Link, _: &mut Context<Self>) {
        self.next = Some((next, done));
    }
}

impl Handler<Pass> for Counter {
    type Result = ();

    fn handle(&mut self, Pass(hops): Pass, _: &mut Context<Self>) {
        let (next, done) = self.next.as_ref().expect("linked");
        match hops {
            0 => done.notify_one(),
            _ => next.do_send(Pass(hops - 1)),
        }
    }
}

thread_local! {
    /// The other thread, where there is one. Callers are all on the system's thread.
    static ELSEWHERE: RefCell<Option<ArbiterHandle>> = const { RefCell::new(None) };
}

impl Peer for Actix {
    const NAME: &'static str = "actix";
    type Handle = Addr<Counter>;

    async fn spawn() -> Addr<Counter> {
        let counter = || Counter { sum: 0, next: None };
        let elsewhere = ELSEWHERE.with_borrow(Clone::clone);
        match elsewhere {
            None => counter().start(),
            Some(arbiter) => Counter::start_in_arbiter(&arbiter, move |_| counter()),
        }
    }

    async fn tell(actor: &Addr<Counter>, by: u64) {
        actor.do_send(Add(by));
    }

    async fn ask(actor: &Addr<Counter>, by: u64) -> u64 {
        actor.send(Add(by)).await.expect("an answer")
    }

    async fn link(actor: &Addr<Counter>, next: Addr<Counter>, done: Arc<Notify>) {
        actor.send(Link(next, done)).await.expect("an answer");
    }

    async fn pass(actor: &Addr<Counter>, hops: u64) {
        actor.do_send(Pass(hops));
    }

    fn run<F>(flavor: Flavor, main: F) -> F::Output
    where
        F: Future<Output: Send> + Send + 'static,
    {
        let system = System::new();
        let ended = Arc::new(Mutex::new(None));
        let result = ended.clone();
        let elsewhere = system.block_on(async move {
            let elsewhere = (flavor == Flavor::MultiThread).then(Arbiter::new);
            ELSEWHERE.set(elsewhere.as_ref().map(Arbiter::handle));
            let task = async move { *result.lock().expect("no panic") = Some(main.await) };
            actix::spawn(task).await.expect("no panic");
            System::current().stop();
            elsewhere
        });
        if let Some(arbiter) = elsewhere {
            arbiter.stop();
            arbiter.join().expect("no panic");
        }
        ended.lock().expect("no panic").take().expect("it has ended")
    }

    fn beside<F>(work: F) -> impl Future<Output = ()> + Send
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let task = actix::spawn(work);
        async { task.await.expect("no panic") }
    }
}
