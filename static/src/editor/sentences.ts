/** What a draft says when something keeps words from being stored: what happened, what was kept. */

export const LOST = "Ces mots ont disparu du texte commun quand les modifications se sont rejointes.";
export const REBUILT = "Le texte a été repris à neuf pendant votre absence\u00a0: ces mots n’y sont pas.";
export const NOT_YET =
  "Vos dernières modifications ne sont pas encore enregistrées\u00a0: rien n’est parti. Réessayez dans un instant.";
export const ENDED = "Votre session est terminée.";
export const RIGHTS =
  "Vos droits à cette table ont changé\u00a0: rechargez la page. Ce qui n’est pas enregistré est gardé sur ce poste.";
export const DOUBT =
  "Ce texte ne se lit peut-être pas ici tout à fait comme sur les autres écrans\u00a0: c’est celui que Navette a enregistré qui sera proposé. Vous pouvez continuer à écrire.";
export const CLOSED = "Ce texte n’est plus ouvert à l’écriture.";
export const OPENING = "Ouverture du texte…";
export const READING = "Vous lisez ce texte en direct\u00a0; vous ne pouvez pas y écrire.";
export const NOT_LIVE = "Hors ligne\u00a0: ce texte n’est plus suivi en direct.";
export const LOCKED = "Ce texte est verrouillé\u00a0: il se lit, il ne s’écrit plus.";

/** `value`: the one that stands, as its field holds it. */
export function replacedBy(value: string): string {
  const now = value.includes("\n") ? "une autre liste" : value ? `«\u00a0${value}\u00a0»` : "rien";
  return `Quelqu’un a changé cette valeur pendant votre absence\u00a0: ${now} est en place, la vôtre n’y est pas.`;
}
