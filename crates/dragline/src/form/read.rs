//! Reads a form off a document: which controls are its own, and what each sends.

use dragline_parse::{Element, Selector};
use http::Method;
use url::Url;

use super::{Button, Encoding, Entry, Form, Kind, Target};

/// Reads a form with what a browser would send of it as it stands.
pub(super) fn form(form: Element<'_>) -> Form {
    let controls = Selector::parse("input, select, textarea, button").expect("it is a selector");
    let target = Target {
        action: action(form, "action").unwrap_or_else(|| form.document().url().clone()),
        method: method(form.attr("method")),
        encoding: encoding(form.attr("enctype")),
    };
    let mut entries = Vec::new();
    for control in form.document().find(&controls) {
        if belongs(control, form) && !is_disabled(control) && !is_in(control, "datalist") {
            read(control, &target, &mut entries);
        }
    }
    let button = entries.iter_mut().find_map(|entry: &mut Entry| match &mut entry.kind {
        Kind::Button { pressed, .. } => Some(pressed),
        _ => None,
    });
    if let Some(pressed) = button {
        *pressed = true;
    }
    Form { target, entries }
}

/// Adds what a control sends.
fn read(control: Element<'_>, target: &Target, entries: &mut Vec<Entry>) {
    let name = control.attr("name").unwrap_or_default();
    let mut add = |value: String, kind| {
        // Only a button may count without a name.
        if !name.is_empty() || matches!(kind, Kind::Button { .. }) {
            entries.push(Entry { name: name.to_owned(), value, kind });
        }
    };
    let value = control.attr("value");
    let kind = control.attr("type").unwrap_or_default().to_ascii_lowercase();
    let press = |image| Kind::Button { button: button(control, target, image), pressed: false };
    match (control.name(), kind.as_str()) {
        ("select", _) => selected(control).into_iter().for_each(|value| add(value, Kind::Field)),
        ("textarea", _) => add(control.raw_text(), Kind::Field),
        (_, "button" | "reset") => {}
        ("button", _) | (_, "submit") => add(value.unwrap_or_default().to_owned(), press(false)),
        (_, "image") => add(String::new(), press(true)),
        (_, "checkbox" | "radio") if control.attr("checked").is_none() => {}
        (_, "checkbox" | "radio") => add(value.unwrap_or("on").to_owned(), Kind::Field),
        (_, "file") => add(String::new(), Kind::File),
        (_, "hidden") if name == "_charset_" => add("UTF-8".to_owned(), Kind::Field),
        _ => add(value.unwrap_or_default().to_owned(), Kind::Field),
    }
}

/// Returns the values of the options that are selected, or would be shown as such.
fn selected(select: Element<'_>) -> Vec<String> {
    let options = Selector::parse("option").expect("it is a selector");
    let options = select.find(&options);
    let group_disabled = |option: &Element<'_>| {
        option.parent().is_some_and(|group| group.name() == "optgroup" && has(group, "disabled"))
    };
    let disabled = |option: &Element<'_>| has(*option, "disabled") || group_disabled(option);
    let mut chosen = options.iter().filter(|option| has(**option, "selected"));
    let chosen: Vec<_> = match has(select, "multiple") {
        true => chosen.collect(),
        // Of several the last one counts, and of none the first that can be.
        false => chosen
            .next_back()
            .or_else(|| options.iter().find(|option| !disabled(option)))
            .into_iter()
            .collect(),
    };
    let value =
        |option: &Element<'_>| option.attr("value").map_or_else(|| option.text(), str::to_owned);
    chosen.into_iter().filter(|option| !disabled(option)).map(value).collect()
}

fn button(control: Element<'_>, target: &Target, image: bool) -> Button {
    let target = Target {
        action: action(control, "formaction").unwrap_or_else(|| target.action.clone()),
        method: control
            .attr("formmethod")
            .map_or_else(|| target.method.clone(), |value| method(Some(value))),
        encoding: control
            .attr("formenctype")
            .map_or(target.encoding, |value| encoding(Some(value))),
    };
    Button { image, target }
}

/// Tells whether a control is one of the form's: by its `form` attribute, else by where it stands.
fn belongs(control: Element<'_>, form: Element<'_>) -> bool {
    match control.attr("form") {
        Some(id) => !id.is_empty() && form.attr("id") == Some(id),
        None => control.parents().find(|around| around.name() == "form") == Some(form),
    }
}

/// Tells whether a control is disabled, by itself or by a fieldset around it, whose first legend is spared.
fn is_disabled(control: Element<'_>) -> bool {
    let spared = |fieldset: Element<'_>| {
        let legend = fieldset.children().find(|child| child.name() == "legend");
        legend.is_some_and(|legend| control.parents().any(|around| around == legend))
    };
    let mut fieldsets = control.parents().filter(|around| around.name() == "fieldset");
    has(control, "disabled")
        || fieldsets.any(|fieldset| has(fieldset, "disabled") && !spared(fieldset))
}

fn is_in(control: Element<'_>, name: &str) -> bool {
    control.parents().any(|around| around.name() == name)
}

fn has(element: Element<'_>, attribute: &str) -> bool {
    element.attr(attribute).is_some()
}

/// Returns where an attribute sends the form; an empty one says nothing.
fn action(element: Element<'_>, attribute: &str) -> Option<Url> {
    element.attr(attribute).filter(|text| !text.trim().is_empty())?;
    element.url(attribute)
}

fn method(value: Option<&str>) -> Method {
    match value {
        Some(value) if value.eq_ignore_ascii_case("post") => Method::POST,
        _ => Method::GET,
    }
}

fn encoding(value: Option<&str>) -> Encoding {
    match value.unwrap_or_default().to_ascii_lowercase().as_str() {
        "multipart/form-data" => Encoding::Multipart,
        "text/plain" => Encoding::Text,
        _ => Encoding::UrlEncoded,
    }
}
