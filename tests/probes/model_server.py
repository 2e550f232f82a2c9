"""A server of answers that take a known time, and clients of it, as programs of their own."""

APART = """
import ctypes, fcntl, os, socket, struct, threading
if ctypes.CDLL(None, use_errno=True).unshare(0x40000000):
    raise OSError(ctypes.get_errno(), "no network namespace of one's own")
fcntl.ioctl(socket.socket(), 0x8914, struct.pack("16sH14x", b"lo", 0x41))
"""
"""Goes into a network namespace of its own, where the loopback device is up."""

SERVER = """
import http.server, socket, sys, time

class Answers(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        pieces = [float(word) for word in self.path[1:].split("/")]
        time.sleep(pieces[0])
        self.send_response(200)
        self.send_header("Content-Length", str(1000 * len(pieces)))
        self.end_headers()
        self.wfile.write(b"x" * 1000)
        for piece in pieces[1:]:
            time.sleep(piece)
            self.wfile.write(b"x" * 1000)

    def log_message(self, *_):
        pass

class Server(http.server.ThreadingHTTPServer):
    address_family = socket.AF_INET6 if ":" in sys.argv[1] else socket.AF_INET

server = Server((sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 0), Answers)
print("ready", flush=True)
print(server.server_address[1], flush=True)
server.serve_forever()
"""

KEPT = """
import http.client, sys, time
print("ready", flush=True)
host, port, *waits = sys.argv[1:]
for line in sys.stdin:
    connection = http.client.HTTPConnection(host, int(port))
    for wait in waits:
        began = time.monotonic_ns()
        connection.request("POST", f"/{wait}", b"q" * 500)
        connection.getresponse().read()
        print(began, time.monotonic_ns(), flush=True)
        time.sleep(0.1)
    connection.close()
    print("done", flush=True)
"""

ANEW = """
import http.client, sys, time
print("ready", flush=True)
host, port, *waits = sys.argv[1:]
for line in sys.stdin:
    for wait in waits:
        connection = http.client.HTTPConnection(host, int(port))
        began = time.monotonic_ns()
        connection.request("POST", f"/{wait}", b"q" * 500)
        connection.getresponse().read()
        print(began, time.monotonic_ns(), flush=True)
        connection.close()
        time.sleep(0.1)
    print("done", flush=True)
"""

AT_ONCE = """
import asyncio, sys, time
print("ready", flush=True)
host, port, *waits = sys.argv[1:]

async def ask(wait):
    reader, writer = await asyncio.open_connection(host, int(port))
    began = time.monotonic_ns()
    text = f"POST /{wait} HTTP/1.1\\r\\nHost: x\\r\\nContent-Length: 500\\r\\n\\r\\n" + "q" * 500
    writer.write(text.encode())
    await writer.drain()
    await reader.readuntil(b"\\r\\n\\r\\n")
    await reader.readexactly(1000)
    print(began, time.monotonic_ns(), flush=True)
    writer.close()
    await writer.wait_closed()

async def main():
    await asyncio.gather(*(ask(wait) for wait in waits))

for line in sys.stdin:
    asyncio.run(main())
    print("done", flush=True)
"""

NODE = """
const http = require("http");
const [host, port, ...waits] = process.argv.slice(2);
const agent = new http.Agent({ keepAlive: true });
const ask = (wait) => new Promise((done) => {
  const began = process.hrtime.bigint();
  const asked = http.request({ host, port, path: "/" + wait, method: "POST", agent }, (answer) => {
    answer.on("data", () => {});
    answer.on("end", () => { console.log(`${began} ${process.hrtime.bigint()}`); done(); });
  });
  asked.end("q".repeat(500));
});
console.log("ready");
process.stdin.once("data", async () => {
  for (const wait of waits) {
    await ask(wait);
    await new Promise((done) => setTimeout(done, 400));
  }
  console.log("done");
});
"""
