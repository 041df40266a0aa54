//! Parametrised tests: `#[case(..)]` below `#[rehearsal::test]`, `#[values(..)]` on parameters.
//!
//! The function stays one function. Each combination of a case and of the values becomes an instance: a name below the
//! test's, and the arguments that the function is called with.

use proc_macro::{Span, TokenStream, TokenTree};

use crate::function::{Attribute, Function};
use crate::injected::Injected;
use crate::option::{self, Given};
use crate::parameter::{self, Parameter, is_mark, listed};
use crate::token::{Failure, failed};

/// More instances than anybody wants to wait for at every build.
pub(crate) const MOST: usize = 10_000;

/// One way to call a test.
pub(crate) struct Instance {
    /// What stands behind the test's name: `zero`, `case_2`, `zero::n_5`.
    pub(crate) label: String,
    /// The arguments, with commas between them.
    pub(crate) arguments: Vec<TokenTree>,
    /// The options of the test and of this case.
    pub(crate) given: Given,
    /// The parameters that are fixtures.
    pub(crate) injected: Vec<Injected>,
}

/// The cases of a test, as they are found among its attributes.
#[derive(Default)]
pub(crate) struct Cases {
    rows: Vec<Row>,
}

struct Row {
    label: String,
    values: Vec<Vec<TokenTree>>,
    given: Given,
    span: Span,
}

/// Whether this attribute is `#[case(..)]` or `#[case::name(..)]`.
pub(crate) fn is_case(attribute: &Attribute) -> bool {
    attribute.path == "case" || attribute.path.starts_with("case::")
}

impl Cases {
    /// Takes one in, with std's attributes that stand before it.
    pub(crate) fn take(&mut self, attribute: &Attribute, before: &[Attribute]) -> Result<(), Failure> {
        let number = self.rows.len() + 1;
        let label = match attribute.path.strip_prefix("case::") {
            Some(name) if name.contains(':') => {
                return failed(
                    attribute.span,
                    "the name of a case is one word: `#[case::empty(..)]`, as in `my_test::empty`",
                );
            }
            Some(name) => plain(name).to_owned(),
            None => format!("case_{number}"),
        };
        let Some((values, options)) = listed(attribute) else {
            return failed(
                attribute.span,
                "a case lists what the test is called with: `#[case(1, \"one\")]` or `#[case::name(1, \"one\")]`",
            );
        };
        if self.rows.iter().any(|row| row.label == label) {
            return failed(
                attribute.span,
                format!("two cases are called `{label}`; no filter could tell them apart: rename one"),
            );
        }
        let mut given = option::parse(options.into_iter().collect(), option::OF_CASE)?;
        given.take_of_std(before)?;
        self.rows.push(Row { label, values, given, span: attribute.span });
        Ok(())
    }

    /// Takes the attributes off the parameters, and makes every combination; `None` for a test without parameters.
    pub(crate) fn instances(
        self,
        function: &mut Function,
        given: &Given,
    ) -> Result<Option<Vec<Instance>>, Failure> {
        if self.rows.is_empty() && function.first_argument.is_none() {
            return Ok(None);
        }
        let mut parameters = Parameter::all(function);
        let sources = sources(&mut parameters, self.rows.first().map(|row| row.values.len()))?;
        self.check(&parameters, &sources)?;
        let sources = inject(&parameters, sources)?;
        let lists =
            sources.iter().map(|source| if let Source::Values(list) = source { list.len() } else { 1 });
        if lists
            .chain([self.rows.len().max(1)])
            .try_fold(1_usize, usize::checked_mul)
            .is_none_or(|all| all > MOST)
        {
            return failed(
                function.name.span(),
                format!(
                    "more than {MOST} combinations, each compiled for itself: make them at run time, with \
                     `#[rehearsal::generate]`"
                ),
            );
        }
        parameter::put_back(function, parameters);
        let no_case = [Row {
            label: String::new(),
            values: Vec::new(),
            given: Given::default(),
            span: Span::call_site(),
        }];
        let rows = if self.rows.is_empty() { no_case.as_slice() } else { self.rows.as_slice() };
        Ok(Some(rows.iter().flat_map(|row| row.combined(&sources, &given.with(&row.given))).collect()))
    }

    fn check(&self, parameters: &[Parameter], sources: &[Source]) -> Result<(), Failure> {
        let wanted = sources.iter().filter(|source| matches!(source, Source::Case)).count();
        for row in &self.rows {
            if row.values.len() != wanted {
                return failed(
                    row.span,
                    format!(
                        "this case has {} for {}",
                        count(row.values.len(), "value"),
                        count(wanted, "parameter")
                    ),
                );
            }
        }
        let lacking = parameters.iter().zip(sources).find(|(_, source)| match source {
            Source::Case => self.rows.is_empty(),
            Source::Values(_) | Source::Fixture(_) | Source::Nothing => false,
        });
        match lacking {
            None => Ok(()),
            Some((parameter, _)) => failed(
                parameter.span,
                "the test has no cases: write `#[case(..)]` below `#[rehearsal::test]`, once a case",
            ),
        }
    }
}

impl Row {
    /// This case with every combination of values, the last parameter's changing first.
    fn combined(&self, sources: &[Source], given: &Given) -> Vec<Instance> {
        let mut made = vec![(self.label.clone(), Vec::new())];
        let mut values = self.values.iter();
        for source in sources {
            match source {
                Source::Values(list) => {
                    let each = |(label, arguments): &(String, Vec<TokenTree>)| {
                        let (label, arguments) = (label.clone(), arguments.clone());
                        list.iter().map(move |value| {
                            let gap = if label.is_empty() { "" } else { "::" };
                            let label = format!("{label}{gap}{}", value.label);
                            (label, followed_by(arguments.clone(), &value.tokens))
                        })
                    };
                    made = made.iter().flat_map(each).collect();
                }
                Source::Fixture(fixture) => {
                    let value: Vec<TokenTree> = TokenStream::from(fixture.argument()).into_iter().collect();
                    for (_, arguments) in &mut made {
                        *arguments = followed_by(std::mem::take(arguments), &value);
                    }
                }
                Source::Case | Source::Nothing => {
                    let value = values.next().map(Vec::as_slice).unwrap_or_default();
                    for (_, arguments) in &mut made {
                        *arguments = followed_by(std::mem::take(arguments), value);
                    }
                }
            }
        }
        let injected: Vec<Injected> = sources.iter().filter_map(Source::fixture).cloned().collect();
        let instance = |(label, arguments)| {
            let (given, injected) = (given.clone(), injected.clone());
            Instance { label, arguments, given, injected }
        };
        made.into_iter().map(instance).collect()
    }
}

fn followed_by(mut arguments: Vec<TokenTree>, value: &[TokenTree]) -> Vec<TokenTree> {
    if !arguments.is_empty() {
        arguments.push(TokenTree::Punct(proc_macro::Punct::new(',', proc_macro::Spacing::Alone)));
    }
    arguments.extend(value.iter().cloned());
    arguments
}

/// Where the argument of a parameter comes from.
enum Source {
    Case,
    Values(Vec<Value>),
    /// What a fixture gives.
    Fixture(Injected),
    /// Nothing that the test says: a fixture, as [`inject`] finds.
    Nothing,
}

impl Source {
    fn fixture(&self) -> Option<&Injected> {
        match self {
            Source::Fixture(fixture) => Some(fixture),
            Source::Case | Source::Values(_) | Source::Nothing => None,
        }
    }
}

/// Parameters that neither cases nor values supply are fixtures.
fn inject(parameters: &[Parameter], sources: Vec<Source>) -> Result<Vec<Source>, Failure> {
    let mut number = 0..;
    let source = |(parameter, source)| match source {
        Source::Nothing => Injected::of(parameter, number.next().unwrap_or(0)).map(Source::Fixture),
        source => Ok(source),
    };
    parameters.iter().zip(sources).map(source).collect()
}

/// One of a parameter's `#[values(..)]`.
pub(crate) struct Value {
    pub(crate) label: String,
    pub(crate) tokens: Vec<TokenTree>,
}

/// Where each argument comes from. The cases fill the parameters that say `#[case]`; where none does, the first ones
/// that have no values.
fn sources(parameters: &mut [Parameter], in_case: Option<usize>) -> Result<Vec<Source>, Failure> {
    let mut sources = Vec::with_capacity(parameters.len());
    for parameter in parameters.iter_mut() {
        let mut source = Source::Nothing;
        for attribute in std::mem::take(&mut parameter.attributes) {
            let found = match attribute.path.as_str() {
                "case" if attribute.rest.is_empty() => Source::Case,
                "case" => {
                    return failed(
                        attribute.span,
                        "`#[case]` on a parameter takes nothing; the values stand above the function",
                    );
                }
                "values" => Source::Values(values(parameter, &attribute)?),
                _ => {
                    parameter.attributes.push(attribute);
                    continue;
                }
            };
            if !matches!(source, Source::Nothing) {
                return failed(
                    attribute.span,
                    "one parameter, two sources: keep `#[case]` or one `#[values(..)]`",
                );
            }
            source = found;
        }
        sources.push(source);
    }
    if !sources.iter().any(|source| matches!(source, Source::Case)) {
        let free = sources.iter_mut().filter(|source| matches!(source, Source::Nothing));
        free.take(in_case.unwrap_or(0)).for_each(|source| *source = Source::Case);
    }
    Ok(sources)
}

/// What a parameter's `#[values(..)]` lists.
pub(crate) fn values(parameter: &Parameter, attribute: &Attribute) -> Result<Vec<Value>, Failure> {
    let Some(name) = parameter.name() else {
        return failed(
            attribute.span,
            "`#[values(..)]` needs a parameter with a name, which the names of the trials are made of: `n: u32`",
        );
    };
    let list = match listed(attribute) {
        Some((list, behind)) if !list.is_empty() && behind.is_empty() => list,
        _ => {
            return failed(
                attribute.span,
                "`#[values(..)]` lists what the parameter is to be: `#[values(1, 2, 3)]`",
            );
        }
    };
    let name = name.to_string();
    let name = plain(&name);
    let mut made: Vec<Value> = Vec::with_capacity(list.len());
    for (tokens, number) in list.into_iter().zip(1..) {
        let word = word(&tokens).map(|word| format!("{name}_{word}"));
        let taken = |label: &String| made.iter().any(|value| value.label == *label);
        let label = word.filter(|label| !taken(label)).unwrap_or_else(|| format!("{name}_value_{number}"));
        if taken(&label) {
            return failed(
                attribute.span,
                format!("two of these values would be called `{label}`: move one of them"),
            );
        }
        made.push(Value { label, tokens });
    }
    Ok(made)
}

/// A name for each of these values: its word, or its number in the list.
pub(crate) fn labelled(
    list: Vec<Vec<TokenTree>>,
    span: Span,
) -> Result<Vec<(String, Vec<TokenTree>)>, Failure> {
    let mut made: Vec<(String, Vec<TokenTree>)> = Vec::with_capacity(list.len());
    for (tokens, number) in list.into_iter().zip(1..) {
        let taken = |label: &String| made.iter().any(|(other, _)| other == label);
        let label = word(&tokens).filter(|label| !taken(label)).unwrap_or_else(|| format!("arg_{number}"));
        if taken(&label) {
            return failed(span, format!("two of these would be called `{label}`: move one of them"));
        }
        made.push((label, tokens));
    }
    Ok(made)
}

/// The word that a value is as it is written: a number, a name, the last part of a path, a plain string. Whatever is
/// put before it in the list, it keeps its name.
fn word(tokens: &[TokenTree]) -> Option<String> {
    let (sign, tokens) = match tokens {
        [minus, number @ TokenTree::Literal(_)] if is_mark(minus, '-') => {
            ("minus_", std::slice::from_ref(number))
        }
        tokens => ("", tokens),
    };
    let path = |token: &TokenTree| matches!(token, TokenTree::Ident(_)) || is_mark(token, ':');
    let text = match tokens {
        [TokenTree::Literal(literal)] => literal.to_string(),
        [.., TokenTree::Ident(last)] if tokens.iter().all(path) => last.to_string(),
        _ => return None,
    };
    let text = text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(&text);
    let text = plain(text);
    let fits = |letter: char| letter.is_alphanumeric() || letter == '_' || letter == '.';
    (!text.is_empty() && text.len() <= 40 && text.chars().all(fits)).then(|| format!("{sign}{text}"))
}

/// A name without the mark of a raw one.
fn plain(name: &str) -> &str {
    name.strip_prefix("r#").unwrap_or(name)
}

fn count(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}
