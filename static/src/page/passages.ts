/**
 * « Commenter ce passage »: words selected in a text that is read, or written, go to the comment form, with those around them.
 *
 * The button stands just after the text, so that it is the next stop of the keyboard; without it, the form's own field
 * « Citer un passage » takes the words.
 */

import { announce, button } from "./words";

const TEXT = "[data-passages] .read";
/** What is on the page and not in the text: struck words, words said aloud only, letters of parties. */
const UNREAD = "del, .unit-deleted, .vh, .by, .mark-space, .unit-note, .value, .value-change, .anchor-link";
const AROUND = 48;

let shown: HTMLButtonElement | null = null;

export function startCitingPassages(): void {
  document.addEventListener("selectionchange", () => offer());
}

function offer(): void {
  const selection = document.getSelection();
  const range = selection && !selection.isCollapsed ? selection.getRangeAt(0) : null;
  const text = range ? textOf(range) : null;
  if (!range || !text || !words(range)) {
    if (shown !== document.activeElement) withdraw();
    return;
  }
  if (shown?.previousElementSibling === text) return;
  withdraw();
  shown = button("Commenter ce passage", "button button-small cite-button", () => cite(text));
  // The pointer takes the focus, and a browser then drops the selection that is about to be read.
  shown.addEventListener("mousedown", (event) => event.preventDefault());
  text.after(shown);
}

function withdraw(): void {
  shown?.remove();
  shown = null;
}

function textOf(range: Range): HTMLElement | null {
  const { commonAncestorContainer: node } = range;
  return (node instanceof Element ? node : node.parentElement)?.closest<HTMLElement>(TEXT) ?? null;
}

function words(range: Range): string {
  const piece = range.cloneContents();
  for (const unread of piece.querySelectorAll(UNREAD)) unread.remove();
  return (piece.textContent ?? "").replace(/\s+/g, " ").trim();
}

function around(text: HTMLElement, range: Range): [string, string] {
  const before = document.createRange();
  before.selectNodeContents(text);
  before.setEnd(range.startContainer, range.startOffset);
  const after = document.createRange();
  after.selectNodeContents(text);
  after.setStart(range.endContainer, range.endOffset);
  return [words(before).slice(-AROUND), words(after).slice(0, AROUND)];
}

function cite(text: HTMLElement): void {
  const selection = document.getSelection();
  if (!selection || selection.isCollapsed) return;
  const range = selection.getRangeAt(0);
  const [quote, [before, after]] = [words(range), around(text, range)];
  const forms = [...document.querySelectorAll<HTMLFormElement>("form:has([data-quote])")];
  for (const form of forms) {
    fill(form, "quote", quote);
    fill(form, "quote_before", before);
    fill(form, "quote_after", after);
    form.querySelector<HTMLDetailsElement>("details.cite")?.setAttribute("open", "");
  }
  const chosen = forms.find((form) => form.closest("details")?.open) ?? forms[0];
  const folded = chosen?.closest("details");
  if (folded) folded.open = true;
  withdraw();
  chosen?.querySelector<HTMLTextAreaElement>("textarea[name=text]")?.focus();
  announce("Le passage est cité. Écrivez votre commentaire.");
}

function fill(form: HTMLFormElement, name: string, words: string): void {
  const field = form.elements.namedItem(name);
  if (field instanceof HTMLInputElement || field instanceof HTMLTextAreaElement) field.value = words;
}
