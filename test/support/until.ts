/**
 * Lets other work go on, input and output too. Not by a timer: inside workerd one now and then never rings. A look into an
 * empty cache is answered by another process.
 */
async function tick(): Promise<void> {
  await (await caches.open("until")).match("https://nothing.invalid/");
}

/** Waits until something holds. @throws where it does not in the end */
export async function until(holds: () => boolean): Promise<void> {
  for (let turn = 0; !holds(); turn++) {
    if (turn === 2_000) throw new Error(`it never came to this: ${holds}`);
    await tick();
  }
}

/** Waits for what goes on behind an answer. */
export async function aWhile(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await tick();
}
