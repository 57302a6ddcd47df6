/** A list of the contract written by several, one item a line: nobody's lines push out another's. */

import type * as Y from "yjs";

export function isList(...values: readonly string[]): boolean {
  return values.some((value) => value.includes("\n"));
}

/** `theirs` with what `mine` added to and took from `base`. A line that both changed stands there twice. */
export function mergedLines(base: string, mine: string, theirs: string): string {
  const [before, wanted, merged] = [base, mine, theirs].map((text) => text.split("\n")) as [
    string[],
    string[],
    string[],
  ];
  for (const line of missingFrom(before, wanted)) {
    const place = merged.indexOf(line);
    if (place >= 0) merged.splice(place, 1);
  }
  for (const line of missingFrom(wanted, before)) {
    if (!line.trim() || merged.includes(line)) continue;
    const above = wanted
      .slice(0, wanted.indexOf(line))
      .reverse()
      .find((each) => merged.includes(each));
    merged.splice(above === undefined ? 0 : merged.indexOf(above) + 1, 0, line);
  }
  return merged.join("\n");
}

/** Where the caret of one text stands in the other: on the same line if it is still there. */
export function sameCaret(before: string, after: string, caret: number): number {
  const lines = before.slice(0, caret).split("\n");
  const line = before.split("\n")[lines.length - 1] ?? "";
  const rows = after.split("\n");
  const row = rows.indexOf(line);
  if (row < 0) return Math.min(caret, after.length);
  const above = rows.slice(0, row).reduce((length, each) => length + each.length + 1, 0);
  return above + (lines.at(-1)?.length ?? 0);
}

function missingFrom(lines: readonly string[], others: readonly string[]): string[] {
  const left = [...others];
  return lines.filter((line) => {
    const place = left.indexOf(line);
    if (place >= 0) left.splice(place, 1);
    return place < 0;
  });
}

/**
 * What each value of a shared map was written over, so that whoever writes learns when two wrote at once: the last one
 * stands, and only the one that gave way still knows the other's words.
 */
export class Writings {
  private readonly seen = new Map<string, string>();

  constructor(
    private readonly values: Y.Map<unknown>,
    private readonly key: string,
  ) {
    this.note();
  }

  /** After each change, whoever made it. */
  note(): void {
    const item = this.item;
    if (item) this.seen.set(nameOf(item.lastId), textOf(this.values.get(this.key)));
  }

  /** What the value that stands now was written over; null when that was never seen here. */
  get base(): string | null {
    const { item } = this;
    let origin = item?.origin ?? null;
    for (let left = item?.left ?? null; origin !== null; left = left?.left ?? null) {
      const known = this.seen.get(nameOf(origin));
      if (known !== undefined) return known;
      if (left === null) return null;
      if (nameOf(left.lastId) === nameOf(origin)) origin = left.origin;
    }
    return item ? "" : null;
  }

  private get item(): Y.Item | undefined {
    return this.values._map.get(this.key);
  }
}

function nameOf({ client, clock }: { client: number; clock: number }): string {
  return `${client}:${clock}`;
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}
