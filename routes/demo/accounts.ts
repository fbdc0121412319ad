import { error, json, Router } from "itty-router";

interface User {
  readonly id: string;
  readonly name: string;
  /** The category they buy most of. */
  readonly favourite: string;
  readonly email: string;
}

const users: readonly User[] = [
  { id: "ada", name: "Ada", favourite: "tea", email: "ada@shop.example" },
  { id: "grace", name: "Grace", favourite: "cups", email: "grace@shop.example" },
];

/** Who the customers are. */
export const accounts = Router({ catch: error, finally: [json] });

accounts.get(
  "/users/:id",
  ({ params }) => users.find(({ id }) => id === params.id) ?? error(404, "No such user."),
);
