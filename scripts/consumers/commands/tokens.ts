import { ADMIN_SCOPES } from "../../../src/stores/consumers/admin-token.ts";
import { Misuse } from "../../admin/misuse.ts";
import type { Item } from "../client.ts";
import { command } from "../command.ts";
import { printSecret } from "../secret.ts";
import { tokenTable } from "../shown.ts";
import { endOf, idOf, listed } from "../values.ts";

export const tokensAdd = command({
  name: "tokens add",
  usage: "NAME --scopes A,B",
  about: "makes an admin token, and prints it this once; takes the gateway's own secret",
  options: [
    `--scopes A,B         of ${ADMIN_SCOPES.join(", ")}`,
    "--expires TIME       a time, or a duration such as 90d",
  ],
  accepts: { scopes: { type: "string" }, expires: { type: "string" } },
  words: [1, 1],
  plan({ scopes, expires, ...manner }, [name]) {
    if (scopes === undefined)
      throw new Misuse(`Say with --scopes what it is for: ${ADMIN_SCOPES.join(", ")}.`);
    return async ({ api, print, now }) => {
      const ends = expires !== undefined && { expiresAt: endOf(expires, now) };
      const body = { name, scopes: listed(scopes), ...ends };
      const answer = await api.write("POST", "/tokens", { body });
      await printSecret(
        answer,
        "token",
        manner,
        print,
        ({ id }) => `Revoke it and make another: npm run -s consumers -- tokens revoke ${id}`,
      );
    };
  },
});

export const tokensList = command({
  name: "tokens list",
  usage: "",
  about: "lists all admin tokens; takes the gateway's own secret",
  options: [],
  accepts: {},
  words: [0, 0],
  plan:
    ({ json, quiet }) =>
    async ({ api, print, now }) => {
      const tokens = (await api.get("/tokens")).tokens as readonly Item[];
      if (json) return print(JSON.stringify(tokens, undefined, 2));
      await print(quiet ? tokens.map(({ id }) => id).join("\n") : tokenTable(tokens, now) || "None yet.");
    },
});

export const tokensRevoke = command({
  name: "tokens revoke",
  usage: "TOKEN",
  about: "ends an admin token; takes the gateway's own secret",
  options: [],
  accepts: {},
  words: [1, 1],
  plan({ json, quiet }, [id = ""]) {
    const path = `/tokens/${idOf(id)}/revoke`;
    return async ({ api, print }) => {
      const token = (await api.write("POST", path)).body.token as Item;
      if (json) return print(JSON.stringify(token, undefined, 2));
      if (!quiet) await print(`Revoked ${id}, which was ${token.name}'s.`);
    };
  },
});
