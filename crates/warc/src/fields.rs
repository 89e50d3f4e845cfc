//! Lines of the form `Name: value`, as the heads of records and of HTTP messages have them.

/// Splits a head into its first line, the rest of its lines, and what follows the empty line that ends it; all of
/// it is head when there is no such line.
pub(crate) fn split(block: &[u8]) -> (&[u8], &[u8], usize) {
    let mut at = 0;
    let mut first = None;
    while at < block.len() {
        let end = block[at..].iter().position(|byte| *byte == b'\n').map(|end| at + end + 1);
        let line = trim_end(&block[at..end.unwrap_or(block.len())]);
        let next = end.unwrap_or(block.len());
        match first {
            None => first = Some((line, next)),
            Some((first, rest)) if line.is_empty() => return (first, &block[rest..at], next),
            Some(_) => {}
        }
        at = next;
    }
    let (first, rest) = first.unwrap_or_default();
    (first, &block[rest.min(block.len())..], block.len())
}

/// Reads the fields of a head. A line that begins with a space goes on with the one before it; one that is no field
/// is passed over.
pub(crate) fn read(lines: &[u8]) -> Vec<(&[u8], Vec<u8>)> {
    let mut fields: Vec<(&[u8], Vec<u8>)> = Vec::new();
    for line in lines.split(|byte| *byte == b'\n') {
        let line = trim_end(line);
        if let [b' ' | b'\t', ..] = line {
            if let Some((_, value)) = fields.last_mut() {
                value.push(b' ');
                value.extend_from_slice(line.trim_ascii());
            }
        } else if let Some(colon) = line.iter().position(|byte| *byte == b':') {
            fields.push((line[..colon].trim_ascii(), line[colon + 1..].trim_ascii().to_vec()));
        }
    }
    fields
}

fn trim_end(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_split_at_its_empty_line_whatever_its_line_ends() {
        for head in ["A 1\r\nb: c\r\n\r\nbody", "A 1\nb: c\n\nbody"] {
            let (first, rest, body) = split(head.as_bytes());
            assert_eq!((first, &head.as_bytes()[body..]), (&b"A 1"[..], &b"body"[..]));
            assert_eq!(read(rest), [(&b"b"[..], b"c".to_vec())]);
        }
        assert_eq!(split(b""), (&b""[..], &b""[..], 0));
        assert_eq!(split(b"A"), (&b"A"[..], &b""[..], 1));
    }

    #[test]
    fn folded_lines_are_joined_and_lines_that_are_no_fields_passed_over() {
        let fields = read(b" lost\r\na: 1\r\n  2\r\nnothing\r\nb:\r\n");
        assert_eq!(fields, [(&b"a"[..], b"1 2".to_vec()), (&b"b"[..], b"".to_vec())]);
    }
}
