/**
 * What comes from Word, a mail or another page, before it is read. Our policy lets no inline style through, so bold and
 * italic that are only styles become marks here, and the styles go. Cells hold one paragraph: more become lines of it.
 */

const LOOK = "data-look";
const BLOCKS = "p, li, ul, ol, h1, h2, h3, h4, h5, h6, div, blockquote, pre";

const STYLED: readonly [RegExp, string][] = [
  [/font-weight:\s*(bold|[6-9]00)/, "strong"],
  [/font-style:\s*italic/, "em"],
  [/text-decoration[^;]*:\s*[^;]*line-through/, "s"],
];

export function cleanPaste(html: string): string {
  // Renamed before anything reads it: each style that the policy stops is a line in the console, and Word has thousands.
  const renamed = html.replace(/<[^>]+>/g, (tag) => tag.replace(/\sstyle=/gi, ` ${LOOK}=`));
  const page = new DOMParser().parseFromString(renamed, "text/html");
  for (const styled of page.querySelectorAll<HTMLElement>(`[${LOOK}]`)) markStyled(page, styled);
  for (const cell of page.querySelectorAll<HTMLElement>("td, th")) flatten(page, cell);
  return page.body.innerHTML;
}

function markStyled(page: Document, styled: HTMLElement): void {
  const look = styled.getAttribute(LOOK)?.toLowerCase() ?? "";
  styled.removeAttribute(LOOK);
  // How Google Docs wraps everything it copies.
  if (styled.matches("b, strong") && /font-weight:\s*normal/.test(look)) {
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

function flatten(page: Document, cell: HTMLElement): void {
  const blocks = [...cell.querySelectorAll(BLOCKS)];
  for (const block of blocks) if (!block.querySelector(BLOCKS)) block.after(page.createElement("br"));
  for (const block of blocks) block.replaceWith(...block.childNodes);
  while (cell.lastChild?.nodeName === "BR" || cell.lastChild?.textContent?.trim() === "") cell.lastChild.remove();
}
