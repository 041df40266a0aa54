//! What trials print here GitHub Actions would obey: commands of both of its styles, and ends of its being told not to.

const COMMANDS: &str = "::set-output name=stolen::1\n\
    \t ::add-mask::passed\n\
    ::error file=x.rs,line=1::invented\n\
    ::stop-commands::forged\n\
    ::forged::\n\
    ::warning::behind a token of its own\n\
    in the middle of a line: ##[error]in the old style\n\
    ::save-state name=x::without a line end";

#[rehearsal::test]
fn passes() {
    print!("{COMMANDS}");
}

#[rehearsal::test]
fn fails() {
    print!("{COMMANDS}");
    eprint!("{COMMANDS}");
    panic!("a message\n::error::of two lines");
}

#[rehearsal::test]
fn is_skipped() {
    rehearsal::skip!("a reason\n::error::of two lines");
}

/// Says the end of all that it can learn of.
#[rehearsal::test]
fn tries_every_token() {
    let parent = std::process::id().min(std::os::unix::process::parent_id());
    let mut words = Vec::new();
    for file in ["environ", "cmdline", "comm"] {
        let known = std::fs::read(format!("/proc/{parent}/{file}")).unwrap_or_default();
        let known = String::from_utf8_lossy(&known).into_owned();
        words.extend(known.split(|letter: char| !letter.is_ascii_alphanumeric()).map(str::to_owned));
    }
    words.extend(std::env::vars().map(|(_, value)| value));
    for word in words.iter().filter(|word| !word.contains('\n')) {
        println!("::{word}::");
    }
    print!("{COMMANDS}");
    panic!("none of them will do");
}

rehearsal::main!();
