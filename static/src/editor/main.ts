/** The editor's only door: mount a clause, and wait until a draft has arrived. Loaded when somebody first writes. */

import type { Socket } from "socket.io-client";
import { ClauseEditor, type FirstCaret } from "./clause_editor";
import { DraftSync } from "./draft_sync";
import { ownerKey, updatesOf } from "./kept";
import { showKept } from "./kept_panel";
import { Peers } from "./peers";
import { NOT_YET } from "./sentences";

export interface EditorParts {
  socket: Socket;
  person: string;
  announce: (sentence: string) => void;
}

export interface MountedClause {
  /** The caret goes there once the text is open. */
  goTo?: (caret: FirstCaret) => void;
  destroy: () => void;
}

interface OpenDraft {
  part: string;
  side: string;
  sync: DraftSync;
  peers: Peers;
  users: number;
}

/** A swap destroys an editor and mounts it again at once: the draft waits a little before it is left. */
const LINGER_MS = 5000;

const drafts = new Map<string, OpenDraft>();

export function mount(host: HTMLElement, parts: EditorParts, caret: FirstCaret): MountedClause {
  const { draftPart: part = "", draftSide: side = "", clause = "" } = host.dataset;
  const draft = draftFor(part, side, parts);
  draft.users += 1;
  const editor = new ClauseEditor(host, draft.sync, draft.peers, {
    clause,
    say: parts.announce,
    caret,
    person: parts.person,
    socket: parts.socket,
  });
  return {
    goTo: (there) => editor.goTo(there),
    destroy: () => {
      editor.destroy();
      leaveSoon(draft);
    },
  };
}

/**
 * Where nothing is written, or no more: what this computer kept for this place is sent if the server still takes it,
 * else given back under the eyes of its author.
 */
export async function recover(host: HTMLElement, parts: EditorParts): Promise<MountedClause> {
  const { draftPart: part = "", draftSide: side = "", clause = "" } = host.dataset;
  const show = () => void showKept(host, { owner: ownerKey(parts.person, part, side), clause, say: parts.announce });
  document.addEventListener("navette:given-back", show);
  show();
  const waits = (await updatesOf(ownerKey(parts.person, part, side))).length > 0;
  const draft = waits ? draftFor(part, side, parts) : null;
  if (draft) draft.users += 1;
  return {
    destroy: () => {
      document.removeEventListener("navette:given-back", show);
      if (draft) leaveSoon(draft);
    },
  };
}

/** Waits for the draft, or for every open one when none is named. Null = all arrived; else what to tell the reader. */
export async function flush(
  part: string | undefined,
  side: string | undefined,
  patienceMs: number,
): Promise<string | null> {
  const concerned = [...drafts.values()].filter(
    (draft) => (part === undefined || draft.part === part) && (side === undefined || draft.side === side),
  );
  const problems = await Promise.all(concerned.map(({ sync }) => arrived(sync, patienceMs)));
  return problems.find((problem) => problem !== null) ?? null;
}

/** Resolves with null once the server has everything, else with what to tell the reader. */
async function arrived(sync: DraftSync, patienceMs: number): Promise<string | null> {
  const deadline = Date.now() + patienceMs;
  while (Date.now() < deadline) {
    if (sync.stopped !== null) return sync.stopped;
    if (sync.entered && sync.isSettled) return null;
    await new Promise((resolve) => window.setTimeout(resolve, 50));
  }
  return NOT_YET;
}

function draftFor(part: string, side: string, { socket, person }: EditorParts): OpenDraft {
  const name = nameOf({ part, side });
  const known = drafts.get(name);
  if (known) return known;
  const sync = new DraftSync(socket, { part, side }, person);
  // A screen that is nobody's in particular tells of nobody, and shows nobody.
  const peers = new Peers(socket, () => (person ? sync.draft : null));
  const draft = { part, side, sync, peers, users: 0 };
  drafts.set(name, draft);
  return draft;
}

function nameOf({ part, side }: { part: string; side: string }): string {
  return `${part}|${side}`;
}

function leaveSoon(draft: OpenDraft): void {
  draft.users -= 1;
  window.setTimeout(() => leave(draft), LINGER_MS);
}

function leave(draft: OpenDraft): void {
  if (draft.users > 0 || drafts.get(nameOf(draft)) !== draft) return;
  if (!draft.sync.isSettled) {
    window.setTimeout(() => leave(draft), LINGER_MS);
    return;
  }
  drafts.delete(nameOf(draft));
  draft.peers.close();
  draft.sync.close();
}

/** A move may have locked or opened a clause of this part: the server says again which. */
document.addEventListener("navette:changed", ({ detail }) => {
  for (const draft of drafts.values()) if (draft.part === detail.part) void draft.sync.open();
});
