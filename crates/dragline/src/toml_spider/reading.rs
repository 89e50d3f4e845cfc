//! Items out of the places of a page: the same values and errors as `#[derive(Extract)]` gives.

use std::cell::Cell;

use dragline_parse::{ExtractError, FieldError, FieldErrorKind, Found};
use url::Url;

use super::compiled::Pointer;
use super::field::{Count, Field, Kind, Source};
use super::item::{Item, Value};
use super::node::{Node, number};

/// The most values of one item. Fields within fields of a hostile page would multiply.
const MAX_VALUES: usize = 100_000;

/// What reading one item needs beside the place.
#[derive(Debug)]
pub(super) struct Reading<'r> {
    url: &'r Url,
    carried: &'r Item,
    values: Cell<usize>,
}

/// Why a candidate is no value of its field.
enum Fault {
    Value(FieldErrorKind),
    Fields(ExtractError),
}

impl From<FieldErrorKind> for Fault {
    fn from(kind: FieldErrorKind) -> Self {
        Self::Value(kind)
    }
}

/// One candidate for a field.
enum Candidate<'a> {
    Found(Found<'a>),
    Json(&'a Value),
}

impl<'r> Reading<'r> {
    pub(super) fn new(url: &'r Url, carried: &'r Item) -> Self {
        Self { url, carried, values: Cell::new(0) }
    }

    /// Reads one item.
    pub(super) fn item(&self, fields: &[Field], node: Node<'_>) -> Result<Item, ExtractError> {
        self.values.set(0);
        self.fields(fields, node)
    }

    /// Reads one field of an item.
    pub(super) fn field(&self, field: &Field, node: Node<'_>) -> Result<Value, ExtractError> {
        self.values.set(0);
        self.count(field, node)
    }

    /// Returns how many candidates a field has.
    pub(super) fn matches(&self, field: &Field, node: Node<'_>) -> usize {
        let mut count = 0;
        let _ = self.visit(field, node, &mut |_| {
            count += 1;
            Ok(true)
        });
        count
    }

    fn fields(&self, fields: &[Field], node: Node<'_>) -> Result<Item, ExtractError> {
        let mut item = Item::default();
        let mut faults: Option<ExtractError> = None;
        for field in fields {
            match self.count(field, node) {
                Ok(value) => item.push(field.name.clone(), value),
                Err(fault) => {
                    faults = Some(joined(faults.take(), fault));
                }
            }
        }
        faults.map_or(Ok(item), Err)
    }

    fn count(&self, field: &Field, node: Node<'_>) -> Result<Value, ExtractError> {
        let all = matches!(field.count, Count::List(_));
        let mut values = Vec::new();
        let mut faults: Option<ExtractError> = None;
        let mut index = 0;
        let visited = self.visit(field, node, &mut |candidate| {
            let at = all.then_some(index);
            index += 1;
            match self.convert(field, &candidate) {
                Ok(value) => {
                    values.push(value);
                    Ok(all)
                }
                Err(_) if field.lenient => Ok(true),
                Err(fault) => {
                    let ends = matches!(fault, Fault::Value(FieldErrorKind::Nesting));
                    faults = Some(joined(faults.take(), self.fault(field, at, fault)));
                    Ok(all && !ends)
                }
            }
        });
        if let Err(kind) = visited
            && !field.lenient
        {
            return Err(self.fault(field, None, kind.into()));
        }
        if let Some(faults) = faults {
            return Err(faults);
        }
        if let Count::List(default) = &field.count {
            return Ok(Value::List(if values.is_empty() { default.clone() } else { values }));
        }
        match (values.pop(), &field.count) {
            (Some(value), _) => Ok(value),
            (None, Count::Default(default)) => Ok(default.clone()),
            (None, Count::Optional | Count::List(_)) => Ok(Value::Null),
            (None, Count::Required) => Err(self.fault(field, None, FieldErrorKind::Missing.into())),
        }
    }

    fn fault(&self, field: &Field, index: Option<usize>, fault: Fault) -> ExtractError {
        let path = match index {
            Some(index) => format!("{}[{index}]", field.name),
            None => (*field.name).to_owned(),
        };
        let error = ExtractError::new(self.url);
        match fault {
            Fault::Value(kind) => error.field(FieldError::new(path, &field.shown, kind)),
            Fault::Fields(inner) => error.nested(&path, inner),
        }
    }

    /// Hands the candidates of a field to `take`, until it says false.
    fn visit(
        &self,
        field: &Field,
        node: Node<'_>,
        take: &mut dyn FnMut(Candidate<'_>) -> Result<bool, FieldErrorKind>,
    ) -> Result<(), FieldErrorKind> {
        let all = matches!(field.count, Count::List(_));
        match (&field.source, node) {
            (Source::Element(rule, inside), Node::Element(element)) => {
                for found in rule.find(element) {
                    let more = match inside {
                        None => take(Candidate::Found(found))?,
                        Some(pointer) => match json(&found) {
                            Ok(value) => values_at(&value, pointer, all, take)?,
                            Err(_) if field.lenient => true,
                            Err(kind) => return Err(kind),
                        },
                    };
                    if !more {
                        break;
                    }
                }
            }
            (Source::Pointer(pointer), Node::Json(value)) => {
                values_at(value, pointer, all, take)?;
            }
            (Source::Carried(name), _) => {
                if let Some(value) = self.carried.get(name) {
                    each(value, all, take)?;
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn convert(&self, field: &Field, candidate: &Candidate<'_>) -> Result<Value, Fault> {
        self.values.set(self.values.get() + 1);
        if self.values.get() > MAX_VALUES {
            return Err(FieldErrorKind::Nesting.into());
        }
        if let Kind::Fields(fields) = &field.kind {
            let node = match candidate {
                Candidate::Found(found) => Node::Element(found.element()),
                Candidate::Json(value) => Node::Json(value),
            };
            return self.fields(fields, node).map(Value::Object).map_err(Fault::Fields);
        }
        let text = match candidate {
            Candidate::Found(found) if matches!(field.kind, Kind::Json) => return Ok(json(found)?),
            Candidate::Json(value) if matches!(field.kind, Kind::Json) => {
                return Ok((*value).clone());
            }
            Candidate::Found(found) => found.value()?,
            Candidate::Json(value) => value.text().ok_or_else(|| {
                let json = serde_json::to_string(value).unwrap_or_default();
                FieldErrorKind::parse(
                    &json,
                    "one value is wanted here; point deeper, or use list or fields",
                )
            })?,
        };
        Ok(match field.kind {
            Kind::Url if matches!(candidate, Candidate::Json(_)) => match self.url.join(&text) {
                Ok(url) => Value::Text(url.into()),
                Err(error) => return Err(FieldErrorKind::parse(&text, error).into()),
            },
            Kind::Number => {
                let parsed = number(&text)?.parse::<f64>();
                match parsed {
                    Ok(value) if value.is_finite() => Value::Number(value),
                    Ok(_) => return Err(FieldErrorKind::parse(&text, "not finite").into()),
                    Err(error) => return Err(FieldErrorKind::parse(&text, error).into()),
                }
            }
            Kind::Integer => {
                let parsed = number(&text)?.parse::<i64>();
                let value = parsed.map_err(|error| FieldErrorKind::parse(&text, error))?;
                Value::Integer(value.into())
            }
            Kind::Bool => {
                let parsed = text.trim().parse::<bool>();
                Value::Bool(parsed.map_err(|error| FieldErrorKind::parse(&text, error))?)
            }
            Kind::Text | Kind::Url | Kind::Json | Kind::Fields(_) => Value::Text(text.into_owned()),
        })
    }
}

/// Puts the faults of several fields together.
fn joined(before: Option<ExtractError>, fault: ExtractError) -> ExtractError {
    match before {
        Some(before) => fault.fields().iter().cloned().fold(before, ExtractError::field),
        None => fault,
    }
}

/// Reads the JSON that an element holds.
fn json(found: &Found<'_>) -> Result<Value, FieldErrorKind> {
    let text = found.value()?;
    serde_json::from_str(&text).map_err(|error| FieldErrorKind::parse(&text, error))
}

fn values_at(
    value: &Value,
    pointer: &Pointer,
    all: bool,
    take: &mut dyn FnMut(Candidate<'_>) -> Result<bool, FieldErrorKind>,
) -> Result<bool, FieldErrorKind> {
    match value.at(&pointer.tokens) {
        Some(value) => each(value, all, take),
        None => Ok(true),
    }
}

/// Hands over a value, of a list each if all are wanted; null is none.
fn each(
    value: &Value,
    all: bool,
    take: &mut dyn FnMut(Candidate<'_>) -> Result<bool, FieldErrorKind>,
) -> Result<bool, FieldErrorKind> {
    match value {
        Value::Null => Ok(true),
        Value::List(values) if all => {
            for value in values {
                if *value != Value::Null && !take(Candidate::Json(value))? {
                    return Ok(false);
                }
            }
            Ok(true)
        }
        value => take(Candidate::Json(value)),
    }
}
