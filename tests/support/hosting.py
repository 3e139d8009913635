"""A server on this machine, for the few tests that need one."""

import http.server
import threading


class Host:
    """A server on this machine that counts who calls."""

    def __init__(self):
        calls = self.calls = []
        host = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                calls.append(self.path)
                self.send_response(host.status)
                self.send_header("location", "/elsewhere")
                self.send_header("content-length", str(len(host.body)))
                self.end_headers()
                self.wfile.write(host.body)

            def log_message(self, *args):
                pass

        self.status, self.body = 200, b""
        self._server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
        self.name = f"127.0.0.1:{self._server.server_port}"
        self.uri = f"http://{self.name}/manifest.c2pa"
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.01,), daemon=True
        )
        self._thread.start()

    def close(self):
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
