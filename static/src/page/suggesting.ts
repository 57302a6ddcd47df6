/** What is proposed under a field while somebody types `@` or `#`: arrows to go about it, Enter to take one. */

import { announce, element } from "./words";

const MOST = 6;

export interface Choice {
  /** What the list shows, and what is put after the sign. */
  words: string;
  typed: string;
  chosen?: () => void;
}

export interface Source {
  sign: "@" | "#";
  label: string;
  /** All that may stand after the sign in this field; none where this sign proposes nothing. */
  choices(field: HTMLTextAreaElement): Choice[] | Promise<Choice[]>;
  fits(choice: Choice, typed: string): boolean;
}

interface Open {
  field: HTMLTextAreaElement;
  sign: string;
  list: HTMLElement;
  choices: Choice[];
  at: number;
}

let open: Open | null = null;

export function startSuggesting(...sources: Source[]): void {
  document.addEventListener("input", (event) => {
    if (event.target instanceof HTMLTextAreaElement) void suggest(event.target, sources);
  });
  document.addEventListener("keydown", pressed, { capture: true });
  document.addEventListener("focusout", (event) => {
    if (open && event.target === open.field) window.setTimeout(close, 150);
  });
}

/** Without accents or capitals. */
export function plain(text: string): string {
  return text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
}

async function suggest(field: HTMLTextAreaElement, sources: Source[]): Promise<void> {
  const wasOpen = open !== null;
  for (const source of sources) {
    const typed = typedAfter(source.sign, field);
    if (typed === undefined) continue;
    const all = await source.choices(field);
    // Somebody who types fast has gone on while the list was asked for.
    if (typedAfter(source.sign, field) !== typed) return;
    close();
    const fitting = all.filter((choice) => source.fits(choice, plain(typed))).slice(0, MOST);
    if (fitting.length) show(field, source, fitting, wasOpen);
    return;
  }
  close();
}

function typedAfter(sign: string, field: HTMLTextAreaElement): string | undefined {
  const before = field.value.slice(0, field.selectionStart);
  return new RegExp(`(?:^|[\\s(«])${sign}([^\\s@#]{0,30})$`).exec(before)?.[1];
}

function show(field: HTMLTextAreaElement, source: Source, choices: Choice[], wasOpen: boolean): void {
  const list = element("ul", "name-list");
  list.id = `${field.id}-at`;
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", source.label);
  choices.forEach(({ words }, index) => {
    const item = element("li", "", words);
    item.id = `${list.id}-${index}`;
    item.setAttribute("role", "option");
    item.addEventListener("mousedown", (event) => {
      event.preventDefault();
      choose(index);
    });
    list.append(item);
  });
  field.after(list);
  field.setAttribute("aria-autocomplete", "list");
  field.setAttribute("aria-controls", list.id);
  open = { field, sign: source.sign, list, choices, at: 0 };
  list.scrollIntoView({ block: "nearest" });
  point(0);
  if (!wasOpen) announce(`${source.label} : flèches pour choisir, Entrée pour prendre, Échap pour fermer.`);
}

function point(at: number): void {
  if (!open) return;
  const { field, list, choices } = open;
  open.at = (at + choices.length) % choices.length;
  [...list.children].forEach((item, index) => {
    item.setAttribute("aria-selected", String(index === open?.at));
    if (index === open?.at) item.scrollIntoView({ block: "nearest" });
  });
  field.setAttribute("aria-activedescendant", `${list.id}-${open.at}`);
}

function pressed(event: KeyboardEvent): void {
  if (!open || event.target !== open.field) return;
  const { at } = open;
  const act: Record<string, () => void> = {
    ArrowDown: () => point(at + 1),
    ArrowUp: () => point(at - 1),
    Enter: () => choose(at),
    Tab: () => choose(at),
    Escape: close,
  };
  const doing = act[event.key];
  if (!doing) return;
  event.preventDefault();
  doing();
}

function choose(index: number): void {
  const chosen = open?.choices[index];
  if (!open || !chosen) return;
  const { field, sign } = open;
  const end = field.selectionStart;
  const start = field.value.lastIndexOf(sign, end - 1);
  field.setRangeText(`${sign}${chosen.typed} `, start, end, "end");
  chosen.chosen?.();
  close();
  field.dispatchEvent(new Event("input", { bubbles: true }));
}

function close(): void {
  if (!open) return;
  open.list.remove();
  open.field.removeAttribute("aria-activedescendant");
  open.field.removeAttribute("aria-controls");
  open = null;
}
