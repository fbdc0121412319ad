import { describe, expect, it } from "vitest";
import { redactorOf, replaceTexts } from "../../src/explain/redact.ts";

const { field: redactField, url: redactUrl, body: redactBody, presented: presentedTexts } = redactorOf();
const declared = redactorOf({ headers: ["x-shop", "forwarded-cert"], parameters: ["k"] });

describe("header fields", () => {
  it("that may hold a credential are redacted, but for the scheme", () => {
    expect(redactField(["authorization", "Bearer abc.def"])).toEqual(["authorization", "Bearer (redacted)"]);
    expect(redactField(["Authorization", "abc"])).toEqual(["Authorization", "(redacted)"]);
    expect(redactField(["proxy-authorization", "Basic YTpi"])).toEqual([
      "proxy-authorization",
      "Basic (redacted)",
    ]);
    for (const name of [
      "cookie",
      "set-cookie",
      "x-api-key",
      "X-Auth-Token",
      "x-client-secret",
      "cf-access-jwt-assertion",
      "x-session-id",
      "signature",
    ]) {
      expect(redactField([name, "words of a secret"])).toEqual([name, "(redacted)"]);
    }
  });

  it("that tell of credentials are shown", () => {
    for (const field of [
      ["www-authenticate", 'Bearer realm="api"'],
      ["x-identity-credential", "jwt"],
      ["access-control-allow-credentials", "true"],
      ["x-request-id", "1"],
    ] as const) {
      expect(redactField(field)).toEqual(field);
    }
  });
});

describe("URLs", () => {
  it("keep all but the values of confidential parameters", () => {
    expect(redactUrl("https://a.example/token/x?q=1&access_token=abc&sig=d%20e&page=2#f")).toBe(
      "https://a.example/token/x?q=1&access_token=(redacted)&sig=(redacted)&page=2#f",
    );
    expect(redactUrl("/p?api_key=a?b=c")).toBe("/p?api_key=(redacted)");
    expect(redactUrl("/p?design=1&assign=2")).toBe("/p?design=1&assign=2");
    expect(redactUrl("/p?tok%65n=a&Code=b&key=c")).toBe(
      "/p?tok%65n=(redacted)&Code=(redacted)&key=(redacted)",
    );
    expect(redactUrl("/p#access_token=a&x=1")).toBe("/p#access_token=(redacted)&x=1");
    expect(redactUrl("https://ada:pw@a.example/x")).toBe("https://(redacted)@a.example/x");
    expect(redactUrl("https://a.example/@x")).toBe("https://a.example/@x");
  });

  it("are redacted in header fields too", () => {
    expect(redactField(["referer", "https://a.example/?token=abc"])).toEqual([
      "referer",
      "https://a.example/?token=(redacted)",
    ]);
  });
});

describe("a body", () => {
  it("keeps all but the texts of confidential members", () => {
    const body = '{"user":"ada","password" : "a \\" b","n":[{"accessToken":"x"}],"tokens":"y"}';
    expect(redactBody(body)).toBe(
      '{"user":"ada","password" : "(redacted)","n":[{"accessToken":"(redacted)"}],"tokens":"y"}',
    );
    expect(redactBody("password: x")).toBe("password: x");
  });

  it("gives nothing away where it is cut off", () => {
    for (const end of ["", "c", 'c\\"d', "c\\"]) {
      expect(redactBody(`{"api_key":"${end}`)).toBe('{"api_key":"(redacted)"');
    }
  });
});

describe("what a request presents", () => {
  it("is left out wherever it turns up", () => {
    const presented = presentedTexts("/?token=0123456789ab", [["authorization", "Bearer abc.def"]]);
    expect(replaceTexts(["Bearer abc.def", "x abc.def", "/0123456789ab"], presented)).toEqual([
      "(redacted)",
      "x (redacted)",
      "/(redacted)",
    ]);
  });
});

describe("declared names", () => {
  it("hide what goes by them, in any spelling that a lenient server would take for them", () => {
    for (const name of ["x-shop", "X-Shop", "x_shop", "Forwarded-Cert"])
      expect(declared.field([name, "words of a secret"])).toEqual([name, "(redacted)"]);
    expect(declared.url("/p?k=abc&K=abc&%6b=abc&kk=abc")).toBe(
      "/p?k=(redacted)&K=(redacted)&%6b=(redacted)&kk=abc",
    );
    expect(redactField(["x-shop", "tea"])).toEqual(["x-shop", "tea"]);
    expect([declared.isField("x-other"), declared.isParameter("other")]).toEqual([false, false]);
  });

  it("leave out what goes by them wherever it turns up, as URLs, forms and JSON write it", () => {
    const secret = 'a+b/c=="d e"';
    const presented = declared.presented(`/?k=${encodeURIComponent("pa ram+1")}`, [["x-shop", secret]]);
    const texts = [
      secret,
      encodeURIComponent(secret),
      new URLSearchParams({ x: secret }).toString(),
      JSON.stringify({ x: secret }),
      "pa ram+1",
      "pa%20ram%2B1",
    ];
    expect(replaceTexts(texts, presented)).toEqual([
      "(redacted)",
      "(redacted)",
      "x=(redacted)",
      '{"x":"(redacted)"}',
      "(redacted)",
      "(redacted)",
    ]);
  });
});

describe("a form", () => {
  it("keeps all but the fields that may be credentials", () => {
    expect(redactBody("token=a%2Bb&token_type_hint=access_token&client_secret=x&scope=a+b")).toBe(
      "token=(redacted)&token_type_hint=access_token&client_secret=(redacted)&scope=a+b",
    );
    expect(redactBody("grant_type=x&subject_token=cut%2")).toBe("grant_type=x&subject_token=(redacted)");
    expect(redactBody("two cups = tea")).toBe("two cups = tea");
  });
});

describe("texts that stand for others", () => {
  it("are replaced wherever they occur, the first given first", () => {
    const data = { a: ["xsecretx", 1, null], b: { c: "secret secret" }, secret: true };
    expect(
      replaceTexts(data, [
        ["xsecret", "{LONG}"],
        ["secret", "{S}"],
      ]),
    ).toEqual({ a: ["{LONG}x", 1, null], b: { c: "{S} {S}" }, secret: true });
  });

  it("may look like patterns", () => {
    expect(replaceTexts("a.c abc $&", [["a.c", "$&"]])).toBe("$& abc $&");
  });
});
