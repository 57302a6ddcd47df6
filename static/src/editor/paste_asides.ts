/** What stands beside the words of a pasted page: images, notes, comments, words that were struck out. */

import { isBlank, LOOK, leftOut, lookOf } from "./paste_dom";

const OBJECTS = "object, embed, iframe, video, audio, canvas, svg, math";
/** How LibreOffice and Word write the call of a note, and the number before the note itself. */
const CALLS = "a.sdfootnoteanc, a.sdendnoteanc, a[href*='_ftn'], a[href*='_edn']";
const NUMBERS = "a.sdfootnotesym, a.sdendnotesym";
const COMMENTS = /mso-element: ?comment-list/;

/** Takes out what a text can't hold. A comment of another tool may be for its author's side only: never pasted. */
export function dropAsides(page: Document): string[] {
  const images = removed([...page.querySelectorAll("img, picture")]);
  const objects = removed([...page.querySelectorAll(OBJECTS)]);
  const looks = [...page.querySelectorAll(`[${LOOK}]`)];
  const lists = looks.filter((found) => COMMENTS.test(lookOf(found)));
  const comments = lists.reduce((count, list) => count + (list.querySelectorAll(".MsoCommentText").length || 1), 0);
  removed([...lists, ...page.querySelectorAll(".MsoCommentReference, .msocomanchor, #_com_1")]);
  const hidden = looks.filter((found) => found.isConnected && /display: ?none|mso-hide: ?all/.test(lookOf(found)));
  const words = removed(hidden.filter((found) => !isBlank(found)));
  return [
    ...leftOut(images, "Une image n’a pas été reprise.", "# images n’ont pas été reprises."),
    ...leftOut(objects, "Un objet n’a pas été repris.", "# objets n’ont pas été repris."),
    ...leftOut(comments, "Un commentaire de relecture n’a pas été repris.", "# commentaires n’ont pas été repris."),
    ...leftOut(words, "Un passage masqué n’a pas été repris.", "# passages masqués n’ont pas été repris."),
  ];
}

/** Notes stay with the text, at its end, called by their number in brackets. */
export function gatherNotes(page: Document): string[] {
  const calls = [...page.querySelectorAll<HTMLElement>(`${CALLS}, ${NUMBERS}`)];
  for (const call of calls) {
    const number = (call.textContent ?? "").replace(/[[\]\s]/g, "");
    const isBefore = call.matches(`${NUMBERS}, [name^='_ftn']:not([name^='_ftnref'])`);
    call.replaceWith(`${isBefore ? "" : "\u00a0"}[${number}]${isBefore ? " " : ""}`);
  }
  for (const rule of page.querySelectorAll(`[${LOOK}*='note-list'] > hr`)) rule.remove();
  return calls.length ? ["Les notes ont été mises à la fin du texte collé."] : [];
}

/** Words deleted with the changes tracked: still there to be read, but struck. */
export function showDeletions(page: Document): string[] {
  const tracked = [...page.querySelectorAll("del[cite], del[datetime]")].filter((found) => !isBlank(found));
  return tracked.length ? ["Les mots supprimés en suivi des modifications sont repris barrés."] : [];
}

function removed(found: Element[]): number {
  for (const one of found) one.remove();
  return found.length;
}
