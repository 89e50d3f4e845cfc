//! What a check found, as lines for people: in colour on a terminal, plain elsewhere.

use std::fmt::{self, Write as _};
use std::io::{self, ErrorKind, IsTerminal, Write as _};
use std::path::Path;

use anstyle::{AnsiColor, Style};
use dragline::toml_spider::{Check, CheckedField, CheckedItem, CheckedLink, CheckedRule};

use crate::stdout::{harmless, plural};
use crate::{Exit, Outcome};

/// Links of a rule that are shown.
const LINKS: usize = 8;

/// Characters of a value that are shown.
const VALUE: usize = 100;

const GOOD: Style = AnsiColor::Green.on_default();
const BAD: Style = AnsiColor::Red.on_default().bold();
const HINT: Style = AnsiColor::Yellow.on_default();
const FAINT: Style = Style::new().dimmed();
const NAME: Style = Style::new().bold();

/// Clears a terminal before what is written next; elsewhere leaves a line free.
pub(super) fn clear() -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    let terminal = stdout.is_terminal();
    stdout.write_all(if terminal { b"\x1b[2J\x1b[H" } else { b"\n" })
}

/// Writes a check to standard output.
pub(super) fn write(spider: &Path, check: &Check, exit: Exit) -> Outcome {
    let mut text = String::new();
    told(&mut text, spider, check).expect("a text takes whatever is written to it");
    // It knows NO_COLOR, CLICOLOR_FORCE and dumb terminals.
    let mut stdout = anstream::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Ok(()) => Ok(exit),
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(Exit::Success),
        Err(error) => {
            let error = anyhow::Error::new(error).context("failed to write to standard output");
            Err((Exit::Failure, error))
        }
    }
}

fn told(text: &mut String, spider: &Path, check: &Check) -> fmt::Result {
    let route = match &check.route {
        Some(route) => format!("route {route}"),
        None => "no route".to_owned(),
    };
    let (spider, url) = (spider.display(), harmless(&check.url));
    writeln!(text, "{NAME}{spider}{NAME:#} on {url} {FAINT}({}, {route}){FAINT:#}", check.format)?;
    if let Some(fault) = &check.fault {
        writeln!(text, "\n{BAD}✗{BAD:#} {}", harmless(fault))?;
    }
    for checked in &check.items {
        item(text, checked)?;
    }
    for checked in &check.follow {
        rule(text, checked)?;
    }
    end(text, check)
}

fn item(text: &mut String, item: &CheckedItem) -> fmt::Result {
    let name = item.name.as_deref().unwrap_or("item");
    let each = item.each.as_deref().unwrap_or("the page");
    if let Some(reason) = &item.passed_over {
        return writeln!(text, "\n{FAINT}- {name}: {reason}{FAINT:#}");
    }
    let (style, sign) = match item.matches {
        0 => (BAD, '✗'),
        count if count == item.items.len() => (GOOD, '✓'),
        _ => (BAD, '✗'),
    };
    let (count, good) = (item.matches, item.items.len());
    write!(text, "\n{style}{sign}{style:#} {NAME}{name}{NAME:#}  {each}  {FAINT}")?;
    match (count, good) {
        (0, _) => write!(text, "nothing matches")?,
        (count, good) if count == good => write!(text, "{}", plural(count, "item"))?,
        (count, good) => write!(text, "{good} of {}", plural(count, "item"))?,
    }
    writeln!(text, "{FAINT:#}")?;
    hints(text, "    ", &item.near)?;
    let width = |of: fn(&CheckedField) -> &str, most: usize| {
        let widths = item.fields.iter().map(|field| of(field).chars().count());
        widths.max().unwrap_or(0).min(most)
    };
    let (names, selectors) = (width(|field| &field.field, 24), width(|field| &field.selector, 40));
    for field in &item.fields {
        let (style, sign) = match field {
            CheckedField { failed: 1.., .. } => (BAD, '✗'),
            CheckedField { filled: 0, .. } => (HINT, '-'),
            _ => (GOOD, '✓'),
        };
        let CheckedField { field: name, selector, filled, .. } = field;
        let counted = format!("{filled} of {count}");
        write!(
            text,
            "  {style}{sign}{style:#} {name:names$}  {FAINT}{selector:selectors$}  {counted:>9}{FAINT:#}  "
        )?;
        if let Some(value) = &field.value {
            let json = serde_json::to_string(value).unwrap_or_default();
            write!(text, "{}", shortened(&harmless(&json)))?;
        }
        if let Some(fault) = &field.fault {
            // The field and its selector stand at the beginning of the line already.
            let known = format!("field `{name}` (`{selector}`): ");
            let fault = harmless(fault);
            let fault = fault.strip_prefix(&known).unwrap_or(&fault);
            let more = if field.value.is_some() {
                format!("; in {} of {count}: ", field.failed)
            } else {
                String::new()
            };
            write!(text, "{BAD}{more}{fault}{BAD:#}")?;
        }
        writeln!(text)?;
        if field.failed > 0 || field.required || field.filled == 0 {
            hints(text, "      ", &field.near)?;
        }
    }
    Ok(())
}

fn rule(text: &mut String, rule: &CheckedRule) -> fmt::Result {
    let CheckedRule { selector, links, .. } = rule;
    if let Some(reason) = &rule.passed_over {
        return writeln!(text, "\n{FAINT}- follow {selector}: {reason}{FAINT:#}");
    }
    let route = rule.route.as_ref().map_or(String::new(), |route| format!(" to {route}"));
    let (style, sign) = match (links.is_empty(), rule.faults.is_empty()) {
        (_, false) => (BAD, '✗'),
        (true, true) => (HINT, '-'),
        _ => (GOOD, '✓'),
    };
    let counted = plural(links.len(), "link");
    writeln!(
        text,
        "\n{style}{sign}{style:#} {NAME}follow{NAME:#}  {selector}  {FAINT}{counted}{route}{FAINT:#}"
    )?;
    for fault in &rule.faults {
        writeln!(text, "    {BAD}{}{BAD:#}", harmless(fault))?;
    }
    hints(text, "    ", &rule.near)?;
    for CheckedLink { url, carried, skip, .. } in links.iter().take(LINKS) {
        write!(text, "    {}", harmless(url))?;
        if carried.iter().next().is_some() {
            let json = serde_json::to_string(carried).unwrap_or_default();
            write!(text, "  {FAINT}with {}{FAINT:#}", shortened(&harmless(&json)))?;
        }
        match skip {
            Some(skip) => writeln!(text, "  {HINT}not taken: {skip}{HINT:#}")?,
            None => writeln!(text)?,
        }
    }
    if links.len() > LINKS {
        writeln!(text, "    {FAINT}and {} more{FAINT:#}", links.len() - LINKS)?;
    }
    Ok(())
}

/// Sums up.
fn end(text: &mut String, check: &Check) -> fmt::Result {
    let items: usize = check.items.iter().map(|item| item.items.len()).sum();
    let links: usize = check.follow.iter().map(|rule| rule.links.len()).sum();
    let (items, links) = (plural(items, "item"), plural(links, "link"));
    if check.is_good() {
        return writeln!(text, "\n{GOOD}✓{GOOD:#} {items}, {links}");
    }
    let none = check.items.iter().all(|item| item.items.is_empty());
    let other = none && check.items.iter().any(|item| item.passed_over.is_some());
    let hint = if other { "; --route says which kind of page it is" } else { "" };
    writeln!(text, "\n{BAD}✗{BAD:#} {items}, {links}{hint}")
}

fn hints(text: &mut String, indent: &str, near: &[String]) -> fmt::Result {
    for hint in near {
        writeln!(text, "{indent}{HINT}{}{HINT:#}", harmless(hint))?;
    }
    Ok(())
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(VALUE) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
