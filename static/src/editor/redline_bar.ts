/** Under the tools of the text: what has changed, since when, from one change to the next, and back. */

import { button, element } from "../page/words";
import { OneStop } from "./one_stop";
import type { LiveRedline } from "./redline_plugin";
import type { ReferenceName, References } from "./redline_reference";
import { counted } from "./redline_sentences";

const KEPT = "navette-changements";
const SHOW = "Montrer les changements";
const NOTHING_TO_COMPARE = "Aucun texte accordé ni proposé auquel comparer celui-ci.";

/** What this person chose in this tab: kept until it is closed, for each person of a shared computer. */
interface Choice {
  shown: boolean;
  since: ReferenceName;
}

const FIRST: Choice = { shown: true, since: "agreed" };

export class RedlineBar {
  readonly element: HTMLElement;
  private readonly toggle = this.tool(SHOW, "", () => this.choose({ shown: !this.choice.shown }));
  private readonly since = element("select", "tool-select");
  private readonly nothing = element("span", "changes-count", NOTHING_TO_COMPARE);
  private readonly steps = element("span", "tool-group");
  private readonly back = this.tool("Rétablir ce passage", "Rétablir ce passage (Ctrl+F8)", () =>
    this.redline.restore(),
  );
  private readonly stop: OneStop;
  private choice: Choice;

  constructor(
    private readonly redline: LiveRedline,
    private readonly references: References,
    private readonly parts: {
      person: string;
      label: string;
      leave: () => void;
      mayWrite: () => boolean;
      valueChanged: () => boolean;
    },
  ) {
    this.choice = readChoice(parts.person);
    this.since.setAttribute("aria-label", "Changements depuis");
    this.since.addEventListener("change", () => this.choose({ since: this.since.value as ReferenceName }));
    const previous = this.tool("↑", "Changement précédent (Maj+F8)", () => this.redline.go(-1));
    const next = this.tool("↓", "Changement suivant (F8)", () => this.redline.go(1));
    this.steps.append(previous, next, this.back);
    this.element = element("div", "tools changes", this.toggle, this.nothing, this.steps, this.since);
    this.element.setAttribute("role", "toolbar");
    this.element.setAttribute("aria-label", `Changements\u00a0: ${parts.label}`);
    this.stop = new OneStop([this.element], parts.leave);
    redline.listen(() => this.show());
    references.listen(() => this.apply());
    this.apply();
  }

  /** Whether the text may be written may have changed. */
  show(): void {
    const { names } = this.references;
    const isOn = this.redline.against !== null;
    const changes = this.redline.changes.length;
    this.element.hidden = !this.references.isKnown;
    this.toggle.hidden = names.length === 0;
    this.nothing.hidden = names.length > 0;
    this.toggle.setAttribute("aria-pressed", String(isOn));
    const words = isOn ? counted(changes, this.parts.valueChanged()) : SHOW;
    if (this.toggle.textContent !== words) {
      this.toggle.textContent = words;
      this.toggle.title = isOn ? "Masquer les changements" : SHOW;
      this.toggle.setAttribute("aria-label", isOn ? `${SHOW}\u00a0: ${words}` : SHOW);
    }
    this.since.hidden = !isOn;
    this.hideSteps(!isOn || changes === 0);
    setDisabled(this.back, !this.parts.mayWrite());
    this.stop.keep();
  }

  private apply(): void {
    const { names } = this.references;
    const since = names.includes(this.choice.since) ? this.choice.since : names[0];
    const offered = names.map((name) => `${name} ${sinceWhen(this.references, name)}`).join();
    // Only when they are others: the list may be unfolded under the hand.
    if (this.since.dataset.offered !== offered) {
      this.since.dataset.offered = offered;
      this.since.replaceChildren(...names.map((name) => new Option(sinceWhen(this.references, name), name)));
    }
    if (since) this.since.value = since;
    this.redline.compareWith(this.choice.shown ? (since ?? null) : null);
    this.show();
  }

  private choose(chosen: Partial<Choice>): void {
    this.choice = { ...this.choice, ...chosen };
    keepChoice(this.parts.person, this.choice);
    this.apply();
  }

  /** What goes away under the focus hands it to the tool beside it. */
  private hideSteps(hidden: boolean): void {
    const hadFocus = this.steps.contains(document.activeElement);
    this.steps.hidden = hidden;
    if (hidden && hadFocus) this.toggle.focus();
  }

  private tool(words: string, name: string, does: () => void): HTMLButtonElement {
    const made = button(words, "tool", () => {
      if (made.getAttribute("aria-disabled") !== "true") does();
    });
    made.title = name;
    made.setAttribute("aria-label", name);
    made.addEventListener("mousedown", (event) => event.preventDefault());
    return made;
  }
}

/** « depuis la version 3 » */
export function sinceWhen(references: References, name: ReferenceName): string {
  if (name === "agreed") return "depuis le texte accordé";
  return name === "tabled" ? `depuis la version ${references.numberOf(name)}` : "depuis le texte de départ";
}

/** Still reachable by the arrows: a tool that vanishes under the focus loses it. */
function setDisabled(tool: HTMLElement, disabled: boolean): void {
  tool.setAttribute("aria-disabled", String(disabled));
}

function readChoice(person: string): Choice {
  try {
    return { ...FIRST, ...JSON.parse(sessionStorage.getItem(`${KEPT}:${person}`) ?? "{}") };
  } catch {
    return FIRST;
  }
}

function keepChoice(person: string, choice: Choice): void {
  try {
    sessionStorage.setItem(`${KEPT}:${person}`, JSON.stringify(choice));
  } catch {
    // A browser that keeps nothing: the choice lasts as long as the page.
  }
}
