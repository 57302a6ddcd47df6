/** The tools above a text: plain words where a sign would have to be learnt. One stop for the Tab key, then arrows. */

import type { ChainedCommands, Editor } from "@tiptap/core";
import { yUndoPluginKey } from "@tiptap/y-tiptap";
import { button, element } from "../page/words";
import { chainInText, focusText } from "./focus";
import { LinkField } from "./link_field";
import { OneStop } from "./one_stop";

interface Tool {
  words: string;
  name: string;
  look?: string;
  does: (chain: ChainedCommands) => ChainedCommands;
  isOn?: (editor: Editor) => boolean;
  isUseless?: (editor: Editor) => boolean;
}

/** A tool that does nothing to the text, so leaves the focus to what it opens. */
export interface Aside {
  words: string;
  name: string;
  does: () => void;
}

const STYLES: readonly Tool[] = [
  {
    words: "G",
    name: "Gras (Ctrl+B)",
    look: "tool-bold",
    does: (c) => c.toggleBold(),
    isOn: (e) => e.isActive("bold"),
  },
  {
    words: "I",
    name: "Italique (Ctrl+I)",
    look: "tool-italic",
    does: (c) => c.toggleItalic(),
    isOn: (e) => e.isActive("italic"),
  },
  {
    words: "S",
    name: "Barré (Ctrl+Maj+S)",
    look: "tool-strike",
    does: (c) => c.toggleStrike(),
    isOn: (e) => e.isActive("strike"),
  },
];

const BLOCKS: readonly Tool[] = [
  {
    words: "• Liste",
    name: "• Liste à puces (Ctrl+Maj+L)",
    does: (c) => c.toggleBulletList(),
    isOn: (e) => e.isActive("bulletList"),
  },
  {
    words: "1. Liste",
    name: "1. Liste numérotée (Ctrl+Maj+7)",
    does: (c) => c.toggleOrderedList(),
    isOn: (e) => e.isActive("orderedList"),
  },
  {
    words: "Citation",
    name: "Citation (Ctrl+Maj+B)",
    does: (c) => c.toggleBlockquote(),
    isOn: (e) => e.isActive("blockquote"),
  },
  {
    words: "Tableau",
    name: "Insérer un tableau",
    does: (c) => c.insertTable({ rows: 3, cols: 3, withHeaderRow: true }),
    isUseless: (e) => !e.can().insertTable() || e.isActive("table"),
  },
];

const IN_TABLE: readonly Tool[] = [
  { words: "+ ligne", name: "Ajouter une ligne dessous", does: (c) => c.addRowAfter() },
  { words: "− ligne", name: "Supprimer la ligne", does: (c) => c.deleteRow() },
  { words: "+ colonne", name: "Ajouter une colonne à droite", does: (c) => c.addColumnAfter() },
  { words: "− colonne", name: "Supprimer la colonne", does: (c) => c.deleteColumn() },
  { words: "Supprimer le tableau", name: "Supprimer le tableau", does: (c) => c.deleteTable() },
];

const HISTORY: readonly Tool[] = [
  {
    words: "Annuler",
    name: "Annuler ma dernière modification (Ctrl+Z)",
    does: (c) => c.undo(),
    isUseless: (e) => !stackOf(e)?.undoStack.length,
  },
  {
    words: "Rétablir",
    name: "Rétablir ma modification (Ctrl+Y)",
    does: (c) => c.redo(),
    isUseless: (e) => !stackOf(e)?.redoStack.length,
  },
];

export class Toolbar {
  readonly element: HTMLElement;
  private readonly shown: [HTMLButtonElement, Tool][] = [];
  private readonly headings = element("select", "tool-select");
  private readonly tableGroup: HTMLElement;
  private readonly link: LinkField;
  private readonly stop: OneStop;

  constructor(
    private readonly editor: Editor,
    labelled: string,
    { asides, mayFormat }: { asides: readonly Aside[]; mayFormat: boolean },
  ) {
    this.link = new LinkField(editor);
    this.tableGroup = this.group("Tableau", IN_TABLE);
    const bar = element("div", "tools", ...(mayFormat ? this.formatting() : []), ...asides.map(aside));
    bar.setAttribute("role", "toolbar");
    bar.setAttribute("aria-label", `${mayFormat ? "Mise en forme" : "Outils"}\u00a0: ${labelled}`);
    this.stop = new OneStop([bar], () => focusText(this.editor));
    this.element = element("div", "editor-tools", bar, this.link.element);
    this.editor.on("transaction", this.refresh);
    this.refresh();
  }

  openLink(): void {
    if (this.editor.isEditable) this.link.open();
  }

  focus(): void {
    this.element.querySelector<HTMLElement>("[tabindex='0']")?.focus();
  }

  destroy(): void {
    this.editor.off("transaction", this.refresh);
  }

  /** After each edit, and when the text was opened or closed to writing: its tools would write in it all the same. */
  readonly refresh = (): void => {
    const isClosed = !this.editor.isEditable;
    for (const [pressed, tool] of this.shown) {
      if (tool.isOn) pressed.setAttribute("aria-pressed", String(tool.isOn(this.editor)));
      // Still reachable by the arrows: a tool that vanishes under the focus loses it.
      pressed.setAttribute("aria-disabled", String(isClosed || (tool.isUseless?.(this.editor) ?? false)));
    }
    this.headings.setAttribute("aria-disabled", String(isClosed));
    this.tableGroup.hidden = !this.editor.isActive("table");
    const level = [1, 2, 3, 4].find((one) => this.editor.isActive("heading", { level: one }));
    this.headings.value = String(level ?? 0);
    this.stop.keep();
  };

  private formatting(): HTMLElement[] {
    return [
      this.headingChoice(),
      this.group("Caractères", STYLES),
      this.group("Paragraphes", BLOCKS),
      this.tableGroup,
      this.linkTool(),
      this.group("Mes modifications", HISTORY),
    ];
  }

  private group(name: string, tools: readonly Tool[]): HTMLElement {
    const group = element("span", "tool-group", ...tools.map((tool) => this.tool(tool)));
    group.setAttribute("role", "group");
    group.setAttribute("aria-label", name);
    return group;
  }

  private tool(tool: Tool): HTMLButtonElement {
    const made = button(tool.words, `tool ${tool.look ?? ""}`.trim(), () => {
      if (made.getAttribute("aria-disabled") !== "true") tool.does(chainInText(this.editor)).run();
    });
    made.title = tool.name;
    made.setAttribute("aria-label", tool.name);
    keepSelection(made);
    this.shown.push([made, tool]);
    return made;
  }

  private linkTool(): HTMLElement {
    const tool: Tool = { words: "Lien", name: "Lien (Ctrl+K)", does: (c) => c, isOn: (e) => e.isActive("link") };
    const made = button(tool.words, "tool", () => this.openLink());
    made.title = tool.name;
    made.setAttribute("aria-label", tool.name);
    keepSelection(made);
    this.shown.push([made, tool]);
    return made;
  }

  private headingChoice(): HTMLElement {
    const choices = ["Paragraphe", "Titre 1", "Titre 2", "Titre 3", "Titre 4"];
    for (const [level, words] of choices.entries()) this.headings.append(new Option(words, String(level)));
    this.headings.setAttribute("aria-label", "Style du paragraphe");
    this.headings.addEventListener("change", () => {
      if (!this.editor.isEditable) return this.refresh();
      const level = Number(this.headings.value);
      const chain = chainInText(this.editor);
      if (level === 0) chain.setParagraph().run();
      else chain.setHeading({ level: level as 1 | 2 | 3 | 4 }).run();
    });
    return this.headings;
  }
}

function aside({ words, name, does }: Aside): HTMLElement {
  const made = button(words, "tool", does);
  made.title = name;
  made.setAttribute("aria-label", name);
  keepSelection(made);
  return made;
}

/** Pressing a tool with the mouse must not take the caret out of the text. */
function keepSelection(tool: HTMLElement): void {
  tool.addEventListener("mousedown", (event) => event.preventDefault());
}

function stackOf(editor: Editor): { undoStack: unknown[]; redoStack: unknown[] } | undefined {
  return yUndoPluginKey.getState(editor.state)?.undoManager;
}
