// AWS Signature Version 4 as its documentation describes it, written from the verifier's side: nothing here is shared
// with what signs.

/** A signed request as it came in. */
export interface SignedRequest {
  readonly method: string;
  /** Path and query, byte for byte. */
  readonly target: string;
  /** By lower-case name, `host` among them. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Computes what the signature of a request must be, and whether it is. S3 encodes a path once, all others twice. */
export async function verifyAws(request: SignedRequest, secretAccessKey: string) {
  const authorization = request.headers.authorization ?? "";
  const [, key, scope = "", names = "", signature] =
    /^AWS4-HMAC-SHA256 Credential=([^/]+)\/([^,]+), ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$/.exec(
      authorization,
    ) ?? [];
  const [day = "", region = "", service = ""] = scope.split("/");
  const [path = "", query = ""] = request.target.split(/\?(.*)/s);
  const declared = request.headers["x-amz-content-sha256"];
  const bodyHash = await sha256(request.body);
  const canonical = [
    request.method,
    service === "s3" ? path : encode(path).replaceAll("%2F", "/"),
    query
      .split("&")
      .filter((pair) => pair !== "")
      .map((pair) => pair.split(/=(.*)/s, 2).map((part) => encode(decodeURIComponent(part ?? ""))))
      .map(([name, value = ""]) => `${name}=${value}`)
      .toSorted()
      .join("&"),
    ...names.split(";").map((name) => `${name}:${request.headers[name]?.trim().replace(/ +/g, " ")}`),
    "",
    names,
    declared ?? bodyHash,
  ].join("\n");
  const text = ["AWS4-HMAC-SHA256", request.headers["x-amz-date"], scope, await sha256(canonical)].join("\n");
  let derived: Uint8Array = new TextEncoder().encode(`AWS4${secretAccessKey}`);
  for (const part of [day, region, service, "aws4_request", text]) derived = await hmac(derived, part);
  return {
    key,
    scope,
    signed: names.split(";"),
    /** Whether the body that came is the one that was signed, or none was. */
    bodyHolds: declared === undefined || declared === "UNSIGNED-PAYLOAD" || declared === bodyHash,
    holds: hexOf(derived) === signature,
  };
}

/** RFC 3986 §2.3 leaves only unreserved characters alone. */
function encode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

async function sha256(text: string): Promise<string> {
  return hexOf(new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text))));
}

async function hmac(key: Uint8Array, text: string): Promise<Uint8Array> {
  const imported = await crypto.subtle.importKey("raw", key, { name: "HMAC", hash: "SHA-256" }, false, [
    "sign",
  ]);
  return new Uint8Array(await crypto.subtle.sign("HMAC", imported, new TextEncoder().encode(text)));
}

function hexOf(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
