//! With the feature `proofs`, the proof documents as documentation of the crate: one module each, its formulas in
//! MathML, its links to the other documents as links between modules. Without it there is nothing to do.

#[cfg(feature = "proofs")]
#[path = "src/report/page/formula.rs"]
mod formula;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    #[cfg(feature = "proofs")]
    documents::write()?;
    Ok(())
}

#[cfg(feature = "proofs")]
mod documents {
    use std::error::Error;
    use std::fs;
    use std::ops::Range;
    use std::path::PathBuf;

    use pulldown_cmark::{Event, Options, Parser, Tag};

    use super::formula::formula;

    /// Writes each document of `proofs/` for rustdoc, and the modules that hold them.
    pub(super) fn write() -> Result<(), Box<dyn Error>> {
        println!("cargo::rerun-if-changed=proofs");
        println!("cargo::rerun-if-changed=src/report/page/formula.rs");
        let folder = PathBuf::from(std::env::var("CARGO_MANIFEST_DIR")?).join("proofs");
        let out = PathBuf::from(std::env::var("OUT_DIR")?);
        let mut paths = fs::read_dir(folder)?
            .map(|entry| entry.map(|entry| entry.path()))
            .collect::<Result<Vec<_>, _>>()?;
        paths.retain(|path| path.extension().is_some_and(|end| end == "md"));
        paths.sort();
        let mut modules = String::new();
        for path in paths {
            let name = path.file_stem().and_then(|stem| stem.to_str()).ok_or("a name in UTF-8")?;
            let text = documented(&fs::read_to_string(&path)?)
                .map_err(|why| format!("{}: {why}", path.display()))?;
            // As on any page that shows it, what is meant as a formula and is none stays as it is written.
            for line in text.lines().filter(|line| line.contains('$')) {
                println!("cargo::warning={name}.md: a formula that is none: {line}");
            }
            fs::write(out.join(format!("{name}.md")), text)?;
            if name != "README" {
                let text = format!("include_str!(concat!(env!(\"OUT_DIR\"), \"/{name}.md\"))");
                modules += &format!("#[doc = {text}]\npub mod {} {{}}\n", module(name));
            }
        }
        Ok(fs::write(out.join("proofs.rs"), modules)?)
    }

    fn module(name: &str) -> String {
        name.replace('-', "_")
    }

    /// The document for rustdoc, which knows no formulas and no files beside the crate.
    fn documented(markdown: &str) -> Result<String, String> {
        let options = Options::ENABLE_TABLES | Options::ENABLE_MATH;
        let mut edits: Vec<(Range<usize>, String)> = Vec::new();
        for (event, range) in Parser::new_ext(markdown, options).into_offset_iter() {
            match event {
                Event::InlineMath(latex) => edits.push((range, mathml(&latex, false)?)),
                Event::DisplayMath(latex) => edits.push((range, mathml(&latex, true)?)),
                Event::Start(Tag::Link { dest_url, .. }) if !dest_url.contains(':') => {
                    let end = range.end - 1;
                    edits.push((end - dest_url.len()..end, place(&dest_url)?));
                }
                // A bracket that is no link is none to rustdoc either.
                Event::Text(text) if text.contains('[') => {
                    edits.push((range, text.replace('[', "\\[").replace(']', "\\]")));
                }
                _ => {}
            }
        }
        edits.sort_by_key(|(range, _)| range.start);
        let (mut text, mut at) = (String::new(), 0);
        for (range, instead) in edits {
            text += markdown.get(at..range.start).ok_or("edits that overlap")?;
            text += &instead;
            at = range.end;
        }
        text += &markdown[at..];
        Ok(text)
    }

    /// The module that a link to a document leads to, with the heading.
    fn place(link: &str) -> Result<String, String> {
        let (file, heading) = link.split_once('#').map_or((link, None), |(f, h)| (f, Some(h)));
        let name = file.strip_suffix(".md").ok_or_else(|| format!("{link} is no document"))?;
        let heading = heading.map(|heading| format!("#{heading}")).unwrap_or_default();
        Ok(match name {
            "README" => format!("crate::proofs{heading}"),
            _ => format!("crate::proofs::{}{heading}", module(name)),
        })
    }

    /// The formula in one line, its text without anything that Markdown takes for its own.
    fn mathml(latex: &str, display: bool) -> Result<String, String> {
        let text = formula(latex, display);
        if !text.contains("<math") {
            return Err(format!("a formula that cannot be read: {latex}"));
        }
        let mut in_tag = false;
        let escaped = text.chars().map(|c| match c {
            '<' | '>' => {
                in_tag = c == '<';
                c.to_string()
            }
            '\n' => " ".to_owned(),
            '_' | '*' | '[' | ']' | '`' | '\\' | '|' | '~' | '$' if !in_tag => {
                format!("&#{};", u32::from(c))
            }
            c => c.to_string(),
        });
        Ok(escaped.collect())
    }
}
