"""Where a source may connect to, whatever its settings, its redirects and its name servers say."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from opscli.errors import DataUnusable, NotPermitted, ServiceUnavailable
from opscli.sources.web.addresses import is_refused, literal_address
from opscli.sources.web.waiting import addresses_of
from tests.unit.sources.web_service import Fetch, Reply, Request, ids, serving

ROWS = [{"id": 1}]
METADATA = "http://169.254.169.254/latest/meta-data/"
KEY = "s3cret-key-of-the-shop"


@pytest.fixture
def fetch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Fetch:
    monkeypatch.setenv("SHOP_KEY", KEY)
    return Fetch(root=tmp_path)


INNER = [
    "127.0.0.1", "127.8.9.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "100.64.0.1", "198.18.0.1", "192.0.0.8", "192.0.2.1",
    "240.0.0.1", "::1", "::ffff:10.0.0.1", "fd12::1", "fec0::1", "2002:0a00:0001::", "64:ff9b::10.0.0.1", "64:ff9b:1::1",
    "::127.0.0.1", "2001:db8::1", "2001:0:7f00:1::1",
]  # fmt: skip
NEVER = [
    "169.254.169.254", "169.254.1.1", "::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe", "2002:a9fe:a9fe::", "fe80::1", "fe80::1%eth0",
    "fd00:ec2::254", "fd20:ce::254", "100.100.100.200", "168.63.129.16", "192.0.0.192", "224.0.0.1", "ff02::1", "0.0.0.0",  # noqa: S104  nobody listens there
    "::", "255.255.255.255",
]  # fmt: skip
OUTER = [
    "93.184.216.34",
    "8.8.8.8",
    "2606:4700::1111",
    "64:ff9b::8.8.8.8",
    "::ffff:8.8.8.8",
    "172.32.0.1",
    "100.128.0.1",
]


@pytest.mark.parametrize("address", [*INNER, *NEVER])
def test_addresses_of_the_own_network_are_refused(address: str) -> None:
    assert is_refused("shop.example.com", address, ())


@pytest.mark.parametrize("address", OUTER)
def test_public_addresses_are_not(address: str) -> None:
    assert not is_refused("shop.example.com", address, ())


@pytest.mark.parametrize("address", INNER)
def test_a_listed_host_or_address_may_be_asked(address: str) -> None:
    assert not is_refused("ERP.example.internal.", address, ("erp.example.internal",))
    assert not is_refused("x", address, (address,))
    assert is_refused("erp.example.internal.evil.com", address, ("erp.example.internal",))


@pytest.mark.parametrize("address", NEVER)
def test_metadata_addresses_are_refused_even_then(address: str) -> None:
    assert is_refused("metadata.example", address, ("metadata.example", address))


def test_hosts_are_addresses_only_where_they_are_written_so() -> None:
    assert [literal_address(host) for host in ("10.0.0.1", "[::1]", "::1", "example.com", "2130706433")] == [
        "10.0.0.1", "::1", "::1", None, None,
    ]  # fmt: skip


@pytest.mark.parametrize("host", ["127.0.0.1", "2130706433", "0x7f000001", "127.1", "localhost", "[::1]", "0"])
def test_every_way_to_write_this_machine_is_refused_before_a_connection(fetch: Fetch, host: str) -> None:
    with serving(lambda _: Reply(body=ROWS)) as service:
        fetch.lookup = addresses_of
        with pytest.raises(NotPermitted) as refused:
            fetch(f"http://{host}:{service.port}/", allow_hosts=[])
    assert service.asked == []
    assert f"allow_hosts: [{host.strip('[]')}]" in refused.value.remedy


def test_a_number_that_may_be_octal_is_no_address(fetch: Fetch) -> None:
    with pytest.raises(DataUnusable, match="an address that cannot be read"):
        fetch("http://0177.0.0.1/", allow_hosts=[])


def test_a_name_with_a_public_and_an_inner_address_is_refused(fetch: Fetch) -> None:
    fetch.names["shop.example.com"] = ["93.184.216.34", "127.0.0.1"]
    with serving(lambda _: Reply(body=ROWS)) as service, pytest.raises(NotPermitted) as refused:
        fetch(f"http://shop.example.com:{service.port}/", allow_hosts=[])
    assert refused.value.what.endswith("connect to shop.example.com: 127.0.0.1 is no address of the public internet")
    assert (service.asked, refused.value.exit_code) == ([], 77)


def test_the_address_that_was_judged_is_the_one_that_is_used(fetch: Fetch) -> None:
    """The name is looked up once a connection; what a second look-up would say plays no part."""
    answers = [["127.0.0.1"], ["169.254.169.254"]]
    looked_up = []

    def resolve(host: str, _port: int) -> list[str]:
        looked_up.append(host)
        return answers[len(looked_up) - 1]

    fetch.lookup = resolve
    with serving(lambda _: Reply(body=ROWS)) as service:
        assert ids(fetch(f"http://erp.example.internal:{service.port}/", allow_hosts=["erp.example.internal"])) == [1]
    assert looked_up == ["erp.example.internal"]
    assert service.asked[0].headers["host"] == f"erp.example.internal:{service.port}"


def test_a_redirect_to_the_metadata_service_is_refused(fetch: Fetch) -> None:
    allowed = ["127.0.0.1", "169.254.169.254"]
    with (
        serving(lambda _: Reply(status=302, headers={"Location": METADATA})) as service,
        pytest.raises(NotPermitted, match=r"connect to 169\.254\.169\.254: 169\.254\.169\.254"),
    ):
        fetch(service.url, allow_hosts=allowed)


def test_a_link_to_the_metadata_service_is_refused(fetch: Fetch) -> None:
    with (
        serving(lambda _: Reply(body={"rows": ROWS, "next": METADATA})) as service,
        pytest.raises(NotPermitted, match=r"169\.254\.169\.254"),
    ):
        fetch(service.url, pagination={"style": "link", "next": "$.next"})


def test_proxies_of_the_environment_play_no_part(fetch: Fetch, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    with serving(lambda _: Reply(body=ROWS)) as service:
        assert ids(fetch(service.url)) == [1]


def test_credentials_stay_at_their_host(fetch: Fetch) -> None:
    fetch.names["other.example.internal"] = ["127.0.0.1"]
    with serving(lambda _: Reply(body=ROWS)) as other:
        target = f"http://other.example.internal:{other.port}/moved?page=2"
        with serving(lambda _: Reply(status=307, headers={"Location": target})) as service:
            found = fetch(
                service.url,
                params={"state": "open", "tok": {"env": "SHOP_KEY"}},
                headers={"X-Shop": "uk"},
                auth={"bearer": {"env": "SHOP_KEY"}},
                allow_hosts=["127.0.0.1", "other.example.internal"],
            )
    assert ids(found) == [1]
    assert service.asked[0].headers["authorization"] == f"Bearer {KEY}"
    (request,) = other.asked
    assert request.query == {"page": "2"}
    assert not {"authorization", "x-shop"} & set(request.headers)
    assert KEY not in repr(request)


def test_credentials_go_on_within_their_host(fetch: Fetch) -> None:
    def answer(request: Request) -> Reply:
        return Reply(body=ROWS) if request.path == "/v2" else Reply(status=301, headers={"Location": "/v2?state=open"})

    with serving(answer) as service:
        fetch(service.url, auth={"api_key": {"param": "key", "value": {"env": "SHOP_KEY"}}}, params={"state": "open"})
    assert service.queries[1] == {"state": "open", "key": KEY}


def test_a_body_goes_to_no_other_host(fetch: Fetch) -> None:
    fetch.names["other.example.internal"] = ["127.0.0.1"]
    with (
        serving(lambda _: Reply(status=307, headers={"Location": "http://other.example.internal/"})) as service,
        pytest.raises(NotPermitted, match=r"a request with a body to other\.example\.internal"),
    ):
        fetch(service.url, method="POST", body={"a": 1}, allow_hosts=["127.0.0.1", "other.example.internal"])


@pytest.mark.parametrize("status", [301, 302, 303])
def test_a_moved_post_becomes_a_get(fetch: Fetch, status: int) -> None:
    def answer(request: Request) -> Reply:
        return Reply(body=ROWS) if request.path == "/v2" else Reply(status=status, headers={"Location": "/v2"})

    with serving(answer) as service:
        fetch(service.url, method="POST", body={"a": 1})
    assert [(request.method, request.body) for request in service.asked] == [("POST", b'{"a": 1}'), ("GET", b"")]


def test_redirects_come_to_an_end(fetch: Fetch) -> None:
    with (
        serving(lambda _: Reply(status=302, headers={"Location": "/v1/orders"})) as service,
        pytest.raises(DataUnusable, match="redirects more than 5 times"),
    ):
        fetch(service.url)
    assert len(service.asked) == 6


@pytest.mark.parametrize("target", ["file:///etc/passwd", "ftp://127.0.0.1/", "gopher://127.0.0.1/", "javascript:1"])
def test_only_http_is_followed(fetch: Fetch, target: str) -> None:
    with (
        serving(lambda _: Reply(status=302, headers={"Location": target})) as service,
        pytest.raises(NotPermitted, match="only http and https are followed"),
    ):
        fetch(service.url)


@pytest.mark.parametrize("target", ["http://[::1", "http://127.0.0.1:x/"])
def test_an_address_that_nobody_can_read_is_told(fetch: Fetch, target: str) -> None:
    with (
        serving(lambda _: Reply(status=302, headers={"Location": target})) as service,
        pytest.raises(DataUnusable, match="leads to an address that cannot be read"),
    ):
        fetch(service.url)


def test_a_host_that_is_not_there_is_told_at_once(fetch: Fetch) -> None:
    fetch.lookup = addresses_of
    with pytest.raises(ServiceUnavailable):
        fetch("http://no-such-host.invalid/", retries=0)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Key and certificate of shop.example.test."""
    path = tmp_path_factory.mktemp("tls") / "shop.pem"
    try:
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=shop.example.test",
             "-addext", "subjectAltName=DNS:shop.example.test", "-keyout", path, "-out", path.with_suffix(".crt")],
            check=True, capture_output=True,
        )  # fmt: skip
    except FileNotFoundError:
        pytest.skip("openssl is not installed")
    path.write_bytes(path.read_bytes() + path.with_suffix(".crt").read_bytes())
    return path


HOSTS = ["shop.example.test", "other.example.test", "127.0.0.1"]


def secure(fetch: Fetch) -> None:
    fetch.names |= {"shop.example.test": ["127.0.0.1"], "other.example.test": ["127.0.0.1"]}


def test_a_certificate_is_verified_for_the_name_although_the_address_is_fixed(fetch: Fetch, certificate: Path) -> None:
    secure(fetch)
    ca_file = str(certificate.with_suffix(".crt"))
    with serving(lambda _: Reply(body=ROWS), tls=certificate) as service:
        url = f"https://shop.example.test:{service.port}/"
        assert ids(fetch(url, allow_hosts=HOSTS, ca_file=ca_file)) == [1]
        with pytest.raises(NotPermitted, match="Hostname mismatch"):
            fetch(url.replace("shop", "other"), allow_hosts=HOSTS, ca_file=ca_file)
        with pytest.raises(NotPermitted, match=r"certificate that cannot be verified: self.signed"):
            fetch(url, allow_hosts=HOSTS)
    assert (len(service.asked), fetch.waits) == (1, [])


def test_https_never_becomes_http(fetch: Fetch, certificate: Path) -> None:
    secure(fetch)
    ca_file = str(certificate.with_suffix(".crt"))
    target = f"http://{HOSTS[0]}:1/"
    replies = [Reply(status=302, headers={"Location": target}), Reply(body={"rows": ROWS, "next": target})]
    pagination = {"style": "link", "next": "$.next"}
    with serving(lambda _: replies[len(service.asked) - 1], tls=certificate) as service:
        url = f"https://shop.example.test:{service.port}/"
        for _ in replies:
            with pytest.raises(NotPermitted) as refused:
                fetch(url, allow_hosts=HOSTS, ca_file=ca_file, pagination=pagination)
            assert "leads from https to an unencrypted address at shop.example.test" in refused.value.what


def test_a_link_of_a_service_behind_a_proxy_is_taken_as_https(fetch: Fetch, certificate: Path) -> None:
    secure(fetch)

    def answer(request: Request) -> Reply:
        more = {"Link": f'<http://{request.headers["host"]}/two>; rel="next"'} if request.path == "/" else {}
        return Reply(body=ROWS, headers=more)

    with serving(answer, tls=certificate) as service:
        url = f"https://shop.example.test:{service.port}/"
        ca_file = str(certificate.with_suffix(".crt"))
        assert ids(fetch(url, allow_hosts=HOSTS, ca_file=ca_file, pagination={"style": "link"})) == [1, 1]


def test_a_file_of_authorities_that_is_none_is_told(fetch: Fetch, tmp_path: Path) -> None:
    (tmp_path / "company.pem").write_text("no certificate")
    for name in ("company.pem", "missing.pem"):
        with pytest.raises(DataUnusable, match=f"ca_file .*{name} cannot be used"):
            fetch("https://shop.example.test/", ca_file=name)
