/**
 * What comes from Word, LibreOffice, a mail or another page, before it is read: reduced to what a text may hold, with
 * no word lost. What can't be taken is counted, so that it can be said. `tests/corpus/clipboard` holds real ones.
 */

import { button, element } from "../page/words";
import { dropAsides, gatherNotes, showDeletions } from "./paste_asides";
import { classOf, isBlank, LOOK, lookOf, replaceBy } from "./paste_dom";
import { listsOfWord, mendLists } from "./paste_lists";
import { flattenCells, squareTables } from "./paste_tables";

export interface Pasted {
  html: string;
  /** What could not be kept as it was, in sentences. */
  losses: string[];
}

/** Word's own « mso-bidi-font-weight » says nothing of these letters. */
const STYLED: readonly [RegExp, string][] = [
  [/(?<![-\w])font-weight: ?(bold|[6-9]00)/, "strong"],
  [/(?<![-\w])font-style: ?italic/, "em"],
  [/(?<![-\w])text-decoration[^;]*: ?[^;]*line-through/, "s"],
];
const DIGITS: Readonly<Record<string, string>> = { SUP: "⁰¹²³⁴⁵⁶⁷⁸⁹", SUB: "₀₁₂₃₄₅₆₇₈₉" };

export function cleanPaste(html: string): Pasted {
  const page = readable(html);
  // Copied from one of our texts: its tables may be pieces that only fit where they go.
  const isOurs = page.querySelector("[data-pm-slice]") !== null;
  const losses = isOurs ? [] : [...dropAsides(page), ...gatherNotes(page), ...showDeletions(page)];
  if (!isOurs) {
    listsOfWord(page);
    mendLists(page);
    nameStyles(page);
    losses.push(...squareTables(page));
  }
  for (const styled of page.querySelectorAll<HTMLElement>(`[${LOOK}]`)) markStyled(page, styled);
  flattenCells(page);
  if (!isOurs) dropEmpty(page);
  return { html: page.body.innerHTML, losses };
}

/** Our policy lets no inline style through: each would be a line in the console, and Word has thousands. */
function readable(html: string): Document {
  const renamed = html
    .replace(/<style[\s\S]*?<\/style>/gi, "")
    .replace(/<[^>]+>/g, (tag) => tag.replace(/\sstyle=/gi, ` ${LOOK}=`));
  return new DOMParser().parseFromString(renamed, "text/html");
}

/** Bold and italic that are only styles become marks, and the styles go. */
function markStyled(page: Document, styled: HTMLElement): void {
  const look = lookOf(styled);
  styled.removeAttribute(LOOK);
  // How Google Docs wraps everything it copies.
  if (styled.matches("b, strong") && /(?<![-\w])font-weight: ?normal/.test(look)) {
    styled.replaceWith(...styled.childNodes);
    return;
  }
  if (!styled.matches("span")) return;
  for (const [pattern, mark] of STYLED) {
    if (!pattern.test(look)) continue;
    const marked = page.createElement(mark);
    marked.append(...styled.childNodes);
    styled.append(marked);
  }
}

/** What is a heading, a quotation or a raised digit by its look or class only, or deeper than we go. */
function nameStyles(page: Document): void {
  for (const paragraph of page.querySelectorAll<HTMLElement>("p")) {
    const named = classOf(paragraph);
    if (named === "MsoTitle") replaceBy(page, paragraph, "h1");
    if (named === "MsoQuote" || named === "MsoIntenseQuote") {
      const quote = page.createElement("blockquote");
      paragraph.replaceWith(quote);
      quote.append(paragraph);
    }
  }
  for (const deep of page.querySelectorAll<HTMLElement>("h5, h6")) replaceBy(page, deep, "h4");
  for (const raised of page.querySelectorAll<HTMLElement>("sup, sub")) {
    const signs = DIGITS[raised.tagName] ?? "";
    const words = raised.textContent ?? "";
    if (/^\d+$/.test(words)) raised.replaceWith([...words].map((digit) => signs[Number(digit)] ?? "").join(""));
  }
}

/** Word separates paragraphs with empty ones, LibreOffice with a line end alone. */
function dropEmpty(page: Document): void {
  for (const filler of page.getElementsByTagName("o:p")) if (isBlank(filler)) filler.textContent = "";
  for (const jump of page.querySelectorAll<HTMLElement>("br[clear]")) jump.remove();
  for (const block of page.querySelectorAll<HTMLElement>("p, h1, h2, h3, h4, div")) {
    if (isBlank(block) && !block.querySelector("hr, table, ul, ol")) block.remove();
  }
}

/** A sentence under the text, kept until it is closed or until the next paste: what was pasted and is not there. */
export class PasteNote {
  readonly element = element("div", "paste-note");
  private readonly sentence = element("p", "");

  constructor(private readonly say: (sentence: string) => void) {
    const close = button("Fermer", "button button-plain button-small", () => {
      this.element.hidden = true;
    });
    this.element.append(this.sentence, close);
    this.element.hidden = true;
  }

  show(losses: readonly string[]): void {
    this.sentence.textContent = losses.join(" ");
    this.element.hidden = losses.length === 0;
    if (losses.length) this.say(losses.join(" "));
  }
}
