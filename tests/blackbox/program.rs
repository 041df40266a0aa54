//! Programs of their own that place actors in processes.

use crate::build::executable;
use crate::launch::Launch;

#[test]
fn with_the_bootstrap_an_actor_lives_in_another_process() {
    Launch::new(executable("programs", "placed")).run().ends_with(0).says("sum 42, in another process");
}

/// A clear error, and no fork bomb.
#[test]
fn without_the_bootstrap_it_is_refused() {
    let run = Launch::new(executable("programs", "bootless")).run();
    run.ends_with(9).says("refused: ").says("rehearsal::program");
}
