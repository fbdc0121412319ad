/** Methods a route key may name. `ANY` stands for every method. */
export type Method = "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE" | "OPTIONS" | "ANY";

/** `METHOD /path`: segments are literal, `:name`, `:name{pattern}`, or a trailing `*`. */
export type RouteKey = `${Method} /${string}`;

type ParamName<Segment extends string> = Segment extends `:${infer Name}{${string}`
  ? Name
  : Segment extends `:${infer Name}`
    ? Name
    : Segment extends "*"
      ? "*"
      : never;

type ParamNames<Path extends string> = Path extends `${infer Segment}/${infer Rest}`
  ? ParamName<Segment> | ParamNames<Rest>
  : ParamName<Path>;

/** The path parameters of a group's prefix and a route key; `*` is the rest that a trailing wildcard matched. */
export type Params<Prefix extends string, Key extends string> = Key extends `${Method} ${infer Path}`
  ? { readonly [Name in ParamNames<`${Prefix}${Path}`>]: string }
  : never;
