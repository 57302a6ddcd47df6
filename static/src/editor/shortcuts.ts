/** What hands know from Word, beside what Tiptap knows already (Ctrl+B, I, Z, Y…), and the list of all of it. */

import { type Editor, Extension } from "@tiptap/core";
import { button, element } from "../page/words";

type Level = 1 | 2 | 3 | 4;

/** Keys, then what they do. One list: the dialog shows it, the guide repeats it. */
const SHORTCUTS: readonly [string, readonly (readonly [string, string])[]][] = [
  [
    "Caractères",
    [
      ["Ctrl+B ou Ctrl+G", "Gras"],
      ["Ctrl+I", "Italique"],
      ["Ctrl+Maj+S", "Barré"],
      ["Ctrl+K", "Lien"],
    ],
  ],
  [
    "Paragraphes",
    [
      ["Ctrl+Alt+1 à 4", "Titre 1 à 4"],
      ["Alt+Maj+← ou →", "Titre plus haut, plus bas"],
      ["Ctrl+Maj+N", "Paragraphe ordinaire"],
      ["Ctrl+Maj+L ou Ctrl+Maj+8", "Liste à puces"],
      ["Ctrl+Maj+7", "Liste numérotée"],
      ["Ctrl+Maj+B", "Citation"],
      ["Maj+Entrée", "À la ligne dans le paragraphe"],
      ["Tab, Maj+Tab", "Retrait dans une liste, cellule suivante ou précédente dans un tableau"],
    ],
  ],
  [
    "Se déplacer",
    [
      ["Ctrl+F", "Rechercher dans ce texte ; une seconde fois, la recherche du navigateur"],
      ["F8, Maj+F8", "Changement suivant, précédent"],
      ["F9, Maj+F9", "Passage commenté suivant, précédent"],
      ["Ctrl+F9", "Lire le commentaire du passage ; Échap ramène au texte"],
      ["Alt+F10", "Aller aux outils"],
      ["F6, Maj+F6", "En séance : ordre du jour, clause, décisions, discussion, dans un sens ou dans l’autre"],
      ["Échap", "Sortir du texte ; Tab mène alors à la suite de la page"],
    ],
  ],
  [
    "Mes modifications",
    [
      ["Ctrl+Z", "Annuler ma dernière modification, jamais celle d’un autre"],
      ["Ctrl+Y ou Ctrl+Maj+Z", "La rétablir"],
      ["Ctrl+F8", "Rétablir le passage d’avant, sur un changement"],
      ["Ctrl+/", "Cette liste"],
    ],
  ],
];

export const WordKeys = Extension.create({
  name: "wordKeys",
  // Before the keys of lists and tables.
  priority: 200,
  addKeyboardShortcuts() {
    return {
      Enter: () => deleteAcross(this.editor),
      "Mod-g": () => this.editor.commands.toggleBold(),
      "Mod-Shift-l": () => this.editor.commands.toggleBulletList(),
      "Mod-Shift-n": () => this.editor.commands.setParagraph(),
      // Ctrl+Alt is AltGr on a French keyboard, where these two still work.
      "Alt-Shift-ArrowLeft": () => moveLevel(this.editor, -1),
      "Alt-Shift-ArrowRight": () => moveLevel(this.editor, 1),
    };
  },
});

/**
 * Enter over several blocks deletes first, then splits where that leads: in one go the split would look for its place
 * where the text no longer is (seen over the edge of a list).
 */
function deleteAcross(editor: Editor): false {
  const { selection } = editor.state;
  if (!selection.$from.sameParent(selection.$to)) editor.commands.deleteSelection();
  return false;
}

/** As Word does: a paragraph rises to a title, a title that goes below the last level is a paragraph again. */
function moveLevel(editor: Editor, step: 1 | -1): boolean {
  const { level } = editor.getAttributes("heading");
  if (level === undefined) return step < 0 && editor.commands.setHeading({ level: 4 });
  const wanted = Number(level) + step;
  if (wanted > 4) return editor.commands.setParagraph();
  return editor.commands.setHeading({ level: Math.max(1, wanted) as Level });
}

export function showShortcuts(): void {
  const title = element("h2", "", "Raccourcis clavier");
  title.id = "raccourcis-titre";
  const close = button("Fermer", "button", () => dialog.close());
  const dialog = element("dialog", "shortcuts", title, ...SHORTCUTS.flatMap(group), element("p", "bar-line", close));
  dialog.setAttribute("aria-labelledby", title.id);
  // What had the focus takes it again by itself.
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}

function group([name, keys]: (typeof SHORTCUTS)[number]): HTMLElement[] {
  const rows = keys.flatMap(([key, does]) => [element("dt", "", element("kbd", "", key)), element("dd", "", does)]);
  return [element("h3", "", name), element("dl", "shortcut-list", ...rows)];
}
