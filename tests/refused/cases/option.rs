//! Options that cannot be honoured.

#[rehearsal::test(tags)] //~ `tags` takes names in parentheses: `tags("db", "slow")`
fn no_tags() {}

#[rehearsal::test(tags = "db")] //~ `tags` takes names in parentheses
fn tags_with_equals() {}

#[rehearsal::test(tags())] //~ `tags` takes at least one name
fn an_empty_list_of_tags() {}

#[rehearsal::test(tags("db", slow))] //~ a tag is a string that is not empty: `tags("db", "slow")`
fn a_tag_without_quotes() {}

#[rehearsal::test(tags(""))] //~ a tag is a string that is not empty
fn an_empty_tag() {}

#[rehearsal::test(tags("db", "db"))] //~ the tag "db" is given twice
fn one_tag_twice() {}

#[rehearsal::test(retries)] //~ write `retries = 2` or `retries(count = 2, backoff = "100ms")`
fn retries_without_number() {}

#[rehearsal::test(retries = "2")] //~ write `retries = 2` or
fn retries_in_quotes() {}

#[rehearsal::test(retries(backoff = "100ms"))] //~ write `retries = 2` or
fn backoff_without_count() {}

#[rehearsal::test(retries(count = 2, backoff = "2s..1s"))] //~ a backoff of "100ms..2s" doubles up to 2s
fn backoff_that_shrinks() {}

#[rehearsal::test(retries(count = 2, pause = "2s"))] //~ write `retries = 2` or
fn backoff_by_another_word() {}

#[rehearsal::test(xfail)] //~ `xfail` takes the reason: `xfail = "what is wrong, and where that is noted"`
fn xfail_without_reason() {}

#[rehearsal::test(xfail = " ")] //~ `xfail` takes the reason
fn xfail_without_a_word() {}

#[rehearsal::test(retry = 3)] //~ unknown option `retry`; allowed are: timeout, ignore, should_panic, isolation, group
fn unknown() {}

#[rehearsal::test("5s")] //~ expected the name of an option: timeout, ignore
fn no_name() {}

#[rehearsal::test(timeout = "5s", group = "a", timeout = "6s")] //~ `timeout` is given twice
fn twice() {}

#[rehearsal::test(timeout = 5)] //~ `timeout` takes a duration of at least 1ms, a number and its unit
fn without_unit() {}

#[rehearsal::test(timeout = "5 apples")] //~ `timeout` takes a duration
fn unknown_unit() {}

#[rehearsal::test(timeout = "0s")] //~ `timeout` takes a duration of at least 1ms
fn no_time_at_all() {}

#[rehearsal::test(timeout)] //~ `timeout` takes a duration
fn no_value() {}

#[rehearsal::test(timeout = "5s" "6s")] //~ expected `timeout`, `timeout = value` or `timeout(…)`
fn two_values() {}

#[rehearsal::test(isolation = "vm")] //~ `isolation` takes one of: "thread", "process", "fork"
fn unknown_isolation() {}

#[rehearsal::test(task_panic = true)] //~ `task_panic` takes one of: "allow", "fail"
fn task_panic_is_a_word() {}

#[rehearsal::test(leaks = "maybe")] //~ `leaks` takes one of: "allow", "fail"
fn leaks_is_a_word() {}

#[rehearsal::test(group)] //~ `group` takes the name of the group
fn nameless_group() {}

#[rehearsal::test(group = "")] //~ `group` takes the name of the group
fn empty_group() {}

#[rehearsal::test(ignore("because"))] //~ write `ignore` or `ignore = "reason"`
fn ignore_in_parentheses() {}

#[rehearsal::test(ignore = 3)] //~ `ignore` takes a string
fn ignore_a_number() {}

#[rehearsal::test(should_panic(message = "a"))] //~ write `should_panic` or `should_panic(expected =
fn should_panic_with_another_word() {}

#[rehearsal::test(flavor = "many_threads")] //~ `flavor` takes one of: "current_thread", "multi_thread", "local"
async fn unknown_flavor() {}

#[rehearsal::test(worker_threads = 2)] //~ `worker_threads` needs `flavor = "multi_thread"`
async fn threads_of_one_thread() {}

#[rehearsal::test(flavor = "multi_thread", worker_threads = 0)] //~ `worker_threads` takes a number from 1 up
async fn no_threads() {}

#[rehearsal::test(flavor = "multi_thread", start_paused = true)] //~ `start_paused` needs `flavor = "current_thread"`
async fn paused_threads() {}

#[rehearsal::test(flavor = "local", worker_threads = 2)] //~ `worker_threads` needs `flavor = "multi_thread"`
async fn threads_of_a_local_runtime() {}

#[rehearsal::test(unhandled_panic = "ignore")] //~ `task_panic = "allow"` lets it; allowed are: timeout
async fn tokio_has_another_word() {}

#[rehearsal::test(name = "runtime")] //~ unknown option `name`; a test is called after its function
async fn tokio_names_a_runtime() {}

#[rehearsal::test(start_paused = "yes")] //~ `start_paused` takes true or false
async fn paused_maybe() {}

#[rehearsal::test(start_paused = true)] //~ `start_paused` describes an async runtime and this function has none
fn paused_without_runtime() {}

#[rehearsal::test(flavor = "multi_thread")] //~ `flavor` describes an async runtime and this function has none
fn threads_without_runtime() {}

#[rehearsal::test(crate = "not a path")] //~ `crate` takes the path under which rehearsal is known
fn odd_path() {}

#[rehearsal::test(weight = 0)] //~ `weight` takes a number from 1 up
fn weightless() {}

#[rehearsal::test(exclusive = 3)] //~ `exclusive` takes true or false
fn exclusive_to_three() {}

#[rehearsal::test(exclusive, weight = 2)] //~ an `exclusive` test runs alone, whatever its `weight`
fn alone_and_heavy() {}

fn main() {}
