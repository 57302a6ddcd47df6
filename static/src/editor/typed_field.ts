/**
 * The value of a clause beside its text (a number, an amount, a date, a choice): one field for all who are in the draft.
 * The last who writes wins; what stood before is told. What is proposed is what stands in the field, seen by who sends.
 */

import type * as Y from "yjs";
import { button, element } from "../page/words";
import { partySign } from "./carets";
import type { DraftSync } from "./draft_sync";
import type { Peer, Peers } from "./peers";

type Field = HTMLInputElement | HTMLSelectElement;

const VALUES = "values";
const FIELD = "form[data-flush-draft] :is(input, select)[name='value']:not([type='hidden'])";
/** Where somebody is who writes in the field: no place of the text, so no caret is drawn there. */
const HERE = "value";
const PAUSE_MS = 150;
/** What the server takes while it is being typed (`schema.py`): anything else waits in the field. */
const DECIMAL = /^[0-9 .,\u00a0\u202f\u2009\u2212+\-%€]{0,40}$/;

export class TypedField {
  private values: Y.Map<unknown> | null = null;
  private shown = "";
  /** What stood before a change that was told before its writer was known. */
  private nameless: string | null = null;
  private timer: number | undefined;
  private readonly line = element("p", "typed-live");
  private readonly silence: () => void;

  constructor(
    private readonly host: HTMLElement,
    private readonly sync: DraftSync,
    private readonly peers: Peers,
    private readonly clause: string,
  ) {
    this.line.setAttribute("role", "status");
    // On the document: a refresh of the page around the text puts another field in its place.
    document.addEventListener("input", this.typed);
    document.addEventListener("change", this.typed);
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
    this.shown = this.stored;
    this.show();
  }

  destroy(): void {
    document.removeEventListener("input", this.typed);
    document.removeEventListener("change", this.typed);
    document.removeEventListener("focusin", this.moved);
    document.removeEventListener("focusout", this.moved);
    document.removeEventListener("htmx:load", this.show);
    this.values?.unobserve(this.changed);
    window.clearTimeout(this.timer);
    this.silence();
    this.line.remove();
  }

  private get field(): Field | null {
    return this.host.parentElement?.querySelector<Field>(FIELD) ?? null;
  }

  private get stored(): string {
    const value = this.values?.get(this.clause);
    return typeof value === "string" ? value : "";
  }

  private readonly show = (): void => {
    const { field } = this;
    if (field === null || this.values === null) return;
    if (!this.line.isConnected) field.after(this.line);
    if (field !== document.activeElement || this.timer === undefined) put(field, this.stored);
    this.showWho();
  };

  private readonly typed = (event: Event): void => {
    if (event.target !== this.field || this.values === null) return;
    window.clearTimeout(this.timer);
    this.timer = window.setTimeout(() => this.write(), event.type === "change" ? 0 : PAUSE_MS);
  };

  private write(): void {
    this.timer = undefined;
    const { field, values } = this;
    if (field === null || values === null || !this.sync.mayWrite(this.clause)) return;
    const isReadable = field.inputMode !== "decimal" || DECIMAL.test(field.value);
    if (!isReadable || field.value === this.stored) return;
    this.shown = field.value;
    this.nameless = null;
    this.line.replaceChildren();
    // Again: whoever is about to read the value must know who writes it.
    this.peers.tell(this.clause, { anchor: HERE, head: HERE });
    values.set(this.clause, field.value);
  }

  private readonly changed = ({ keysChanged }: Y.YMapEvent<unknown>): void => {
    const { field, stored, shown } = this;
    if (!keysChanged.has(this.clause) || field === null || stored === shown) return;
    // Somebody else wrote later than this hand: theirs is the value now.
    window.clearTimeout(this.timer);
    this.timer = undefined;
    this.shown = stored;
    put(field, stored);
    this.tell(field, shown);
  };

  private tell(field: Field, before: string): void {
    const [writer, another] = this.here();
    this.nameless = writer ? null : before;
    const words = `\u00a0: «\u00a0${labelIn(field, this.stored) || "rien"}\u00a0». Auparavant\u00a0: «\u00a0${labelIn(field, before) || "rien"}\u00a0». `;
    const who = writer && !another ? [letterOf(writer), ` ${writer.name} a écrit`] : ["La valeur a changé"];
    const back = button("Remettre la valeur d’avant", "button button-plain button-small", () => {
      put(field, before);
      this.write();
      field.focus();
    });
    this.line.replaceChildren(...who, words, back);
  }

  private readonly moved = (event: FocusEvent): void => {
    if (event.target !== this.field) return;
    this.peers.tell(this.clause, event.type === "focusin" ? { anchor: HERE, head: HERE } : null);
  };

  private here(): Peer[] {
    return this.peers.in(this.clause).filter(({ selection }) => selection.anchor === HERE);
  }

  private showWho(): void {
    const [peer] = this.here();
    const { field, nameless } = this;
    if (peer && field && nameless !== null) this.tell(field, nameless);
    if (peer) field?.setAttribute("data-party", partySign(peer.letter));
    else field?.removeAttribute("data-party");
  }
}

/** A choice that this list doesn't offer is shown all the same: it is what stands in the draft. */
function put(field: Field, value: string): void {
  if (field instanceof HTMLSelectElement && ![...field.options].some((option) => option.value === value)) {
    field.append(new Option(value, value));
  }
  if (field.value !== value) field.value = value;
}

function labelIn(field: Field, value: string): string {
  if (!(field instanceof HTMLSelectElement)) return value;
  return [...field.options].find((option) => option.value === value)?.text ?? value;
}

function letterOf({ letter }: Peer): HTMLElement {
  const sign = element("span", "letter", letter);
  sign.dataset.party = partySign(letter);
  return sign;
}
