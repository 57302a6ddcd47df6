/**
 * What two sequences have in common: Hyyrö's bit-parallel longest common subsequence, walked back as rapidfuzz does it,
 * because the server's redlines use rapidfuzz: where several answers are as long, both choose the same.
 */

/** A stretch of both sequences: equal, or `[from, to)` of the first replaced by `[start, end)` of the second. */
export interface Stretch {
  equal: boolean;
  from: number;
  to: number;
  start: number;
  end: number;
}

type Sequence = ArrayLike<number | string>;

/** Product of lengths up to which the exact answer is worth its memory (25 MB); beyond, everything is replaced. */
const MOST_CELLS = 200_000_000;

/** How many things both sequences begin with (`start`) and then end with (`stop`). */
export function commonEnds(left: Sequence, right: Sequence): { start: number; stop: number } {
  const shortest = Math.min(left.length, right.length);
  let start = 0;
  while (start < shortest && left[start] === right[start]) start += 1;
  let stop = 0;
  while (stop < shortest - start && left[left.length - 1 - stop] === right[right.length - 1 - stop]) stop += 1;
  return { start, stop };
}

/** Stretches in order, neighbouring changes joined. */
export function aligned(left: readonly number[], right: readonly number[]): Stretch[] {
  const { start, stop } = commonEnds(left, right);
  const kept = keptPairs(left.slice(start, left.length - stop), right.slice(start, right.length - stop));
  const pairs: [number, number][] = [];
  for (let place = 0; place < start; place += 1) pairs.push([place, place]);
  for (const [i, j] of kept) pairs.push([i + start, j + start]);
  for (let place = stop; place > 0; place -= 1) pairs.push([left.length - place, right.length - place]);
  return stretches(pairs, left.length, right.length);
}

/** 2 × common / total, from 0 to 1; 0 as well when it can't be above `least`. */
export function likeness(left: readonly number[], right: readonly number[], least: number): number {
  const total = left.length + right.length;
  if (total === 0) return 1;
  if (2 * inCommon(left, right) < least * total) return 0;
  const { start, stop } = commonEnds(left, right);
  const inner = keptPairs(left.slice(start, left.length - stop), right.slice(start, right.length - stop)).length;
  const share = (2 * (start + stop + inner)) / total;
  return share >= least ? share : 0;
}

/** How many things both hold, whatever their order: never less than the common subsequence, and much quicker. */
function inCommon(left: readonly number[], right: readonly number[]): number {
  const held = new Map<number, number>();
  for (const one of left) held.set(one, (held.get(one) ?? 0) + 1);
  let common = 0;
  for (const one of right) {
    const count = held.get(one) ?? 0;
    if (count > 0) {
      common += 1;
      held.set(one, count - 1);
    }
  }
  return common;
}

function stretches(pairs: readonly [number, number][], lefts: number, rights: number): Stretch[] {
  const result: Stretch[] = [];
  let from = 0;
  let start = 0;
  const change = (to: number, end: number) => {
    if (to > from || end > start) result.push({ equal: false, from, to, start, end });
  };
  for (const [i, j] of pairs) {
    const last = result.at(-1);
    if (i > from || j > start || !last?.equal) {
      change(i, j);
      result.push({ equal: true, from: i, to: i + 1, start: j, end: j + 1 });
    } else {
      last.to = i + 1;
      last.end = j + 1;
    }
    from = i + 1;
    start = j + 1;
  }
  change(lefts, rights);
  return result;
}

/** The pairs of places of a longest common subsequence, in order. */
function keptPairs(left: readonly number[], right: readonly number[]): [number, number][] {
  if (!left.length || !right.length || left.length * right.length > MOST_CELLS) return [];
  const words = (left.length + 31) >>> 5;
  const rows = bitRows(left, right, words);
  const isUnset = (row: number, column: number) =>
    (((rows[row * words + (column >>> 5)] as number) >>> (column & 31)) & 1) === 0;
  const pairs: [number, number][] = [];
  let i = left.length;
  let j = right.length;
  while (i > 0 && j > 0) {
    if (!isUnset(j - 1, i - 1)) {
      i -= 1;
      continue;
    }
    j -= 1;
    if (j > 0 && isUnset(j - 1, i - 1)) continue;
    i -= 1;
    pairs.push([i, j]);
  }
  return pairs.reverse();
}

/** After each element of `right`, one bit for each of `left`: unset where the common subsequence grows. */
function bitRows(left: readonly number[], right: readonly number[], words: number): Uint32Array {
  const places = new Map<number, number[]>();
  for (const [place, one] of left.entries()) {
    const found = places.get(one);
    if (found) found.push(place);
    else places.set(one, [place]);
  }
  const rows = new Uint32Array(words * right.length);
  const state = new Uint32Array(words).fill(0xffffffff);
  const matches = new Uint32Array(words);
  for (const [row, one] of right.entries()) {
    const found = places.get(one);
    if (found) advance(state, matches, found);
    rows.set(state, row * words);
  }
  return rows;
}

/** state = (state + hits) | (state − hits), hits = state & matches; `matches` is zero before and after. */
function advance(state: Uint32Array, matches: Uint32Array, places: readonly number[]): void {
  for (const place of places) {
    const word = place >>> 5;
    matches[word] = (matches[word] as number) | (1 << (place & 31));
  }
  const first = (places[0] as number) >>> 5;
  const last = (places.at(-1) as number) >>> 5;
  let carry = 0;
  for (let word = first; word < state.length && (word <= last || carry); word += 1) {
    const here = state[word] as number;
    const hits = (here & (matches[word] as number)) >>> 0;
    const sum = here + hits + carry;
    carry = sum > 0xffffffff ? 1 : 0;
    state[word] = (sum >>> 0) | (here - hits);
    matches[word] = 0;
  }
}
