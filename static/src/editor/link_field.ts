/** A small field under the tools: the address of a link. */

import type { Editor } from "@tiptap/core";
import { button, element } from "../page/words";
import { chainInText, focusText } from "./focus";
import { addressFrom } from "./link";

export class LinkField {
  readonly element: HTMLElement;
  private readonly field = element("input", "field");
  private readonly problem = element("span", "field-error");

  constructor(private readonly editor: Editor) {
    this.field.type = "text";
    this.field.inputMode = "url";
    this.field.autocomplete = "off";
    this.problem.setAttribute("role", "alert");
    this.element = element(
      "div",
      "link-field",
      element("label", "", "Adresse du lien ", this.field),
      button("Poser le lien", "button button-small", () => this.apply()),
      button("Retirer le lien", "button button-small button-plain", () => this.remove()),
      this.problem,
    );
    this.element.hidden = true;
    // No form: the editor may itself stand inside one.
    this.element.addEventListener("keydown", (event) => {
      if (event.key === "Escape") this.close();
      if (event.key !== "Enter" || event.target !== this.field) return;
      event.preventDefault();
      this.apply();
    });
  }

  open(): void {
    const { href } = this.editor.getAttributes("link");
    this.field.value = typeof href === "string" ? href : "";
    this.problem.textContent = "";
    this.element.hidden = false;
    this.field.focus();
    this.field.select();
  }

  private apply(): void {
    const address = addressFrom(this.field.value);
    if (address === null) {
      this.problem.textContent = "Une adresse commence par https:// ou est une adresse électronique.";
      this.field.setAttribute("aria-invalid", "true");
      return;
    }
    const chain = chainInText(this.editor).extendMarkRange("link");
    if (this.editor.state.selection.empty && !this.editor.isActive("link")) {
      const mark = { type: "link", attrs: { href: address } };
      chain.insertContent({ type: "text", text: this.field.value.trim(), marks: [mark] }).run();
    } else {
      chain.setMark("link", { href: address }).run();
    }
    this.close();
  }

  private remove(): void {
    chainInText(this.editor).extendMarkRange("link").unsetMark("link").run();
    this.close();
  }

  private close(): void {
    this.field.removeAttribute("aria-invalid");
    this.element.hidden = true;
    focusText(this.editor);
  }
}
