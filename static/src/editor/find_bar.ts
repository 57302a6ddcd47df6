/** The bar that finds words in the text: Enter and F3 go on, Escape goes back to the text, on what was found. */

import type { Editor } from "@tiptap/core";
import { button, element } from "../page/words";
import { type Found, foundIn, seek, selectFound, step } from "./find";
import { focusText } from "./focus";

export class FindBar {
  readonly element: HTMLElement;
  private readonly field = element("input", "field");
  private readonly count = element("span", "find-count");
  private readonly said = element("span", "");

  constructor(private readonly editor: Editor) {
    this.field.type = "search";
    this.field.autocomplete = "off";
    this.count.setAttribute("role", "status");
    const previous = this.tool("↑", "Occurrence précédente (Maj+F3)", () => this.go(-1));
    const next = this.tool("↓", "Occurrence suivante (F3)", () => this.go(1));
    const close = this.tool("✕", "Fermer la recherche (Échap)", () => this.close());
    this.field.placeholder = "Rechercher";
    this.field.setAttribute("aria-label", "Rechercher dans ce texte");
    const place = element("div", "find-field", this.field, this.count);
    this.element = element("div", "find-bar", place, previous, next, close);
    this.element.setAttribute("role", "search");
    this.element.title = "Ctrl+F ici\u00a0: la recherche du navigateur";
    this.element.hidden = true;
    this.field.addEventListener("input", () => this.show(seek(editor.view, this.field.value)));
    this.element.addEventListener("keydown", (event) => this.pressed(event));
    editor.on("transaction", this.follow);
  }

  get isOpen(): boolean {
    return !this.element.hidden;
  }

  open(): void {
    const { from, to } = this.editor.state.selection;
    const selected = this.editor.state.doc.textBetween(from, to, " ");
    if (selected && selected.length <= 100) this.field.value = selected;
    this.element.hidden = false;
    this.field.focus();
    this.field.select();
    this.show(seek(this.editor.view, this.field.value));
  }

  go(by: 1 | -1): void {
    this.show(step(this.editor.view, by));
  }

  private close(): void {
    selectFound(this.editor.view);
    this.element.hidden = true;
    seek(this.editor.view, "");
    focusText(this.editor);
  }

  private pressed(event: KeyboardEvent): void {
    const isField = event.target === this.field;
    if (event.key === "Escape") this.close();
    else if (event.key === "F3" || (event.key === "Enter" && isField)) this.go(event.shiftKey ? -1 : 1);
    else return;
    event.preventDefault();
  }

  private readonly follow = (): void => {
    if (this.isOpen) this.show(foundIn(this.editor.state));
  };

  private show({ places, now }: Found): void {
    const words = places.length
      ? [`${now + 1} sur ${places.length}`]
      : ["Aucune", element("span", "vh", " occurrence")];
    this.said.replaceChildren(...(this.field.value.trim() ? words : []));
    // Only when it is another: a live region says again whatever is put in it.
    if (this.count.textContent !== this.said.textContent) this.count.replaceChildren(...this.said.childNodes);
  }

  private tool(words: string, name: string, does: () => void): HTMLButtonElement {
    const made = button(words, "tool", does);
    made.title = name;
    made.setAttribute("aria-label", name);
    return made;
  }
}
