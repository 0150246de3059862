//! Functions that Step Functions adds to JSONata, those whose answer must depend on the [`Moment`] alone, and those that keep count.
//!
//! Step Functions Developer Guide, "JSONata functions provided by Step Functions". An argument that is undefined makes the result
//! undefined, as with JSONata's own functions.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use jsonata_core::evaluator::{Evaluator, EvaluatorError};
use jsonata_core::functions::string::string;
use jsonata_core::value::JValue;
use md5::Md5;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha384, Sha512};

use crate::convert;
use crate::engine::Moment;
use crate::limits::{MADE_BYTES_MAX, RANGE_ELEMENTS_MAX, RESULT_DEPTH_MAX};
use crate::rewrite::{ELEMENT, END, JOINED, REPLACEMENT, STRING, TEXT};

/// Whether a variable of this name stands for a function unless it is assigned: those of JSONata 2.0 and those of Step Functions.
pub fn is_function(name: &str) -> bool {
    const NAMES: &[&str] = &[
        "abs",
        "append",
        "assert",
        "average",
        "base64decode",
        "base64encode",
        "boolean",
        "ceil",
        "contains",
        "count",
        "decodeUrl",
        "decodeUrlComponent",
        "distinct",
        "each",
        "encodeUrl",
        "encodeUrlComponent",
        "error",
        "exists",
        "filter",
        "floor",
        "formatBase",
        "formatInteger",
        "formatNumber",
        "fromMillis",
        "hash",
        "join",
        "keys",
        "length",
        "lookup",
        "lowercase",
        "map",
        "match",
        "max",
        "merge",
        "millis",
        "min",
        "not",
        "now",
        "number",
        "pad",
        "parse",
        "parseInteger",
        "partition",
        "power",
        "random",
        "range",
        "reduce",
        "replace",
        "reverse",
        "round",
        "shuffle",
        "sift",
        "single",
        "sort",
        "split",
        "spread",
        "sqrt",
        "string",
        "substring",
        "substringAfter",
        "substringBefore",
        "sum",
        "toMillis",
        "trim",
        "type",
        "uppercase",
        "uuid",
        "zip",
    ];
    NAMES.contains(&name)
}

type Answer = Result<JValue, EvaluatorError>;

/// Registers all of them.
pub(crate) fn register(evaluator: &mut Evaluator, moment: Moment) -> Result<(), EvaluatorError> {
    evaluator.register_fn("partition", partition)?;
    evaluator.register_fn("range", range)?;
    evaluator.register_fn("hash", hash)?;
    evaluator.register_fn("parse", parse)?;
    evaluator.register_fn_override("eval", |_: &[JValue]| failed("D3120: `$eval` is not supported"))?;
    register_random(evaluator, moment)?;
    register_counting(evaluator)
}

fn register_random(evaluator: &mut Evaluator, moment: Moment) -> Result<(), EvaluatorError> {
    let random = Rc::new(RefCell::new(ChaCha8Rng::seed_from_u64(moment.seed)));
    let own = Rc::clone(&random);
    evaluator.register_fn_override("random", move |args: &[JValue]| match args.first() {
        Some(JValue::Number(seed)) => Ok(JValue::Number(fraction(&mut ChaCha8Rng::seed_from_u64(seed.to_bits())))),
        _ => Ok(JValue::Number(fraction(&mut own.borrow_mut()))),
    })?;
    let own = Rc::clone(&random);
    evaluator.register_fn_override("shuffle", move |args: &[JValue]| Ok(shuffle(args, &mut own.borrow_mut())))?;
    evaluator.register_fn("uuid", move |_: &[JValue]| Ok(JValue::string(uuid(&mut random.borrow_mut()))))?;
    #[expect(clippy::cast_precision_loss, reason = "milliseconds since 1970 are far below 2^53")]
    evaluator.register_fn_override("millis", move |_: &[JValue]| Ok(JValue::Number(moment.millis as f64)))?;
    let iso = iso(moment.millis);
    // Of a `$now` that is called the tree asks `$fromMillis`; this one is for `$now` as a value.
    evaluator.register_fn_override("now", move |_: &[JValue]| Ok(JValue::string(iso.as_str())))
}

fn failed<T>(message: impl Into<String>) -> Result<T, EvaluatorError> {
    Err(EvaluatorError::EvaluationError(message.into()))
}

/// A double of 53 random bits, from 0 up to and without 1.
fn fraction(random: &mut ChaCha8Rng) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "53 bits fit a double")]
    let bits = (random.next_u64() >> 11) as f64;
    bits / 9_007_199_254_740_992.0
}

fn shuffle(args: &[JValue], random: &mut ChaCha8Rng) -> JValue {
    let Some(elements) = args.first().and_then(JValue::as_array) else {
        return args.first().cloned().unwrap_or(JValue::Undefined);
    };
    let mut shuffled = elements.clone();
    for last in (1..shuffled.len()).rev() {
        let bound = u64::try_from(last + 1).unwrap_or(u64::MAX);
        let other = usize::try_from(random.next_u64() % bound).unwrap_or(0);
        shuffled.swap(last, other);
    }
    JValue::array(shuffled)
}

/// A version 4 UUID (RFC 9562, 5.4).
fn uuid(random: &mut ChaCha8Rng) -> String {
    let high = random.next_u64() & !0xF000 | 0x4000;
    let low = random.next_u64() & !(0b11 << 62) | (0b10 << 62);
    let (a, b, c) = (high >> 32, high >> 16 & 0xFFFF, high & 0xFFFF);
    format!("{a:08x}-{b:04x}-{c:04x}-{:04x}-{:012x}", low >> 48, low & 0xFFFF_FFFF_FFFF)
}

/// `$partition(array, size)`: the array in pieces of this size. Of a piece nothing is unwrapped.
fn partition(args: &[JValue]) -> Answer {
    let (Some(array), Some(size)) = (args.first(), args.get(1)) else {
        return failed("T0410: `$partition` takes an array and a size");
    };
    if array.is_undefined() || size.is_undefined() {
        return Ok(JValue::Undefined);
    }
    let elements = match array.as_array() {
        Some(elements) => elements.clone(),
        None => vec![array.clone()],
    };
    let size = match size.as_f64() {
        Some(size) if size >= 1.0 && size.is_finite() => whole(size.trunc()),
        _ => return failed("T0410: Argument 2 of function \"partition\" must be a positive number"),
    };
    Ok(JValue::cons(elements.chunks(size.max(1)).map(|piece| JValue::array(piece.to_vec())).collect()))
}

fn whole(number: f64) -> usize {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a saturating cast is what is wanted")]
    let whole = number as usize;
    whole
}

/// `$range(first, last, step)`: the numbers from the first to the last, both included. One number alone is unwrapped, as any sequence.
fn range(args: &[JValue]) -> Answer {
    if args.iter().any(JValue::is_undefined) {
        return Ok(JValue::Undefined);
    }
    let numbers: Vec<f64> = args.iter().filter_map(JValue::as_f64).filter(|number| number.is_finite()).collect();
    let (&[first, last, step], 3) = (numbers.as_slice(), args.len()) else {
        return failed("T0410: `$range` takes three numbers");
    };
    if step == 0.0 {
        return failed("D3137: the step of `$range` must not be 0");
    }
    let steps = (last - first) / step;
    if steps < 0.0 {
        return Ok(JValue::sequence(Vec::new()));
    }
    let count = whole(steps.floor()).saturating_add(1);
    if count > RANGE_ELEMENTS_MAX {
        return failed(format!("D3137: `$range` makes at most {RANGE_ELEMENTS_MAX} numbers"));
    }
    #[expect(clippy::cast_precision_loss, reason = "at most a thousand")]
    let numbers = (0..count).map(|at| JValue::Number(step.mul_add(at as f64, first))).collect();
    Ok(JValue::sequence(numbers).unwrap_sequence())
}

/// `$hash(text, algorithm)`: the hash of its UTF-8, in lower-case hexadecimal digits.
fn hash(args: &[JValue]) -> Answer {
    let (Some(text), Some(algorithm)) = (args.first(), args.get(1)) else {
        return failed("T0410: `$hash` takes a text and an algorithm");
    };
    if text.is_undefined() || algorithm.is_undefined() {
        return Ok(JValue::Undefined);
    }
    let (Some(text), Some(algorithm)) = (text.as_str(), algorithm.as_str()) else {
        return failed("T0410: `$hash` takes a text and an algorithm");
    };
    let bytes = text.as_bytes();
    let digits = match algorithm {
        "MD5" => hexadecimal(&Md5::digest(bytes)),
        "SHA-1" => hexadecimal(&Sha1::digest(bytes)),
        "SHA-256" => hexadecimal(&Sha256::digest(bytes)),
        "SHA-384" => hexadecimal(&Sha384::digest(bytes)),
        "SHA-512" => hexadecimal(&Sha512::digest(bytes)),
        other => {
            return failed(format!("D3137: the algorithm `{other}` is none of MD5, SHA-1, SHA-256, SHA-384 and SHA-512"));
        }
    };
    Ok(JValue::string(digits))
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// `$parse(text)`: the JSON that the text is.
fn parse(args: &[JValue]) -> Answer {
    match args.first() {
        None | Some(JValue::Undefined) => Ok(JValue::Undefined),
        Some(JValue::String(text)) => match serde_json::from_str(text) {
            Ok(value) => Ok(convert::into_core(&value)),
            Err(error) => failed(format!("D3137: the argument of `$parse` is no JSON: {error}")),
        },
        Some(_) => failed("T0410: Argument 1 of function \"parse\" does not match function signature"),
    }
}

/// About what an element of an array takes.
const ELEMENT_BYTES: u64 = 32;

/// Counts what an evaluation makes.
#[derive(Clone, Default)]
struct Made(Rc<Cell<u64>>);

impl Made {
    fn spend(&self, bytes: u64) -> Result<(), EvaluatorError> {
        self.0.set(self.0.get().saturating_add(bytes));
        if self.0.get() > MADE_BYTES_MAX {
            return failed(format!("D2015: the expression makes more than {MADE_BYTES_MAX} bytes of data"));
        }
        Ok(())
    }
}

fn register_counting(evaluator: &mut Evaluator) -> Result<(), EvaluatorError> {
    let made = Made::default();
    let own = made.clone();
    evaluator.register_fn(TEXT, move |args: &[JValue]| joined(args, &own))?;
    let own = made.clone();
    evaluator.register_fn(STRING, move |args: &[JValue]| {
        let Some(value) = args.first().filter(|value| !value.is_undefined()) else { return Ok(JValue::Undefined) };
        let pretty = match args.get(1) {
            None | Some(JValue::Undefined) => None,
            Some(JValue::Bool(pretty)) => Some(*pretty),
            Some(_) => return failed("T0410: Argument 2 of function \"string\" does not match function signature"),
        };
        own.spend(text_bytes(value)?)?;
        Ok(string(value, pretty)?)
    })?;
    let own = made.clone();
    evaluator.register_fn(JOINED, move |args: &[JValue]| {
        let (Some(separator), Some(array)) = (args.first(), args.get(1)) else { return Ok(JValue::Undefined) };
        let pieces = array.as_array().map_or(0, |pieces| length(pieces.len()));
        let separators = pieces.saturating_mul(separator.as_str().map_or(0, |text| length(text.len())));
        own.spend(text_bytes(array)?.saturating_add(separators))?;
        Ok(array.clone())
    })?;
    let own = made.clone();
    evaluator.register_fn(REPLACEMENT, move |args: &[JValue]| {
        let (Some(text), Some(replacement)) = (args.first(), args.get(1)) else { return Ok(JValue::Undefined) };
        let bytes = |value: &JValue| value.as_str().map_or(0, |text| length(text.len()));
        own.spend((bytes(text) + 1).saturating_mul(bytes(replacement)))?;
        Ok(replacement.clone())
    })?;
    let own = made.clone();
    evaluator.register_fn(ELEMENT, move |args: &[JValue]| {
        let Some(element) = args.first() else { return Ok(JValue::Undefined) };
        own.spend(length(element.as_array().map_or(0, Vec::len)).saturating_mul(ELEMENT_BYTES))?;
        Ok(element.clone())
    })?;
    let own = made.clone();
    evaluator.register_fn(END, move |args: &[JValue]| {
        let (Some(first), Some(last)) = (args.first(), args.get(1)) else { return Ok(JValue::Undefined) };
        if let (Some(first), Some(last)) = (first.as_f64(), last.as_f64()) {
            own.spend(length(whole((last - first).max(0.0))).saturating_mul(ELEMENT_BYTES))?;
        }
        Ok(last.clone())
    })?;
    evaluator.register_fn_override("pad", move |args: &[JValue]| pad(args, &made))
}

fn length(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}

/// What `&` makes of its two sides: each as `$string` has it, nothing of what is undefined.
fn joined(args: &[JValue], made: &Made) -> Answer {
    let mut text = String::new();
    for value in args.iter().filter(|value| !value.is_undefined()) {
        made.spend(text_bytes(value)?)?;
        if let JValue::String(part) = string(value, None)? {
            text.push_str(&part);
        }
    }
    Ok(JValue::string(text))
}

/// About how long a value is as a text. Without recursion, and never further than what may be made at all: a value whose parts are shared
/// is small in memory and long as a text.
fn text_bytes(value: &JValue) -> Result<u64, EvaluatorError> {
    let mut bytes: u64 = 0;
    let mut open = vec![(value, 0_usize)];
    while let Some((value, depth)) = open.pop() {
        bytes = bytes.saturating_add(match value {
            JValue::String(text) => length(text.len()) + 2,
            JValue::Array(elements) => {
                open.extend(elements.iter().map(|element| (element, depth + 1)));
                2
            }
            JValue::Object(members) => {
                open.extend(members.values().map(|member| (member, depth + 1)));
                members.keys().map(|name| length(name.len()) + 4).sum::<u64>() + 2
            }
            _ => 8,
        });
        if bytes > MADE_BYTES_MAX || depth > RESULT_DEPTH_MAX {
            return failed("D2015: a value is too large or too deep to be made a text");
        }
    }
    Ok(bytes)
}

/// `$pad(text, width[, characters])`, as the reference has it: negative widths pad on the left.
fn pad(args: &[JValue], made: &Made) -> Answer {
    let (text, width) = match (args.first(), args.get(1)) {
        (None | Some(JValue::Undefined), _) => return Ok(JValue::Undefined),
        (Some(JValue::String(text)), Some(JValue::Number(width))) => (text, *width),
        _ => return failed("T0410: Argument 1 of function \"pad\" does not match function signature"),
    };
    let with = match args.get(2) {
        Some(JValue::String(with)) if !with.is_empty() => with.as_ref(),
        None | Some(JValue::Undefined | JValue::String(_)) => " ",
        Some(_) => return failed("T0410: Argument 3 of function \"pad\" does not match function signature"),
    };
    let missing = whole(width.abs().trunc()).saturating_sub(text.chars().count());
    made.spend(length(missing).saturating_mul(4))?;
    let padding: String = with.chars().cycle().take(missing).collect();
    Ok(JValue::string(if width < 0.0 { format!("{padding}{text}") } else { format!("{text}{padding}") }))
}

/// An instant as `$now` tells it, from the days since 1970 (Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms").
fn iso(millis: i64) -> String {
    let (days, rest) = (millis.div_euclid(86_400_000), millis.rem_euclid(86_400_000));
    let shifted = days + 719_468;
    let (era, day_of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    let (hour, minute, second) = (rest / 3_600_000, rest / 60_000 % 60, rest / 1_000 % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{:03}Z", rest % 1_000)
}
