import { parameterName } from "./parameter-name.ts";

/**
 * A URL, or a text that holds some, with something else in the place of what certain parameters of query and fragment
 * hold (in a fragment, OAuth's implicit flow hands tokens over: RFC 6749 §4.2.2).
 * @param isSecret of a parameter's name, decoded and in lower case
 */
export function redactParameters(text: string, isSecret: (name: string) => boolean, shown: string): string {
  return text.replace(/([?&#])([^=&#?\s]*)=[^&#\s<>"]+/g, (whole, mark: string, name: string) =>
    isSecret(parameterName(name)) ? `${mark}${name}=${shown}` : whole,
  );
}
