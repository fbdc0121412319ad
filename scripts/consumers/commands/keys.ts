import { Misuse } from "../../admin/misuse.ts";
import type { Item } from "../client.ts";
import { command } from "../command.ts";
import { printSecret } from "../secret.ts";
import { keyTable } from "../shown.ts";
import { consumerPath, endOf, listed, secondsOf } from "../values.ts";

const several = { type: "string", multiple: true } as const;
/** A key of the same grant, at once and in the place of one of which nobody has the text. */
const rollAnew = ({ id, consumer }: Item) =>
  `This gives it another: npm run -s consumers -- keys roll ${consumer} ${id} --overlap 0s`;

export const keysAdd = command({
  name: "keys add",
  usage: "CONSUMER --prefix PREFIX",
  about: "makes a key, and prints it this once",
  options: [
    "--prefix PREFIX      how it begins: what the routes' apiKey() asks for",
    "--label TEXT         what people call it",
    "--scopes A,B         what it is good for",
    "--route 'GET /v1/*'  only for this route; may be given several times",
    "--address 192.0.2.0/24     only from this network; may be given several times",
    "--origin https://shop.example     only for pages of this web origin; may be given several times",
    "--expires TIME       a time, or a duration such as 90d",
  ],
  accepts: {
    prefix: { type: "string" },
    label: { type: "string" },
    scopes: { type: "string" },
    route: several,
    address: several,
    origin: several,
    expires: { type: "string" },
  },
  words: [1, 1],
  plan({ prefix, label, scopes, route, address, origin, expires, ...manner }, [consumer = ""]) {
    if (prefix === undefined) throw new Misuse("Say with --prefix how the key begins.");
    const path = consumerPath(consumer, "keys");
    return async ({ api, print, now }) => {
      const body = {
        prefix,
        ...(label !== undefined && { label }),
        ...(scopes !== undefined && { scopes: listed(scopes) }),
        ...(route && { routes: route }),
        ...(address && { addresses: address }),
        ...(origin && { origins: origin }),
        ...(expires !== undefined && { expiresAt: endOf(expires, now) }),
      };
      const answer = await api.write("POST", path, { body });
      await printSecret(answer, "key", manner, print, rollAnew);
    };
  },
});

export const keysList = command({
  name: "keys list",
  usage: "CONSUMER",
  about: "lists a consumer's keys",
  options: [],
  accepts: {},
  words: [1, 1],
  plan({ json, quiet }, [consumer = ""]) {
    const path = consumerPath(consumer);
    return async ({ api, print, now }) => {
      const keys = (await api.get(path)).keys as readonly Item[];
      if (json) return print(JSON.stringify(keys, undefined, 2));
      await print(quiet ? keys.map(({ id }) => id).join("\n") : keyTable(keys, now) || "No keys yet.");
    };
  },
});

export const keysRoll = command({
  name: "keys roll",
  usage: "CONSUMER KEY",
  about: "puts a new key in the place of one, and prints it this once",
  options: ["--overlap DURATION   for how long the old one goes on to hold; default 1d, 0s ends it at once"],
  accepts: { overlap: { type: "string" } },
  words: [2, 2],
  plan({ overlap, ...manner }, [consumer = "", key = ""]) {
    const path = consumerPath(consumer, "keys", key, "roll");
    const body = overlap === undefined ? {} : { overlapSeconds: secondsOf(overlap, "--overlap") };
    return async ({ api, print }) => {
      const answer = await api.write("POST", path, { body });
      await printSecret(answer, "key", manner, print, rollAnew);
    };
  },
});

export const keysRevoke = command({
  name: "keys revoke",
  usage: "CONSUMER KEY",
  about: "ends a key",
  options: [],
  accepts: {},
  words: [2, 2],
  plan({ json, quiet }, [consumer = "", key = ""]) {
    const path = consumerPath(consumer, "keys", key, "revoke");
    return async ({ api, print }) => {
      const { body } = await api.write("POST", path);
      if (json) return print(JSON.stringify(body.key, undefined, 2));
      if (!quiet) await print(`Revoked ${key} of ${consumer}.`);
    };
  },
});
