/** Changes in words, as they are announced to who doesn't see the marks. */

import { type Change, countWords, nameOf, textOf } from "./redline_changes";

const MOST = 160;

/** `value`: the value beside the text changed too. */
export function counted(changes: number, value: boolean): string {
  if (changes === 0) return value ? "La valeur a changé" : "Aucun changement";
  const words = changes === 1 ? "1\u00a0changement" : `${changes.toLocaleString("fr-FR")}\u00a0changements`;
  return value ? `${words} et la valeur` : words;
}

/** « Changement 2 sur 4. Ajout de 3 mots (ARS) : … » `by`: who typed the words, null when nobody knows. */
export function announced(change: Change, place: number, total: number, by: string | null): string {
  return `Changement ${place + 1} sur ${total}. ${inWords(change, by)}`;
}

function inWords(change: Change, by: string | null): string {
  const signed = by === null ? "" : ` (${by})`;
  switch (change.kind) {
    case "words":
      return ofWords(change.deleted, change.inserted, signed);
    case "format":
      return `Mise en forme modifiée\u00a0: ${quoted(change.inserted)}`;
    case "added":
      return `${change.moved ? "Déplacé ici" : "Ajout"}${signed}, ${nameOf(change.unit)}\u00a0: ${quoted(textOf(change.unit))}`;
    case "removed":
      return `${change.moved ? "Déplacé d’ici" : "Suppression"}, ${nameOf(change.before)}\u00a0: ${quoted(textOf(change.before))}`;
    case "remade":
      return `${change.note.charAt(0).toUpperCase()}${change.note.slice(1)}\u00a0: ${quoted(textOf(change.unit))}`;
  }
}

function ofWords(deleted: string, inserted: string, signed: string): string {
  if (!deleted) return `Ajout ${amount(inserted)}${signed}\u00a0: ${quoted(inserted)}`;
  if (!inserted) return `Suppression ${amount(deleted)}\u00a0: ${quoted(deleted)}`;
  return `Remplacement${signed}\u00a0: ${quoted(deleted)} devient ${quoted(inserted)}`;
}

function amount(text: string): string {
  const words = countWords(text);
  if (words === 0) return text.trim() ? "de signes" : "d’espaces";
  return words === 1 ? "d’un mot" : `de ${words}\u00a0mots`;
}

function quoted(text: string): string {
  const words = text.replace(/\s+/g, " ").trim();
  return `«\u00a0${words.length > MOST ? `${words.slice(0, MOST).trimEnd()}…` : words}\u00a0»`;
}
