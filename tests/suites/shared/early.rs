//! A thread that is there before `main`, as a profiler's would be, where the black-box test asks for it.

extern "C" fn start_early() {
    if std::env::var_os("BLACKBOX_EARLY_THREAD").is_some() {
        std::thread::spawn(|| {
            loop {
                std::thread::park();
            }
        });
    }
}

#[used]
#[unsafe(link_section = ".init_array")]
static EARLY: extern "C" fn() = start_early;
