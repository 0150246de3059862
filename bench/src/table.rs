//! Figures on the terminal.

/// Prints a line.
#[expect(clippy::print_stdout, reason = "a benchmark prints its figures")]
pub(crate) fn say(line: &str) {
    println!("{line}");
}

/// Prints a table: a title, the columns' names, the rows.
pub(crate) fn table(title: &str, columns: &[&str], rows: &[Vec<String>]) {
    say(&format!("\n{title}"));
    let width = |at: usize| {
        let cells = rows.iter().filter_map(|row| row.get(at)).map(|cell| cell.chars().count());
        cells.chain(columns.get(at).map(|name| name.chars().count())).max().unwrap_or(0)
    };
    let line = |cells: &[String]| {
        let padded = cells.iter().enumerate().map(|(at, cell)| format!("{cell:>width$}", width = width(at)));
        format!("  {}", padded.collect::<Vec<_>>().join("  "))
    };
    say(&line(&columns.iter().map(ToString::to_string).collect::<Vec<_>>()));
    rows.iter().for_each(|row| say(&line(row)));
}
