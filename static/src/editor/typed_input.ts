/** What a value is typed, chosen or ticked in, read and filled as one text; of a list, one item a line. */

import { sameCaret } from "./typed_list";

export type Field = HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement | HTMLFieldSetElement;

const FIELD =
  ":is(form[data-flush-draft], .value-read) :is(input, select, textarea)[name='value']:not([type='hidden'])";
/** What the server takes while it is being typed (`schema.py`): anything else waits in the field. */
const DECIMAL = /^[0-9 .,\u00a0\u202f\u2009\u2212+\-%€]{0,40}$/;

/** The field of the form beside a draft, or the one in which its value is only read; of a list to tick, what holds its boxes. */
export function fieldBeside(draft: HTMLElement): Field | null {
  const found = draft.parentElement?.querySelector<Exclude<Field, HTMLFieldSetElement>>(FIELD) ?? null;
  return found?.closest<HTMLFieldSetElement>("fieldset.several") ?? found;
}

export function holds(field: Field | null, target: EventTarget | null): field is Field {
  return field !== null && target instanceof Node && field.contains(target);
}

export function focusOn(field: Field): void {
  (field instanceof HTMLFieldSetElement ? field.querySelector("input") : field)?.focus();
}

/** `stands`: the value that it shows; the order of its items is kept. */
export function valueIn(field: Field, stands: string): string {
  if (!(field instanceof HTMLFieldSetElement)) return field.value;
  const ticked = boxesOf(field)
    .filter((box) => box.checked)
    .map((box) => box.value);
  const known = stands.split("\n").filter((item) => ticked.includes(item));
  return [...known, ...ticked.filter((item) => !known.includes(item))].join("\n");
}

/** As the page was sent. */
export function firstValueOf(field: Field): string {
  if (field instanceof HTMLFieldSetElement) {
    return boxesOf(field)
      .filter((box) => box.defaultChecked)
      .map((box) => box.value)
      .join("\n");
  }
  if (!(field instanceof HTMLSelectElement)) return field.defaultValue;
  return [...field.options].find((option) => option.defaultSelected)?.value ?? "";
}

/** A choice that this list doesn't offer is shown all the same: it is what stands in the draft. */
export function put(field: Field, value: string): void {
  if (field instanceof HTMLFieldSetElement) {
    tick(field, value.split("\n"));
    return;
  }
  if (field instanceof HTMLSelectElement && ![...field.options].some((option) => option.value === value)) {
    field.append(new Option(value, value));
  }
  if (field.value === value) return;
  const caret = field instanceof HTMLTextAreaElement ? sameCaret(field.value, value, field.selectionStart) : null;
  field.value = value;
  if (caret !== null && field === document.activeElement)
    (field as HTMLTextAreaElement).setSelectionRange(caret, caret);
}

/** Whether the value is several lines, joined when two write at once. */
export function takesList(field: Field): boolean {
  return field instanceof HTMLTextAreaElement || field instanceof HTMLFieldSetElement;
}

/** Whether others may be shown what stands there. */
export function isReadable(field: Field, value: string): boolean {
  return field.inputMode !== "decimal" || DECIMAL.test(value);
}

/** As people read it: the words of a choice, the day of a date. */
export function labelIn(field: Field, value: string): string {
  if (field.type === "date") return value.split("-").reverse().join("/");
  if (field.inputMode === "decimal") return value.replace(/\d{4,}/, (digits) => grouped(digits));
  if (field instanceof HTMLFieldSetElement)
    return value
      .split("\n")
      .map((item) => wordsIn(field, item))
      .join("\n");
  if (!(field instanceof HTMLSelectElement)) return value;
  return [...field.options].find((option) => option.value === value)?.text ?? value;
}

function boxesOf(field: HTMLFieldSetElement): HTMLInputElement[] {
  return [...field.querySelectorAll<HTMLInputElement>("input[name='value']")];
}

function tick(field: HTMLFieldSetElement, items: readonly string[]): void {
  const boxes = boxesOf(field);
  for (const box of boxes) box.checked = items.includes(box.value);
  const missing = items.filter((item) => item && !boxes.some((box) => box.value === item));
  const [model] = boxes;
  for (const item of missing) {
    const label = model?.closest("label")?.cloneNode(true) as HTMLLabelElement | undefined;
    const box = label?.querySelector("input");
    if (!label || !box) return;
    box.value = item;
    box.checked = true;
    label.querySelector("span")?.replaceChildren(item);
    boxes.at(-1)?.closest("label")?.after(label);
  }
}

function wordsIn(field: HTMLFieldSetElement, item: string): string {
  const box = boxesOf(field).find(({ value }) => value === item);
  return box?.closest("label")?.textContent?.trim() ?? item;
}

/** « 140 000 » */
function grouped(digits: string): string {
  return digits.replace(/\B(?=(\d{3})+$)/g, "\u202f");
}
