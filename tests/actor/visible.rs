//! Who may call what by name: permissions, and what an actor allows.

use crate::by_name::Library;
use crate::cast::{PLACEMENTS, Tested, put};
use rehearsal::actor::{Permission, SendError};
use rehearsal::prelude::*;
use rehearsal::send;

#[rehearsal::test]
async fn a_caller_may_do_what_its_permission_allows() -> Tested {
    let _clean = rehearsal::testkit::clean();
    use Permission::{Authenticated, Internal, Public};
    let needs = [("count", Public), ("shelve", Authenticated), ("audit", Internal), ("innermost", Internal)];
    for place in PLACEMENTS {
        let library = put(Library::spawn(), place).name("the-library").await?;
        for (command, needs) in needs {
            for has in [Public, Authenticated, Internal] {
                let called = send(&*library, command, ()).with(has).await;
                if has >= needs {
                    called.map_err(|error| format!("{place}, {command} with {has}: {error}"))?;
                    continue;
                }
                let error = called.unwrap_err();
                let refused =
                    SendError::NotPermitted { target: library.name().to_string(), command, needs, has };
                assert_eq!(format!("{error:?}"), format!("{refused:?}"));
                let text = error.to_string();
                assert!(text.contains(&format!("`{command}` of actor `the-library` (Library)")), "{text}");
                assert!(text.contains(&format!("needs the permission `{needs}`")), "{text}");
                assert!(text.contains(&format!("this call has `{has}`")), "{text}");
            }
        }
        // Who holds a proxy is trusted.
        assert_eq!(library.audit().await?, "the-library", "{place}");
        assert_eq!(library.info().await?.messages_handled, 8, "{place}: what was refused never came");
    }
    Ok(())
}

#[rehearsal::test]
async fn permission_is_asked_for_before_arguments_are_looked_at() -> Tested {
    let _clean = rehearsal::testkit::clean();
    let library = Library::spawn().await?;
    let error = send(&*library, "shelve", [1, 2, 3]).await.unwrap_err();
    assert!(matches!(error, SendError::NotPermitted { .. }), "{error}");
    let error = send(&*library, "stop", ()).await.unwrap_err();
    assert!(matches!(error, SendError::NotPermitted { needs: Permission::Authenticated, .. }), "{error}");
    assert_eq!(library.state(), State::Run);
    Ok(())
}

#[rehearsal::test]
async fn an_actor_answers_what_it_allows() -> Tested {
    let _clean = rehearsal::testkit::clean();
    for place in PLACEMENTS {
        let library = put(Library::spawn(), place).allow(["count", "ping", "total"]).await?;
        assert_eq!(send(&*library, "count", ()).await?, 0, "{place}");
        assert_eq!(send(&*library, "ping", ()).await?, "pong", "{place}");
        assert!(send(&*library, "total", [[1]]).await.is_ok(), "{place}");
        for refused in ["audit", "info", "innermost", "no-such"] {
            let error = send(&*library, refused, ()).with(Permission::Internal).await.unwrap_err();
            let text = error.to_string();
            assert!(matches!(error, SendError::NotAllowed { .. }), "{text}");
            assert!(text.contains(&format!("does not answer `{refused}` by name")), "{text}");
            assert!(text.contains("count, ping, total"), "{text}");
        }
        // Who holds a proxy is trusted.
        assert_eq!(library.shelve().await?, 0, "{place}");
        assert_eq!(library.info().await?.commands[0], "count");
    }
    Ok(())
}
