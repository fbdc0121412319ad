/**
 * What a user's function gave for an answer, if it can be one.
 * @param websocket whether it may be an accepted upgrade.
 * @throws Error that says what it is instead
 */
export function checkAnswer(given: unknown, websocket: boolean): Response {
  if (!(given instanceof Response)) throw new Error(`${describe(given)} is no Response`);
  if (isTaken(given)) throw new Error("the body of the Response has been read");
  const { status, webSocket } = given;
  if ((status < 200 || status > 599) && !(websocket && webSocket !== null)) {
    throw new Error(`a Response cannot have the status ${status} here`);
  }
  return given;
}

/** Whether a body has been read, even in part, or is held by somebody who may. */
export function isTaken({ bodyUsed, body }: Response): boolean {
  return bodyUsed || body?.locked === true;
}

/** A copy, because the headers of a user's Response may be unchangeable. */
export function changeable(answer: Response): Response {
  return new Response(answer.body, answer);
}

/** Its kind for the log, such as `[object Undefined]`: never what is in it. */
export function describe(given: unknown): string {
  return Object.prototype.toString.call(given);
}
