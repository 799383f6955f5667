//! What tells about tables: lines of text, whose columns Hive pads.

/// How the rows of an answer become lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lines {
    /// A row is a line, its values joined by tabs.
    Plain,
    /// The lines of a plan, after the name of their column.
    Plan,
    /// Names of columns, padded.
    Columns,
    /// What `DESCRIBE` tells of a table: three padded values.
    Described,
}

/// How wide Hive makes a column of `DESCRIBE`, in characters.
const WIDTH: usize = 20;

/// The line that Hive puts between the parts of a description.
const BETWEEN: &str = "\t \t ";

/// The lines of a row.
pub(super) fn written(lines: Lines, values: &[Option<String>]) -> Vec<String> {
    let texts: Vec<&str> = values.iter().map(|value| value.as_deref().unwrap_or("")).collect();
    match lines {
        Lines::Plain | Lines::Plan => vec![texts.join("\t")],
        Lines::Columns => vec![padded(&texts)],
        Lines::Described => match texts.as_slice() {
            ["", "", ""] => vec![BETWEEN.to_owned()],
            ["# col_name", kind, _] => {
                vec![format!("# {}", padded(&["col_name", kind, "comment"])), BETWEEN.to_owned()]
            }
            [title, "", ""] if title.starts_with('#') => vec![format!("{title}{BETWEEN}")],
            texts => vec![padded(texts)],
        },
    }
}

fn padded(texts: &[&str]) -> String {
    let texts: Vec<_> = texts.iter().map(|text| format!("{text:WIDTH$}")).collect();
    texts.join("\t")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_description_is_padded_as_hive_does() {
        let row = |texts: [&str; 3]| {
            let values: Vec<_> = texts.iter().map(|text| Some((*text).to_owned())).collect();
            written(Lines::Described, &values)
        };
        assert_eq!(
            row(["id", "int", ""]),
            ["id                  \tint                 \t                    "]
        );
        assert_eq!(row(["", "", ""]), ["\t \t "]);
        assert_eq!(row(["# Partition Information", "", ""]), ["# Partition Information\t \t "]);
        assert_eq!(
            row(["# col_name", "data_type", ""]),
            ["# col_name            \tdata_type           \tcomment             ", "\t \t "]
        );
    }
}
