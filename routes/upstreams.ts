import { upstream } from "isogate";
import * as demo from "./demo/apps.ts";

// The demo's services run inside this Worker, so that a fresh clone answers with nothing else running.
// To put your own in place of one, change its line: `origin` takes "https://catalog.example.com",
// env("CATALOG_URL"), service("CATALOG"), or any object with `fetch`.

export const catalog = upstream("catalog", { origin: demo.catalog });
export const accounts = upstream("accounts", { origin: demo.accounts });
export const orders = upstream("orders", { origin: demo.orders, timeout: "3s" });
export const issuer = upstream("issuer", { origin: demo.issuer });
