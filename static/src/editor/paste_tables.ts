/** Tables as Markdown has them: rows of one length, a first row of headings, cells of one paragraph, nothing merged. */

import { isBlank, LOOK, lookOf } from "./paste_dom";

/** A place of the grid: the cell that begins there, null where a merged one goes on. */
type Grid = (HTMLTableCellElement | null)[][];

const BLOCKS = "p, li, ul, ol, h1, h2, h3, h4, h5, h6, div, blockquote, pre, table, tbody, thead, tr, td, th";
const MOST_COLUMNS = 60;

/** Merged cells keep their words in the first place they covered; the others are left empty. */
export function squareTables(page: Document): string[] {
  const merged = outermost(page, "table").filter((table) => square(page, table as HTMLTableElement));
  for (const caption of page.querySelectorAll("caption")) {
    const above = page.createElement("p");
    above.append(...caption.childNodes);
    caption.closest("table")?.before(above);
    caption.remove();
  }
  return merged.length ? ["Les cellules fusionnées ont été séparées."] : [];
}

/** A cell holds one paragraph: more become lines of it, items keep their bullet, cells within are set apart. */
export function flattenCells(page: Document): void {
  for (const cell of outermost(page, "td, th")) flatten(page, cell);
}

function flatten(page: Document, cell: HTMLElement): void {
  for (const item of cell.querySelectorAll("li")) item.prepend(`${markOf(item)} `);
  for (const within of cell.querySelectorAll(":is(td, th) + :is(td, th)")) within.prepend(" – ");
  const blocks = [...cell.querySelectorAll(BLOCKS)];
  for (const line of blocks.filter(isLine)) line.after(page.createElement("br"));
  for (const block of blocks) block.replaceWith(...block.childNodes);
  while (cell.lastChild && (cell.lastChild.nodeName === "BR" || isBlank(cell.lastChild))) cell.lastChild.remove();
}

/** Whether a line ends after it: the innermost block with words; of a table within, each row and not its cells. */
function isLine(block: Element): boolean {
  if (isBlank(block) || isInRow(block)) return false;
  return block.matches("tr") || !block.querySelector(BLOCKS);
}

function isInRow(block: Element): boolean {
  const cell = block.closest("td, th");
  return cell?.parentElement?.closest("td, th") != null;
}

function outermost(page: Document, selector: string): HTMLElement[] {
  return [...page.querySelectorAll<HTMLElement>(selector)].filter((found) => !found.parentElement?.closest("td, th"));
}

/** Whether cells were merged. */
function square(page: Document, table: HTMLTableElement): boolean {
  for (const row of [...table.rows]) if (isRuler(row)) row.remove();
  const rows = [...table.rows];
  const grid: Grid = rows.map(() => []);
  let merged = false;
  for (const [down, row] of rows.entries()) {
    for (const cell of row.cells) merged = settle(grid, cell, down) || merged;
  }
  const width = Math.max(0, ...grid.map((places) => places.length));
  for (const [down, row] of rows.entries()) {
    const places = Array.from({ length: width }, (_, across) => grid[down]?.[across] ?? null);
    row.replaceChildren(...places.map((cell) => plainCell(page, down === 0 ? "th" : "td", cell)));
  }
  return merged;
}

/** Gives a cell the first free places of its row, and of those below that it covers. */
function settle(grid: Grid, cell: HTMLTableCellElement, down: number): boolean {
  const here = grid[down] ?? [];
  let across = 0;
  while (here[across] !== undefined) across += 1;
  const width = Math.min(cell.colSpan, MOST_COLUMNS);
  for (const covered of grid.slice(down, down + cell.rowSpan)) {
    for (let more = 0; more < width; more++) covered[across + more] = null;
  }
  here[across] = cell;
  return width > 1 || cell.rowSpan > 1;
}

function plainCell(page: Document, tag: "th" | "td", cell: Element | null): Element {
  const made = page.createElement(tag);
  const look = cell?.getAttribute(LOOK);
  if (look) made.setAttribute(LOOK, look);
  if (cell) made.append(...cell.childNodes);
  return made;
}

/** Word ends a table of uneven columns by a row without height, that only measures. */
function isRuler(row: HTMLTableRowElement): boolean {
  return isBlank(row) && (row.getAttribute("height") === "0" || /mso-hide/.test(lookOf(row)));
}

function markOf(item: Element): string {
  const list = item.parentElement;
  if (list?.tagName !== "OL") return "•";
  const first = Number.parseInt(list.getAttribute("start") ?? "1", 10) || 1;
  return `${first + [...list.children].indexOf(item)}.`;
}
