//! Results that nobody can ask for success.

#[rehearsal::test]
fn number() -> u32 { //~ u32
    3
}

struct NoError;

#[rehearsal::test]
async fn not_debug() -> Result<(), NoError> { //~ NoError
    Ok(())
}

#[rehearsal::test]
async fn asynchronous_number() -> Option<()> { //~ Option
    None
}

fn main() {}
