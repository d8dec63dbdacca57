"""Where keys come from, and what never mixes."""

from __future__ import annotations

import json
import pickle
import threading
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nclue_pandas.client import Client
from nclue_pandas.config import Credentials, ServiceSettings
from nclue_pandas.credentials import RoleCredentials, read_configure, resolve_credentials
from nclue_pandas.errors import ConfigurationError, CredentialsError

FILE = "ncloud_access_key_id = FILE-A\nncloud_secret_access_key = FILE%S==\nncloud_api_url = https://ncloud.apigw.ntruss.com\n"
PROFILES = f"# comment\n[DEFAULT]\n{FILE}\n[work]\nncloud_access_key_id=WORK-A\nncloud_secret_access_key=WORK-S\n[half]\nncloud_access_key_id=HALF-A\n"


@pytest.fixture
def home(tmp_path):
    def write(text):
        folder = tmp_path / ".ncloud"
        folder.mkdir(exist_ok=True)
        (folder / "configure").write_text(text, "utf-8")
        return tmp_path

    return write


def resolve(tmp_path, environ=None, **arguments):
    keys = resolve_credentials(environ=environ or {}, home=tmp_path, **arguments)()
    return keys.access_key, keys.secret_key


def test_arguments_win(home):
    environ = {"NCLOUD_ACCESS_KEY_ID": "E-A", "NCLOUD_SECRET_ACCESS_KEY": "E-S"}
    found = resolve(home(FILE), environ, access_key="A", secret_key="S")
    assert found == ("A", "S")


def test_the_environment_wins_over_the_file_and_long_names_over_short(home):
    environ = {
        "NCLOUD_ACCESS_KEY": "short-A",
        "NCLOUD_SECRET_KEY": "short-S",
        "NCLOUD_ACCESS_KEY_ID": "",
    }
    assert resolve(home(FILE), environ) == ("short-A", "short-S")
    assert resolve(home(FILE), environ | {"NCLOUD_ACCESS_KEY_ID": " "}) == ("short-A", "short-S")
    environ |= {"NCLOUD_ACCESS_KEY_ID": "long-A", "NCLOUD_SECRET_ACCESS_KEY": "long-S"}
    assert resolve(home(FILE), environ) == ("long-A", "long-S")


def test_the_file_without_sections(home):
    assert resolve(home(FILE)) == ("FILE-A", "FILE%S==")


def test_profiles(home):
    folder = home(PROFILES)
    assert resolve(folder) == ("FILE-A", "FILE%S==")
    assert resolve(folder, profile="work") == ("WORK-A", "WORK-S")
    assert resolve(folder, {"NCLOUD_PROFILE": "work"}) == ("WORK-A", "WORK-S")
    environ = {"NCLOUD_ACCESS_KEY_ID": "E-A", "NCLOUD_SECRET_ACCESS_KEY": "E-S"}
    assert resolve(folder, environ, profile="work") == ("WORK-A", "WORK-S")


@pytest.mark.parametrize("key", ["access_key", "secret_key"])
def test_a_profile_goes_without_keys(home, key):
    with pytest.raises(CredentialsError, match="one of the two"):
        resolve(home(PROFILES), profile="work", **{key: "A"})


def test_an_unknown_profile_lists_those_there_are(home):
    with pytest.raises(CredentialsError, match=r"'typo'.*'DEFAULT', 'work', 'half'"):
        resolve(home(PROFILES), profile="typo")


def test_a_profile_without_a_file(tmp_path):
    with pytest.raises(CredentialsError, match="'work' was asked for"):
        resolve(tmp_path, profile="work")


@pytest.mark.parametrize(
    ("environ", "arguments"),
    [
        ({}, {"access_key": "A"}),
        ({}, {"secret_key": "S"}),
        ({"NCLOUD_ACCESS_KEY_ID": "A"}, {}),
        ({"NCLOUD_SECRET_KEY": "S"}, {}),
        ({}, {"profile": "half"}),
    ],
)
def test_half_a_pair_is_an_error_and_never_mixed(home, environ, arguments):
    with pytest.raises(CredentialsError, match="half a key pair"):
        resolve(home(PROFILES), environ, **arguments)


def test_no_keys_at_all(tmp_path):
    with pytest.raises(CredentialsError, match="NCLOUD_ACCESS_KEY_ID") as caught:
        resolve(tmp_path)
    assert "connect('sandbox')" in str(caught.value)


def test_an_unreadable_file(tmp_path):
    (tmp_path / ".ncloud").mkdir()
    (tmp_path / ".ncloud" / "configure").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(CredentialsError, match="cannot be read"):
        resolve(tmp_path)


KEYS = {"NCLOUD_ACCESS_KEY": "A", "NCLOUD_SECRET_KEY": "S"}


@pytest.mark.parametrize(
    ("host", "zone"),
    [
        ("fin-ncloud.apigw.ntruss.com", "finance"),
        ("gov-ncloud.apigw.ntruss.com", "government"),
        ("ncloud.apigw.gov-ntruss.com", "government"),
        ("ncloud.apigw.fin-ntruss.com", "finance"),
        ("fin-ncloud.apigw.fin-ntruss.com", "finance"),
        ("NCLOUD.APIGW.GOV-NTRUSS.COM:443/", "government"),
    ],
)
def test_other_zones_are_noticed(home, host, zone):
    gateway = f"https://{host}"
    for name in ("NCLOUD_API_GW", "ncloud_api_url"):
        for told in (gateway, host, f"'{gateway}'  # ours"):
            with pytest.raises(ConfigurationError, match=zone):
                resolve(home(""), KEYS | {name: told})
    with pytest.raises(ConfigurationError, match=zone):
        resolve(home(FILE.replace("https://ncloud.apigw.ntruss.com", gateway)))


@pytest.mark.parametrize(
    "gateway",
    [
        "https://ncloud.apigw.ntruss.com",
        "https://gov-ntruss.com.example",
        "https://ncloud.apigw.notgov-ntruss.com",
        "",
    ],
)
def test_the_public_zone_and_other_hosts_pass(tmp_path, gateway):
    assert resolve(tmp_path, KEYS | {"NCLOUD_API_GW": gateway}) == ("A", "S")


@pytest.mark.parametrize("site", ["gov", "fin", "GOV", "'fin'"])
def test_a_site_names_its_zone(home, site):
    with pytest.raises(ConfigurationError, match="public zone"):
        resolve(home(""), KEYS | {"NCLOUD_SITE": site})
    bare = FILE.replace("ncloud_api_url = https://ncloud.apigw.ntruss.com", "")
    with pytest.raises(ConfigurationError, match="public zone"):
        resolve(home(bare), {"NCLOUD_SITE": site})
    assert resolve(home(FILE), {"NCLOUD_SITE": site}) == ("FILE-A", "FILE%S==")


@pytest.mark.parametrize("site", ["public", "pub", "", " "])
def test_the_public_site_passes(tmp_path, site):
    assert resolve(tmp_path, KEYS | {"NCLOUD_SITE": site}) == ("A", "S")


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("NCP_ACCESS_KEY", "NCLOUD_ACCESS_KEY_ID"),
        ("NCP_SECRET_KEY", "NCLOUD_SECRET_ACCESS_KEY"),
        ("NAVER_CLOUD_ACCESS_KEY", "NCLOUD_ACCESS_KEY_ID"),
        ("NAVER_CLOUD_SECRET_KEY", "NCLOUD_SECRET_ACCESS_KEY"),
        ("AWS_ACCESS_KEY_ID", "NCLOUD_ACCESS_KEY_ID"),
        ("AWS_SECRET_ACCESS_KEY", "NCLOUD_SECRET_ACCESS_KEY"),
        ("NCLOUD_ACCESSKEY", "NCLOUD_ACCESS_KEY_ID"),
        ("TF_VAR_ncloud_secret_key", "NCLOUD_SECRET_ACCESS_KEY"),
    ],
)
def test_keys_under_other_names_are_told_and_not_shown(tmp_path, name, wanted):
    with pytest.raises(CredentialsError, match=f"{name} \\(as {wanted}\\)") as caught:
        resolve(tmp_path, {name: "a-value-that-is-secret"})
    assert "a-value" not in str(caught.value)


@pytest.mark.parametrize("name", [".aws/credentials", ".config/ncloud-community/configure"])
def test_files_of_other_tools_are_told(tmp_path, name):
    (tmp_path / name).parent.mkdir(parents=True)
    (tmp_path / name).write_text("[default]\naws_secret_access_key = not-read\n")
    with pytest.raises(CredentialsError, match=name) as caught:
        resolve(tmp_path)
    assert "not-read" not in str(caught.value)


@pytest.mark.parametrize("name", ["HOME", "MONKEY", "NCLUE_BUCKET", "AWS_REGION", "KEYS"])
def test_other_variables_are_not_told(tmp_path, name):
    with pytest.raises(CredentialsError) as caught:
        resolve(tmp_path, {name: "x"})
    assert "rename" not in str(caught.value)


@pytest.mark.parametrize(
    "form", ['"{}"', "'{}'", " {} ", "{}  # mine", '"{}"  # mine', "{}\t# mine", "{}\n"]
)
def test_quotes_and_comments_are_no_part_of_a_key(home, form):
    environ = {"NCLOUD_ACCESS_KEY_ID": form.format("A+/="), "NCLOUD_SECRET_KEY": form.format("S#1")}
    assert resolve(home(""), environ) == ("A+/=", "S#1")
    keys = form.strip().format("A"), form.strip().format("S")
    text = "ncloud_access_key_id = {}\nncloud_secret_access_key = {}\n".format(*keys)
    assert resolve(home(text)) == ("A", "S")
    assert resolve(home(""), access_key=keys[0], secret_key=keys[1]) == ("A", "S")


@pytest.mark.parametrize("key", ['"A', "A'", "A B", "A ; mine", "A\tB", '"A" B', "A\u00a0B"])
def test_other_quotes_and_spaces_are_refused_with_a_word(tmp_path, key):
    with pytest.raises(CredentialsError, match="access key"):
        resolve(tmp_path, {"NCLOUD_ACCESS_KEY_ID": key, "NCLOUD_SECRET_KEY": "S"})


@pytest.mark.parametrize("empty", ["", " ", '""', "''", "# later"])
def test_an_empty_value_is_none(tmp_path, empty):
    environ = {"NCLOUD_ACCESS_KEY_ID": empty, "NCLOUD_ACCESS_KEY": "A", "NCLOUD_SECRET_KEY": "S"}
    assert resolve(tmp_path, environ) == ("A", "S")


@given(st.text(max_size=200))
def test_any_text_is_a_file(text):
    for values in read_configure(text).values():
        assert all(isinstance(value, str) for value in values.values())


def test_credentials_show_and_pickle_nothing():
    keys = Credentials("the access key", "the secret key")
    assert "the" not in repr(keys)
    assert "the" not in str(keys)
    with pytest.raises(TypeError, match="environment"):
        pickle.dumps(keys)


class Metadata(BaseHTTPRequestHandler):
    """The metadata service of a server, version 2 when a token is set."""

    token: str | None = None
    end = "2026-01-01T01:00:00Z"
    role = "role-1"
    asked = 0
    status = 200
    moved: str | None = None
    elsewhere = ""

    def log_message(self, *_):
        pass

    def _answer(self, status, body=""):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        if status in range(300, 400):
            self.send_header("Location", f"{type(self).elsewhere}{self.path}")
        self.end_headers()
        self.wfile.write(body.encode())

    def do_PUT(self):
        cls = type(self)
        if cls.moved == "PUT":
            return self._answer(cls.status)
        wanted = (
            self.path == "/latest/api/token" and self.headers["X-NCP-METADATA-TOKEN-TTL-SECONDS"]
        )
        return self._answer(200, cls.token) if cls.token and wanted else self._answer(404)

    def do_GET(self):
        cls = type(self)
        if cls.token and self.headers["X-NCP-METADATA-TOKEN"] != cls.token:
            return self._answer(401)
        base = "/latest/meta-data/iam/security-credentials"
        if cls.moved and self.path.endswith(cls.moved):
            return self._answer(cls.status)
        if self.path == base and cls.role:
            return self._answer(200, cls.role)
        if self.path == f"{base}/{cls.role}":
            cls.asked += 1
            if cls.status != 200:
                return self._answer(cls.status)
            keys = {"AccessKeyId": f"A{cls.asked}", "SecretAccessKey": "S", "Expiration": cls.end}
            return self._answer(200, json.dumps(keys))
        return self._answer(404)


@pytest.fixture
def metadata():
    handler = type("Handler", (Metadata,), {})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    handler.url = f"http://127.0.0.1:{server.server_port}"
    yield handler
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("token", [None, "token-1"], ids=["version 1", "version 2"])
def test_server_role_keys_are_fetched_in_time(metadata, token):
    metadata.token = token
    now = [datetime(2026, 1, 1, tzinfo=UTC)]
    role = RoleCredentials(metadata.url, lambda: now[0])
    assert role().access_key == "A1"
    now[0] += timedelta(minutes=44)
    assert role().access_key == "A1"
    now[0] += timedelta(minutes=2)
    assert role().access_key == "A2"


@pytest.fixture
def clock():
    return [datetime(2026, 1, 1, tzinfo=UTC)]


def test_keys_of_a_role_serve_until_their_end_while_there_are_no_new_ones(metadata, clock):
    role = RoleCredentials(metadata.url, lambda: clock[0])
    assert role().access_key == "A1"
    metadata.status = 503
    for minute in range(45, 60):
        clock[0] = datetime(2026, 1, 1, 0, minute, tzinfo=UTC)
        assert [role().access_key for _ in range(10)] == ["A1"] * 10
    assert metadata.asked == 1 + 15
    clock[0] += timedelta(minutes=1)
    with pytest.raises(CredentialsError, match="role=True"):
        role()
    metadata.status, metadata.end = 200, "2026-01-01T02:00:00Z"
    assert role().access_key == f"A{metadata.asked}"


def test_keys_that_ended_are_none(metadata, clock):
    clock[0] += timedelta(hours=2)
    with pytest.raises(CredentialsError, match="role=True"):
        RoleCredentials(metadata.url, lambda: clock[0])()


def test_keys_that_live_for_minutes_are_fetched_at_half_their_life(metadata, clock):
    metadata.end = "2026-01-01T00:10:00Z"
    role = RoleCredentials(metadata.url, lambda: clock[0])
    assert {role().access_key for _ in range(10)} == {"A1"}
    clock[0] += timedelta(minutes=4, seconds=59)
    assert role().access_key == "A1"
    clock[0] += timedelta(seconds=1)
    metadata.end = "2026-01-01T00:15:00Z"
    assert {role().access_key for _ in range(10)} == {"A2"}


def test_a_role_is_one_account_whatever_its_keys(metadata, clock):
    role = RoleCredentials(metadata.url, lambda: clock[0])
    before = Client(role, ServiceSettings())
    handle = pickle.dumps(before)
    clock[0] += timedelta(minutes=46)
    after = Client(role, ServiceSettings())
    assert role().access_key == "A2"
    assert before.ref == after.ref
    assert pickle.loads(handle).ref == after.ref
    metadata.role = "role-2"
    assert RoleCredentials(metadata.url, lambda: clock[0])().account != after.ref.account


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("moved", ["PUT", "credentials", "role-1"])
def test_redirects_of_the_metadata_service_are_refused(metadata, status, moved):
    """Another server that would give keys of its own is never asked."""
    other = type("Other", (Metadata,), {})
    server = ThreadingHTTPServer(("127.0.0.1", 0), other)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    metadata.elsewhere = f"http://127.0.0.1:{server.server_port}"
    metadata.status, metadata.moved, metadata.end = status, moved, "2099-01-01T01:00:00Z"
    other.end = metadata.end
    try:
        with pytest.raises(CredentialsError, match=f"{status}, a redirect"):
            RoleCredentials(metadata.url)()
    finally:
        server.shutdown()
        server.server_close()
    assert other.asked == 0


def test_a_server_without_a_role(metadata):
    metadata.role = ""
    with pytest.raises(CredentialsError, match="role=True"):
        RoleCredentials(metadata.url)()


def test_role_goes_alone(tmp_path):
    with pytest.raises(CredentialsError, match="goes without"):
        resolve(tmp_path, role=True, access_key="A")
    assert isinstance(resolve_credentials(role=True), RoleCredentials)
