import { describe, expect, it } from "vitest";
import { isTarget } from "../../../src/identity/dpop/target.ts";

const REQUEST = "https://api.example/orders/a%7Eb%2Fc?page=2";

describe("the URL of a proof", () => {
  it.each([
    "https://api.example/orders/a~b%2Fc",
    "https://api.example/orders/a~b%2fc?page=9#here",
    "HTTPS://API.example:443/orders/%61~b%2Fc",
    "https://api.example/x/../orders/a~b%2Fc",
  ])("%s is the request's", (htu) => {
    expect(isTarget(htu, REQUEST)).toBe(true);
  });

  it.each([
    "http://api.example/orders/a~b%2Fc",
    "https://api.example:8443/orders/a~b%2Fc",
    "https://evil.example/orders/a~b%2Fc",
    "https://api.example/orders/a~b/c",
    "https://api.example/Orders/a~b%2Fc",
    "https://api.example/orders/a~b%2Fc/",
    "https://ada@api.example/orders/a~b%2Fc",
    "/orders/a~b%2Fc",
    "",
    undefined,
    ["https://api.example/orders/a~b%2Fc"],
  ])("%s is another", (htu) => {
    expect(isTarget(htu, REQUEST)).toBe(false);
  });
});
