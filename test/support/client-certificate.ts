/** A client certificate made for these tests, as DER in base64: CN=orders, with names of four forms, until 2126. */
export const CERTIFICATE =
  "MIICLTCCAdOgAwIBAgIUMw0tTb3KaOvPaf4xESCzDEeIOXQwCgYIKoZIzj0EAwIwQzELMAkGA1UEBhMCR0IxEjAQBgNVBAoMCVRlYSwgTHRkLj" +
  "EPMA0GA1UECwwGT3JkZXJzMQ8wDQYDVQQDDAZvcmRlcnMwIBcNMjYxMTIxMTAxNjIwWhgPMjEyNjEwMjgxMDE2MjBaMEMxCzAJBgNVBAYTAkdC" +
  "MRIwEAYDVQQKDAlUZWEsIEx0ZC4xDzANBgNVBAsMBk9yZGVyczEPMA0GA1UEAwwGb3JkZXJzMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE4x" +
  "8O0h4NSJpE8lha1HbigH66kH8PqYyBa2mNhm3QzrjRNts7OzExNZyNWqvjP1PuDAExUhBI8TMVjH6Bf64auaOBojCBnzAdBgNVHQ4EFgQUxmgh" +
  "qMbfHXRi+0XQNikuPcPL6JIwHwYDVR0jBBgwFoAUxmghqMbfHXRi+0XQNikuPcPL6JIwDwYDVR0TAQH/BAUwAwEB/zBMBgNVHREERTBDghJPcm" +
  "RlcnMuVGVhLmV4YW1wbGWGE3NwaWZmZTovL3RlYS9vcmRlcnOBEm9yZGVyc0B0ZWEuZXhhbXBsZYcEwAACATAKBggqhkjOPQQDAgNIADBFAiEA" +
  "s+pT8y9Cq8Bca8AM4PyyHEazEnDkZjfvftvNsas+XKUCIBUbVNLc2VLcazbjZ93TWdx7YXUXzVl+n9cFkr3cGUS5";

/** Another one, without alternative names. */
export const PLAIN_CERTIFICATE =
  "MIIBdzCCAR2gAwIBAgIUKnlnji36J22KGcSxvA7vS7i6iDEwCgYIKoZIzj0EAwIwEDEOMAwGA1UEAwwFcGxhaW4wIBcNMjYxMTIxMTAxNjIwWh" +
  "gPMjEyNjEwMjgxMDE2MjBaMBAxDjAMBgNVBAMMBXBsYWluMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEWvmjiF/9R7A+Rnh9JnzpksykVsEe" +
  "/ivPUuBPKCr3yIVKbR2yPfUIxt5Q+Gu85yOtdG0I3VM5cia4+eZyV2oP2qNTMFEwHQYDVR0OBBYEFL+P663Z5mO0ZazoN6N7p6jyXrHmMB8GA1" +
  "UdIwQYMBaAFL+P663Z5mO0ZazoN6N7p6jyXrHmMA8GA1UdEwEB/wQFMAMBAf8wCgYIKoZIzj0EAwIDSAAwRQIgJbDWpJqxPygcudmzx4IBBkAz" +
  "+c2Arw8flm0wNToQEGoCIQDZ9aep0kExY90V72m1HKLkSgn3G8jxGSPe+qKtZqkx1Q==";

/** SHA-256 of {@link CERTIFICATE}. */
export const FINGERPRINT = "8a068e5da6f59c521b803346b76d35712b91423aa57e6c14d7786ec434a1884f";

/** What the platform says of {@link CERTIFICATE} once it has verified it: the value of `request.cf.tlsClientAuth`. */
export const TLS_CLIENT_AUTH = {
  certPresented: "1",
  certVerified: "SUCCESS",
  certRevoked: "0",
  certSubjectDN: "CN=orders,OU=Orders,O=Tea\\, Ltd.,C=GB",
  certIssuerDN: "CN=orders,OU=Orders,O=Tea\\, Ltd.,C=GB",
  certSubjectDNRFC2253: "CN=orders,OU=Orders,O=Tea\\, Ltd.,C=GB",
  certIssuerDNRFC2253: "CN=orders,OU=Orders,O=Tea\\, Ltd.,C=GB",
  certSerial: "330D2D4DBDCA68EBCF69FE311120B30C47883974",
  certFingerprintSHA256: FINGERPRINT,
  certNotBefore: "Nov 21 10:16:20 2026 GMT",
  certNotAfter: "Oct 28 10:16:20 2126 GMT",
  certRFC9440: `:${CERTIFICATE}:`,
  certRFC9440TooLarge: false,
};
