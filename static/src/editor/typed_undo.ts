/** « Annuler » in the field of a value: one's own changes, one by one; what somebody else wrote since then stays. */

import { isList, mergedLines } from "./typed_list";

interface Change {
  before: string;
  after: string;
}

/** What is typed without a longer rest is one change. */
const ONE_GO_MS = 1000;

export class OwnChanges {
  private readonly done: Change[] = [];
  private readonly undone: Change[] = [];
  private lastAt = 0;

  note(before: string, after: string, at = Date.now()): void {
    const last = this.done.at(-1);
    if (last?.after === before && at - this.lastAt < ONE_GO_MS) last.after = after;
    else this.done.push({ before, after });
    this.lastAt = at;
    this.undone.length = 0;
  }

  /** What the value becomes; null when nothing of one's own is left to take back. */
  undo(now: string): string | null {
    return stepped(this.done, this.undone, now);
  }

  redo(now: string): string | null {
    return stepped(this.undone, this.done, now);
  }
}

function stepped(from: Change[], to: Change[], now: string): string | null {
  for (let change = from.pop(); change !== undefined; change = from.pop()) {
    const then = takenBack(change, now);
    if (then === now) continue;
    to.push({ before: now, after: then });
    return then;
  }
  return null;
}

/** Of a list, one's own lines; any other value only as long as nobody wrote after it. */
function takenBack({ before, after }: Change, now: string): string {
  if (now === after) return before;
  return isList(before, after, now) ? mergedLines(after, before, now) : now;
}
