/** A registered caller. */
export interface Consumer {
  readonly id: string;
  readonly name?: string;
  /** Names limits that later policies use. */
  readonly plan?: string;
  readonly roles: readonly string[];
  /** Whatever else the team keeps of it. An identity has these as its claims. */
  readonly metadata: Readonly<Record<string, string | number | boolean>>;
  /** None of its keys is let in. */
  readonly suspended: boolean;
  /** ms since the epoch */
  readonly createdAt: number;
  /** Grows by one with every change: who changes it names the one they have seen. */
  readonly version: number;
}

/** What somebody may change of a consumer. */
export type ConsumerFields = Pick<Consumer, "name" | "plan" | "roles" | "metadata" | "suspended">;

/** A consumer that is to be registered. */
export type NewConsumer = ConsumerFields & Pick<Consumer, "id">;

/** What is to become of a consumer: fields that are named change, and null takes away what may be absent. */
export type ConsumerChange = Partial<Pick<Consumer, "roles" | "metadata" | "suspended">> & {
  readonly name?: string | null;
  readonly plan?: string | null;
};

/** Where a key may be used, and for what. What is absent is not restricted. */
export interface KeyGrant {
  readonly scopes: readonly string[];
  /** Routes as they are declared, `GET /v1/products/:id`, or all below a path: `GET /v1/*`. `*` is any method. */
  readonly routes?: readonly string[];
  /** Networks, such as `192.0.2.0/24`. */
  readonly addresses?: readonly string[];
  /** Web origins, such as `https://shop.example` or `https://*.shop.example`. */
  readonly origins?: readonly string[];
}

/** A key of a consumer, without anything that could be used as one. */
export interface ConsumerKey extends KeyGrant {
  readonly id: string;
  /** The consumer's id. */
  readonly consumer: string;
  /** How it begins: all that is known of its text. */
  readonly prefix: string;
  /** What the team calls it. */
  readonly label?: string;
  /** ms since the epoch */
  readonly createdAt: number;
  /** From then on it is refused. ms since the epoch */
  readonly expiresAt?: number;
  /** ms since the epoch */
  readonly revokedAt?: number;
  /** The key that it was rolled to. */
  readonly replacedBy?: string;
  /** When it was last let in, to the minute. ms since the epoch */
  readonly lastUsedAt?: number;
}

/** A key that is to be added. */
export interface NewKey extends KeyGrant {
  readonly id: string;
  readonly prefix: string;
  /** Of the whole key: it is all that is kept of it. */
  readonly hash: string;
  readonly label?: string;
  readonly expiresAt?: number;
}

/** A key that may be used now, and whose it is. */
export interface KeyHolder {
  readonly key: ConsumerKey;
  readonly consumer: Consumer;
}
