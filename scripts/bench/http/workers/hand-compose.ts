// The floor of a composition: four parts fetched at once and joined, with nothing else done.
interface Env {
  readonly ORIGIN: string;
}

const PARTS = ["user", "orders", "offers", "stock"] as const;

export default {
  async fetch(_request: Request, env: Env): Promise<Response> {
    const parts = await Promise.all(
      PARTS.map(async (name) => {
        const response = await fetch(`${env.ORIGIN}/slow/${name}`);
        return [name, await response.json()] as const;
      }),
    );
    return Response.json(Object.fromEntries(parts));
  },
};
