/** « Texte gardé sur ce poste »: words that could not be stored, for their author to copy. */

import { button, element } from "../page/words";
import { dropText, type KeptText, placeOfOwner, textsOf } from "./kept";

/** For whom the words were written: on a page of neither, nobody could tell. */
const WRITTEN: Readonly<Record<string, string>> = {
  commune: "Écrit sur la table commune.",
  ours: "Écrit dans votre brouillon interne.",
  authorities: "Écrit dans le brouillon entre autorités.",
};

/** Where a value is put back: the field beside the text, while somebody may write in it. */
export interface ValuePlace {
  wordsOf: (value: string) => string;
  /** False when the field takes nothing now. */
  putBack: (value: string) => boolean;
}

interface Parts {
  owner: string;
  clause: string;
  say: (sentence: string) => void;
  value?: ValuePlace;
}

/** Those of one place that aren't shown yet, above what stands there. `clause` empty: those of all its clauses. */
export async function showKept(host: HTMLElement, { owner, clause, say, value }: Parts): Promise<void> {
  for (const text of await textsOf(owner)) {
    if (text.clause && clause && text.clause !== clause) continue;
    if (document.querySelector(`[data-kept="${text.id}"]`)) continue;
    host.prepend(keptPanel(text, say, text.clause === clause ? value : undefined));
  }
}

function keptPanel(text: KeptText, say: (sentence: string) => void, value: ValuePlace | undefined): HTMLElement {
  const { side } = placeOfOwner(text.owner);
  const name = text.isValue ? "Valeur gardée sur ce poste" : "Texte gardé sur ce poste";
  const words = text.isValue && value ? value.wordsOf(text.text) : text.text;
  const field = element("textarea", "field kept-field", words);
  field.readOnly = true;
  field.rows = text.isValue && !words.includes("\n") ? 1 : Math.min(8, words.split("\n").length + 1);
  field.setAttribute("aria-label", text.isValue ? "Valeur gardée" : "Texte gardé");
  const forget = () => {
    panel.remove();
    void dropText(text.id);
  };
  const ways = [copyButton(field, say), button("Supprimer", "button button-small button-plain", forget)];
  if (text.isValue && value) ways.unshift(putBackButton(text.text, value, { say, done: forget }));
  const panel = element(
    "section",
    side === "commune" ? "kept-text" : "kept-text private",
    element("h4", "", name),
    element("p", "", `${WRITTEN[side] ?? ""} ${text.why}`.trim()),
    field,
    element("p", "bar-line", ...ways),
  );
  panel.dataset.kept = text.id;
  panel.setAttribute("aria-label", name);
  return panel;
}

function copyButton(field: HTMLTextAreaElement, say: (sentence: string) => void): HTMLButtonElement {
  return button("Copier", "button button-small", () => {
    void copyText(field).then((copied) =>
      say(copied ? "Texte copié." : "La copie a échoué : copiez le texte du champ."),
    );
  });
}

function putBackButton(
  kept: string,
  place: ValuePlace,
  { say, done }: { say: (sentence: string) => void; done: () => void },
): HTMLButtonElement {
  return button("Remettre ma valeur", "button button-small", () => {
    if (place.putBack(kept)) done();
    else say("Cette valeur ne s’écrit pas en ce moment\u00a0: elle reste gardée ici.");
  });
}

/** The old way first: it is told as a copy, so that internal words are known where they are pasted. */
async function copyText(field: HTMLTextAreaElement): Promise<boolean> {
  field.select();
  if (document.execCommand("copy")) return true;
  try {
    await navigator.clipboard.writeText(field.value);
    return true;
  } catch {
    return false;
  }
}
