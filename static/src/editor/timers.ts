/** Named delays: setting one again puts it off, and all end together. */

export class Timers {
  private readonly running = new Map<string, number>();

  set(name: string, delayMs: number, work: () => void): void {
    window.clearTimeout(this.running.get(name));
    this.running.set(name, window.setTimeout(work, delayMs));
  }

  clear(): void {
    for (const timer of this.running.values()) window.clearTimeout(timer);
    this.running.clear();
  }
}
