/** Which pieces of a séance a change concerns, by the keys that they carry. */

interface Change {
  type: string;
  seance?: string | null;
}

export function keysOfSeance({ type, seance }: Change): string[] {
  if (!seance) return [];
  const [subject, what] = type.split(".");
  if (subject === "decision") return [`decisions:${seance}`];
  if (what === "pointed") return [`agenda:${seance}`, `pointer:${seance}`];
  if (what === "attended") return [`agenda:${seance}`];
  if (what === "agenda") return [`agenda:${seance}`, `agenda-order:${seance}`];
  if (what === "chaired") return ["seances", `seance-whole:${seance}`, `agenda:${seance}`];
  // Planned, opened, closed: its own page becomes another one, and says so.
  return ["seances"];
}
