// Athena's SQL as the editor colours it.

import { SQLDialect } from "@codemirror/lang-sql";
import { HighlightStyle, syntaxHighlighting } from "@codemirror/language";
import type { Extension } from "@codemirror/state";
import { tags } from "@lezer/highlight";

import type { Schema } from "../api";

/** Types of queries and of tables. */
const TYPES =
  "array bigint binary boolean char date decimal double float int integer interval ipaddress ipprefix json map real row smallint string " +
  "struct time timestamp tinyint uuid varbinary varchar";

/** Keywords until the server has told all of them. */
const KEYWORDS =
  "all and as asc between by case cast cross desc describe distinct else end except exists explain extract false from full group having " +
  "if in inner intersect is join left like limit not null nulls offset on or order outer over partition right select set show table " +
  "then true try_cast union unnest using values view when where window with create drop insert into external partitioned location " +
  "tblproperties";

/** The language with the keywords and functions that the server knows. */
export function athena(known: Schema | null): Extension {
  const types = new Set(TYPES.split(" "));
  const keywords = known?.keywords.map((one) => one.toLowerCase()).filter((one) => !types.has(one)).join(" ") ?? KEYWORDS;
  const builtin = known?.functions.map((one) => one.name).filter((one) => /^[a-z_0-9]+$/.test(one)).join(" ") ?? "";
  const dialect = SQLDialect.define({ keywords, builtin, types: TYPES, identifierQuotes: '"`', caseInsensitiveIdentifiers: true });
  return dialect.extension;
}

/** Colours of the parts of a statement, those of the page's theme. */
export const colours: Extension = syntaxHighlighting(HighlightStyle.define([
  { tag: tags.keyword, color: "var(--accent)", fontWeight: "600" },
  { tag: [tags.typeName, tags.standard(tags.name)], color: "var(--series-4)" },
  { tag: [tags.string, tags.special(tags.string)], color: "var(--good)" },
  { tag: [tags.number, tags.bool, tags.null], color: "var(--during)" },
  { tag: tags.comment, color: "var(--quiet)", fontStyle: "italic" },
]));
