//! Trials with actors that fail: the report has to show what the actors were at.

use std::time::Duration;

/// An actor that can be held up, and has children.
pub struct Till {
    drawers: Vec<TillProxy>,
}

#[rehearsal::actor]
impl Till {
    #[start]
    pub fn new() -> Till {
        Till { drawers: Vec::new() }
    }

    #[command]
    pub async fn open(&mut self, name: String) {
        self.drawers.push(Till::spawn().name(name).await.expect("a drawer"));
    }

    /// Waits for something that never comes.
    #[command]
    pub async fn wait(&mut self) {
        std::future::pending::<()>().await;
    }

    /// Holds the thread.
    #[command]
    pub fn block(&mut self) {
        loop {
            std::thread::park();
        }
    }

    #[command]
    pub fn add(&mut self, _by: i64) {}

    #[command]
    pub fn count(&mut self) -> usize {
        self.drawers.len()
    }
}

/// An actor of each placement, each in the middle of something and with more to do; their names begin with this.
async fn a_shop(prefix: &str) -> [TillProxy; 3] {
    let name = |name: &str| format!("{prefix}{name}");
    let till = Till::spawn().name(name("till")).mailbox(16).await.expect("a till");
    till.open(name("drawer")).await.expect("it opens");
    let beside = Till::spawn().name(name("beside")).mailbox(16).thread().await.expect("one beside");
    let apart = Till::spawn().name(name("apart")).mailbox(16).process().await.expect("one apart");
    till.wait().tell().expect("there is room");
    beside.block().tell().expect("there is room");
    apart.wait().tell().expect("there is room");
    for actor in [&till, &beside, &apart] {
        actor.add(1).tell().expect("there is room");
        actor.count().tell().expect("there is room");
    }
    let at_work = |what: &str, command: &str| {
        let info = rehearsal::arbiter().info();
        let own = info.actors.into_iter().find(|actor| actor.name == name(what));
        own.is_some_and(|own| own.in_hand.as_deref() == Some(command) && own.waiting == ["add", "count"])
    };
    while !at_work("till", "wait") || !at_work("beside", "block") {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    // It has taken what it was sent before the question.
    apart.ping().await.expect("it is there");
    [till, beside, apart]
}

#[rehearsal::test(task_panic = "allow")]
async fn panics() {
    let _shop = a_shop("").await;
    panic!("the till is short");
}

#[rehearsal::test]
async fn panics_in_a_task() {
    let _till = Till::spawn().name("till").await;
    let task = tokio::spawn(async { panic!("nobody minds the till") });
    drop(task.await);
}

#[rehearsal::test]
async fn returns_an_error() -> Result<(), String> {
    let till = Till::spawn().name("till").await.map_err(|error| error.to_string())?;
    till.add(1).tell().map_err(|error| error.to_string())?;
    // As long as it is in the books it is shown.
    KEPT.with(|kept| kept.replace(Some(till)));
    Err("the till is short".to_owned())
}

#[rehearsal::test]
async fn leaves_one() {
    let till = Till::spawn().name("till").await.expect("a till");
    till.wait().tell().expect("there is room");
    till.add(1).tell().expect("there is room");
    KEPT.with(|kept| kept.replace(Some(till)));
}

thread_local! {
    static KEPT: std::cell::RefCell<Option<TillProxy>> = const { std::cell::RefCell::new(None) };
}

#[rehearsal::test(timeout = "1s")]
async fn hangs() {
    let _shop = a_shop("").await;
    std::future::pending::<()>().await;
}

#[rehearsal::test(timeout = "1s")]
async fn hangs_and_computes() {
    let _shop = a_shop("").await;
    loop {
        std::hint::spin_loop();
    }
}

#[rehearsal::test]
fn has_none() {
    panic!("there is no till");
}

#[rehearsal::test]
async fn has_too_many() {
    let mut tills = Vec::new();
    for number in 0..60 {
        tills.push(Till::spawn().name(format!("till-{number}")).await);
    }
    panic!("which till?");
}

#[rehearsal::test]
async fn is_content() {
    let till = Till::spawn().name("till").await.expect("a till");
    assert_eq!(till.count().await.expect("an answer"), 0);
}

mod side_by_side {
    use std::sync::Barrier;

    static BOTH: Barrier = Barrier::new(2);

    #[rehearsal::test(isolation = "thread", timeout = "20s")]
    async fn left() {
        let _shop = super::a_shop("left-").await;
        BOTH.wait();
        panic!("on the left");
    }

    #[rehearsal::test(isolation = "thread", timeout = "20s")]
    async fn right() {
        let _shop = super::a_shop("right-").await;
        BOTH.wait();
        panic!("on the right");
    }
}
