/** Where a draft has got to. Numbers may arrive out of order; one that stays missing must be asked for. */

export class Sequence {
  /** Everything up to here has been received. */
  last = 0;
  private heard = 0;
  private readonly ahead = new Set<number>();

  get hasGap(): boolean {
    return this.heard > this.last;
  }

  received(seq: number): void {
    this.exists(seq);
    if (seq > this.last) this.ahead.add(seq);
    while (this.ahead.delete(this.last + 1)) this.last += 1;
  }

  /** The server has this number, whether or not it has come. */
  exists(seq: number): void {
    this.heard = Math.max(this.heard, seq);
  }

  /** Everything up to here is known, whatever came one by one. */
  jumped(seq: number): void {
    this.last = Math.max(this.last, seq);
    this.exists(seq);
    for (const one of this.ahead) if (one <= this.last) this.ahead.delete(one);
    this.received(this.last);
  }
}
