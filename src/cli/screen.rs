//! Standard output and standard error.

use std::io::{ErrorKind, IsTerminal, Write, stderr, stdout};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Prints results. A reader that has seen enough (`| head`) is no error.
pub(super) fn show(text: &str) -> std::io::Result<()> {
    let mut out = stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        done => done,
    }
}

/// One line on stderr; if nobody can read it, there is nobody to tell.
pub(super) fn complain(kind: &str, message: &str) {
    let arguments = std::env::args_os().map(|word| word.to_string_lossy().into_owned());
    let _ = writeln!(stderr().lock(), "{kind}: {}", in_short(message, arguments));
}

/// The most characters of a value that a line repeats.
const ECHO: usize = 80;

/// `message` in one line, in which what stood on the command line and every other word is cut in its middle if
/// it is longer than 80 characters.
fn in_short(message: &str, arguments: impl Iterator<Item = String>) -> String {
    let in_line = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut line = in_line(message);
    for argument in arguments.map(|argument| in_line(&argument)) {
        if argument.chars().count() > ECHO {
            line = line.replace(&argument, &cut(&argument));
        }
    }
    line.split(' ').map(cut).collect::<Vec<_>>().join(" ")
}

/// `text` without its middle, if it is long.
fn cut(text: &str) -> String {
    let letters: Vec<char> = text.chars().collect();
    if letters.len() <= ECHO {
        return text.to_owned();
    }
    let (begin, end) = (&letters[..ECHO - 20], &letters[letters.len() - 19..]);
    begin.iter().chain(&['…']).chain(end).collect()
}

/// Whether verdicts are coloured: on a terminal, unless `NO_COLOR` is set (<https://no-color.org>).
pub(super) fn in_colour() -> bool {
    stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

/// The columns of the terminal that results go to; a pipe or a file has none.
pub(super) fn width() -> Option<u16> {
    console::Term::stdout().size_checked().map(|(_, columns)| columns)
}

/// A progress bar over `count` of `what`, drawn only if stderr is a terminal.
pub(super) fn progress(count: usize, what: &str) -> ProgressBar {
    if !stderr().is_terminal() {
        return ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden());
    }
    let bar = ProgressBar::with_draw_target(Some(count as u64), ProgressDrawTarget::stderr());
    let template =
        format!("{{bar:20}} {{percent}} %, {{pos}}/{{len}} {what}, {{elapsed}} {{wide_msg}}");
    let bar = match ProgressStyle::with_template(&template) {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    };
    // So that time is seen to pass while one of them takes long.
    bar.enable_steady_tick(Duration::from_millis(500));
    bar
}

/// A sign on stderr, if it is a terminal, that time passes while there is no telling how much is left.
pub(super) fn waiting(what: &str) -> ProgressBar {
    if !stderr().is_terminal() {
        return ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden());
    }
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
    match ProgressStyle::with_template(&format!("{{spinner}} {what}, {{elapsed}}")) {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

/// The exit status of what was interrupted: 128 and the number of the signal, as shells have it.
const INTERRUPTED: i32 = 130;

/// What is done before the command ends on Ctrl-C, a hang-up or a request to terminate. Where the system
/// takes no handler it ends as it always does.
pub(super) fn on_interrupt(report: impl Fn() + Send + 'static) {
    let _ = ctrlc::set_handler(move || {
        report();
        std::process::exit(INTERRUPTED);
    });
}

#[cfg(test)]
mod tests {
    use super::in_short;

    #[test]
    fn what_is_repeated_is_cut_to_eighty_characters() {
        let (number, words) = ("9".repeat(500), "no such thing ".repeat(50));
        let words = words.trim();
        let said = |message: &str| {
            in_short(message, [number.clone(), words.to_owned(), "x".to_owned()].into_iter())
        };
        assert_eq!(said("one\n  line"), "one line");
        let line = said(&format!("'{number}' is no seed"));
        assert_eq!(line.chars().count(), 80 + " is no seed".len());
        assert!(line.starts_with("'999") && line.ends_with("99' is no seed") && line.contains('…'));
        let line = said(&format!("there is no theorem '{words}'; `list` names all"));
        assert!(
            line.chars().count() < 140 && line.ends_with("such thing'; `list` names all"),
            "{line}"
        );
        let drawn = said(&format!("the seed in 'quadratic@{number}' is wrong"));
        assert!(drawn.chars().count() < 120, "{drawn}");
    }
}
