import * as z from "zod";
import type { EnvReference } from "../../env.ts";
import { Refusal, refuse } from "../../errors/refusal.ts";
import type { Resolved, SharedTools } from "../../policies/policy.ts";
import { realmSchema } from "../../schema/realm.ts";
import { secretSchema } from "../../schema/secret.ts";
import { heldToRegistry } from "../consumers/held-to-registry.ts";
import { namedConsumer } from "../consumers/named-consumer.ts";
import type { CompiledRegistered, RegisteredOptions } from "../consumers/registered-options.ts";
import { checkConsumers, consumersSchema, registeredSchema } from "../consumers/registered-schema.ts";
import type { Credential } from "../credential.ts";
import type { Requirements } from "../declare.ts";
import type { Identity } from "../identity.ts";
import { invalidCredential } from "../invalid-credential.ts";
import { rightsJudge } from "../judge-rights.ts";
import { PasswordFile } from "../passwords/password-file.ts";
import { type PasswordHash, parsePasswordHash } from "../passwords/password-hash.ts";
import { readUserPass } from "../passwords/user-pass.ts";

/** Options of the `basic` credential: name and password in `Authorization` (RFC 7617, in UTF-8). */
export interface BasicOptions {
  /**
   * User name → secret with the salted hash of the user's password, as `npm run hash-password` writes it:
   * `$pbkdf2-sha256$i=100000$SALT$HASH`. A name has no colon.
   */
  readonly users: Readonly<Record<string, EnvReference>>;
  /** What the names are valid for: browsers show it, and a caller's id is `basic:REALM#NAME`. Default `"api"`. */
  readonly realm?: string;
  /** User name → the id of the consumer that the user belongs to, which becomes `identity.consumer`. Default none. */
  readonly consumers?: Readonly<Record<string, string>>;
  /** As in `jwt`: whether callers must be registered consumers, by `consumers`. Default: the registry is not asked. */
  readonly registered?: RegisteredOptions;
}

/** {@link BasicOptions}, compiled. */
interface CompiledBasic {
  readonly users: ReadonlyArray<{ readonly name: string; readonly hash: EnvReference }>;
  readonly realm: string;
  readonly consumers?: Readonly<Record<string, string>> | undefined;
  readonly registered?: CompiledRegistered | undefined;
}

/** Its identities have neither scopes nor claims. */
export const grants = "nothing";

/** Schema of {@link BasicOptions}. Build only. */
export function options(): z.ZodType<CompiledBasic, BasicOptions> {
  return z
    .strictObject({
      users: z.record(z.string(), secretSchema()),
      realm: realmSchema(),
      consumers: consumersSchema().optional(),
      registered: registeredSchema().optional(),
    })
    .superRefine(({ users, ...naming }, ctx) => {
      const report = (message: string, ...path: string[]) =>
        ctx.addIssue({ code: "custom", message, path: ["users", ...path] });
      const names = Object.keys(users);
      if (names.length === 0) report("has no user");
      checkConsumers(naming, names, ctx);
      for (const name of names) {
        if (name === "" || /[:\p{Cc}]/u.test(name)) report("is no user name: no colon, not empty", name);
        if (name !== name.normalize("NFC")) report("is not in Unicode's composed form (NFC)", name);
      }
    })
    .transform(({ users, ...rest }) => ({
      users: Object.entries(users).map(([name, hash]) => ({ name, hash })),
      ...rest,
    }));
}

/** Makes the credential. Those made of one options object share what they have verified. */
export function create(
  options: Resolved<CompiledBasic>,
  requirements: Requirements,
  { deps }: Pick<SharedTools, "deps">,
): Credential {
  const users = usersOf(options, deps.now, deps.random);
  const challenge = `Basic realm="${options.realm}", charset="UTF-8"`;
  const judge = heldToRegistry(
    options.registered,
    deps,
    rightsJudge(requirements, (cause) => refuse("insufficient-rights", { cause })),
  );
  return {
    challenge,
    withheld: ["authorization"],
    async verify(ctx) {
      const authorization = ctx.request.headers.get("authorization");
      const given = authorization === null ? undefined : readUserPass(authorization);
      if (given === undefined) return undefined;
      if (users instanceof Refusal) return users;
      if ("fault" in given) return invalidCredential(challenge, given.fault);
      const { name, password } = given;
      if (!(await users.file.holds(name, password)))
        return invalidCredential(challenge, "there is no such user, or the password is another");
      return judge(users.identities.get(name)!, ctx);
    },
  };
}

interface Users {
  readonly file: PasswordFile;
  readonly identities: ReadonlyMap<string, Identity>;
}

/** By their options: the routes that name one declaration share one options object. */
const known = new WeakMap<object, Users | Refusal>();

function usersOf(
  options: Resolved<CompiledBasic>,
  now: () => number,
  random: (bytes: Uint8Array) => Uint8Array,
): Users | Refusal {
  let users = known.get(options);
  if (users === undefined) {
    users = readUsers(options, now, random);
    known.set(options, users);
  }
  return users;
}

/** The hashes come with the deployment. Were only the users with a bad one refused, that would tell who is a user. */
function readUsers(
  { users, realm, consumers = {} }: Resolved<CompiledBasic>,
  now: () => number,
  random: (bytes: Uint8Array) => Uint8Array,
): Users | Refusal {
  const hashes = new Map<string, PasswordHash>();
  const identities = new Map<string, Identity>();
  for (const { name, hash: text } of users) {
    const hash = parsePasswordHash(text);
    if (typeof hash === "string") {
      const cause = `the secret of the user "${name}" holds no password hash: ${hash}`;
      return refuse("configuration-missing", { cause });
    }
    hashes.set(name, hash);
    const issuer = `basic:${realm}`;
    const identity = { id: `${issuer}#${name}`, subject: name, issuer, claims: {}, scopes: [] };
    const named = { ...identity, ...namedConsumer(consumers, name), credential: "basic" };
    identities.set(name, Object.freeze(named));
  }
  return { file: new PasswordFile(hashes, now, random), identities };
}
