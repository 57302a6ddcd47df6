/** Lists as they were meant: Word writes them as paragraphs that look like items, LibreOffice skips levels. */

import { LOOK, lookOf } from "./paste_dom";

interface Item {
  paragraph: HTMLElement;
  level: number;
  list: string;
  /** The number it starts with when it is numbered by figures; 1 for letters; null for a bullet. */
  number: number | null;
}

interface Opened {
  list: HTMLElement;
  level: number;
  key: string;
}

const PLACE = /mso-list: ?(l\d+) level(\d+)/;
const NUMBERED = /^\(?(\d+|[a-z]{1,4})[.)°]/i;
const LISTS = "ul, ol";

export function listsOfWord(page: Document): void {
  let open: Opened[] = [];
  let last: Element | null = null;
  for (const paragraph of page.querySelectorAll<HTMLElement>(`p[${LOOK}], div[${LOOK}]`)) {
    const item = itemOf(paragraph);
    if (item === null) continue;
    if (last === null || !follows(last, paragraph)) open = [];
    open = place(page, item, open);
    last = open[0]?.list ?? null;
  }
  // The number of a heading: its words stay, without the blanks that align them.
  for (const mark of page.querySelectorAll(`[${LOOK}*='mso-list:Ignore']`)) {
    mark.textContent = `${mark.textContent?.trim()} `;
  }
}

function itemOf(paragraph: HTMLElement): Item | null {
  const found = PLACE.exec(lookOf(paragraph));
  if (found === null) return null;
  const marks = [...paragraph.querySelectorAll<HTMLElement>(`span[${LOOK}]`)];
  const mark = marks.find((span) => /mso-list: ?ignore/.test(lookOf(span)));
  const number = NUMBERED.exec((mark?.textContent ?? "").trim());
  mark?.remove();
  const start = number === null ? null : Number.parseInt(number[1] ?? "", 10) || 1;
  return { paragraph, level: Number(found[2]), list: found[1] ?? "", number: start };
}

/** Whether nothing stands between the list and this paragraph. */
function follows(list: Element, paragraph: Element): boolean {
  return list.nextElementSibling === paragraph;
}

function place(page: Document, item: Item, before: readonly Opened[]): Opened[] {
  const key = `${item.list} ${item.number === null ? "ul" : "ol"}`;
  const open = before.filter(({ level }) => level <= item.level);
  const current = open.at(-1);
  const row = page.createElement("li");
  if (current?.level === item.level && current.key === key) {
    current.list.append(row);
    row.append(item.paragraph);
    return open;
  }
  if (current?.level === item.level) open.pop();
  const list = page.createElement(item.number === null ? "ul" : "ol");
  if (item.number !== null && item.number > 1) list.setAttribute("start", String(item.number));
  const above = open.at(-1)?.list.lastElementChild;
  if (above) above.append(list);
  else item.paragraph.before(list);
  list.append(row);
  row.append(item.paragraph);
  return [...open, { list, level: item.level, key }];
}

/** A list right inside a list belongs to the item before it, be it in the list before. */
export function mendLists(page: Document): void {
  for (const inner of page.querySelectorAll<HTMLElement>("ul > ul, ul > ol, ol > ul, ol > ol")) {
    const outer = inner.parentElement as HTMLElement;
    const item = inner.previousElementSibling ?? lastItemBefore(outer);
    if (item?.matches("li")) item.append(inner);
    else if (outer.firstElementChild === inner) outer.before(inner);
    if (outer.childElementCount === 0) outer.remove();
  }
}

function lastItemBefore(list: Element): Element | null {
  const before = list.previousElementSibling;
  return before?.matches(LISTS) ? before.lastElementChild : null;
}
