/** Where a draft has got to. Numbers may arrive out of order; one that stays missing must be asked for. */

export class Sequence {
  last = 0;
  private readonly ahead = new Set<number>();

  get hasGap(): boolean {
    return this.ahead.size > 0;
  }

  reached(seq: number): void {
    if (seq > this.last) this.ahead.add(seq);
    while (this.ahead.delete(this.last + 1)) this.last += 1;
  }

  /** Everything up to here is known, whatever came one by one. */
  jumped(seq: number): void {
    this.last = Math.max(this.last, seq);
    for (const one of this.ahead) if (one <= this.last) this.ahead.delete(one);
  }
}
