/** Beside the field of a value: what it was in the text of reference, what it is now, and the way back. */

import { button, element } from "../page/words";

export interface ValueThen {
  value: string;
  /** « depuis la version 3 » */
  since: string;
}

export class TypedChange {
  readonly element = element("div", "typed-change");
  private drawn = "";

  constructor(private readonly restore: (value: string) => void) {}

  /** `wordsOf`: what a value of the field is called. Nothing is shown when both are the same, or nothing is compared. */
  show(then: ValueThen | null, now: string, parts: { wordsOf: (value: string) => string; mayWrite: boolean }): void {
    const isChanged = then !== null && !isSame(then.value, now);
    const drawn = isChanged ? JSON.stringify([then, now, parts.mayWrite]) : "";
    if (this.drawn === drawn) return;
    // A way back that goes away under the focus leaves it on the field.
    const hadFocus = this.element.contains(document.activeElement);
    this.drawn = drawn;
    this.element.replaceChildren();
    if (isChanged) this.draw(then, now, parts);
    if (hadFocus) this.element.parentElement?.querySelector<HTMLElement>("[name='value']")?.focus();
  }

  get isShown(): boolean {
    return this.drawn !== "";
  }

  private draw(then: ValueThen, now: string, parts: { wordsOf: (value: string) => string; mayWrite: boolean }): void {
    this.element.append(
      element("span", "soft", `Changement ${then.since}\u00a0:`),
      ...marked(then.value, now, parts.wordsOf),
    );
    if (!parts.mayWrite) return;
    const words =
      then.value.includes("\n") || now.includes("\n")
        ? "Rétablir la liste"
        : `Rétablir «\u00a0${parts.wordsOf(then.value) || "rien"}\u00a0»`;
    this.element.append(button(words, "button button-plain button-small", () => this.restore(then.value)));
  }
}

/** « 4 » and « 4,0 », « 62 000 » and « 62000 » are one value; anything else is as it is written. */
export function isSame(one: string, other: string): boolean {
  return plain(one) === plain(other);
}

function plain(value: string): string {
  const lines = value.split("\n").map((line) => line.trim());
  const text = lines.filter((line) => line).join("\n");
  const number = text
    .replace(/[\s\u00a0\u202f\u2009]/g, "")
    .replace("\u2212", "-")
    .replace(/[%€]$/, "")
    .replace(".", ",");
  if (!/^[+-]?\d+(,\d+)?$/.test(number)) return text;
  return number
    .replace(/^\+/, "")
    .replace(/(,\d*?)0+$/, "$1")
    .replace(/,$/, "");
}

function marked(before: string, now: string, wordsOf: (value: string) => string): Node[] {
  if (!before.includes("\n") && !now.includes("\n")) return [...went(before, wordsOf), ...came(now, wordsOf)];
  const [olds, news] = [before, now].map((text) => text.split("\n").filter((line) => line.trim())) as [
    string[],
    string[],
  ];
  const lines = [
    ...olds.filter((line) => !news.includes(line)).flatMap((line) => went(line, wordsOf)),
    ...news.filter((line) => !olds.includes(line)).flatMap((line) => came(line, wordsOf)),
  ];
  if (!lines.length) return [element("span", "", "les mêmes éléments, dans un autre ordre.")];
  return [element("ul", "", ...lines.map((line) => element("li", "", line)))];
}

function went(words: string, wordsOf: (value: string) => string): HTMLElement[] {
  return words ? [element("del", "", element("span", "vh", "retiré\u00a0: "), wordsOf(words))] : [];
}

function came(words: string, wordsOf: (value: string) => string): HTMLElement[] {
  return words ? [element("ins", "", element("span", "vh", "ajouté\u00a0: "), wordsOf(words))] : [];
}
