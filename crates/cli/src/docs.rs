//! `docs/cli.md` is made from the command line, so that it says what the code does. After a change, write it anew
//! with `UPDATE_DOCS=1 cargo test -p dragline-cli documentation`.

use std::fmt::Write;
use std::path::Path;

use clap::{Arg, ArgAction, Command, CommandFactory};
use dragline::{Change, PageRecord};

use crate::args::Arguments;

/// What is said of the output, beside what the options say.
const OUTPUT: &str = include_str!("docs/output.md");

#[test]
fn the_documentation_of_the_command_is_what_the_code_says() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/cli.md");
    let made = document();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, &made).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap();
    assert!(
        written == made,
        "docs/cli.md is not what the code says; write it anew with \
         `UPDATE_DOCS=1 cargo test -p dragline-cli documentation`"
    );
}

#[test]
fn every_field_of_a_record_is_documented() {
    let text = "x".to_owned();
    let whole = PageRecord {
        url: text.clone(),
        status: Some(200),
        error: Some("x"),
        message: Some(text.clone()),
        location: Some(text.clone()),
        referrer: Some("x".into()),
        content_type: Some(text.clone()),
        encoding: Some("x"),
        truncated: true,
        title: Some(text.clone()),
        change: Some(Change::Added),
        sha256: Some(text.clone()),
        content: Some(text),
        chunks: Some(Vec::new()),
        ..PageRecord::default()
    };
    let value = serde_json::to_value(whole).unwrap();
    let mut fields: Vec<&str> = value.as_object().unwrap().keys().map(String::as_str).collect();
    fields.sort_unstable();
    let mut documented = column("## Page records");
    documented.sort_unstable();
    assert_eq!(documented, fields);
}

#[test]
fn every_code_of_a_record_is_documented() {
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/../");
    let mut codes: Vec<String> = Vec::new();
    let fetch = std::fs::read_to_string(format!("{source}fetch/src/error.rs")).unwrap();
    let of_fetch = fetch
        .split("fn code(")
        .skip(1)
        .find(|rest| rest.contains("\"dns\""))
        .unwrap()
        .split("\n    }\n")
        .next()
        .unwrap();
    codes.extend(of_fetch.split('"').skip(1).step_by(2).map(str::to_owned));
    for code in ["file", "status", "config"] {
        // A crawl writes no file of a body, judges each status itself, and checks its settings first.
        codes.retain(|known| known != code);
    }
    let record = std::fs::read_to_string(format!("{source}dragline/src/record.rs")).unwrap();
    let skipped = record.split("fn end(").nth(1).unwrap().split("End::Skipped").next().unwrap();
    codes.extend(skipped.split('"').skip(1).step_by(2).map(str::to_owned));
    codes.extend(["host_down", "sitemap", "spider"].map(str::to_owned));
    codes.sort_unstable();
    codes.dedup();
    let mut documented = column("## Codes");
    documented.sort_unstable();
    assert_eq!(documented, codes);
}

/// Returns the words in code quotes at the begin of the rows of a table.
fn column(heading: &str) -> Vec<&'static str> {
    let section = OUTPUT.split(heading).nth(1).unwrap().split("\n## ").next().unwrap();
    let rows = section.lines().filter_map(|line| line.strip_prefix("| "));
    let cells = rows.filter_map(|row| row.split(" |").next());
    cells.flat_map(|cell| cell.split('`').skip(1).step_by(2)).collect()
}

fn document() -> String {
    let mut whole = Arguments::command().term_width(0);
    whole.build();
    let mut text = String::from(
        "# The command\n\n\
         What scripts may rely on: a change of a name, a field or an exit code is listed as breaking in\n\
         `CHANGELOG.md`. This page is made from the code.\n\n",
    );
    text.push_str("| command | what it does |\n|---|---|\n");
    for command in whole.get_subcommands() {
        let about = command.get_about().map(ToString::to_string).unwrap_or_default();
        let name = command.get_name();
        let _ = writeln!(text, "| [`dragline {name}`](#dragline-{name}) | {} |", cell(&about));
    }
    for command in whole.get_subcommands() {
        describe(&mut text, command, "##", &format!("dragline {}", command.get_name()));
    }
    text.push('\n');
    text.push_str(OUTPUT);
    text
}

fn describe(text: &mut String, command: &Command, level: &str, name: &str) {
    let long = command.get_long_about().or_else(|| command.get_about());
    let about = long.map(ToString::to_string).unwrap_or_default();
    let usage = command.clone().render_usage().to_string();
    let usage = usage.trim_start_matches("Usage: ");
    let _ = write!(text, "\n{level} {name}\n\n{about}\n\n```text\n{usage}\n```\n");
    let shown = |arg: &&Arg| !arg.is_hide_set() && arg.get_id() != "help";
    let mut headings: Vec<Option<&str>> = Vec::new();
    for arg in command.get_arguments().filter(shown) {
        if !headings.contains(&arg.get_help_heading()) {
            headings.push(arg.get_help_heading());
        }
    }
    for heading in headings {
        let title = heading.unwrap_or("Arguments and options");
        let _ = write!(text, "\n{title}:\n\n| option | default | meaning |\n|---|---|---|\n");
        let of_heading = |arg: &&Arg| arg.get_help_heading() == heading;
        for arg in command.get_arguments().filter(shown).filter(of_heading) {
            let (default, meaning) = meaning(arg);
            let _ = writeln!(text, "| `{}` | {default} | {} |", option(arg), cell(&meaning));
        }
    }
    if let Some(examples) = command.get_after_long_help() {
        let examples = examples.to_string();
        let examples = examples.trim_start_matches("Examples:\n");
        let _ = write!(text, "\nExamples:\n\n```text\n{examples}\n```\n");
    }
    for own in command.get_subcommands().filter(|own| own.get_name() != "help") {
        describe(text, own, &format!("{level}#"), &format!("{name} {}", own.get_name()));
    }
}

/// Writes an option with its short form and its value.
fn option(arg: &Arg) -> String {
    let takes = matches!(arg.get_action(), ArgAction::Set | ArgAction::Append);
    let names = arg.get_value_names().unwrap_or_default();
    let value = names.first().map(ToString::to_string).unwrap_or_default().replace('|', "\\|");
    let Some(long) = arg.get_long() else { return value };
    let short = arg.get_short().map_or(String::new(), |short| format!("-{short}, "));
    if takes { format!("{short}--{long} {value}") } else { format!("{short}--{long}") }
}

/// Returns the default of an option, and what it means.
fn meaning(arg: &Arg) -> (String, String) {
    let short = arg.get_help().map(ToString::to_string).unwrap_or_default();
    let long = arg.get_long_help().map_or(short, ToString::to_string);
    let (mut default, mut meaning) = (String::new(), long.clone());
    if let Some((before, rest)) = long.split_once(" [default: ") {
        let (value, after) = rest.split_once(']').expect("the bracket is closed");
        default = if value == "no limit" { value.to_owned() } else { format!("`{value}`") };
        meaning = format!("{before}{after}");
    }
    let values: Vec<_> =
        arg.get_default_values().iter().map(|value| value.to_string_lossy()).collect();
    if !matches!(arg.get_action(), ArgAction::SetTrue) && !values.is_empty() {
        default = format!("`{}`", values.join(" "));
    }
    let possible = arg.get_possible_values();
    let takes = matches!(arg.get_action(), ArgAction::Set | ArgAction::Append);
    if takes && !possible.is_empty() {
        let names: Vec<String> =
            possible.iter().map(|value| format!("`{}`", value.get_name())).collect();
        let whole = meaning.trim_end_matches('.');
        meaning = format!("{whole}; one of {}", names.join(", "));
    }
    (default, meaning)
}

/// Makes a text fit a cell of a table.
fn cell(text: &str) -> String {
    text.replace("\n\n", ". ").replace('\n', " ").replace('|', "\\|").replace('<', "&lt;")
}
