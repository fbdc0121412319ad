/** The name of a query parameter as it stands in a URL, decoded and in lower case. */
export function parameterName(encoded: string): string {
  try {
    return decodeURIComponent(encoded.replaceAll("+", " ")).toLowerCase();
  } catch {
    return encoded.toLowerCase();
  }
}
