"""Where signing keys live: one module a key service, chosen by the scheme of the signer URI."""
