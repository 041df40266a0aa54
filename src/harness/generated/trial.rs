//! What a generator gives.

use std::fmt::{self, Debug};
use std::future::Future;
use std::marker::PhantomData;
use std::pin::{Pin, pin};
use std::process::Termination;

use crate::harness::outcome::Returned;
use crate::harness::registry::Run;

/// A trial that is made at run time; a function with [`generate`](macro@crate::generate) gives any number of them.
///
/// ```
/// use rehearsal::Trial;
///
/// #[rehearsal::generate]
/// fn squares() -> impl Iterator<Item = Trial> {
///     (1..=3_u32).map(|n| Trial::new(format!("of {n}"), move || assert_eq!(n * n, n.pow(2))))
/// }
/// # assert_eq!(squares().count(), 3);
/// ```
pub struct Trial {
    pub(super) name: String,
    pub(super) ignore: Option<String>,
    pub(super) body: Box<dyn Run + Send + Sync>,
}

impl Trial {
    /// A trial whose body is a plain closure: it passes or fails as the function of a test does, by a panic or by what
    /// it returns.
    ///
    /// The name stands behind the generator's, `module::generator::name`, and no other trial of this generator may have
    /// it. It may hold anything but nothing at all; a character that would break a line of the list is written as its
    /// escape, a line end as `\n`, in the name that is listed and asked for.
    pub fn new<T: Termination + 'static>(
        name: impl Into<String>,
        body: impl Fn() -> T + Send + Sync + 'static,
    ) -> Trial {
        Trial { name: name.into(), ignore: None, body: Box::new(Plain(body, PhantomData)) }
    }

    /// The same with an async closure, `async move || { .. }`, which gets a tokio runtime of its own as an async test
    /// does.
    pub fn asynchronous<T: Termination + 'static>(
        name: impl Into<String>,
        body: impl AsyncFn() -> T + Send + Sync + 'static,
    ) -> Trial {
        Trial { name: name.into(), ignore: None, body: Box::new(Waiting(body, PhantomData)) }
    }

    /// Left out unless asked for, with the reason, which may be empty: what `#[ignore = ".."]` is for a test.
    #[must_use]
    pub fn ignored(self, reason: impl Into<String>) -> Trial {
        Trial { ignore: Some(reason.into()), ..self }
    }
}

impl Debug for Trial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Trial")
            .field("name", &self.name)
            .field("ignore", &self.ignore)
            .finish_non_exhaustive()
    }
}

struct Plain<F, T>(F, PhantomData<fn() -> T>);

struct Waiting<F, T>(F, PhantomData<fn() -> T>);

impl<F: Fn() -> T, T: Termination> Run for Plain<F, T> {
    fn run(&self, _: &mut dyn FnMut(Pin<&mut dyn Future<Output = ()>>)) -> Returned {
        Returned::of((self.0)())
    }

    fn is_async(&self) -> bool {
        false
    }
}

impl<F: AsyncFn() -> T, T: Termination> Run for Waiting<F, T> {
    fn run(&self, block_on: &mut dyn FnMut(Pin<&mut dyn Future<Output = ()>>)) -> Returned {
        let mut result = None;
        block_on(pin!(async { result = Some((self.0)().await) }));
        // Nothing to report means that `block_on` gave up before the end; its caller knows why.
        result.map_or(Returned::Failure, Returned::of)
    }

    fn is_async(&self) -> bool {
        true
    }
}

/// Is given the trials of a generator one by one; false where no more are wanted.
pub type Each<'a> = &'a mut dyn FnMut(Trial) -> bool;

/// Runs a generator; an error is why it gave up, for a person.
pub type Generate = fn(Each<'_>) -> Result<(), String>;

/// What the macro makes of a generator's result.
///
/// # Errors
/// None.
pub fn generate(trials: impl IntoIterator<Item = Trial>, each: Each<'_>) -> Result<(), String> {
    // Whoever wants no more says why.
    let _ = trials.into_iter().all(each);
    Ok(())
}

/// The same for a generator that returns a `Result`.
///
/// # Errors
/// The generator's own.
pub fn try_generate<E: Debug>(
    trials: Result<impl IntoIterator<Item = Trial>, E>,
    each: Each<'_>,
) -> Result<(), String> {
    generate(trials.map_err(|error| format!("it returned an error: {error:?}"))?, each)
}

/// A name as it is listed and asked for: on one line, whatever reads it, and without blanks at its ends, which a reader
/// of lines would lose.
pub(super) fn on_one_line(name: &str) -> String {
    let mut line = String::with_capacity(name.len());
    let last = name.char_indices().next_back().map_or(0, |(at, _)| at);
    for (at, character) in name.char_indices() {
        let breaks = character.is_control() || matches!(character, '\u{2028}' | '\u{2029}');
        if breaks || (character.is_whitespace() && (at == 0 || at == last)) {
            if character == ' ' {
                line.push_str("\\x20");
            } else {
                line.extend(character.escape_default());
            }
        } else {
            line.push(character);
        }
    }
    line
}
