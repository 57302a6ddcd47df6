/** One clause open to writing: the text under its tools, the save state, who else is there. */

import { Editor } from "@tiptap/core";
import { Collaboration } from "@tiptap/extension-collaboration";
import { Selection } from "@tiptap/pm/state";
import { yXmlFragmentToProsemirrorJSON } from "@tiptap/y-tiptap";
import type { Socket } from "socket.io-client";
import { element } from "../page/words";
import { Carets, tell } from "./carets";
import { Commented } from "./commented";
import type { DraftSync, SyncEvent } from "./draft_sync";
import { Find } from "./find";
import { FindBar } from "./find_bar";
import { focusText } from "./focus";
import { readSelection } from "./fresh_selection";
import { showKept } from "./kept_panel";
import { cleanPaste, PasteNote } from "./paste";
import { fitInCell, isTooLong, TOO_LONG } from "./paste_cell";
import type { Peers } from "./peers";
import { peopleInWords } from "./people";
import { reading } from "./reading";
import { RedlineBar, sinceWhen } from "./redline_bar";
import { LiveRedline } from "./redline_plugin";
import { References } from "./redline_reference";
import { inWords, type SaveState } from "./save_state";
import { schema } from "./schema";
import { LOCKED, NOT_LIVE, OPENING, READING } from "./sentences";
import { showShortcuts } from "./shortcuts";
import { fragmentName } from "./texts";
import { Toolbar } from "./toolbar";
import { TypedField } from "./typed_field";
import { NO_PLACE, Undo } from "./undo";

/** Where the caret goes: a place in the text that was clicked, its end, or nowhere (no focus is taken). */
export type FirstCaret = { x: number; y: number } | "end" | null;

const HELP =
  "Échap pour sortir du texte. Tabulation : cellule suivante dans un tableau, retrait dans une liste, sinon suite de la page. F8\u00a0: changement suivant.";
const READERS_HELP = "Échap pour sortir du texte. F8\u00a0: changement suivant. Ctrl+F\u00a0: rechercher.";
const LEFT = "Vous êtes sorti du texte. Tab\u00a0: la suite de la page. Maj+Tab ou Entrée\u00a0: y revenir.";
/** Pixels: the tools stay in sight above the text, so a caret that is gone to comes to rest below them. */
const UNDER_THE_TOOLS = { top: 180, right: 0, bottom: 48, left: 0 };
/** Between two keystrokes nobody needs to hear that the first one is saved. */
const CALM_MS = 400;

interface ClauseParts {
  clause: string;
  say: (sentence: string) => void;
  caret: FirstCaret;
  person: string;
  socket: Socket;
}

let count = 0;

export class ClauseEditor {
  private editor: Editor | null = null;
  private toolbar: Toolbar | null = null;
  private redline: { references: References; marks: LiveRedline; bar: RedlineBar } | null = null;
  private find: FindBar | null = null;
  private readonly commented: Commented;
  private readonly value: TypedField;
  private readonly text: HTMLElement;
  private readonly frame = element("div", "editor");
  private readonly saved: HTMLElement;
  private readonly people = element("p", "live-people");
  private readonly problem = element("p", "live-problem");
  private readonly note: PasteNote;
  private readonly after = element("p", "after-text", LEFT);
  private readonly help = element("p", "vh");
  private readonly silences: (() => void)[];
  private firstCaret: FirstCaret;
  private calm: number | undefined;
  /** The draft in which the others were told that this person is there. */
  private told: string | null = null;

  constructor(
    private readonly host: HTMLElement,
    private readonly sync: DraftSync,
    private readonly peers: Peers,
    private readonly parts: ClauseParts,
  ) {
    this.text = host.querySelector<HTMLElement>(".live-text") ?? host.appendChild(element("div", "live-text read"));
    this.firstCaret = this.inText(parts.caret);
    this.saved = this.savedLine();
    this.note = new PasteNote(parts.say);
    this.commented = new Commented(parts.clause, parts.say);
    count += 1;
    this.help.id = `aide-editeur-${count}`;
    this.help.textContent = this.readsOnly ? READERS_HELP : HELP;
    this.problem.setAttribute("role", "alert");
    this.problem.hidden = true;
    this.frame.hidden = true;
    this.after.tabIndex = -1;
    this.after.addEventListener("keydown", (event) => {
      if (event.key !== "Enter") return;
      event.preventDefault();
      this.leaveTools();
    });
    this.frame.append(this.after, this.note.element, this.help);
    this.text.before(this.problem);
    this.text.after(this.frame, this.people);
    host.setAttribute("aria-busy", "true");
    this.value = new TypedField(host, sync, peers, {
      clause: parts.clause,
      say: parts.say,
      mayWrite: () => this.mayWrite(),
      changed: () => this.redline?.bar.show(),
    });
    this.silences = [sync.listen((event) => this.heard(event)), peers.listen(() => this.showPeople())];
    this.showKept();
    this.heard("changed");
  }

  /** Where a text was clicked that is still on its way: the caret goes there once it is open. */
  goTo(caret: FirstCaret): void {
    if (this.editor === null) this.firstCaret = this.inText(caret);
  }

  destroy(): void {
    for (const silence of this.silences) silence();
    this.value.destroy();
    window.clearTimeout(this.calm);
    this.takeDown();
    this.frame.remove();
    this.people.remove();
    this.problem.remove();
    this.text.hidden = false;
  }

  private heard(event: SyncEvent): void {
    if (event === "incoming") {
      if (this.editor) readSelection(this.editor.view);
      return;
    }
    if (event === "texts") this.showKept();
    if (event === "renewed") this.takeDown();
    if (this.editor === null && this.sync.ready) this.build();
    this.editor?.setEditable(this.mayWrite(), false);
    this.toolbar?.refresh();
    this.redline?.bar.show();
    this.showMyself();
    this.showSaved();
    this.showProblem();
  }

  /** Never written by this person, whatever becomes of the clause. */
  private get readsOnly(): boolean {
    return this.host.dataset.editable === "false";
  }

  private mayWrite(): boolean {
    return !this.readsOnly && this.sync.mayWrite(this.parts.clause);
  }

  // ------------------------------------------------------------------ the text

  private build(): void {
    const { doc } = this.sync;
    const label = this.host.dataset.label ?? labelOf(this.host.dataset.draftSide);
    const surface = element("div", "editor-surface");
    const fragment = doc.getXmlFragment(fragmentName(this.parts.clause));
    const references = new References(this.parts.socket, this.sync, this.parts.clause);
    const marks = new LiveRedline(fragment, references, this.parts.say, () => this.value.isChanged);
    const undo = new Undo(fragment, () => this.note.show([NO_PLACE]));
    this.editor = new Editor({
      element: surface,
      injectCSS: false,
      enablePasteRules: false,
      editable: this.mayWrite(),
      // What the binding draws at once: the caret of an empty text has no place in one that begins with a list.
      content: fragment.length ? yXmlFragmentToProsemirrorJSON(fragment) : "",
      extensions: [
        ...schema,
        Collaboration.configure({ fragment, yUndoOptions: { undoManager: undo } }),
        Carets.configure({ peers: this.peers, clause: this.parts.clause }),
        Find,
        marks.extension,
        this.commented.extension,
        reading(
          () => this.mayWrite(),
          (event) => this.keyPressed(event),
        ),
      ],
      editorProps: {
        attributes: {
          class: "read live",
          role: "textbox",
          lang: "fr",
          spellcheck: "true",
          "aria-multiline": "true",
          "aria-label": label,
          "aria-describedby": this.help.id,
        },
        scrollThreshold: UNDER_THE_TOOLS,
        scrollMargin: UNDER_THE_TOOLS,
        transformPastedHTML: (html) => {
          const { html: cleaned, losses } = cleanPaste(html);
          this.note.show(losses);
          return cleaned;
        },
        transformPasted: fitInCell,
        handlePaste: (_view, _event, slice) => {
          const tooLong = isTooLong(slice);
          if (tooLong) this.note.show([TOO_LONG]);
          return tooLong;
        },
        handleKeyDown: (view, event) => {
          readSelection(view);
          return this.keyPressed(event);
        },
      },
      onFocus: ({ editor }) => tell(editor.view, this.peers, this.parts.clause),
      onBlur: () => this.peers.stay(this.parts.clause),
    });
    const find = new FindBar(this.editor);
    this.find = find;
    const asides = [
      { words: "Rechercher", name: "Rechercher dans ce texte (Ctrl+F)", does: () => find.open() },
      { words: "?", name: "? Raccourcis clavier (Ctrl+/)", does: showShortcuts },
    ];
    this.toolbar = new Toolbar(this.editor, label, { asides, mayFormat: !this.readsOnly });
    this.toolbar.element.append(find.element);
    const bar = new RedlineBar(marks, references, {
      person: this.parts.person,
      label,
      leave: () => this.leaveTools(),
      mayWrite: () => this.mayWrite(),
      valueChanged: () => this.value.isChanged,
    });
    marks.listen(() => this.compareValue());
    this.redline = { references, marks, bar };
    this.toolbar.element.append(bar.element);
    this.frame.prepend(this.toolbar.element, surface);
    this.frame.hidden = false;
    this.text.hidden = true;
    this.host.removeAttribute("aria-busy");
    this.host.dataset.live = "";
    this.value.follow();
    this.compareValue();
    this.placeCaret();
  }

  private takeDown(): void {
    this.toolbar?.destroy();
    this.redline?.references.destroy();
    this.redline?.marks.destroy();
    this.editor?.destroy();
    this.toolbar?.element.remove();
    this.frame.querySelector(".editor-surface")?.remove();
    this.toolbar = null;
    this.find = null;
    this.redline = null;
    this.editor = null;
    delete this.host.dataset.live;
  }

  /** With what the text is compared with, shown and hidden with its marks. */
  private compareValue(): void {
    const { redline } = this;
    const name = redline?.marks.against ?? null;
    const then =
      redline && name ? { value: redline.references.valueOf(name), since: sinceWhen(redline.references, name) } : null;
    this.value.compareWith(then);
    if (then) this.frame.dataset.since = then.since;
    else delete this.frame.dataset.since;
  }

  private keyPressed(event: KeyboardEvent): boolean {
    if (event.isComposing) return false;
    const ctrl = (event.ctrlKey || event.metaKey) && !event.altKey ? "Ctrl+" : "";
    const keys: Record<string, () => void> = {
      // Past the text, not before it: in a list or a table Tab would never lead out again.
      escape: () => this.after.focus(),
      "alt+f10": () => this.toolbar?.focus(),
      "Ctrl+k": () => this.toolbar?.openLink(),
      "Ctrl+f": () => this.find?.open(),
      "Ctrl+/": showShortcuts,
      f9: () => this.commented.go(event.shiftKey ? -1 : 1),
      "Ctrl+f9": () => this.commented.read(),
      // Of a text that is written, the redline's own keymap does it.
      ...(this.mayWrite() ? {} : { f8: () => this.redline?.marks.go(event.shiftKey ? -1 : 1) }),
      ...(this.find?.isOpen ? { f3: () => this.find?.go(event.shiftKey ? -1 : 1) } : {}),
    };
    const does = keys[`${ctrl || (event.altKey ? "alt+" : "")}${event.key.toLowerCase()}`];
    if (does === undefined || (ctrl && event.shiftKey && event.key !== "/")) return false;
    event.preventDefault();
    does();
    return true;
  }

  /** The same place in the text, wherever the tools push it. */
  private inText(caret: FirstCaret): FirstCaret {
    if (caret === null || caret === "end") return caret;
    const box = this.text.getBoundingClientRect();
    return { x: caret.x - box.left, y: caret.y - box.top };
  }

  private leaveTools(): void {
    if (this.editor) focusText(this.editor);
  }

  private placeCaret(): void {
    const caret = this.firstCaret;
    this.firstCaret = null;
    if (caret === null || this.editor === null) return;
    const { view } = this.editor;
    const { doc, tr } = view.state;
    const box = view.dom.getBoundingClientRect();
    const found = caret === "end" ? null : view.posAtCoords({ left: box.left + caret.x, top: box.top + caret.y });
    const place = found ? Selection.near(doc.resolve(found.pos)) : Selection.atEnd(doc);
    view.dispatch(tr.setSelection(place).scrollIntoView());
    focusText(this.editor);
  }

  // ------------------------------------------------------------------ what is said around it

  private savedLine(): HTMLElement {
    const found = this.host.querySelector<HTMLElement>(".saved");
    const line = found ?? element("p", "saved");
    if (found === null) this.host.prepend(line);
    line.setAttribute("role", "status");
    return line;
  }

  private showSaved(): void {
    window.clearTimeout(this.calm);
    const state = this.sync.saving;
    const write = () => {
      const words = this.inWords(state);
      this.saved.dataset.state = state.kind;
      if (this.saved.textContent !== words) this.saved.textContent = words;
    };
    if (state.kind === "saved" && this.saved.dataset.state === "saving") this.calm = window.setTimeout(write, CALM_MS);
    else write();
  }

  private inWords(state: SaveState): string {
    const { stopped } = this.sync;
    if (this.editor === null) return stopped === null ? OPENING : "";
    if (!this.readsOnly) return inWords(state);
    if (stopped !== null) return "";
    return state.kind === "offline" ? NOT_LIVE : READING;
  }

  private showProblem(): void {
    const { stopped, ready, sums } = this.sync;
    const locked = ready && !this.readsOnly && !this.mayWrite();
    // A reader who was never let in keeps the text as the page came, as if nothing had been asked.
    const sentence = this.readsOnly && this.frame.hidden ? null : (stopped ?? (locked ? LOCKED : sums.doubt));
    this.problem.hidden = sentence === null;
    if (this.problem.textContent !== (sentence ?? "")) this.problem.textContent = sentence;
    if (stopped !== null) this.host.removeAttribute("aria-busy");
  }

  private showPeople(): void {
    const here = this.peers.in(this.parts.clause);
    this.people.replaceChildren(...peopleInWords(here, (letter) => this.redline?.references.partyOf(letter) ?? null));
  }

  /** Whoever has the text open is seen in it, before any caret. */
  private showMyself(): void {
    const { draft } = this.sync;
    if (this.editor === null || draft === null || draft === this.told) return;
    this.told = draft;
    if (!this.editor.isFocused) this.peers.stay(this.parts.clause);
  }

  private showKept(): void {
    const { clause, say } = this.parts;
    void showKept(this.host, { owner: this.sync.owner, clause, say, value: this.value });
  }
}

function labelOf(side: string | undefined): string {
  if (side === "ours") return "Brouillon interne de la clause";
  return side === "authorities" ? "Brouillon de la clause entre autorités" : "Texte commun de la clause";
}
