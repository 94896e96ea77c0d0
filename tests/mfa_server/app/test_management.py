"""The listeners beside the gateways'."""

from mfa_server.app.management import Switch
from tests.support.http import ask


async def test_before_the_first_bundle_the_answer_is_not_yet(tmp_path):
    status, body = await ask(Switch(), tmp_path, "/control/v1/users")
    assert status == 503
    assert b"no bundle yet" in body


async def test_an_application_can_be_exchanged_while_it_serves(tmp_path):
    switch = Switch()

    async def hello(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"5")]})
        await send({"type": "http.response.body", "body": b"hello"})

    switch.app = hello
    assert await ask(switch, tmp_path, "/") == (200, b"hello")
