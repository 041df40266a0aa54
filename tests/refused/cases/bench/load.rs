//! What `#[rehearsal::load]` refuses.

#[rehearsal::load(concurency = [1, 2])] //~ unknown option `concurency` (did you mean `concurrency`?); allowed are: concurrency, clients
async fn unknown() {}

#[rehearsal::load(retries = 2)] //~ unknown option `retries`
async fn again() {}

#[rehearsal::load(concurrency = [])] //~ `concurrency` takes numbers of clients, from 1 to 100000, each once: `concurrency = [1, 8, 64]`
async fn no_levels() {}

#[rehearsal::load(concurrency = [1, 0])] //~ `concurrency` takes numbers of clients, from 1 to 100000
async fn no_clients() {}

#[rehearsal::load(concurrency = [8, 1, 8])] //~ `concurrency` takes numbers of clients, from 1 to 100000, each once
async fn one_level_twice() {}

#[rehearsal::load(concurrency = [1_000_000])] //~ `concurrency` takes numbers of clients, from 1 to 100000
async fn too_many_clients() {}

#[rehearsal::load(concurrency = "8")] //~ `concurrency` takes numbers of clients
async fn a_level_in_quotes() {}

#[rehearsal::load(concurrency)] //~ `concurrency` takes numbers of clients
async fn a_word_alone() {}

#[rehearsal::load(rate = 0)] //~ `rate` takes a number from 1 up
async fn no_rate() {}

#[rehearsal::load(rate = "fast")] //~ `rate` takes a number from 1 up
async fn a_word_for_a_rate() {}

#[rehearsal::load(count = 0)] //~ `count` takes a number from 1 up
async fn no_operations() {}

#[rehearsal::load(duration = "1s", count = 10)] //~ a level is measured for a `duration` or for a `count` of operations; keep one of the two
async fn two_ends() {}

#[rehearsal::load(duration = "0s")] //~ `duration` takes a duration of at least 1ms, a number and its unit: "500ms", "5s", "2m"
async fn no_time() {}

#[rehearsal::load(warm_up = 5)] //~ `warm_up` takes a duration, a number and its unit
async fn without_a_unit() {}

#[rehearsal::load(stuck = "soon")] //~ `stuck` takes a duration of at least 1ms
async fn stuck_soon() {}

#[rehearsal::load(memory = "512")] //~ `memory` takes a number and its unit: "512MiB", "2GiB", "64KiB"
async fn memory_of_what() {}

#[rehearsal::load(clients = "fibers")] //~ `clients` takes one of: "tasks", "threads", "processes"
async fn fibers() {}

#[rehearsal::load(processes = 4)] //~ `processes` says in how many processes clients are: it needs `clients = "processes"`
async fn processes_of_tasks() {}

#[rehearsal::load(processes = 0, clients = "processes")] //~ `processes` takes a number from 1 up
async fn no_processes() {}

#[rehearsal::load(rate = 1, rate = 2)] //~ `rate` is given twice; keep one of them
async fn twice() {}

#[rehearsal::load(setup)] //~ `setup` takes the path of an async function: `setup = connect`
async fn set_up_by_nobody() {}

async fn number() -> u32 {
    7
}

#[rehearsal::load]
async fn for_each(_number: &mut u32) {} //~ all clients of a level have its fixtures at once: take this one by reference, `db: &Db`

#[rehearsal::load]
async fn to_keep(_number: u32) {} //~ all clients of a level have its fixtures at once: take this one by reference

#[rehearsal::load]
async fn without_a_name((_a, _b): &(u32, u32)) {} //~ a parameter that is a fixture needs a plain name and a type

#[rehearsal::load(setup = number)]
async fn takes_nothing() {} //~ this operation takes what `setup` makes, by reference: `server: &Server`; it has 0 parameters

#[rehearsal::load(client = number)]
async fn takes_none() {} //~ this operation takes what `client` makes, by mutable reference

#[rehearsal::load(setup = number, client = of_number)]
async fn takes_one(_number: &u32) {} //~ this operation takes what `setup` makes and what `client` makes

async fn of_number(number: &u32) -> u32 {
    *number
}

#[rehearsal::load]
async fn generic<T>() {} //~ an operation cannot be generic: nobody would choose its parameters

#[rehearsal::load]
async unsafe fn is_unsafe() {} //~ an operation cannot be `unsafe`: the harness calls it as an ordinary safe function

struct Place;

impl Place {
    #[rehearsal::load]
    async fn method(&self) {} //~ `#[rehearsal::load]` works on free functions; this one is a method
}

#[rehearsal::load]
#[should_panic] //~ `#[should_panic]` beside `#[rehearsal::load]`: an operation is nothing else
async fn panics() {}

#[rehearsal::load]
#[rehearsal::test] //~ `#[rehearsal::test]` beside `#[rehearsal::load]`: an operation is nothing else
async fn both() {}

#[rehearsal::load(flavor = "current_thread", worker_threads = 2)] //~ `worker_threads` needs `flavor = "multi_thread"`
async fn threads_of_one() {}

#[rehearsal::load]
struct Type; //~ `#[rehearsal::load]` belongs on a function: `fn` or `async fn` with a body

/// It has what no other process can have.
pub struct Connection(std::net::TcpStream);

async fn connection() -> std::io::Result<Connection> {
    std::net::TcpStream::connect("127.0.0.1:1").map(Connection)
}

#[rehearsal::load(setup = connection, clients = "processes")] //~ `Connection` cannot cross to another process
async fn of_a_connection(connection: &Connection) {
    let _ = &connection.0;
}

fn main() {}

#[rehearsal::load(clients = "processes")]
async fn a_fixture_that_cannot_cross(_connection: &Connection) {} //~ `((), Lent<Connection>)` cannot cross to another process
