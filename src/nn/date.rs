//! Texts and numbers that are dates or times of day.

/// In small letters.
const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];
/// In small letters.
const DAYS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

/// Whether a text is a date, a month of a year, a week of a year, or a time of day: as in 2024-12-31, 31.12.2024,
/// 12/31/24, 2024-03, 5 March 2020, Jan-20, 2024-W05 or 10:30. A date may have a time behind it.
pub(super) fn is_date(text: &str) -> bool {
    let lower = text.to_lowercase();
    is_time(&lower) || is_day(text) || is_month(text) || is_week(&lower) || has_month_name(&lower)
}

/// Whether a number has the digits yyyymmdd of a date from 1900 to 2099.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the number is whole and has 8 digits")]
pub(super) fn is_date_number(number: f64) -> bool {
    if number.fract() != 0.0 || !(19_000_101.0..=20_991_231.0).contains(&number) {
        return false;
    }
    let digits = number as u32;
    let (year, month, day) = (digits / 10_000, digits / 100 % 100, digits % 100);
    // Of the years that hundred divides, only 2000 is in the range as a leap year.
    let days = match month {
        4 | 6 | 9 | 11 => 30,
        2 if year % 4 == 0 && year != 1900 => 29,
        2 => 28,
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        _ => 0,
    };
    (1..=days).contains(&day)
}

/// Digits, no fewer and no more than these.
fn is_digits(text: &str, least: usize, most: usize) -> bool {
    (least..=most).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// As in 10:30, 9:05:00.25 or 9:05 pm.
fn is_time(text: &str) -> bool {
    let text = text.strip_suffix("am").or_else(|| text.strip_suffix("pm")).unwrap_or(text).trim_end();
    let parts: Vec<&str> = text.split(':').collect();
    let is_part = |part: &str, end: u8| is_digits(part, 1, 2) && part.parse().is_ok_and(|part: u8| part < end);
    let is_sixtieth = |part: &str| part.len() == 2 && is_part(part, 60);
    match parts[..] {
        [hour, minute] => is_part(hour, 25) && is_sixtieth(minute),
        [hour, minute, second] => {
            let (second, fraction) = second.split_once('.').unwrap_or((second, "0"));
            is_part(hour, 25) && is_sixtieth(minute) && is_sixtieth(second) && is_digits(fraction, 1, 9)
        }
        _ => false,
    }
}

/// Three numbers, perhaps with a time.
fn is_day(text: &str) -> bool {
    let day = text.split([' ', 'T']).next().unwrap_or_default();
    ['-', '.', '/'].iter().any(|&separator| {
        let parts: Vec<&str> = day.split(separator).collect();
        parts.len() == 3 && parts.iter().all(|part| is_digits(part, 1, 4))
    })
}

/// A year from 1000 to 2999.
fn is_year(text: &str) -> bool {
    is_digits(text, 4, 4) && text.starts_with(['1', '2'])
}

/// A year and the number of a month, in this order or the other one.
fn is_month(text: &str) -> bool {
    let is_number = |text: &str| is_digits(text, 1, 2) && text.parse().is_ok_and(|month| (1..=12).contains(&month));
    text.split_once(['-', '.', '/']).is_some_and(|(a, b)| is_year(a) && is_number(b) || is_number(a) && is_year(b))
}

/// A year and the number of a week, perhaps with that of a day of the week.
fn is_week(text: &str) -> bool {
    let Some((year, week)) = text.split_once('w') else { return false };
    let (week, day) = week.split_once('-').unwrap_or((week, "1"));
    is_year(year.strip_suffix('-').unwrap_or(year)) && is_digits(week, 1, 2) && is_digits(day, 1, 1)
}

/// The name of a month beside one number or two, perhaps with the name of a day before it or a time behind it.
fn has_month_name(text: &str) -> bool {
    let is_one_of = |part: &str, names: &[&str]| names.iter().any(|name| part == *name || part == &name[..3]);
    let is_month = |part: &str| is_one_of(part, &MONTHS) || part == "sept";
    let is_number = |part: &str| {
        let digits = ["st", "nd", "rd", "th"].iter().find_map(|end| part.strip_suffix(end)).unwrap_or(part);
        is_digits(digits, 1, 4)
    };
    let parts: Vec<&str> = text.split([' ', ',', '-', '.', '/']).filter(|part| !part.is_empty()).collect();
    let date = parts.into_iter().take_while(|part| !part.contains(':')).skip_while(|part| is_one_of(part, &DAYS));
    let (names, numbers): (Vec<&str>, Vec<&str>) = date.partition(|part| is_month(part));
    names.len() == 1 && (1..=2).contains(&numbers.len()) && numbers.iter().all(|part| is_number(part))
}
