//! What an actor may look like: everything a plain `impl` block may hold, and types of all kinds.
#![deny(missing_docs)]

use std::rc::Rc;

use crate::cast::Tested;
use rehearsal::prelude::*;

/// An actor with one of everything. Its messages do not all cross, and need not as long as it stays here.
pub(crate) struct Odd {
    log: Vec<String>,
}

/// No serde.
#[derive(Debug, PartialEq)]
pub struct Opaque(pub u8);

/// A name the macro might have used itself.
pub struct Message(pub &'static str);

mod own {
    /// An alias.
    pub(super) type Result<T> = std::result::Result<T, super::Opaque>;
}

macro_rules! a_constant {
    ($name:ident) => {
        /// From a macro.
        pub const $name: usize = { 3 };
    };
}

/// Goes along.
#[rehearsal::actor(event = Opaque, pub(crate))]
impl Odd {
    /// An associated constant.
    pub const LIMIT: [u8; 2] = [1, { 2 }];
    a_constant!(FROM_A_MACRO);

    #[start]
    fn new(cx: &mut Context<Self>, mut first: String, _: u8) -> Result<Self, String>
    where
        String: Clone,
    {
        first.push_str(&cx.name().name());
        Ok(Odd { log: vec![first] })
    }

    /// Its context comes first.
    #[command]
    fn first(&mut self, cx: &mut rehearsal::actor::Context<Odd>, text: String) -> usize {
        let _ = cx.outlet().send(Opaque(1));
        self.log.push(text);
        self.log.len()
    }

    /// Takes and gives its own type.
    #[command]
    fn merge(&mut self, mut other: Self) -> (Vec<String>, Option<Self>) {
        self.log.append(&mut other.log);
        (self.log.clone(), Some(Odd { log: Vec::new() }))
    }

    /// Takes what has no serde, a function, a name of the macro's own.
    #[command]
    async fn take(
        &mut self,
        opaque: Opaque,
        with: fn(&str) -> usize,
        message: Message,
    ) -> own::Result<usize> {
        let shared = Rc::new(1).as_ref() + with(message.0);
        if opaque.0 == 0 { Err(opaque) } else { Ok(shared) }
    }

    /// A keyword, and arguments the generated code might have called something itself.
    #[command]
    fn r#match(&self, r#type: u8, reply: u8, cx: u8, message: u8, envelope: u8) -> u8 {
        r#type + reply + cx + message + envelope
    }

    /// Never there.
    #[cfg(any())]
    #[command]
    fn absent(&self, it: ThisDoesNotExist) {}

    /// With generics in its types.
    #[command]
    fn sums(&self, of: std::collections::HashMap<String, Vec<(i64, i64)>>) -> Option<Result<i64, ()>> {
        Some(Ok(of.values().flatten().map(|(a, b)| a + b).sum()))
    }

    /// No command.
    fn unmarked<'a, T: AsRef<str>>(&self, it: &'a T) -> &'a str {
        it.as_ref()
    }
}

#[rehearsal::test]
async fn everything_an_impl_block_may_hold() -> Tested {
    let _clean = rehearsal::testkit::clean();
    let (tell, told) = std::sync::mpsc::channel();
    let spawn =
        Odd::spawn("I am ".to_owned(), 0).name("odd").on_event(move |event| tell.send(event).expect("heard"));
    let odd = spawn.await?;
    assert_eq!(odd.first("two".to_owned()).await?, 2);
    assert_eq!(told.try_recv()?, Opaque(1));
    let (log, other) = odd.merge(Odd { log: vec!["three".to_owned()] }).await?;
    assert_eq!(log, ["I am odd", "two", "three"]);
    assert_eq!(other.expect("one").unmarked(&"it"), "it");
    assert_eq!(odd.take(Opaque(1), str::len, Message("four")).await.ok(), Some(5));
    let error = odd.take(Opaque(0), str::len, Message("")).await;
    assert!(matches!(error, Err(Failed::Command(Opaque(0)))));
    assert_eq!(odd.r#match(1, 2, 3, 4, 5).await?, 15);
    let of = [("a".to_owned(), vec![(1, 2), (3, 4)])].into();
    assert_eq!(odd.sums(of).await?, Some(Ok(10)));
    assert_eq!(odd.info().await?.commands, ["first", "merge", "take", "match", "sums"]);
    assert_eq!((Odd::LIMIT, Odd::FROM_A_MACRO), ([1, 2], 3));
    Ok(())
}

mod hidden {
    use rehearsal::prelude::*;

    struct Quiet;

    #[rehearsal::actor]
    impl Quiet {
        #[start]
        fn new() -> Self {
            Quiet
        }

        #[command]
        fn hush(&self) {}
    }

    #[rehearsal::test]
    async fn a_private_actor_is_private() {
        let _clean = rehearsal::testkit::clean();
        let quiet: QuietProxy = Quiet::spawn().thread().await.expect("it starts");
        quiet.hush().await.expect("an answer");
        let other: Spawn<Quiet> = Quiet::spawn();
        drop(other);
    }
}
