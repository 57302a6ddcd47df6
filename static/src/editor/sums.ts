/** What follows when the sum of the text is compared with the server's. */

import { DOUBT } from "./sentences";

export class Sums {
  /** What the writer should know, though the writing goes on; null for nothing. */
  doubt: string | null = null;

  private unlike = 0;
  /** Once in the life of a page: a text that both sides read otherwise would be taken again without end. */
  private takenAnew = false;

  /** A document took the place of another. */
  renewed(): void {
    this.unlike = 0;
  }

  /** First everything is exchanged, then the server's document is taken; after that the writer is told, and no more. */
  compared(same: boolean): "resync" | "start_again" | null {
    this.doubt = !same && this.takenAnew ? DOUBT : null;
    this.unlike = same ? 0 : this.unlike + 1;
    if (same || this.takenAnew) return null;
    this.takenAnew = this.unlike > 1;
    return this.takenAnew ? "start_again" : "resync";
  }
}
