//! Open commands: free functions that any actor carries out.

use crate::cast::{PLACEMENTS, Tested, counter};
use rehearsal::prelude::*;
use rehearsal::testkit::{clean, soon};

/// Adds up.
#[rehearsal::command]
pub fn sum(values: Vec<i64>) -> i64 {
    values.iter().sum()
}

#[rehearsal::command]
pub async fn name_here(mut prefix: String, cx: &mut Context) -> Result<String, String> {
    tokio::task::yield_now().await;
    if prefix.is_empty() {
        return Err("no prefix".to_owned());
    }
    prefix.push_str(&cx.name().name());
    Ok(prefix)
}

#[rehearsal::command]
fn broken() {
    panic!("an open command broke")
}

#[rehearsal::test]
async fn any_actor_runs_them() -> Tested {
    let _clean = clean();
    for place in PLACEMENTS {
        let counter = counter(place).await?;
        assert_eq!(counter.run(sum(vec![1, 2, 3])).await?, 6, "{place}");
        let name = counter.name().name();
        assert_eq!(counter.run(name_here("I am ".to_owned())).await?, Ok(format!("I am {name}")));
        assert_eq!(counter.run(name_here(String::new())).await?, Err("no prefix".to_owned()));
    }
    Ok(())
}

#[rehearsal::test]
async fn their_panics_reach_the_caller() -> Tested {
    let _clean = clean();
    for place in PLACEMENTS {
        let counter = counter(place).await?;
        let error = soon("the ask", counter.run(broken())).await.unwrap_err();
        assert!(error.to_string().contains("an open command broke"), "{place}: {error}");
        assert!(error.to_string().contains("`broken` of actor"), "{error}");
        assert!(error.to_string().contains("tests/actor/open.rs:"), "{error}");
    }
    Ok(())
}
