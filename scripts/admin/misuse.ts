/** The command line, or what surrounds it, is wrong: nothing was asked of the gateway. */
export class Misuse extends Error {}
