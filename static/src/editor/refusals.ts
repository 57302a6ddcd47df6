/** What follows when the server says no: one table, by the code of the refusal. */

export type Consequence =
  /** Exchange the whole of what each side has. */
  | "resync"
  /** Take the server's document; give the unsent words back to their author. */
  | "start_again"
  /** A clause was closed: its unsent words are given back, the others are sent. */
  | "without_closed"
  /** Nothing more can be written here; give the unsent words back. */
  | "give_back"
  /** Nothing more can be sent from this page; what is kept leaves from the next one. */
  | "stop"
  /** It may pass: try the same again. */
  | "wait";

const AFTER: Readonly<Record<string, Consequence>> = {
  resync_needed: "resync",
  epoch_changed: "start_again",
  frozen: "without_closed",
  invalid_input: "start_again",
  update_refused: "start_again",
  not_allowed: "give_back",
  not_found: "give_back",
  schema_outdated: "stop",
  session_ended: "stop",
  signin_required: "stop",
  unknown_event: "stop",
};

export function afterRefusal(code: string): Consequence {
  return AFTER[code] ?? "wait";
}
