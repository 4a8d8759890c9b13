"""What an owner may take upon itself, and where what it may not is shown."""

from holdfast.model.danger import Danger
from holdfast.model.intent import Intent
from holdfast.model.refusal import RefusalCode
from holdfast.runtime.owning import Ownership, accept_confirmed
from holdfast.spec import Checked, check_text

MAIN = """\
--- # file: platform.yaml
holdfast: 1
name: small
clients: {trusted_proxies: []}
locations:
  east: {edges: [{name: e1, listen: "127.0.0.1:8080"}], capacity: {in_flight: 100, requests: 1000/s}}
"""
SHOP = """\
services:
  shop: {hosts: [shop.example], upstream: {endpoints: ["127.0.0.1:9000"]}}
"""
MAIL = SHOP.replace("shop", "mail").replace("9000", "9001")


def read(acme: str = SHOP, globex: str = MAIL, main: str = MAIN) -> Checked:
    text = f"{main}--- # file: tenants/acme.yaml\n{acme}--- # file: tenants/globex.yaml\n{globex}"
    checked = check_text(text, "p")
    assert checked.platform is not None, checked.diagnostics
    return checked


def own(owner: str = "ann", tenant: str = "acme", acme: str = SHOP) -> Ownership:
    platform = read(acme).platform
    assert platform is not None
    return Ownership(owner, tenant, Intent(platform), 1)


def test_a_trespass_is_shown_in_the_file_in_which_it_is() -> None:
    changed = read(globex=MAIL.replace("mail.ex", "post.ex"), main=MAIN.replace("small", "large"))
    found = own().judge(changed)
    assert [(each.file, each.line, each.code, each.text) for each in found] == [
        ("p/platform.yaml", 2, "HF131", "large"),
        ("p/tenants/globex.yaml", 2, "HF131", "mail"),
    ]
    assert own().judge(read(SHOP.replace("shop.ex", "store.ex"))) == ()


def test_what_is_gone_is_shown_where_it_was_missed() -> None:
    (found,) = own().judge(read(globex="services: {}\n"))
    assert (found.file, found.line, found.message) == ("p/tenants/globex.yaml", 1, "service mail is globex's")


def test_only_who_is_named_owns_where_somebody_is() -> None:
    named = f"owners: [ann]\n{SHOP}"
    changed = read(named.replace("shop.ex", "store.ex"))
    assert own("ann", acme=named).judge(changed) == ()
    (found,) = own("bob", acme=named).judge(changed)
    assert (found.file, found.line, found.path) == ("p/tenants/acme.yaml", 1, "tenants.acme.owners")


def test_an_owner_answers_for_its_own_and_an_operator_for_all() -> None:
    dangers = (Danger("requests-lost", "m", ("shop",)), Danger("demoted", "m", ("mail",)))
    assert own().judge_confirmed(read(), dangers, ("requests-lost",)) is None
    refusal = own().judge_confirmed(read(), dangers, ("requests-lost", "demoted"))
    assert refusal is not None
    assert refusal.code is RefusalCode.CONFIRMATION_FOREIGN
    assert "would bear demoted:" in refusal.message
    assert accept_confirmed(read(), dangers, ("requests-lost", "demoted")) is None  # type: ignore[func-returns-value]
