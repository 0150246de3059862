//! Templates, as far as compensations use them: paths by names and indexes. What is not known, or cannot be evaluated here, is a gap that
//! anything fits.

use asl::path::{Path, Root, Segment};
use asl::template::Template;
use serde_json::{Map, Value};

/// A value with gaps.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Partial {
    /// It is this.
    Known(Value),
    /// An object of such.
    Object(Vec<(String, Partial)>),
    /// An array of such.
    Array(Vec<Partial>),
    /// It may be anything.
    Gap,
}

/// Why a template has no value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Fails;

impl Partial {
    /// Whether a value is this, gaps apart.
    pub(super) fn fits(&self, value: &Value) -> bool {
        match (self, value) {
            (Self::Gap, _) => true,
            (Self::Known(known), value) => known == value,
            (Self::Object(members), Value::Object(values)) => {
                members.len() == values.len()
                    && members.iter().all(|(name, member)| values.get(name).is_some_and(|value| member.fits(value)))
            }
            (Self::Array(elements), Value::Array(values)) => {
                elements.len() == values.len() && elements.iter().zip(values).all(|(element, value)| element.fits(value))
            }
            (Self::Object(_) | Self::Array(_), _) => false,
        }
    }

    /// The bytes of its JSON text at least.
    pub(super) fn bytes(&self) -> usize {
        match self {
            Self::Known(value) => value.to_string().len(),
            Self::Object(members) => members.iter().map(|(name, member)| name.len() + 4 + member.bytes()).sum(),
            Self::Array(elements) => elements.iter().map(|element| 1 + element.bytes()).sum(),
            Self::Gap => 0,
        }
    }

    /// A member of an object; a gap stays one.
    pub(super) fn member(&self, name: &str) -> Result<Self, Fails> {
        match self {
            Self::Known(Value::Object(members)) => members.get(name).cloned().map(Self::Known).ok_or(Fails),
            Self::Object(members) => {
                members.iter().find(|(member, _)| member == name).map(|(_, member)| member.clone()).ok_or(Fails)
            }
            Self::Gap => Ok(Self::Gap),
            Self::Known(_) | Self::Array(_) => Err(Fails),
        }
    }

    fn element(&self, index: i64) -> Result<Self, Fails> {
        let at = |length: usize| {
            let index = if index < 0 { i64::try_from(length).ok()?.checked_add(index)? } else { index };
            usize::try_from(index).ok()
        };
        match self {
            Self::Known(Value::Array(elements)) => {
                at(elements.len()).and_then(|at| elements.get(at)).cloned().map(Self::Known).ok_or(Fails)
            }
            Self::Array(elements) => at(elements.len()).and_then(|at| elements.get(at)).cloned().ok_or(Fails),
            Self::Gap => Ok(Self::Gap),
            Self::Known(_) | Self::Object(_) => Err(Fails),
        }
    }
}

/// What a path finds in data.
pub(super) fn find(path: &Path, data: &Partial) -> Result<Partial, Fails> {
    if path.root != Root::Data {
        return Ok(Partial::Gap);
    }
    let mut found = data.clone();
    for segment in &path.segments {
        found = match segment {
            Segment::Name(name) => found.member(name)?,
            Segment::Index(index) => found.element(*index)?,
            Segment::Select(_) | Segment::Descend(_) | Segment::Measure(_) => return Ok(Partial::Gap),
        };
    }
    Ok(found)
}

/// What a template comes to over data.
pub(super) fn evaluate(template: &Template, data: &Partial) -> Result<Partial, Fails> {
    Ok(match template {
        Template::Literal(value) => Partial::Known(value.clone()),
        Template::Object(members) => {
            let members = members.iter().map(|(name, member)| Ok((name.clone(), evaluate(member, data)?)));
            Partial::Object(members.collect::<Result<_, _>>()?)
        }
        Template::Array(elements) => {
            Partial::Array(elements.iter().map(|element| evaluate(element, data)).collect::<Result<_, _>>()?)
        }
        Template::Path(path) => find(path, data)?,
        Template::Intrinsic(_) | Template::Expression(_) => Partial::Gap,
    })
}

/// Whether a compensation's arguments take the result as it is, and once: whatever it is, they can be evaluated, and show it.
pub(super) fn shows_result(template: Option<&Template>) -> bool {
    template.is_none_or(|template| uses_of_result(template) == 1)
}

fn uses_of_result(template: &Template) -> usize {
    match template {
        Template::Literal(_) => 0,
        Template::Object(members) => members.iter().map(|(_, member)| uses_of_result(member)).sum(),
        Template::Array(elements) => elements.iter().map(uses_of_result).sum(),
        Template::Path(path) => match path.segments.as_slice() {
            [Segment::Name(name), ..] if name == "input" => 0,
            [] | [Segment::Name(_)] => 1,
            _ => 2,
        },
        Template::Intrinsic(_) | Template::Expression(_) => 2,
    }
}

/// What a compensation's arguments are made of.
pub(super) fn data_of(input: Partial, result: Partial) -> Partial {
    Partial::Object(vec![("input".to_owned(), input), ("result".to_owned(), result)])
}

/// An empty object: what a `lambda:invoke` without `Payload` sends.
pub(super) fn empty() -> Partial {
    Partial::Known(Value::Object(Map::new()))
}
