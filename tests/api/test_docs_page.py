"""The page at /api/docs/ in a real Chromium, under the strict policy."""

import pytest

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser, pytest.mark.slow]


@pytest.fixture
def page(chromium, live_server, eve, client_of):
    """Eve's signed-in window, with what its console complained of."""
    context = chromium.new_context(base_url=live_server.url)
    session = client_of(eve).cookies["sessionid"].value
    context.add_cookies([{"name": "sessionid", "value": session, "url": live_server.url}])
    page = context.new_page()
    page.complaints, page.hosts = [], set()
    page.on("console", lambda message: page.complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: page.complaints.append(str(error)))
    page.on("request", lambda request: page.hosts.add(request.url.split("/")[2]) if "://" in request.url else None)
    yield page
    chromium.close(context)


def test_the_page_shows_every_call_without_a_complaint_and_from_this_host_alone(page, live_server):
    answer = page.goto("/api/docs/")
    assert answer.headers["content-security-policy"].count("'self'") >= 4

    page.get_by_text("/api/v1/projects/{id}/next/").first.wait_for()
    page.get_by_text("Take the next sheet").first.click()
    page.get_by_text("Idempotency-Key").first.wait_for()

    assert page.complaints == []
    assert page.hosts == {live_server.url.split("/")[2]}


def test_a_call_can_be_tried_from_the_page(page):
    page.goto("/api/docs/")
    page.get_by_text("The projects, newest first").first.click()
    page.get_by_role("button", name="Try it out").first.click()

    with page.expect_response(lambda response: response.url.endswith("/api/v1/projects/")) as tried:
        page.get_by_role("button", name="Execute").first.click()

    assert (tried.value.status, tried.value.json()["results"]) == (200, [])
    page.get_by_text("Server response").first.wait_for()
    assert page.complaints == []
