/** « Texte gardé sur ce poste »: words that could not be stored, for their author to copy. */

import { button, element } from "../page/words";
import { dropText, type KeptText, placeOfOwner, textsOf } from "./kept";

/** For whom the words were written: on a page of neither, nobody could tell. */
const WRITTEN: Readonly<Record<string, string>> = {
  commune: "Écrit sur la table commune.",
  ours: "Écrit dans votre brouillon interne.",
  authorities: "Écrit dans le brouillon entre autorités.",
};

/** Those of one place that aren't shown yet, above what stands there. `clause` empty: those of all its clauses. */
export async function showKept(
  host: HTMLElement,
  { owner, clause, say }: { owner: string; clause: string; say: (sentence: string) => void },
): Promise<void> {
  for (const text of await textsOf(owner)) {
    if (text.clause && clause && text.clause !== clause) continue;
    if (document.querySelector(`[data-kept="${text.id}"]`)) continue;
    host.prepend(keptPanel(text, say));
  }
}

function keptPanel(text: KeptText, say: (sentence: string) => void): HTMLElement {
  const { side } = placeOfOwner(text.owner);
  const field = element("textarea", "field kept-field", text.text);
  field.readOnly = true;
  field.rows = Math.min(8, text.text.split("\n").length + 1);
  field.setAttribute("aria-label", "Texte gardé");
  const copy = button("Copier", "button button-small", () => {
    void copyText(field).then((copied) =>
      say(copied ? "Texte copié." : "La copie a échoué : copiez le texte du champ."),
    );
  });
  const drop = button("Supprimer", "button button-small button-plain", () => {
    panel.remove();
    void dropText(text.id);
  });
  const panel = element(
    "section",
    side === "commune" ? "kept-text" : "kept-text private",
    element("h4", "", "Texte gardé sur ce poste"),
    element("p", "", `${WRITTEN[side] ?? ""} ${text.why}`.trim()),
    field,
    element("p", "bar-line", copy, drop),
  );
  panel.dataset.kept = text.id;
  panel.setAttribute("aria-label", "Texte gardé sur ce poste");
  return panel;
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
