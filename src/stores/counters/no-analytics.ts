/** In place of what `@upstash/ratelimit` would count its own answers with: that is switched off, and would be 2 KB. */
export class Analytics {
  constructor() {
    throw new Error("analytics are not part of this Worker");
  }
}
