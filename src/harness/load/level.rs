//! One level: a number of clients, from the set-up of what they share to the figures.

use std::sync::Arc;
use std::time::Duration;

use super::cast::Cast;
use super::crew::{Crew, gather, refused};
use super::line::Line;
use super::pace::{Kept, Manner, Timetable};
use super::sample::{Errors, Spread, rate_of_clients};
use super::spec::{Clients, Level};
use super::trouble::Trouble;
use super::troupe::company::Company;
use super::turn::{Ended, Field, Turn, Window};
use super::usage::{Held, Usage};
use crate::harness::fixture::Loans;
use crate::sys::{load, seam};

/// How often a level is looked at while it runs.
const LOOK: Duration = Duration::from_millis(20);

/// Clients that are told to begin have this long to hear of it.
const HEAD_START_NS: u64 = 1_000_000;

/// Those in other processes have so much longer, with which a message reaches the last of many of them.
const HEAD_START_AWAY_NS: u64 = 50_000_000;

/// What one level came to.
#[derive(Debug, Clone, Default)]
pub struct Figures {
    /// How many clients.
    pub clients: u32,
    /// How many operations succeeded.
    pub done: u64,
    /// How many failed, and how.
    pub errors: Errors,
    /// Operations a second that succeeded.
    pub throughput: f64,
    /// How long these took; in an open loop, from the time at which they were meant to start.
    pub latency: Spread,
    /// What became of the times that were set, in an open loop.
    pub kept: Option<Kept>,
    /// How late operations started for which a client had waited, in an open loop.
    pub lateness: Spread,
    /// Processor time of what is measured while it was, nanoseconds, clients that are processes left out; `None` where the
    /// system does not tell.
    pub processor_ns: Option<u64>,
    /// The most memory that it held, bytes.
    pub memory_bytes: Option<u64>,
    /// Processor time of clients that are processes, nanoseconds.
    pub clients_processor_ns: Option<u64>,
    /// The most memory that these held together, bytes.
    pub clients_memory_bytes: Option<u64>,
    /// In how many processes they were; 0 where they are none.
    pub processes: usize,
    /// How many processors others kept busy meanwhile.
    pub others: Option<f64>,
    /// How long it was measured, nanoseconds.
    pub measured_ns: u64,
}

/// Runs one level.
///
/// # Errors
/// Everything that can happen to one.
pub async fn run(path: &str, level: &Level, cast: &dyn Cast, loans: Loans) -> Result<Figures, Trouble> {
    let shared = match seam::timeout(level.stuck, cast.set_up(loans)).await {
        Some(made) => made.map_err(Trouble::SetUp)?,
        None => return Err(Trouble::SetUp(format!("it has not ended in {:?}", level.stuck))),
    };
    let field = Arc::new(Field::new(level.clients as usize, level.count));
    let (mut crew, mut company) = (Crew::default(), Company::default());
    let figures = async {
        let (crew, company) = (&mut crew, &mut company);
        match level.kind {
            Clients::Processes => company.start(path, level, (cast, &shared), &field, crew).await?,
            Clients::Tasks | Clients::Threads => {
                for client in 0..level.clients as usize {
                    crew.start(client, cast.client(&shared, Turn::new(&field, client, client)))?;
                }
            }
        }
        play(level, &field, crew, company).await
    }
    .await;
    field.stop();
    if level.kind == Clients::Processes {
        crew.forget().await;
    }
    company.dismiss(figures.is_err()).await;
    figures
}

async fn play(
    level: &Level,
    field: &Arc<Field>,
    crew: &mut Crew,
    company: &Company,
) -> Result<Figures, Trouble> {
    match seam::timeout(level.stuck, gather(field, crew, level.clients as usize)).await {
        Some(gathered) => gathered?,
        None => {
            let missing = level.clients as usize - field.arrived.available_permits();
            return Err(Trouble::Refused {
                client: level.clients as usize - missing,
                why: format!("{missing} of {} clients were not ready after {:?}", level.clients, level.stuck),
            });
        }
    }
    let manner = company.manner(level.rate).await;
    let mut watch = Watch::new(level, company);
    let away = level.kind == Clients::Processes;
    let opened_ns = seam::monotonic_ns() + if away { HEAD_START_AWAY_NS } else { HEAD_START_NS };
    let begin_ns = opened_ns.saturating_add(nanos(level.warm_up));
    let end_ns = level.duration.map_or(u64::MAX, |duration| begin_ns.saturating_add(nanos(duration)));
    let window = Window { open_ns: opened_ns, begin_ns, end_ns };
    let table = level.rate.map(|rate| Timetable { start_ns: opened_ns, rate, first: 0, step: 1 });
    // Those in other processes have a line each.
    let line = table.filter(|_| !away).map(|table| line(level, table));
    let pacer = line.as_ref().map(Line::pacer).transpose().map_err(|error| Trouble::NotStarted {
        client: 0,
        why: format!("the thread that keeps the rate could not be started: {error}"),
    })?;
    company.begin(window, table.as_ref(), manner);
    field.open(window, line.clone());
    let ended = watch.until_all_have_ended(field, crew, begin_ns).await;
    if let Some(line) = &line {
        line.end();
    }
    let ended = ended?;
    if let Some(pacer) = pacer {
        // It looks at whether it is over before it sleeps, and sleeps a twentieth of a second at most.
        drop(pacer);
    }
    figures(level, &watch, field, window, table.as_ref(), &ended)
}

fn line(level: &Level, table: Timetable) -> Arc<Line> {
    let manner = match level.kind {
        Clients::Tasks => Manner::Chained,
        Clients::Threads | Clients::Processes => {
            let processors = std::thread::available_parallelism().map_or(1, usize::from);
            Manner::of_threads(table.rate, processors as u64)
        }
    };
    Arc::new(Line::new(table, manner))
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

/// What is looked at while a level runs.
struct Watch<'a> {
    level: &'a Level,
    company: &'a Company,
    /// The processes of clients.
    pids: Vec<u32>,
    /// When what counts began.
    before: Option<Usage>,
    after: Option<Usage>,
    held: Option<Held>,
    most: Option<Held>,
    /// When memory was looked at.
    looked_ns: u64,
    may_take_bytes: Option<u64>,
    asked: bool,
}

impl Watch<'_> {
    fn new<'a>(level: &'a Level, company: &'a Company) -> Watch<'a> {
        let left = load::available_bytes().map(|bytes| bytes / 2);
        let pids = company.pids();
        let held = Held::now(&pids);
        Watch {
            level,
            company,
            pids,
            before: None,
            after: None,
            held,
            most: held,
            looked_ns: seam::monotonic_ns(),
            may_take_bytes: level.memory_bytes.or(left),
            asked: level.memory_bytes.is_some(),
        }
    }

    /// Waits for all clients, and tells what is wrong with them.
    async fn until_all_have_ended(
        &mut self,
        field: &Field,
        crew: &mut Crew,
        begin_ns: u64,
    ) -> Result<Vec<Ended>, Trouble> {
        let mut all = Vec::with_capacity(self.level.clients as usize);
        let (mut seen, mut moved_ns) = (0, seam::monotonic_ns());
        while !crew.is_empty() {
            match seam::timeout(LOOK, crew.next()).await {
                Some(Some(ended)) => {
                    let ended = ended?;
                    if let Some(trouble) = refused(&ended) {
                        return Err(trouble);
                    }
                    all.extend(ended);
                }
                Some(None) => break,
                None => {}
            }
            let now_ns = seam::monotonic_ns();
            if self.before.is_none() && now_ns >= begin_ns {
                self.before = Some(Usage::now(&self.pids));
            }
            self.look_at_memory(now_ns)?;
            let moves = field.ended() + all.len() as u64;
            if moves != seen {
                (seen, moved_ns) = (moves, now_ns);
            }
            let silent_ns = now_ns.saturating_sub(moved_ns.max(self.quiet_until(begin_ns)));
            if silent_ns > nanos(self.level.stuck) {
                return Err(Trouble::Stuck {
                    clients: self.level.clients as usize - all.len(),
                    silent_ms: silent_ns / 1_000_000,
                    ended: field.ended(),
                    processes: self.company.under_way(),
                });
            }
        }
        self.after = Some(Usage::now(&self.pids));
        Ok(all)
    }

    /// Nothing is expected before this: of a slow rate the first operation may be far away.
    fn quiet_until(&self, begin_ns: u64) -> u64 {
        let each_ns = self.level.rate.map_or(0, |rate| super::pace::SECOND_NS / rate.max(1));
        if each_ns > nanos(self.level.stuck) { begin_ns.saturating_add(each_ns) } else { 0 }
    }

    fn look_at_memory(&mut self, now_ns: u64) -> Result<(), Trouble> {
        // To ask the system of many processes takes a while, and is in the figures.
        let pause_ns = nanos(LOOK) * self.pids.len() as u64 / 4;
        if now_ns.saturating_sub(self.looked_ns) < pause_ns {
            return Ok(());
        }
        self.looked_ns = now_ns;
        let (Some(now), Some(before)) = (Held::now(&self.pids), self.held) else { return Ok(()) };
        self.most = self.most.map(|most| most.or_more(now));
        // What clients leave behind is what operations do, wherever they run.
        let (bytes, before_bytes) = (now.bytes(), before.bytes());
        match self.may_take_bytes {
            Some(limit_bytes) if bytes.saturating_sub(before_bytes) > limit_bytes => {
                Err(Trouble::Memory { before_bytes, bytes, limit_bytes, asked: self.asked })
            }
            _ => Ok(()),
        }
    }
}

fn figures(
    level: &Level,
    watch: &Watch<'_>,
    field: &Field,
    window: Window,
    table: Option<&Timetable>,
    ended: &[Ended],
) -> Result<Figures, Trouble> {
    let mut tally = field.tally();
    let (done, failed): (u64, u64) =
        ended.iter().fold((0, 0), |(done, failed), ended| (done + ended.done, failed + ended.failed));
    if done == 0 {
        return Err(match tally.errors().kinds().first() {
            Some((kind, count)) => {
                Trouble::AllFailed { tried: failed, kind: (*kind).to_owned(), count: *count }
            }
            None => {
                let due =
                    |table: &Timetable| table.due_before(window.end_ns) - table.due_before(window.begin_ns);
                Trouble::Nothing { intended: table.map(due) }
            }
        });
    }
    let longest_ns = ended.iter().map(|ended| ended.span_ns).max().unwrap_or_default();
    let lasted_ns = window.end_ns.saturating_sub(window.begin_ns);
    let (mut throughput, mut kept, mut measured_ns) =
        (rate_of_clients(ended.iter().map(|ended| (ended.done, ended.span_ns))), None, longest_ns);
    if let Some(table) = table {
        measured_ns = longest_ns.max(lasted_ns);
        throughput = done as f64 * 1e9 / measured_ns.max(1) as f64;
        let begun = ended.iter().map(|ended| ended.begun).sum();
        let first = table.due_before(window.begin_ns);
        let of_times = Kept { intended: table.due_before(window.end_ns) - first, begun };
        // Of what never started it is known for how long it had waited.
        let (missed, last) = (of_times.missed(), table.due_before(window.end_ns));
        let pieces = missed.min(1_000);
        for piece in 0..pieces {
            let at = last - 1 - piece * missed / pieces;
            let count = (piece + 1) * missed / pieces - piece * missed / pieces;
            tally.never_started(window.end_ns.saturating_sub(table.due_ns(at)), count);
        }
        kept = Some(of_times);
    }
    let (before, after) = (watch.before.as_ref(), watch.after.as_ref());
    Ok(Figures {
        clients: level.clients,
        done,
        errors: tally.errors().clone(),
        throughput,
        latency: tally.latency(),
        kept,
        lateness: tally.lateness(),
        processor_ns: before.zip(after).and_then(|(before, after)| after.own_ns(before)),
        memory_bytes: watch.most.map(|most| most.own_bytes),
        clients_processor_ns: before.zip(after).and_then(|(before, after)| after.clients_ns(before)),
        clients_memory_bytes: watch.most.map(|most| most.clients_bytes),
        processes: watch.pids.len(),
        others: before.zip(after).and_then(|(before, after)| after.others(before)),
        measured_ns,
    })
}
