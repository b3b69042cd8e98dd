# SPDX-License-Identifier: LGPL-2.1-or-later
"""A web server that looks nothing up: web.py ADDRESS NAME.

    /            hello from the NAME
    /zero?N      N octets
    /slow?N      one line a tenth of a second, N lines
"""
import http.server
import socketserver
import sys
import time


class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        path, _, number = self.path.partition('?')
        self.send_response(200)
        self.send_header('Content-Type', 'text/plain')
        self.end_headers()
        if path == '/zero':
            self.wfile.write(bytes(int(number)))
        elif path == '/slow':
            for line in range(int(number)):
                self.wfile.write(b'%06d %s\n' % (line, b'.' * 4000))
                self.wfile.flush()
                time.sleep(0.1)
        else:
            self.wfile.write(f'hello from the {sys.argv[2]}\n'.encode())

    def address_string(self):
        return self.client_address[0]


class Server(socketserver.ThreadingMixIn, socketserver.TCPServer):
    allow_reuse_address = True
    daemon_threads = True


Server((sys.argv[1], 80), Page).serve_forever()
