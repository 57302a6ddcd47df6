/** Tools that are one stop for the Tab key; arrows, Home and End go from one to the other. */

export class OneStop {
  constructor(
    private readonly bars: HTMLElement[],
    private readonly leave: () => void,
  ) {
    for (const bar of bars) bar.addEventListener("keydown", (event) => this.move(event));
  }

  /** After tools came or went: exactly one of them takes the Tab key. */
  keep(): void {
    const stops = this.stops();
    const current = stops.find((stop) => stop === document.activeElement) ?? stops.find((stop) => stop.tabIndex === 0);
    for (const stop of stops) stop.tabIndex = stop === (current ?? stops[0]) ? 0 : -1;
  }

  private stops(): HTMLElement[] {
    return this.bars
      .flatMap((bar) => [...bar.querySelectorAll<HTMLElement>("select, button")])
      .filter((stop) => stop.closest("[hidden]") === null);
  }

  private move(event: KeyboardEvent): void {
    const stops = this.stops();
    const here = stops.indexOf(event.target as HTMLElement);
    const steps: Record<string, number> = { ArrowRight: here + 1, ArrowLeft: here - 1, Home: 0, End: stops.length - 1 };
    const next = steps[event.key];
    if (event.key === "Escape") this.leave();
    if (next === undefined || here < 0) return;
    event.preventDefault();
    const stop = stops[(next + stops.length) % stops.length];
    stop?.focus();
    this.keep();
  }
}
