//! The little that is read of answers in XML: what stands in an element, wherever the element stands.

/// The text of the first element with this name.
pub(crate) fn text_of(text: &str, name: &str) -> Option<String> {
    let (_, behind) = text.split_once(&format!("<{name}>"))?;
    let (inside, _) = behind.split_once(&format!("</{name}>"))?;
    Some(unescaped(inside))
}

fn unescaped(text: &str) -> String {
    let replaced =
        text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&apos;", "'").replace("&#39;", "'");
    replaced.replace("&amp;", "&")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_of_an_element_is_read_without_its_escapes() {
        let text = "<E><Code>NotFound</Code><Message>&quot;a&quot; &lt; b &amp;amp;</Message></E>";
        assert_eq!(text_of(text, "Code").as_deref(), Some("NotFound"));
        assert_eq!(text_of(text, "Message").as_deref(), Some("\"a\" < b &amp;"));
        assert_eq!(text_of(text, "RequestId"), None);
    }
}
