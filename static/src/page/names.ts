/** `@` names somebody: the list holds only the people who read what is being written, as the boxes below the field do. */

import { element } from "./words";

const TYPED = /(?:^|\s)@([^\s@]{0,30})$/;
const MOST = 6;

interface Choice {
  box: HTMLInputElement;
  name: string;
}

let open: { field: HTMLTextAreaElement; list: HTMLElement; choices: Choice[]; at: number } | null = null;

export function startNaming(): void {
  document.addEventListener("input", (event) => {
    if (event.target instanceof HTMLTextAreaElement && event.target.dataset.names) suggest(event.target);
  });
  document.addEventListener("keydown", pressed, { capture: true });
  document.addEventListener("focusout", (event) => {
    if (open && event.target === open.field) window.setTimeout(close, 150);
  });
}

function plain(text: string): string {
  return text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
}

function suggest(field: HTMLTextAreaElement): void {
  const typed = TYPED.exec(field.value.slice(0, field.selectionStart))?.[1];
  close();
  if (typed === undefined) return;
  const boxes = document.querySelectorAll<HTMLInputElement>(`#${CSS.escape(field.dataset.names ?? "")} input`);
  const choices = [...boxes]
    .map((box) => ({ box, name: box.dataset.name ?? "" }))
    .filter(({ name }) =>
      plain(name)
        .split(/\s+/)
        .some((word) => word.startsWith(plain(typed))),
    )
    .slice(0, MOST);
  if (choices.length) show(field, choices);
}

function show(field: HTMLTextAreaElement, choices: Choice[]): void {
  const list = element("ul", "name-list");
  list.id = `${field.id}-at`;
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", "Personnes que vous pouvez nommer");
  choices.forEach(({ box }, index) => {
    const item = element("li", "", box.closest("label")?.textContent?.trim() ?? "");
    item.id = `${list.id}-${index}`;
    item.setAttribute("role", "option");
    item.addEventListener("mousedown", (event) => {
      event.preventDefault();
      choose(index);
    });
    list.append(item);
  });
  field.after(list);
  field.setAttribute("aria-controls", list.id);
  open = { field, list, choices, at: 0 };
  point(0);
}

function point(at: number): void {
  if (!open) return;
  const { field, list, choices } = open;
  open.at = (at + choices.length) % choices.length;
  [...list.children].forEach((item, index) => {
    item.setAttribute("aria-selected", String(index === open?.at));
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
  const { field } = open;
  const end = field.selectionStart;
  const start = field.value.lastIndexOf("@", end - 1);
  field.setRangeText(`@${chosen.name} `, start, end, "end");
  chosen.box.checked = true;
  const folded = chosen.box.closest("details");
  if (folded) folded.open = true;
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
