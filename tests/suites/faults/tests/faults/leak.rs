//! Actors and tasks that a trial leaves behind.

#[path = "../../../shared/idle.rs"]
mod idle;

use idle::{Idle, keep};

among_innocents! {
    mod leaves_an_actor {
        #[rehearsal::test]
        async fn fault() {
            keep(Idle::spawn().name("forgotten").await.expect("an actor"));
        }
    }
}

among_innocents! {
    mod leaves_actors_everywhere {
        #[rehearsal::test(flavor = "multi_thread", worker_threads = 2)]
        async fn fault() {
            keep(Idle::spawn().thread().await.expect("an actor"));
            keep(Idle::spawn().process().await.expect("an actor"));
            tokio::spawn(std::future::pending::<()>());
        }
    }
}

among_innocents! {
    mod leaves_tasks {
        #[rehearsal::test]
        async fn fault() {
            tokio::spawn(std::future::pending::<()>());
            tokio::spawn(std::future::pending::<()>());
        }
    }
}

among_innocents! {
    mod may_leave_them {
        #[rehearsal::test(leaks = "allow")]
        async fn harmless() {
            tokio::spawn(std::future::pending::<()>());
            keep(Idle::spawn().await.expect("an actor"));
        }
    }
}

among_innocents! {
    mod lets_everything_go {
        #[rehearsal::test]
        async fn harmless() {
            tokio::spawn(std::future::pending::<()>()).abort();
            drop(Idle::spawn().await.expect("an actor"));
            drop(Idle::spawn().thread().await.expect("an actor"));
            drop(Idle::spawn().process().await.expect("an actor"));
        }
    }
}
