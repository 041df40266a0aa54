//! A thousand trials in ten times ten times ten modules and functions.

/// Ten functions a module.
macro_rules! functions {
    ($($name:ident)*) => {
        $(
            #[rehearsal::test]
            fn $name() {
                println!(concat!("line of ", module_path!(), " ", stringify!($name)));
            }
        )*
    };
}

/// Ten modules of ten functions a module.
macro_rules! modules {
    ($($name:ident)*) => {
        $( mod $name { functions! { f0 f1 f2 f3 f4 f5 f6 f7 f8 f9 } } )*
    };
}

/// Ten modules of ten modules.
macro_rules! hundreds {
    ($($name:ident)*) => {
        $( mod $name { modules! { m0 m1 m2 m3 m4 m5 m6 m7 m8 m9 } } )*
    };
}

hundreds! { h0 h1 h2 h3 h4 h5 h6 h7 h8 h9 }

rehearsal::main!();
