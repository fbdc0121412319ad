import { Misuse } from "../../admin/misuse.ts";
import { writeSeen } from "../change.ts";
import type { Item } from "../client.ts";
import { command, type Manner } from "../command.ts";
import { consumerFacts, consumerTable, keyTable } from "../shown.ts";
import { consumerPath, countOf, listed, metadataOf } from "../values.ts";

const FIELDS = {
  name: { type: "string" },
  plan: { type: "string" },
  roles: { type: "string" },
  meta: { type: "string", multiple: true, default: [] as string[] },
} as const;
const VERSION_HELP = "--version N          only if it is still at this version, as `show` has told";

export const add = command({
  name: "add",
  usage: "[ID]",
  about: "registers a consumer; without an id it gets one",
  options: [
    "--name TEXT          what people call it",
    "--plan NAME          names its limits",
    "--roles A,B          what `authorize` may ask for",
    "--meta NAME=VALUE    whatever else is kept of it, which are its claims; may be given several times",
    "--suspended          none of its keys is let in yet",
  ],
  accepts: { ...FIELDS, suspended: { type: "boolean" } },
  words: [0, 1],
  plan({ name, plan, roles, meta, suspended, ...manner }, [id]) {
    const body = {
      ...(id !== undefined && { id }),
      ...(name !== undefined && { name }),
      ...(plan !== undefined && { plan }),
      ...(roles !== undefined && { roles: listed(roles) }),
      ...(meta.length > 0 && { metadata: metadataOf(meta) }),
      ...(suspended !== undefined && { suspended }),
    };
    return async ({ api, print }) => {
      const { body: made } = await api.write("POST", "", { body });
      await print(shownConsumer(made, manner));
    };
  },
});

export const list = command({
  name: "list",
  usage: "",
  about: "lists all consumers",
  options: [],
  accepts: {},
  words: [0, 0],
  plan:
    ({ json, quiet }) =>
    async ({ api, print }) => {
      const consumers = await api.all("", "consumers");
      if (json) return print(JSON.stringify(consumers, undefined, 2));
      await print(quiet ? consumers.map(({ id }) => id).join("\n") : consumerTable(consumers) || "None yet.");
    },
});

export const show = command({
  name: "show",
  usage: "ID",
  about: "shows a consumer and its keys",
  options: [],
  accepts: {},
  words: [1, 1],
  plan({ json, quiet }, [id = ""]) {
    const path = consumerPath(id);
    return async ({ api, print, now }) => {
      const { keys, ...consumer } = await api.get(path);
      const held = keys as readonly Item[];
      if (json) return print(JSON.stringify({ ...consumer, keys }, undefined, 2));
      if (quiet) return print(String(consumer.id));
      await print(`${consumerFacts(consumer)}\n\n${keyTable(held, now) || "No keys yet."}`);
    };
  },
});

export const change = command({
  name: "change",
  usage: "ID",
  about: "changes what is named, and nothing else",
  options: [
    "--name TEXT, --no-name     what people call it",
    "--plan NAME, --no-plan     names its limits",
    "--roles A,B          all of its roles; '' for none",
    "--meta NAME=VALUE    sets one of its metadata; may be given several times",
    "--no-meta NAME       takes one of its metadata away; may be given several times",
    "--suspend            none of its keys is let in any longer",
    "--resume             they are let in again",
    VERSION_HELP,
  ],
  accepts: {
    ...FIELDS,
    "no-name": { type: "boolean" },
    "no-plan": { type: "boolean" },
    "no-meta": { type: "string", multiple: true, default: [] as string[] },
    suspend: { type: "boolean" },
    resume: { type: "boolean" },
    version: { type: "string" },
  },
  words: [1, 1],
  plan(values, [id = ""]) {
    const { name, plan, roles, meta, suspend, resume, version, ...rest } = values;
    const gone = rest["no-meta"];
    const pairs = [
      [name, rest["no-name"], "name"],
      [plan, rest["no-plan"], "plan"],
      [suspend, resume, "suspended"],
    ] as const;
    const both = pairs.find(([one, other]) => one !== undefined && other !== undefined)?.[2];
    if (both !== undefined) throw new Misuse(`Say one thing of its ${both}.`);
    const set = metadataOf(meta);
    const fields = {
      ...((name !== undefined || rest["no-name"]) && { name: name ?? null }),
      ...((plan !== undefined || rest["no-plan"]) && { plan: plan ?? null }),
      ...(roles !== undefined && { roles: listed(roles) }),
      ...((suspend || resume) && { suspended: suspend === true }),
    };
    const isMetadata = meta.length > 0 || gone.length > 0;
    if (Object.keys(fields).length === 0 && !isMetadata) throw new Misuse("Say what is to change.");
    const seen = version === undefined ? undefined : countOf(version, "--version");
    const bodyOf = (consumer: Item) => {
      if (!isMetadata) return { body: fields };
      const kept = Object.entries(consumer.metadata as Item).filter(([each]) => !gone.includes(each));
      return { body: { ...fields, metadata: { ...Object.fromEntries(kept), ...set } } };
    };
    return async ({ api, print }) => {
      const { answer } = await writeSeen(api, id, seen, "PATCH", bodyOf);
      await print(shownConsumer(answer.body, rest));
    };
  },
});

export const remove = command({
  name: "remove",
  usage: "ID",
  about: "removes a consumer with its keys",
  options: [VERSION_HELP],
  accepts: { version: { type: "string" } },
  words: [1, 1],
  plan({ version, json, quiet }, [id = ""]) {
    const seen = version === undefined ? undefined : countOf(version, "--version");
    return async ({ api, print }) => {
      const { before } = await writeSeen(api, id, seen, "DELETE");
      if (json) return print(JSON.stringify(before, undefined, 2));
      const count = (before.keys as readonly Item[]).length;
      if (!quiet) await print(`Removed ${id} and its ${count === 1 ? "key" : `${count} keys`}.`);
    };
  },
});

function shownConsumer(consumer: Item, { json, quiet }: Manner): string {
  if (json) return JSON.stringify(consumer, undefined, 2);
  return quiet ? String(consumer.id) : consumerFacts(consumer);
}
