//! A tour: a small suite, actors included, run by the arbiter over warm worker processes.
//!
//! `cargo run --example tour` is all green. `cargo run --example tour -- --include-ignored` also shows a crash, a hang
//! and an early `exit(0)`, each caught and told apart while the rest of the suite goes on.

use std::time::Duration;

use rehearsal::prelude::*;

/// A bank account as an actor: one owner of the balance, no lock.
pub struct Account {
    balance: i64,
}

/// Why a withdrawal was refused.
#[derive(Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Overdrawn {
    missing: i64,
}

impl std::fmt::Display for Overdrawn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} are missing", self.missing)
    }
}

impl std::error::Error for Overdrawn {}

#[rehearsal::actor]
impl Account {
    /// Opens an account.
    #[start]
    pub fn open(balance: i64) -> Self {
        Account { balance }
    }

    /// Pays in and tells the new balance.
    #[command]
    pub fn deposit(&mut self, amount: i64) -> i64 {
        self.balance += amount;
        self.balance
    }

    /// Takes out, unless the account does not hold as much.
    #[command]
    pub fn withdraw(&mut self, amount: i64) -> Result<i64, Overdrawn> {
        if amount > self.balance {
            return Err(Overdrawn { missing: amount - self.balance });
        }
        self.balance -= amount;
        Ok(self.balance)
    }

    /// Falls over.
    #[command]
    pub fn fall_over(&mut self) {
        panic!("the vault is empty");
    }
}

mod actors {
    use super::*;

    #[rehearsal::test]
    async fn a_command_is_still_a_plain_method() {
        let mut account = Account { balance: 1 };
        assert_eq!(account.deposit(2), 3);
    }

    #[rehearsal::test]
    async fn answers_as_a_task() -> Result<(), Box<dyn std::error::Error>> {
        let account = Account::spawn(100).await?;
        assert_eq!(account.deposit(5).await?, 105);
        Ok(())
    }

    #[rehearsal::test]
    async fn answers_the_same_from_its_own_process() -> Result<(), Box<dyn std::error::Error>> {
        let account = Account::spawn(100).process().await?;
        assert_ne!(account.info().await?.process_id, std::process::id());
        assert!(matches!(account.withdraw(130).await, Err(Failed::Command(Overdrawn { missing: 30 }))));
        assert_eq!(account.withdraw(30).await?, 70);
        account.stop().await?;
        Ok(())
    }

    #[rehearsal::test]
    async fn a_panic_reaches_the_caller_with_message_and_place() {
        let account = Account::spawn(0).await.expect("a task can always be spawned");
        let error = account.fall_over().await.expect_err("it panics").to_string();
        assert!(error.contains("the vault is empty") && error.contains("tour.rs"), "{error}");
    }
}

mod trials {
    use super::*;

    #[rehearsal::test(start_paused = true)]
    async fn an_hour_passes_in_no_time() {
        let begun = tokio::time::Instant::now();
        tokio::time::sleep(Duration::from_secs(3600)).await;
        assert_eq!(begun.elapsed(), Duration::from_secs(3600));
    }

    #[rehearsal::test]
    #[should_panic(expected = "divide by zero")]
    fn panics_as_it_should() {
        let zero = std::hint::black_box(0);
        let _ = 1 / zero;
    }

    #[rehearsal::test]
    fn may_be_skipped_at_run_time() {
        if std::env::var_os("TOUR_HAS_A_MOON_BASE").is_none() {
            rehearsal::skip!("there is no moon base here");
        }
    }

    #[rehearsal::test(group = "shared file")]
    fn one_of_a_group_at_a_time() {
        println!("trials of one group never run at the same time, whatever worker they are on");
    }
}

mod faults {
    use super::*;

    #[rehearsal::test]
    #[ignore = "shows a crash"]
    fn crashes() {
        println!("what was written before a crash is kept");
        std::process::abort();
    }

    #[rehearsal::test(timeout = "1s")]
    #[ignore = "shows a hang"]
    async fn hangs() {
        println!("a blocking call in an async test: no runtime could cancel this");
        std::thread::sleep(Duration::from_secs(3600));
    }

    #[rehearsal::test]
    #[ignore = "shows an early exit"]
    fn exits_early() {
        println!("to libtest this would be a green run");
        std::process::exit(0);
    }
}

rehearsal::main!();
