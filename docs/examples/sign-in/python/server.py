"""A web application that signs people in with their passkeys, by Passlink. Python 3.11 or later, and no packages.

PASSLINK_TOKEN=… python3 server.py
"""

import json
import os
import secrets
import sys
import time
from http.cookies import CookieError, SimpleCookie
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

PASSLINK_TOKEN = os.environ.get("PASSLINK_TOKEN") or sys.exit("PASSLINK_TOKEN is not set")
PASSLINK_URL = os.environ.get("PASSLINK_URL", "http://localhost:8080")
PORT = int(os.environ.get("PORT", "3000"))
APP_ORIGIN = os.environ.get("APP_ORIGIN", f"http://localhost:{PORT}")

PAGE = Path(__file__).parent.with_name("page.html").read_bytes()

# How long somebody may take to sign in, and how long they then are, in seconds.
PATIENCE = 300
SIGNED_IN = 12 * 60 * 60

# The sessions of Passlink by the cookies of browsers: sign-ins that were begun, and people who are signed in.
begun = {}
signed_in = {}

# What people are told, by the id of Passlink's error.
MESSAGES = {
    "PASSKEY-ValidateFailed": "That passkey did not work.",
    "SESSION-NotFound": "That took too long. Please start again.",
}


class Refused(Exception):
    """An answer that is an error."""

    def __init__(self, status, id, message=None):
        super().__init__(message)
        self.status, self.id = status, id


def passlink(method, path, body=None):
    """Calls Passlink. The token is the app's, and no browser sees it."""
    headers = {"authorization": f"Bearer {PASSLINK_TOKEN}", "content-type": "application/json"}
    data = None if body is None else json.dumps(body).encode()
    request = Request(PASSLINK_URL + path, data, headers, method=method)
    try:
        with urlopen(request, timeout=30) as answer:
            return json.load(answer)
    except HTTPError as error:
        answer = json.load(error)
        raise Refused(error.code, answer["details"][0]["id"], answer["message"]) from None


def remember(kept, cookie, session, seconds):
    """Remembers a session under a new name that nobody can guess; the cookie that has it."""
    for name, (_, ends) in list(kept.items()):
        if ends < time.time():
            kept.pop(name, None)
    name = secrets.token_urlsafe(32)
    kept[name] = (session, time.time() + seconds)
    return set_cookie(cookie, name, seconds)


def set_cookie(cookie, value, seconds):
    secure = "; Secure" if APP_ORIGIN.startswith("https:") else ""
    return f"{cookie}={value}; Max-Age={seconds}; Path=/; HttpOnly; SameSite=Lax{secure}"


def recall(kept, cookie, request):
    """The session that a cookie stands for."""
    try:
        cookies = SimpleCookie(request.headers.get("cookie", ""))
    except CookieError:
        return None
    name = cookies[cookie].value if cookie in cookies else None
    session, ends = kept.get(name, (None, 0))
    return session if ends > time.time() else None


def forget(kept, session):
    for name, (it, _) in list(kept.items()):
        if it == session:
            kept.pop(name, None)


def begin(request, body):
    login_name = body.get("loginName")
    created = passlink("POST", "/v2/sessions", {
        "checks": {"user": {"loginName": str(login_name)}} if login_name else {},
        "challenges": {"webAuthN": {"domain": urlsplit(APP_ORIGIN).hostname}},
        "lifetime": f"{PATIENCE}s",
    })
    cookie = remember(begun, "sign-in", created["sessionId"], PATIENCE)
    return created["challenges"]["webAuthN"]["publicKeyCredentialRequestOptions"], [cookie]


def finish(request, credential):
    session = recall(begun, "sign-in", request)
    if not session:
        raise Refused(404, "SESSION-NotFound")
    forget(begun, session)
    passlink("PATCH", f"/v2/sessions/{session}", {
        "checks": {"webAuthN": {"credentialAssertionData": credential}},
        "lifetime": f"{SIGNED_IN}s",
    })
    person = who_has(session)
    if not person:
        raise Refused(400, "PASSKEY-ValidateFailed")
    sign_out(request, {})
    # A new name, which nobody can have known before.
    cookie = remember(signed_in, "session", session, SIGNED_IN)
    return {"name": person["displayName"]}, [cookie, set_cookie("sign-in", "", 0)]


def who_has(session):
    """Who has signed in with a passkey on a device that recognised them: `id`, `loginName`, `displayName` …"""
    factors = passlink("GET", f"/v2/sessions/{session}")["session"].get("factors", {})
    return factors["user"] if factors.get("webAuthN", {}).get("userVerified") else None


def me(request, body):
    """Passlink is asked each time: a session can end there, when its passkey is removed or its user is locked."""
    session = recall(signed_in, "session", request)
    person = session and unless_it_ended(who_has, session)
    return {"name": person["displayName"]} if person else {}, []


def sign_out(request, body):
    session = recall(signed_in, "session", request)
    if session:
        unless_it_ended(passlink, "DELETE", f"/v2/sessions/{session}")
    forget(signed_in, session)
    return {}, [set_cookie("session", "", 0)]


def unless_it_ended(call, *arguments):
    try:
        return call(*arguments)
    except Refused as error:
        if error.id != "SESSION-NotFound":
            raise
        return None


ROUTES = {
    "GET /me": me,
    "POST /sign-in/begin": begin,
    "POST /sign-in/finish": finish,
    "POST /sign-out": sign_out,
}


class App(BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path == "/":
            self.send(200, "text/html; charset=utf-8", PAGE, [])
        else:
            self.do_POST()

    def do_POST(self):
        status, answer, cookies = self.answer()
        self.send(status, "application/json", json.dumps(answer).encode(), cookies)

    def answer(self):
        # Browsers say which page sends. Another one must not sign people in or out.
        is_ours = self.command == "GET" or self.headers.get("origin") == APP_ORIGIN
        act = ROUTES.get(f"{self.command} {self.path}")
        if not is_ours or not act:
            return 404 if is_ours else 403, {"message": "That can't be done here."}, []
        try:
            return 200, *act(self, self.body())
        except Exception as error:
            if getattr(error, "id", None) in MESSAGES:
                return error.status, {"message": MESSAGES[error.id]}, []
            print(f"{self.command} {self.path}: {error}", file=sys.stderr)
            return 500, {"message": "That did not work. Please try again later."}, []

    def body(self):
        """The body, which is JSON and not long."""
        length = int(self.headers.get("content-length", 0))
        if not 0 <= length <= 65_536:
            raise ValueError("the body is too long")
        body = json.loads(self.rfile.read(length) or "{}")
        if not isinstance(body, dict):
            raise ValueError("the body is no object")
        return body

    def send(self, status, kind, body, cookies):
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(body)))
        self.send_header("cache-control", "no-store")
        self.send_header("content-security-policy", "frame-ancestors 'none'")
        for cookie in cookies:
            self.send_header("set-cookie", cookie)
        self.end_headers()
        self.wfile.write(body)


print(f"The app is at {APP_ORIGIN}", flush=True)
try:
    ThreadingHTTPServer(("127.0.0.1", PORT), App).serve_forever()
except KeyboardInterrupt:
    pass
