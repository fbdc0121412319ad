import { keepFromCaches } from "../../http/keep-from-caches.ts";

type Fields = ReadonlyArray<readonly [name: string, value: string]>;

/** What a service's answer has for the caller. @param names in lower case */
export function clientFieldsOf(answer: Headers, names: readonly string[]): Fields {
  return names.flatMap((name) => {
    if (name === "set-cookie") return answer.getSetCookie().map((cookie) => [name, cookie] as const);
    const value = answer.get(name);
    return value === null ? [] : [[name, value] as const];
  });
}

/** Puts it on the caller's answer: cookies beside the origin's, any other field in the place of the origin's. */
export function giveToClient(fields: Fields, headers: Headers): void {
  for (const [name, value] of fields) {
    if (name === "set-cookie") headers.append(name, value);
    else headers.set(name, value);
  }
  keepFromCaches(headers);
}
