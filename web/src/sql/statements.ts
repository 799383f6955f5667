// Statements of a text, divided by semicolons that stand outside of quotes and comments.

/** A statement and where it stands: `text` begins at `from` and ends before `to`. */
export interface Statement {
  from: number;
  to: number;
  text: string;
}

// A quoted text, a quoted name, a comment, a semicolon, or anything else. What is opened and never closed goes to the end.
const PIECE = /'(?:[^']|'')*'?|"(?:[^"]|"")*"?|`[^`]*`?|--[^\n]*|\/\*[^]*?(?:\*\/|$)|;|[^'"`;\-/]+|[^]/g;

/** The statements of a text, in their order; those of comments and spaces alone are none. */
export function statements(text: string): Statement[] {
  const found: Statement[] = [];
  let from = 0;
  let begins = -1;
  let ends = 0;
  const close = () => {
    if (begins >= 0) found.push({ from: begins, to: ends, text: text.slice(begins, ends) });
    begins = -1;
  };
  for (const [piece] of text.matchAll(PIECE)) {
    const at = from;
    from += piece.length;
    if (piece === ";") {
      close();
    } else if (piece.trim() !== "" && !isComment(piece)) {
      if (begins < 0) begins = at + (piece.length - piece.trimStart().length);
      ends = at + piece.trimEnd().length;
    }
  }
  close();
  return found;
}

/** The statement in which a position stands, or the one before it. */
export function statementAt(text: string, position: number): Statement | null {
  const all = statements(text);
  return all.find((one) => position >= one.from && position <= one.to) ?? all.findLast((one) => one.to < position) ?? all[0] ?? null;
}

/** Whether a position stands in a quoted text or in a comment. */
export function isInText(text: string, position: number): boolean {
  let from = 0;
  for (const [piece] of text.matchAll(PIECE)) {
    const to = from + piece.length;
    if (position > from && position < to) return piece.startsWith("'") || isComment(piece);
    if (position === to) return piece.startsWith("--") && !piece.endsWith("\n");
    from = to;
  }
  return false;
}

/** The words, names and signs of a statement, without its comments and quoted texts. Quoted names come without their quotes. */
export function words(text: string): { word: string; isQuoted: boolean }[] {
  const found: { word: string; isQuoted: boolean }[] = [];
  for (const [piece] of text.matchAll(PIECE)) {
    if (isComment(piece) || piece.startsWith("'")) continue;
    if (/^["`]/.test(piece)) {
      found.push({ word: piece.replace(/^["`]|["`]$/g, "").replaceAll('""', '"'), isQuoted: true });
    } else {
      for (const [word] of piece.matchAll(/[\p{L}_$][\p{L}\p{N}_$]*|\S/gu)) found.push({ word, isQuoted: false });
    }
  }
  return found;
}

function isComment(piece: string): boolean {
  return piece.startsWith("--") || piece.startsWith("/*");
}
