//! The mailbox by itself: order, room, who is woken, and how it closes.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use super::{Inbox, Mailbox, Next, Overflow, Refused, Squeezed};

type Numbers = Mailbox<u32, &'static str>;

/// Counts how often it was woken.
#[derive(Default)]
struct Bell(AtomicU32);

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

impl Bell {
    fn rung(&self) -> u32 {
        self.0.load(Ordering::Relaxed)
    }
}

fn bell() -> (Arc<Bell>, Waker) {
    let bell = Arc::new(Bell::default());
    (bell.clone(), Waker::from(bell))
}

/// What the receiver gets now: a number, or a word for the rest.
fn next(mailbox: &Numbers, inbox: &mut Inbox<u32>) -> String {
    said(mailbox.poll_next(inbox, &mut Context::from_waker(Waker::noop())))
}

fn said(polled: Poll<Next<u32, &'static str>>) -> String {
    match polled {
        Poll::Ready(Next::Message(number)) => number.to_string(),
        Poll::Ready(Next::Control(question)) => question.to_owned(),
        Poll::Ready(Next::Stop) => "stop".to_owned(),
        Poll::Ready(Next::Kill) => "kill".to_owned(),
        Poll::Pending => "nothing".to_owned(),
    }
}

fn fits(mailbox: &Numbers, number: u32) -> bool {
    match mailbox.push(&mut Some(number)) {
        Ok(()) => true,
        Err(Refused::Full(_)) => false,
        Err(Refused::Closed(_)) => panic!("it is closed"),
    }
}

#[rehearsal::test]
fn the_control_lane_goes_past_messages_and_a_kill_past_everything() {
    let (mailbox, mut inbox) = (Numbers::new(8, Overflow::Wait), Inbox::new());
    assert!((1..=3).all(|number| fits(&mailbox, number)));
    assert_eq!(next(&mailbox, &mut inbox), "1", "and 2 and 3 are in the receiver's buffer now");
    assert!(mailbox.push_control("ping").is_ok() && mailbox.push_control("info").is_ok());
    assert_eq!(next(&mailbox, &mut inbox), "ping");
    mailbox.stop();
    assert_eq!(next(&mailbox, &mut inbox), "stop");
    assert_eq!(next(&mailbox, &mut inbox), "info");
    assert_eq!(next(&mailbox, &mut inbox), "2");
    mailbox.kill();
    mailbox.stop();
    assert_eq!(next(&mailbox, &mut inbox), "kill");
    assert_eq!(next(&mailbox, &mut inbox), "kill", "nothing comes after it");
}

#[rehearsal::test]
fn no_more_wait_than_the_capacity_says() {
    for capacity in 1..6 {
        let (mailbox, mut inbox) = (Numbers::new(capacity, Overflow::Wait), Inbox::new());
        let put = (0..100).filter(|number| fits(&mailbox, *number)).count();
        assert_eq!(put, capacity);
        // One is out, the rest of the batch still counts.
        assert_eq!(next(&mailbox, &mut inbox), "0");
        assert!(fits(&mailbox, 100) && !fits(&mailbox, 101), "room for one, capacity {capacity}");
        assert_eq!(mailbox.info().waiting, capacity);
        assert_eq!(mailbox.info().high_water, capacity);
    }
}

#[rehearsal::test]
fn order_is_kept_over_many_batches() {
    let (mailbox, mut inbox) = (Numbers::new(7, Overflow::Wait), Inbox::new());
    let (mut put, mut taken) = (0, 0);
    while taken < 1_000 {
        while fits(&mailbox, put) {
            put += 1;
        }
        for _ in 0..=taken % 5 {
            match next(&mailbox, &mut inbox).as_str() {
                "nothing" => break,
                number => assert_eq!(number, taken.to_string()),
            }
            taken += 1;
        }
    }
}

#[rehearsal::test]
fn a_receiver_is_woken_once_and_not_for_messages_while_it_waits_inside_a_command() {
    let (mailbox, mut inbox) = (Numbers::new(8, Overflow::Wait), Inbox::new());
    let (bell, waker) = bell();
    assert!(mailbox.poll_next(&mut inbox, &mut Context::from_waker(&waker)).is_pending());
    assert!(fits(&mailbox, 1) && fits(&mailbox, 2));
    assert_eq!(bell.rung(), 1, "the second message finds it awake");
    assert!(mailbox.poll_control(false, &mut Context::from_waker(&waker)).is_pending());
    assert!(fits(&mailbox, 3));
    assert_eq!(bell.rung(), 1);
    assert!(mailbox.push_control("ping").is_ok());
    assert_eq!(bell.rung(), 2);
    assert_eq!(said(mailbox.poll_control(false, &mut Context::from_waker(&waker))), "ping");
    mailbox.stop();
    let polled = mailbox.poll_control(false, &mut Context::from_waker(&waker));
    assert_eq!(said(polled), "nothing", "a stop waits for the end of the command");
    assert_eq!(next(&mailbox, &mut inbox), "stop");
}

#[rehearsal::test]
fn a_receiver_that_handles_one_message_a_turn_is_parked_as_it_takes_it() {
    let (mailbox, mut inbox) = (Numbers::new(8, Overflow::Wait), Inbox::new());
    let (bell, waker) = bell();
    let mut cx = Context::from_waker(&waker);
    assert!(fits(&mailbox, 1));
    inbox.begin_turn();
    assert_eq!(said(mailbox.poll_next(&mut inbox, &mut cx)), "1");
    assert!(mailbox.lock().receiver.is_some());
    assert_eq!(said(mailbox.poll_next(&mut inbox, &mut cx)), "nothing");
    assert!(fits(&mailbox, 2));
    assert_eq!(bell.rung(), 1);

    inbox.begin_turn();
    assert_eq!(said(mailbox.poll_next(&mut inbox, &mut cx)), "2");
    assert!(fits(&mailbox, 3), "while 2 is handled");
    assert_eq!(bell.rung(), 2);
    assert_eq!(said(mailbox.poll_next(&mut inbox, &mut cx)), "3");
    assert_eq!(said(mailbox.poll_next(&mut inbox, &mut cx)), "nothing");

    assert!(fits(&mailbox, 4));
    inbox.begin_turn();
    assert_eq!(said(mailbox.poll_next(&mut inbox, &mut cx)), "4");
    assert!(mailbox.lock().receiver.is_none(), "more than one came in the turn before");
    assert_eq!(said(mailbox.poll_next(&mut inbox, &mut cx)), "nothing");

    assert!(fits(&mailbox, 5));
    inbox.begin_turn();
    assert_eq!(said(mailbox.poll_next(&mut inbox, &mut cx)), "5");
    mailbox.nudge();
    assert_eq!(bell.rung(), 5);
    assert_eq!(said(mailbox.poll_next(&mut inbox, &mut cx)), "nothing");
    assert!(mailbox.lock().receiver.is_some(), "parked once more");
    mailbox.kill();
    assert_eq!(said(mailbox.poll_next(&mut inbox, &mut cx)), "kill");
}

#[rehearsal::test]
fn who_waits_for_room_is_told_late_where_the_receiver_says_so() {
    for (late, rung_at) in [(false, "1"), (true, "3")] {
        let (mailbox, mut inbox) = (Numbers::new(3, Overflow::Wait), Inbox::new());
        let (bell, waker) = bell();
        assert!((1..=3).all(|number| fits(&mailbox, number)));
        let mut ticket = None;
        let pushed = mailbox.poll_push(&mut Some(4), &mut ticket, &mut Context::from_waker(&waker));
        assert!(pushed.is_pending());
        inbox.begin_turn();
        inbox.tells_late(late);
        for number in ["1", "2", "3"] {
            assert_eq!(next(&mailbox, &mut inbox), number);
            assert_eq!(inbox.owes_room(), late, "{number}");
            if number == rung_at && late {
                // As before something that may take long.
                inbox.room_is_told();
                mailbox.tell_of_room();
            }
            assert_eq!(bell.rung(), u32::from(number >= rung_at), "{number}");
        }
        assert!(!inbox.owes_room());
    }
    let (mailbox, mut inbox) = (Numbers::new(2, Overflow::Wait), Inbox::new());
    let (bell, waker) = bell();
    assert!((1..=2).all(|number| fits(&mailbox, number)));
    let mut ticket = None;
    assert!(mailbox.poll_push(&mut Some(3), &mut ticket, &mut Context::from_waker(&waker)).is_pending());
    inbox.tells_late(true);
    assert_eq!(next(&mailbox, &mut inbox), "1");
    assert_eq!(next(&mailbox, &mut inbox), "2");
    assert_eq!(bell.rung(), 0);
    assert_eq!(next(&mailbox, &mut inbox), "nothing");
    assert_eq!(bell.rung(), 1, "all is handled");
    assert!(!inbox.owes_room());
}

/// By which one is told that it may bring a message past the mailbox.
#[rehearsal::test]
fn it_is_idle_as_long_as_its_receiver_is_parked_for_messages_and_nothing_comes() {
    let mut cx = Context::from_waker(Waker::noop());
    let comes: [fn(&Numbers); 7] = [
        |mailbox| assert!(fits(mailbox, 1)),
        |mailbox| assert!(mailbox.push_control("ping").is_ok()),
        Numbers::stop,
        Numbers::kill,
        Numbers::nudge,
        Numbers::shut,
        |mailbox| mailbox.close(&mut Inbox::new()),
    ];
    for come in comes {
        let (mailbox, mut inbox) = (Numbers::new(8, Overflow::Wait), Inbox::new());
        assert!(!mailbox.is_idle(), "its receiver was not there yet");
        assert!(mailbox.poll_control(false, &mut cx).is_pending());
        assert!(!mailbox.is_idle(), "it waits for something else");
        assert!(mailbox.poll_next(&mut inbox, &mut cx).is_pending());
        assert!(mailbox.is_idle());
        come(&mailbox);
        assert!(!mailbox.is_idle());
    }
}

#[rehearsal::test]
fn what_came_past_it_is_in_hand_where_it_is_kept_in_sight() {
    let name: fn(&u32) -> &'static str = |_| "a number";
    for in_sight in [false, true] {
        let mailbox = Numbers::new(8, Overflow::Wait);
        if in_sight {
            mailbox.keep_in_sight(name);
        }
        let in_hand = || mailbox.glimpse(8, name).expect("nobody has the lock").in_hand;
        mailbox.see_handed(Some(&5));
        assert_eq!(in_hand(), in_sight.then_some("a number"));
        mailbox.see_handed(None);
        assert_eq!(in_hand(), None);
    }
}

#[rehearsal::test]
fn room_goes_to_those_who_wait_longest_and_on_from_those_who_leave() {
    let (mailbox, mut inbox) = (Numbers::new(1, Overflow::Wait), Inbox::new());
    assert!(fits(&mailbox, 0));
    let (first, first_waker) = bell();
    let (second, second_waker) = bell();
    let (mut one, mut two) = (Some(1), Some(2));
    let (mut first_ticket, mut second_ticket) = (None, None);
    let mut first_cx = Context::from_waker(&first_waker);
    let mut second_cx = Context::from_waker(&second_waker);
    assert!(mailbox.poll_push(&mut one, &mut first_ticket, &mut first_cx).is_pending());
    assert!(mailbox.poll_push(&mut two, &mut second_ticket, &mut second_cx).is_pending());
    assert_eq!(next(&mailbox, &mut inbox), "0");
    assert_eq!((first.rung(), second.rung()), (1, 0));
    // The first was told of room and goes away instead.
    mailbox.leave_line(first_ticket.expect("it waited"));
    assert_eq!(second.rung(), 1);
    assert_eq!(mailbox.poll_push(&mut two, &mut second_ticket, &mut second_cx), Poll::Ready(Ok(())));
    assert_eq!((two, second_ticket), (None, None));
    assert_eq!(next(&mailbox, &mut inbox), "2");
}

#[rehearsal::test]
fn a_mailbox_that_shuts_wakes_those_who_wait_and_keeps_what_it_has_until_it_closes() {
    let (mailbox, mut inbox) = (Numbers::new(1, Overflow::Wait), Inbox::new());
    assert!(fits(&mailbox, 0));
    let (bell, waker) = bell();
    let (mut one, mut ticket) = (Some(1), None);
    assert!(mailbox.poll_push(&mut one, &mut ticket, &mut Context::from_waker(&waker)).is_pending());
    mailbox.shut();
    assert_eq!(bell.rung(), 1);
    let polled = mailbox.poll_push(&mut one, &mut ticket, &mut Context::from_waker(&waker));
    assert_eq!(polled, Poll::Ready(Err(Refused::Closed(()))));
    assert_eq!(one, Some(1), "given back");
    let mut two = Some(2);
    assert_eq!((mailbox.push(&mut two), two), (Err(Refused::Closed(())), Some(2)), "and left where it is");
    assert!(matches!(mailbox.push_control("ping"), Err(Refused::Closed("ping"))));
    mailbox.close(&mut inbox);
    assert_eq!(inbox.drain().collect::<Vec<_>>(), [0], "left to the receiver");
    assert_eq!(next(&mailbox, &mut inbox), "nothing");
}

#[rehearsal::test]
fn the_control_lane_is_bounded_too() {
    let mailbox = Numbers::new(1, Overflow::Wait);
    let put = (0..5_000).filter(|_| mailbox.push_control("ping").is_ok()).count();
    assert_eq!(put, super::CONTROL_CAPACITY);
    assert!(matches!(mailbox.push_control("ping"), Err(Refused::Full(_))));
    mailbox.stop();
    let mut inbox = Inbox::new();
    assert_eq!(next(&mailbox, &mut inbox), "stop", "which always has room");
}

fn squeezed(mailbox: &Numbers, number: u32) -> String {
    match mailbox.squeeze(number) {
        Squeezed::In => "in".to_owned(),
        Squeezed::Instead(oldest) => format!("instead of {oldest}"),
        Squeezed::Dropped(number) => format!("dropped {number}"),
        Squeezed::Refused(Refused::Full(number)) => format!("full for {number}"),
        Squeezed::Refused(Refused::Closed(number)) => format!("closed for {number}"),
    }
}

#[rehearsal::test]
fn each_policy_does_with_one_too_many_what_it_says() {
    // The policy, what becomes of a third message where there is room for two, what is received then, and what was
    // counted.
    let table = [
        (Overflow::Wait, "full for 3", ["1", "2"], 0),
        (Overflow::Fail, "full for 3", ["1", "2"], 0),
        (Overflow::DropNewest, "dropped 3", ["1", "2"], 1),
        (Overflow::DropOldest, "instead of 1", ["2", "3"], 1),
    ];
    for (overflow, third, received, dropped) in table {
        let (mailbox, mut inbox) = (Numbers::new(2, overflow), Inbox::new());
        assert_eq!([1, 2].map(|number| squeezed(&mailbox, number)), ["in", "in"], "{overflow}");
        assert_eq!(squeezed(&mailbox, 3), third, "{overflow}");
        assert_eq!(mailbox.info().dropped, dropped, "{overflow}");
        assert_eq!(received.map(|_| next(&mailbox, &mut inbox)), received, "{overflow}");
        assert_eq!(next(&mailbox, &mut inbox), "nothing", "{overflow}");
        mailbox.shut();
        assert_eq!(squeezed(&mailbox, 4), "closed for 4", "{overflow}");
        assert_eq!(mailbox.info().dropped, dropped, "{overflow}");
    }
}

#[rehearsal::test]
fn the_oldest_that_waits_is_dropped_also_while_the_receiver_is_at_work() {
    let (mailbox, mut inbox) = (Numbers::new(3, Overflow::DropOldest), Inbox::new());
    assert!((1..=3).all(|number| fits(&mailbox, number)));
    assert_eq!(next(&mailbox, &mut inbox), "1");
    assert_eq!(squeezed(&mailbox, 4), "in", "1 is being handled and waits no more");
    assert_eq!(squeezed(&mailbox, 5), "instead of 2");
    assert_eq!(squeezed(&mailbox, 6), "instead of 3");
    assert_eq!([(); 3].map(|()| next(&mailbox, &mut inbox)), ["4", "5", "6"]);
}

#[rehearsal::test]
fn nobody_stands_in_line_where_nobody_waits() {
    for overflow in [Overflow::Fail, Overflow::DropNewest, Overflow::DropOldest] {
        let mailbox = Numbers::new(1, overflow);
        assert!(fits(&mailbox, 1));
        let (mut message, mut ticket) = (Some(2), None);
        let polled = mailbox.poll_push(&mut message, &mut ticket, &mut Context::from_waker(Waker::noop()));
        assert_eq!(polled, Poll::Ready(Err(Refused::Full(()))), "{overflow}");
        assert_eq!((message, ticket), (Some(2), None), "{overflow}");
    }
}
