/**
 * Words inserted and deleted between two blocks, by the server's own rule (negotiation/rules/redline_words.py): the same
 * tokens, the same longest common subsequence where several are as long, the same joining of fragments. So the marks that
 * are drawn while people type are those that panels, history and PDF will show; a test lays both side by side. Neither
 * prosemirror-changeset nor diff-match-patch cuts where the server does (ADR 0013).
 *
 * Markdown's signs have no part here: formatting is compared apart, on the words that stay.
 */

import { aligned, commonEnds } from "./redline_sequence";

/** Under this share of common words two blocks, or two phrases, replace each other whole. */
export const LIKENESS = 0.35;

/** Common tokens (`kept`), or tokens that others replace. Never both. */
export interface Segment {
  kept: readonly string[];
  deleted: readonly string[];
  inserted: readonly string[];
}

// Marks and characters without width stay with the letters they change.
const LETTER =
  "[\\p{L}\\p{N}\\u0300-\\u036f\\u00ad\\u034f\\u180e\\u200b-\\u200f\\u202a-\\u202e\\u2060-\\u2069\\ufe00-\\ufe0f\\ufeff]";
const TOKENS = new RegExp(
  [
    "\\p{Nd}{1,3}(?:[ \\u00a0\\u202f]\\p{Nd}{3}){1,5}(?!\\p{Nd})(?:,\\p{Nd}+)?(?![\\p{L}\\p{N}])", // 840 000,50
    `\\p{Nd}{1,20}(?:[.,]\\p{Nd}{1,20}){0,4}(?!${LETTER})`, // 93,5
    `${LETTER}+(?:[-_]${LETTER}+)*['’]?`, // semi-internat, l'
    "[ ]+",
    ".",
  ].join("|"),
  "gsu",
);
const WORD = new RegExp(`^${LETTER}`, "u");
const PHRASE_ENDS = new Set([",", ";", ":", ".", "!", "?", "(", ")", "«", "»", "–", "—", "\n"]);

/** Words, numbers, spaces and signs; together they are the text. */
export function tokensOf(text: string): string[] {
  return text.match(TOKENS) ?? [];
}

export function isWord(token: string): boolean {
  return WORD.test(token);
}

export function wordCount(tokens: readonly string[]): number {
  return tokens.reduce((count, token) => count + (isWord(token) ? 1 : 0), 0);
}

/** One number for each different token, so that tokens are compared at once. */
const numbers = new Map<string, number>();

export function numbered(tokens: readonly string[]): number[] {
  return tokens.map((token) => {
    const known = numbers.get(token);
    if (known !== undefined) return known;
    numbers.set(token, numbers.size);
    return numbers.size - 1;
  });
}

/** Two blocks as segments: whole words, few fragments, phrases that are too unlike replaced whole. */
export function compared(left: readonly string[], right: readonly string[]): Segment[] {
  const segments: Segment[] = aligned(numbered(left), numbered(right)).map(({ equal, from, to, start, end }) =>
    equal ? kept(left.slice(from, to)) : edit(left.slice(from, to), right.slice(start, end)),
  );
  return trimmed(phrasesReplaced(absorbed(slid(segments))));
}

function kept(tokens: readonly string[]): Segment {
  return { kept: tokens, deleted: [], inserted: [] };
}

function edit(deleted: readonly string[], inserted: readonly string[]): Segment {
  return { kept: [], deleted, inserted };
}

function isEdit({ deleted, inserted }: Segment): boolean {
  return deleted.length > 0 || inserted.length > 0;
}

function isNothing(segment: Segment): boolean {
  return !isEdit(segment) && segment.kept.length === 0;
}

/**
 * « le[ bon] taux » becomes « le [bon ]taux »: a lone addition or deletion starts with a word, not with a space nor with
 * the end of the phrase before it (« fin[. Suite]. » becomes « fin.[ Suite.] »).
 */
function slid(segments: Segment[]): Segment[] {
  for (let place = 1; place < segments.length - 1; place += 1) {
    slideOne(segments, place, (token) => PHRASE_ENDS.has(token));
    slideOne(segments, place, (token) => token.trim() === "");
  }
  return segments.filter((segment) => !isNothing(segment));
}

function slideOne(segments: Segment[], place: number, isSlid: (token: string) => boolean): void {
  const [before, here, after] = segments.slice(place - 1, place + 2) as [Segment, Segment, Segment];
  const tokens = here.inserted.length ? here.inserted : here.deleted;
  const [first] = tokens;
  const isLone = isEdit(here) && !(here.inserted.length && here.deleted.length);
  if (!isLone || first === undefined || !isSlid(first) || after.kept[0] !== first) return;
  const moved = [...tokens.slice(1), first];
  segments[place - 1] = { ...before, kept: [...before.kept, first] };
  segments[place] = here.inserted.length ? edit([], moved) : edit(moved, []);
  segments[place + 1] = { ...after, kept: after.kept.slice(1) };
}

/** Fewer fragments: what is common between two replacements joins them when it is less than either. */
function absorbed(segments: readonly Segment[]): Segment[] {
  const result: Segment[] = [];
  for (const segment of segments) result.push(joinedToLast(result, segment));
  return result;
}

/** The segment, with those at the end of the list that it draws in: they are taken off the list. */
function joinedToLast(result: Segment[], segment: Segment): Segment {
  const last = result.at(-1);
  const first = result.at(-2);
  if (last === undefined) return segment;
  if (!isEdit(segment)) {
    if (!last.kept.length || !segment.kept.length) return segment;
    result.pop();
    return kept([...last.kept, ...segment.kept]);
  }
  if (isEdit(last)) {
    result.pop();
    return edit([...last.deleted, ...segment.deleted], [...last.inserted, ...segment.inserted]);
  }
  if (first === undefined || !isEdit(first) || !tooThin(first, last, segment)) return segment;
  result.splice(-2);
  const common = last.kept;
  return edit([...first.deleted, ...common, ...segment.deleted], [...first.inserted, ...common, ...segment.inserted]);
}

function tooThin(left: Segment, between: Segment, right: Segment): boolean {
  const common = wordCount(between.kept);
  if (!common) return !between.kept.some((token) => PHRASE_ENDS.has(token));
  const replaced = [left, right].every((each) => each.deleted.length && each.inserted.length);
  return replaced && common < Math.min(weight(left), weight(right));
}

function weight({ deleted, inserted }: Segment): number {
  return Math.max(wordCount(deleted), wordCount(inserted));
}

/** What both sides of a replacement begin or end with is common after all: joining brought spaces in. */
function trimmed(segments: readonly Segment[]): Segment[] {
  return segments
    .flatMap(({ kept: common, deleted, inserted }) => {
      const { start, stop } = commonEnds(deleted, inserted);
      const end = deleted.length - stop;
      return [
        kept(deleted.slice(0, start)),
        { kept: common, deleted: deleted.slice(start, end), inserted: inserted.slice(start, inserted.length - stop) },
        kept(deleted.slice(end)),
      ];
    })
    .filter((segment) => !isNothing(segment));
}

function phrasesReplaced(segments: readonly Segment[]): Segment[] {
  const result: Segment[] = [];
  let phrase: Segment[] = [];
  for (const segment of segments) {
    for (const { piece, ends } of cutAtPhraseEnds(segment)) {
      phrase.push(piece);
      if (!ends) continue;
      result.push(...onePairIfUnlike(phrase));
      phrase = [];
    }
  }
  return absorbed([...result, ...onePairIfUnlike(phrase)]);
}

function* cutAtPhraseEnds(segment: Segment): Generator<{ piece: Segment; ends: boolean }> {
  let start = 0;
  for (const [place, token] of segment.kept.entries()) {
    if (!PHRASE_ENDS.has(token)) continue;
    yield { piece: kept(segment.kept.slice(start, place + 1)), ends: true };
    start = place + 1;
  }
  if (isEdit(segment)) yield { piece: segment, ends: false };
  else if (start < segment.kept.length) yield { piece: kept(segment.kept.slice(start)), ends: false };
}

function onePairIfUnlike(phrase: readonly Segment[]): readonly Segment[] {
  const edits = [...phrase.keys()].filter((place) => isEdit(phrase[place] as Segment));
  const [first] = edits;
  const last = edits.at(-1);
  if (first === undefined || last === undefined || edits.length < 2) return phrase;
  const total = (count: (segment: Segment) => number) => phrase.reduce((sum, segment) => sum + count(segment), 0);
  const common = 2 * total((segment) => wordCount(segment.kept));
  const changed = total((segment) => wordCount(segment.deleted) + wordCount(segment.inserted));
  if (common >= LIKENESS * (common + changed)) return phrase;
  const inside = phrase.slice(first, last + 1);
  const pair = edit(
    inside.flatMap((segment) => (segment.kept.length ? segment.kept : segment.deleted)),
    inside.flatMap((segment) => (segment.kept.length ? segment.kept : segment.inserted)),
  );
  return [...phrase.slice(0, first), pair, ...phrase.slice(last + 1)];
}
