"""The bundled plugins: everything that knows a format, a key service, a policy or a report."""
