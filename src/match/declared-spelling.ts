import { normalisePath } from "./normalise.ts";

/**
 * Gives a path that meets a pattern in another spelling the pattern's own: its static segments, and its trailing
 * slash or none. What parameters and `*` stand for stays as it was sent.
 * @param pattern with the group's prefix, as in the manifest.
 */
export function declaredSpelling(pattern: string): (path: string) => string {
  const declared = pattern.split("/").map(spelling);
  return (path) => {
    const sent = path.split("/");
    const segments = declared.map((text, index) => {
      if (text === PARAM) return sent[index]!;
      return text === REST ? sent.slice(index).join("/") : text;
    });
    return segments.join("/");
  };
}

// No segment of a path is either: both would be encoded, or be two segments.
const PARAM = ":/";
const REST = "*/";

function spelling(segment: string): string {
  if (segment === "*") return REST;
  if (segment.startsWith(":")) return PARAM;
  const path = normalisePath(`/${segment}`);
  // The build has proved the pattern; were it broken all the same, no request may go on under its name.
  if (typeof path !== "string") throw new Error(`no path has the segment "${segment}"`);
  return path.slice(1);
}
