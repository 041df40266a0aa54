//! A value in, arguments or a complaint out.

use serde_json::{Value, json};

use super::super::signature::Permission;
use super::*;

const MIX: &Signature = &Signature {
    name: "mix",
    number: 0,
    permission: Permission::Public,
    arguments: &[("count", "u8"), ("name", "String"), ("note", "Option<String>")],
};

const NONE: &Signature =
    &Signature { name: "none", number: 0, permission: Permission::Public, arguments: &[] };

type Mixed = (u8, String, Option<String>);

fn mix(came: Value) -> Result<Mixed, WrongArguments> {
    Arguments::sort(MIX, came)?.read()
}

#[rehearsal::test]
fn by_name_and_by_position() {
    let wanted = Ok((7, "x".to_owned(), Some("n".to_owned())));
    assert_eq!(mix(json!({"note": "n", "count": 7, "name": "x"})), wanted);
    assert_eq!(mix(json!([7, "x", "n"])), wanted);
    let without = Ok((7, "x".to_owned(), None));
    assert_eq!(mix(json!([7, "x"])), without, "an Option may be left out");
    assert_eq!(mix(json!({"count": 7, "name": "x"})), without);
    assert_eq!(mix(json!([7, "x", null])), without);
    for nothing in [json!(null), json!([]), json!({})] {
        assert_eq!(Arguments::sort(NONE, nothing).and_then(Arguments::read::<()>), Ok(()));
    }
}

#[rehearsal::test]
fn each_complaint_names_its_argument() {
    let cases = [
        (json!({"count": 7}), Some("name"), "it is missing; a `String` is wanted"),
        (json!([300, "x"]), Some("count"), "invalid value: integer `300`, expected u8; a `u8` is wanted"),
        (json!({"count": 7, "name": 8}), Some("name"), "expected a string"),
        (json!([1, "x", "n", 4]), None, "4 came, and it takes 3"),
        (json!({"cuont": 7}), Some("cuont"), "did you mean `count`?"),
        (json!({"zebra": 7}), Some("zebra"), "there is no argument of this name"),
        (json!("seven"), None, "by name in an object or by position in an array, and \"seven\" is neither"),
        (json!(null), Some("count"), "it is missing"),
    ];
    for (came, argument, why) in cases {
        let wrong = mix(came.clone()).unwrap_err();
        assert_eq!(wrong.argument.as_deref(), argument, "{came}");
        assert!(wrong.why.contains(why), "{came}: {}", wrong.why);
    }
}
