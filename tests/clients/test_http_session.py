"""What a session takes from its machine: proxies and certificates, but no sign-in of the user."""

import requests

from clients.http_session import open_session


def environment(session, url):
    return session.merge_environment_settings(url, {}, True, None, None)


def test_a_netrc_file_is_not_sent(monkeypatch, tmp_path):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine catalog.example login ada password planted\n")
    monkeypatch.setenv("NETRC", str(netrc))
    request = requests.Request("GET", "https://catalog.example/stac")
    assert "Authorization" in requests.Session().prepare_request(request).headers  # the file is one that requests reads
    assert "Authorization" not in open_session().prepare_request(request).headers


def test_each_host_has_the_proxy_that_requests_gives_it(monkeypatch):
    monkeypatch.setenv("https_proxy", "http://proxy.example:3128")
    monkeypatch.setenv("no_proxy", "near.example")
    session = open_session()
    for url in ("https://far.example/a", "https://near.example/a", "https://far.example/b"):
        assert environment(session, url) == environment(requests.Session(), url)
    assert environment(session, "https://far.example/c")["proxies"]["https"] == "http://proxy.example:3128"
    assert "https" not in environment(session, "https://near.example/c")["proxies"]


def test_certificates_are_those_of_the_environment(monkeypatch, tmp_path):
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "bundle.pem"))
    assert environment(open_session(), "https://catalog.example/")["verify"] == str(tmp_path / "bundle.pem")


def test_what_a_request_says_itself_counts(monkeypatch):
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nowhere.pem")
    session = open_session()
    own = session.merge_environment_settings("https://catalog.example/", {}, False, "/own.pem", None)
    assert (own["verify"], own["stream"]) == ("/own.pem", False)
    assert environment(session, "https://catalog.example/")["verify"] == "/nowhere.pem"
