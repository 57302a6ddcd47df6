/** What a reader is told of their words: never that something is saved before the server has said so. */

import { keeps } from "./kept";

export type SaveState =
  | { kind: "saved"; at: Date | null }
  | { kind: "saving" }
  | { kind: "offline"; changes: number }
  | { kind: "unsaved" };

interface Facts {
  /** Edits that the server hasn't acknowledged. */
  changes: number;
  connected: boolean;
  /** One of them has waited longer than it should. */
  late: boolean;
  savedAt: Date | null;
  stopped: string | null;
}

const HOUR = new Intl.DateTimeFormat("fr-FR", { hour: "numeric", minute: "2-digit", timeZone: "Europe/Paris" });

export function stateOf({ changes, connected, late, savedAt, stopped }: Facts): SaveState {
  if (stopped !== null) return changes > 0 ? { kind: "unsaved" } : { kind: "saved", at: savedAt };
  if (!connected) return keeps() || !changes ? { kind: "offline", changes } : { kind: "unsaved" };
  if (!changes) return { kind: "saved", at: savedAt };
  return { kind: late ? "unsaved" : "saving" };
}

export function inWords(state: SaveState): string {
  switch (state.kind) {
    case "saved":
      return state.at === null ? "Enregistré" : `Enregistré à ${hour(state.at)}`;
    case "saving":
      return "Enregistrement…";
    case "offline":
      return state.changes ? `Hors ligne\u00a0: ${count(state.changes)} sur ce poste` : "Hors ligne";
    case "unsaved":
      return "Non enregistré";
  }
}

/** « 9 h 42 », with no-break spaces. */
function hour(at: Date): string {
  const parts = HOUR.formatToParts(at);
  const part = (type: string) => parts.find((one) => one.type === type)?.value ?? "";
  return `${Number(part("hour"))}\u00a0h\u00a0${part("minute")}`;
}

function count(changes: number): string {
  return changes < 2
    ? `${changes}\u00a0modification gardée`
    : `${changes.toLocaleString("fr-FR")}\u00a0modifications gardées`;
}
