//! Forty crashes, each right behind a trial that passes and right before another one: quick enough for all of them to
//! wait in one mailbox.

macro_rules! crashes {
    ($($name:ident)*) => {
        $(
            mod $name {
                #[rehearsal::test]
                fn a_passes() {}

                #[rehearsal::test]
                fn b_aborts() {
                    std::process::abort();
                }

                #[rehearsal::test]
                async fn c_passes() {}

                #[rehearsal::test]
                fn d_exits() {
                    std::process::exit(0);
                }
            }
        )*
    };
}

crashes! { t00 t01 t02 t03 t04 t05 t06 t07 t08 t09 t10 t11 t12 t13 t14 t15 t16 t17 t18 t19 }
