/**
 * The value of a clause beside its text (a number, an amount, a date, a choice, a list): one field for all who are in the
 * draft. The last who writes wins, and what stood before is told; the lines of a list are joined. What is proposed is what
 * stands in the field, seen by who sends.
 */

import type * as Y from "yjs";
import { button, element } from "../page/words";
import { partySign } from "./carets";
import type { DraftSync } from "./draft_sync";
import { IN_FIELD, type Peer, type Peers } from "./peers";
import { TypedChange, type ValueThen } from "./typed_change";
import {
  type Field,
  fieldBeside,
  firstValueOf,
  focusOn,
  holds,
  isReadable,
  labelIn,
  put,
  takesList,
  valueIn,
} from "./typed_input";
import { mergedLines, Writings } from "./typed_list";
import { OwnChanges } from "./typed_undo";

const VALUES = "values";
const PUT_BACK = "[data-put-value]";
const PAUSE_MS = 150;
const NOTHING_LEFT = {
  undo: "Rien à annuler de ce que vous avez écrit dans ce champ.",
  redo: "Rien à rétablir dans ce champ.",
};

export class TypedField {
  private values: Y.Map<unknown> | null = null;
  private writings: Writings | null = null;
  private shown = "";
  private past: ValueThen | null = null;
  /** What stood before a change that was told before its writer was known. */
  private nameless: string | null = null;
  private timer: number | undefined;
  private own = new OwnChanges();
  /** Something was typed before the draft was there. */
  private isEarly = false;
  private readonly line = element("div", "typed-live");
  private readonly change = new TypedChange((value) => this.putBack(value));
  private readonly silence: () => void;

  constructor(
    private readonly host: HTMLElement,
    private readonly sync: DraftSync,
    private readonly peers: Peers,
    private readonly parts: {
      clause: string;
      say: (sentence: string) => void;
      mayWrite: () => boolean;
      changed: () => void;
    },
  ) {
    this.line.setAttribute("role", "status");
    // On the document: a refresh of the page around the text puts another field in its place.
    document.addEventListener("input", this.typed);
    document.addEventListener("change", this.typed);
    document.addEventListener("keydown", this.pressed);
    document.addEventListener("click", this.clicked);
    document.addEventListener("focusin", this.moved);
    document.addEventListener("focusout", this.moved);
    document.addEventListener("htmx:load", this.show);
    this.silence = peers.listen(() => this.showWho());
  }

  /** The document is there, or another one is. */
  follow(): void {
    this.values?.unobserve(this.changed);
    this.values = this.sync.doc.getMap(VALUES);
    this.values.observe(this.changed);
    this.writings = new Writings(this.values, this.parts.clause);
    this.shown = this.stored;
    this.own = new OwnChanges();
    this.giveEarly();
    this.show();
  }

  /** What the value is compared with; null = not compared. */
  compareWith(past: ValueThen | null): void {
    this.past = past;
    this.showChange();
  }

  /** Whether it differs from what it is compared with. */
  get isChanged(): boolean {
    return this.change.isShown;
  }

  /** As people read it: the words of a choice, the day of a date. */
  wordsOf(value: string): string {
    return this.field ? labelIn(this.field, value) : value;
  }

  /** Writes a value that was kept; false where nothing can be written now. */
  putBack(value: string): boolean {
    const { field } = this;
    if (field === null || this.values === null || !this.parts.mayWrite()) return false;
    put(field, value);
    this.write();
    focusOn(field);
    this.parts.say("Valeur remise.");
    return true;
  }

  destroy(): void {
    document.removeEventListener("input", this.typed);
    document.removeEventListener("change", this.typed);
    document.removeEventListener("keydown", this.pressed);
    document.removeEventListener("click", this.clicked);
    document.removeEventListener("focusin", this.moved);
    document.removeEventListener("focusout", this.moved);
    document.removeEventListener("htmx:load", this.show);
    this.values?.unobserve(this.changed);
    window.clearTimeout(this.timer);
    this.silence();
    this.line.remove();
    this.change.element.remove();
  }

  private get field(): Field | null {
    return fieldBeside(this.host);
  }

  private get stored(): string {
    const value = this.values?.get(this.parts.clause);
    return typeof value === "string" ? value : "";
  }

  private readonly show = (): void => {
    const { field } = this;
    if (field === null || this.values === null) return;
    if (!this.line.isConnected) field.after(this.change.element, this.line);
    if (!holds(field, document.activeElement) || this.timer === undefined) put(field, this.stored);
    this.showWho();
    this.showChange();
  };

  private readonly typed = (event: Event): void => {
    if (!holds(this.field, event.target)) return;
    if (this.values === null) this.isEarly = true;
    window.clearTimeout(this.timer);
    this.timer = window.setTimeout(() => this.write(), event.type === "change" ? 0 : PAUSE_MS);
  };

  private readonly pressed = (event: KeyboardEvent): void => {
    if (!holds(this.field, event.target) || event.isComposing || event.altKey) return;
    const key = event.key.toLowerCase();
    const ctrl = event.ctrlKey || event.metaKey;
    if (ctrl && key === "z") this.step(event, event.shiftKey ? "redo" : "undo");
    else if (ctrl && key === "y") this.step(event, "redo");
    else if (key === "enter" && !(this.field instanceof HTMLTextAreaElement)) this.give(event);
  };

  /** What was typed on the page as it was sent, before the draft came. */
  private giveEarly(): void {
    const { field, stored } = this;
    if (field === null || !this.isEarly) return;
    this.isEarly = false;
    if (takesList(field)) put(field, mergedLines(firstValueOf(field), valueIn(field, stored), stored));
    this.write();
  }

  /** Enter gives the value to the others. Left to the browser it would propose the text to all of them. */
  private give(event: Event): void {
    event.preventDefault();
    window.clearTimeout(this.timer);
    this.write();
  }

  /** The browser's own « Annuler » knows nothing of what the others write in this field. */
  private step(event: Event, way: "undo" | "redo"): void {
    this.give(event);
    const { field, stored } = this;
    if (field === null) return;
    // What was never given to the others goes first: letters where a number is asked.
    const then = valueIn(field, stored) === stored ? this.own[way](stored) : stored;
    if (then !== null) {
      put(field, then);
      this.send(field, then);
    }
    this.parts.say(then === null ? NOTHING_LEFT[way] : `Valeur\u00a0: ${labelIn(field, then) || "rien"}.`);
  }

  /** A value that was set aside, shown beside the text by the page. */
  private readonly clicked = ({ target }: Event): void => {
    const way = target instanceof Element ? target.closest<HTMLElement>(PUT_BACK) : null;
    if (way && this.host.parentElement?.contains(way)) this.putBack(way.dataset.putValue ?? "");
  };

  private write(): void {
    this.timer = undefined;
    const { field, stored } = this;
    if (field === null || !this.parts.mayWrite()) return;
    const value = valueIn(field, stored);
    if (!isReadable(field, value) || value === stored) return;
    this.own.note(stored, value);
    this.send(field, value);
  }

  private send(field: Field, value: string): void {
    const { clause } = this.parts;
    if (value === this.stored || !this.parts.mayWrite()) return;
    this.shown = value;
    this.nameless = null;
    this.line.replaceChildren();
    // Again: whoever is about to read the value must know who writes it.
    if (holds(field, document.activeElement)) this.peers.tell(clause, { anchor: IN_FIELD, head: IN_FIELD });
    this.values?.set(clause, value);
  }

  private readonly changed = ({ keysChanged }: Y.YMapEvent<unknown>): void => {
    if (!keysChanged.has(this.parts.clause)) return;
    const { field, stored, shown, writings } = this;
    const base = writings?.base ?? null;
    writings?.note();
    if (this.sync.settling.has(this.parts.clause)) this.settle();
    else if (field !== null && stored !== shown) this.take(field, base ?? shown);
    this.showChange();
  };

  /** After an absence: whoever lost a value is told above the text, with a way back. */
  private settle(): void {
    this.shown = this.stored;
    this.line.replaceChildren();
    this.show();
  }

  /** Somebody else wrote later than this hand: theirs is the value now. Of a list, both keep their lines. */
  private take(field: Field, base: string): void {
    const { stored, shown } = this;
    window.clearTimeout(this.timer);
    this.timer = undefined;
    this.shown = stored;
    if (!takesList(field)) {
      put(field, stored);
      this.tell(field, shown);
      return;
    }
    const merged = mergedLines(base, valueIn(field, shown), stored);
    put(field, merged);
    if (merged !== stored) this.timer = window.setTimeout(() => this.write(), PAUSE_MS);
    else if (merged !== shown) this.tell(field, shown);
  }

  private tell(field: Field, before: string): void {
    const [writer, another] = this.here();
    this.nameless = writer ? null : before;
    const who = writer && !another ? [letterOf(writer), ` ${writer.name} a écrit`] : ["La valeur a changé"];
    const back = button("Remettre la valeur d’avant", "button button-plain button-small", () => this.putBack(before));
    this.line.replaceChildren(...who, this.fromTo(field, before), ...(this.parts.mayWrite() ? [back] : []));
  }

  private fromTo(field: Field, before: string): string {
    if (takesList(field)) return " dans la liste. ";
    const [now, former] = [this.stored, before].map((value) => labelIn(field, value) || "rien");
    return `\u00a0: «\u00a0${now}\u00a0». Auparavant\u00a0: «\u00a0${former}\u00a0». `;
  }

  private readonly moved = (event: FocusEvent): void => {
    if (!holds(this.field, event.target)) return;
    if (event.type === "focusin") this.peers.tell(this.parts.clause, { anchor: IN_FIELD, head: IN_FIELD });
    else this.peers.stay(this.parts.clause);
  };

  private here(): Peer[] {
    return this.peers.in(this.parts.clause).filter(({ selection }) => selection.anchor === IN_FIELD);
  }

  private showWho(): void {
    const [peer] = this.here();
    const { field, nameless } = this;
    if (peer && field && nameless !== null) this.tell(field, nameless);
    if (peer) field?.setAttribute("data-party", partySign(peer.letter));
    else field?.removeAttribute("data-party");
  }

  private showChange(): void {
    const { field, change } = this;
    const was = change.isShown;
    const mayWrite = this.parts.mayWrite();
    if (field !== null) change.show(this.past, this.stored, { wordsOf: (value) => this.wordsOf(value), mayWrite });
    if (change.isShown !== was) this.parts.changed();
    for (const way of this.host.parentElement?.querySelectorAll<HTMLElement>(PUT_BACK) ?? []) way.hidden = !mayWrite;
  }
}

function letterOf({ letter }: Peer): HTMLElement {
  const sign = element("span", "letter", letter);
  sign.dataset.party = partySign(letter);
  return sign;
}
