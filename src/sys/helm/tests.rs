//! The helm's own tests. They run under this project's harness and, from `tests/models`, under Miri.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::thread;

use super::{Course, DEPTH, Helm, Home, Lone, Owner, Steered, Visit};

/// Counts how often it was woken.
#[derive(Default)]
struct Bell(AtomicU32);

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

fn bell() -> (Arc<Bell>, Waker) {
    let bell = Arc::new(Bell::default());
    (bell.clone(), Waker::from(bell))
}

/// Where all are at home here.
fn at_home() -> Home {
    Home::MIN
}

fn home<const NUMBER: u32>() -> Option<Home> {
    Home::new(NUMBER)
}

/// What was not taken of a hand.
fn handed<M>(visit: &mut Visit<'_, M>, message: M) -> Option<M> {
    let mut message = Some(message);
    visit.hand(&mut message);
    message
}

/// A future that does this at each poll.
struct Each<F>(F);

impl<F: FnMut(&mut Context<'_>) -> Poll<()> + Unpin> Future for Each<F> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        (self.0)(cx)
    }
}

/// One that is at rest after each poll.
fn each(
    helm: &Arc<Helm<u32>>,
    mut poll: impl FnMut(&mut Context<'_>) -> Poll<()> + Send + Unpin + 'static,
) -> Course {
    let helm = helm.clone();
    Box::pin(Each(move |cx: &mut Context<'_>| {
        let polled = poll(cx);
        helm.rests(true);
        polled
    }))
}

struct Adder {
    helm: Helm<u32>,
    sum: AtomicU32,
}

impl Steered for Adder {
    fn poll(&self, cx: &mut Context<'_>) -> Poll<()> {
        self.helm.poll(cx)
    }

    fn leave(&self) {
        self.helm.leave();
    }
}

impl Lone for Adder {
    fn conclude(&self) -> bool {
        self.helm.conclude()
    }
}

/// One whose future adds what is in its hand, and is over at a zero.
fn adder() -> Arc<Adder> {
    let (adder, course) = new_adder();
    adder.helm.begin(course, at_home());
    adder
}

/// The same without an owner: that is called by the waker, as often as the bell tells.
fn lone_adder() -> (Arc<Adder>, Arc<Bell>, Waker) {
    struct Caller(Arc<Adder>, Arc<Bell>);
    impl Wake for Caller {
        fn wake(self: Arc<Self>) {
            if self.0.helm.calls_owner() {
                self.1.clone().wake();
            }
        }
    }
    let ((adder, course), (calls, _)) = (new_adder(), bell());
    let waker = Waker::from(Arc::new(Caller(adder.clone(), calls.clone())));
    adder.helm.begin_alone(course, at_home(), waker.clone());
    (adder, calls, waker)
}

fn new_adder() -> (Arc<Adder>, Course) {
    let adder = Arc::new(Adder { helm: Helm::new(), sum: AtomicU32::new(0) });
    let own = adder.clone();
    let course = Box::pin(Each(move |_: &mut Context<'_>| {
        let number = own.helm.handed();
        if number == Some(0) {
            return Poll::Ready(());
        }
        own.sum.fetch_add(number.unwrap_or_default(), Ordering::SeqCst);
        own.helm.rests(true);
        Poll::Pending
    }));
    (adder, course)
}

impl Adder {
    fn sum(&self) -> u32 {
        self.sum.load(Ordering::SeqCst)
    }
}

#[rehearsal::test]
fn a_visitor_has_done_what_it_brings_and_its_owner_is_not_woken() {
    let (adder, (bell, waker)) = (adder(), bell());
    assert!(adder.helm.visit(home::<1>).is_none(), "its owner was not there yet");
    assert!(adder.helm.visit(|| None).is_none());
    assert!(adder.poll(&mut Context::from_waker(&waker)).is_pending());
    for number in 1..=3 {
        let mut visit = adder.helm.visit(home::<1>).expect("nobody is there");
        assert_eq!(handed(&mut visit, number), None);
    }
    assert_eq!((adder.sum(), bell.0.load(Ordering::SeqCst)), (6, 0));
    assert!(
        adder.helm.visit(home::<2>).is_none() && adder.helm.visit(|| None).is_none(),
        "they are not at home here"
    );
    adder.leave();
    assert!(adder.helm.visit(home::<1>).is_none());
    assert_eq!(Arc::strong_count(&adder), 1, "the future is gone");
}

#[rehearsal::test]
fn its_owner_learns_that_it_ended_under_a_visitor() {
    let (adder, (bell, waker)) = (adder(), bell());
    let mut owner = Owner(adder.clone());
    let cx = &mut Context::from_waker(&waker);
    assert!(Pin::new(&mut owner).poll(cx).is_pending());
    assert_eq!(adder.helm.visit(home::<1>).map(|mut visit| handed(&mut visit, 0)), Some(None));
    assert_eq!(bell.0.load(Ordering::SeqCst), 1);
    assert_eq!(Arc::strong_count(&adder), 2, "the future is gone: its owner and this are left");
    assert!(Pin::new(&mut owner).poll(cx).is_ready());
    assert!(adder.helm.visit(home::<1>).is_none());
}

#[rehearsal::test]
fn what_is_not_taken_is_given_back() {
    let helm = Arc::new(Helm::new());
    helm.begin(each(&helm, |_| Poll::Pending), at_home());
    assert!(helm.poll(&mut Context::from_waker(Waker::noop())).is_pending());
    let mut visit = helm.visit(home::<1>).expect("nobody is there");
    assert_eq!((handed(&mut visit, 1), handed(&mut visit, 2)), (Some(1), Some(2)));
    drop(visit);
    helm.leave();
}

/// One that waits for something else than a visitor may bring.
#[rehearsal::test]
fn one_that_is_not_at_rest_is_not_visited() {
    let helm: Arc<Helm<u32>> = Arc::new(Helm::new());
    let (own, mut polls) = (helm.clone(), 0);
    let course = Each(move |_: &mut Context<'_>| {
        polls += 1;
        if polls == 2 {
            own.rests(true);
        }
        Poll::Pending
    });
    helm.begin(Box::pin(course), at_home());
    let (bell, waker) = bell();
    let cx = &mut Context::from_waker(&waker);
    for is_at_rest in [false, true, false] {
        assert!(helm.poll(cx).is_pending());
        assert_eq!(helm.visit(home::<1>).is_some(), is_at_rest);
    }
    assert_eq!(bell.0.load(Ordering::SeqCst), 0, "who looks leaves nothing to do");
    helm.leave();
}

#[rehearsal::test]
fn an_owner_that_comes_during_a_visit_is_woken_after_it() {
    let helm: Arc<Helm<u32>> = Arc::new(Helm::new());
    let (inner, rung_within) = (helm.clone(), Arc::new(AtomicU32::new(0)));
    let (bell, waker) = bell();
    let (rings, rung) = (bell.clone(), rung_within.clone());
    helm.begin(
        each(&helm, move |cx| {
            // Twice, which is one reason to wake it.
            assert!(inner.poll(cx).is_pending() && inner.poll(cx).is_pending());
            rung.fetch_add(rings.0.load(Ordering::SeqCst), Ordering::SeqCst);
            Poll::Pending
        }),
        at_home(),
    );
    assert!(helm.poll(&mut Context::from_waker(&waker)).is_pending());
    assert_eq!(bell.0.load(Ordering::SeqCst), 1, "it wakes itself");
    assert_eq!(handed(&mut helm.visit(home::<1>).expect("nobody is there"), 1), Some(1));
    assert_eq!((bell.0.load(Ordering::SeqCst), rung_within.load(Ordering::SeqCst)), (2, 1), "after it");
    helm.leave();
}

/// One that is to go on in its owner's turn only, whoever comes before that.
#[rehearsal::test]
fn what_is_its_owners_waits_for_it() {
    let (adder, (bell, waker)) = (Arc::new(Helm::<u32>::new()), bell());
    let (own, sum) = (adder.clone(), Arc::new(AtomicU32::new(0)));
    let seen = sum.clone();
    let course = async move {
        let taken = std::future::poll_fn(|_| {
            own.rests(true);
            own.handed().map_or(Poll::Pending, Poll::Ready)
        });
        let taken = taken.await;
        own.owners_turn().await;
        seen.fetch_add(taken, Ordering::SeqCst);
    };
    adder.begin(Box::pin(course), at_home());
    let cx = &mut Context::from_waker(&waker);
    assert!(adder.poll(cx).is_pending());
    assert_eq!(handed(&mut adder.visit(home::<1>).expect("nobody is there"), 5), None);
    assert!(adder.visit(home::<1>).is_none(), "it takes nothing any more");
    assert_eq!((sum.load(Ordering::SeqCst), bell.0.load(Ordering::SeqCst)), (0, 1));
    assert!(adder.poll(cx).is_ready());
    assert_eq!(sum.load(Ordering::SeqCst), 5);
}

#[rehearsal::test]
fn an_owner_that_leaves_during_a_visit_has_the_visitor_drop_the_future() {
    struct Dropped(Arc<AtomicBool>);
    impl Drop for Dropped {
        fn drop(&mut self) {
            self.0.store(true, Ordering::SeqCst);
        }
    }
    let helm: Arc<Helm<u32>> = Arc::new(Helm::new());
    let (inner, is_dropped) = (helm.clone(), Arc::new(AtomicBool::new(false)));
    let (seen, dropped) = (is_dropped.clone(), Dropped(is_dropped.clone()));
    let mut leaves = false;
    helm.begin(
        each(&helm, move |_| {
            let _ = &dropped;
            if std::mem::replace(&mut leaves, true) {
                inner.leave();
                assert!(!seen.load(Ordering::SeqCst), "it is being polled");
            }
            Poll::Pending
        }),
        at_home(),
    );
    assert!(helm.poll(&mut Context::from_waker(Waker::noop())).is_pending());
    handed(&mut helm.visit(home::<1>).expect("nobody is there"), 0);
    assert!(is_dropped.load(Ordering::SeqCst));
    assert!(helm.poll(&mut Context::from_waker(Waker::noop())).is_ready());
}

/// One that is visited with something in the hand visits another with something else, and takes its own after that.
#[rehearsal::test]
fn a_visit_within_a_visit_has_a_hand_of_its_own() {
    let (inner, outer, taken) = (adder(), Arc::new(Helm::<u32>::new()), Arc::new(AtomicU32::new(0)));
    let cx = &mut Context::from_waker(Waker::noop());
    let (visited, own, takes) = (inner.clone(), outer.clone(), taken.clone());
    outer.begin(
        each(&outer, move |_| {
            if let Some(mut visit) = visited.helm.visit(home::<1>) {
                assert_eq!(handed(&mut visit, 5), None);
            }
            takes.fetch_add(own.handed().unwrap_or_default(), Ordering::SeqCst);
            Poll::Pending
        }),
        at_home(),
    );
    assert!(inner.poll(cx).is_pending() && outer.poll(cx).is_pending());
    assert_eq!(handed(&mut outer.visit(home::<1>).expect("nobody is there"), 100), None);
    assert_eq!((inner.sum(), taken.load(Ordering::SeqCst)), (10, 100));
    assert!(outer.handed().is_none() && inner.helm.handed().is_none());
    inner.leave();
    outer.leave();
}

#[rehearsal::test]
fn visits_within_visits_end_somewhere() {
    let helms: Vec<Arc<Helm<u32>>> = (0..=DEPTH).map(|_| Arc::new(Helm::new())).collect();
    let depth = Arc::new(AtomicU32::new(0));
    for (at, helm) in helms.iter().enumerate() {
        let (next, depth) = (helms.get(at + 1).cloned(), depth.clone());
        let mut is_first = true;
        helm.begin(
            each(helm, move |_| {
                if !std::mem::replace(&mut is_first, false) {
                    depth.fetch_add(1, Ordering::SeqCst);
                    if let Some(mut visit) = next.as_ref().and_then(|next| next.visit(home::<1>)) {
                        assert_eq!(handed(&mut visit, 0), Some(0));
                    }
                }
                Poll::Pending
            }),
            at_home(),
        );
        assert!(helm.poll(&mut Context::from_waker(Waker::noop())).is_pending());
    }
    assert_eq!(handed(&mut helms[0].visit(home::<1>).expect("nobody is there"), 0), Some(0));
    assert_eq!(depth.load(Ordering::SeqCst), u32::from(DEPTH));
    assert!(helms[0].visit(home::<1>).is_some(), "and there is room for others then");
    helms.iter().for_each(|helm| helm.leave());
}

#[rehearsal::test]
fn a_future_that_panics_is_over() {
    let helm: Arc<Helm<u32>> = Arc::new(Helm::new());
    let mut is_first = true;
    helm.begin(
        each(&helm, move |_| {
            if !std::mem::replace(&mut is_first, false) {
                // Past the hook: it is meant to.
                std::panic::resume_unwind(Box::new("as it is meant to"));
            }
            Poll::Pending
        }),
        at_home(),
    );
    let (bell, waker) = bell();
    assert!(helm.poll(&mut Context::from_waker(&waker)).is_pending());
    let visit =
        std::panic::AssertUnwindSafe(|| handed(&mut helm.visit(home::<1>).expect("nobody is there"), 0));
    assert!(std::panic::catch_unwind(visit).is_err());
    assert_eq!(bell.0.load(Ordering::SeqCst), 1, "its owner learns of it");
    assert!(helm.poll(&mut Context::from_waker(&waker)).is_ready());
}

#[rehearsal::test]
fn many_visitors_and_an_owner_lose_nothing() {
    const EACH: u32 = if cfg!(miri) { 30 } else { 20_000 };
    let (adder, (_, waker)) = (adder(), bell());
    assert!(adder.poll(&mut Context::from_waker(&waker)).is_pending());
    let visitors: Vec<_> = (0..3)
        .map(|_| {
            let adder = adder.clone();
            thread::spawn(move || {
                for _ in 0..EACH {
                    let mut left = Some(1);
                    while let Some(number) = left.take() {
                        let mut visit = adder.helm.visit(home::<1>);
                        left = visit.as_mut().map_or(Some(number), |visit| handed(visit, number));
                        if visit.is_none() {
                            thread::yield_now();
                        }
                    }
                }
            })
        })
        .collect();
    while !visitors.iter().all(thread::JoinHandle::is_finished) {
        assert!(adder.poll(&mut Context::from_waker(&waker)).is_pending());
        thread::yield_now();
    }
    visitors.into_iter().for_each(|visitor| visitor.join().expect("no panic"));
    assert_eq!(adder.sum(), 3 * EACH);
    adder.leave();
}

#[rehearsal::test]
fn one_that_is_alone_is_visited_at_once_and_calls_an_owner_once() {
    let (adder, calls, call) = lone_adder();
    assert_eq!(adder.helm.visit(home::<1>).map(|mut visit| handed(&mut visit, 4)), Some(None));
    assert!(adder.helm.is_alone());
    call.wake_by_ref();
    call.wake();
    assert_eq!((calls.0.load(Ordering::SeqCst), adder.helm.is_alone()), (1, false));
    let (bell, waker) = bell();
    let mut owner = Owner(adder.clone());
    assert_eq!(adder.helm.visit(home::<1>).map(|mut visit| handed(&mut visit, 5)), Some(None));
    assert!(Pin::new(&mut owner).poll(&mut Context::from_waker(&waker)).is_pending());
    assert_eq!(adder.helm.visit(home::<1>).map(|mut visit| handed(&mut visit, 0)), Some(None));
    assert_eq!((adder.sum(), bell.0.load(Ordering::SeqCst)), (9, 1), "its owner learns of the end");
    assert!(Pin::new(&mut owner).poll(&mut Context::from_waker(&waker)).is_ready());
    assert_eq!(Arc::strong_count(&adder), 2, "the future is gone, and the waker");
}

#[rehearsal::test]
fn an_owner_that_comes_during_a_visit_for_the_first_time_comes_again() {
    let helm: Arc<Helm<u32>> = Arc::new(Helm::new());
    let (inner, (bell, waker)) = (helm.clone(), bell());
    let own = waker.clone();
    let course = each(&helm, move |_| {
        assert!(inner.calls_owner());
        assert!(inner.poll(&mut Context::from_waker(&own)).is_pending());
        Poll::Pending
    });
    helm.begin_alone(course, at_home(), Waker::noop().clone());
    handed(&mut helm.visit(home::<1>).expect("nobody is there"), 1);
    assert_eq!(bell.0.load(Ordering::SeqCst), 1, "it wakes itself: who visits does not know of it");
    helm.leave();
}

#[rehearsal::test]
fn one_that_is_alone_is_concluded_or_left() {
    let (adder, _, _) = lone_adder();
    assert!(adder.helm.calls_owner());
    assert!(!adder.conclude(), "it has more to do");
    let (bell, waker) = bell();
    assert!(adder.poll(&mut Context::from_waker(&waker)).is_pending());
    assert_eq!(adder.helm.visit(home::<1>).map(|mut visit| handed(&mut visit, 0)), Some(None));
    assert_eq!(bell.0.load(Ordering::SeqCst), 1);
    assert!(adder.poll(&mut Context::from_waker(&waker)).is_ready());

    let (adder, _, _) = lone_adder();
    adder.leave();
    assert!(adder.helm.visit(home::<1>).is_none());
    assert_eq!(Arc::strong_count(&adder), 1, "the future is gone, and the waker");

    let helm: Arc<Helm<u32>> = Arc::new(Helm::new());
    helm.begin_alone(Box::pin(Each(|_: &mut Context<'_>| Poll::Ready(()))), at_home(), Waker::noop().clone());
    assert!(helm.conclude());
    assert!(helm.visit(home::<1>).is_none());
}
