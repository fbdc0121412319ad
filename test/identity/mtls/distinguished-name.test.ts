import { describe, expect, it } from "vitest";
import { parseDistinguishedName } from "../../../src/identity/mtls/distinguished-name.ts";

describe("a distinguished name", () => {
  it.each<[string, object]>([
    ["", {}],
    ["CN=ada", { CN: ["ada"] }],
    ["cn = ada , OU=a + ou=b;O=c", { CN: ["ada"], OU: ["a", "b"], O: ["c"] }],
    ["CN=Tea\\, Ltd.,O=x", { CN: ["Tea, Ltd."], O: ["x"] }],
    ['CN="Tea, Ltd.; +",O=x', { CN: ["Tea, Ltd.; +"], O: ["x"] }],
    ["CN=\\ ada\\ ", { CN: [" ada "] }],
    ["CN=\\C3\\A9t\\C3\\A9", { CN: ["été"] }],
    ["CN=été\\\\", { CN: ["été\\"] }],
    ["CN=", { CN: [""] }],
    ["CN=a=b", { CN: ["a=b"] }],
    ["2.5.4.3=ada", { "2.5.4.3": ["ada"] }],
    ["1.2.3=#0403,CN=ada", { CN: ["ada"] }],
    ["constructor=b", { CONSTRUCTOR: ["b"] }],
  ])("%j is %j", (text, attributes) => {
    expect({ ...parseDistinguishedName(text) }).toEqual(attributes);
  });

  it.each(["ada", "CN", "=ada", "CN=ada,", "CN=ada,,O=x", "CN=ada\\", "CN=\\FF", "1.=a"])(
    "%j is none",
    (text) => {
      expect(parseDistinguishedName(text)).toBeUndefined();
    },
  );
});
