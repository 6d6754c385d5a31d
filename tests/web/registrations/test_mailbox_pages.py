"""The mailbox's settings and what came into it: set up, tried, told; nothing of it for anybody else."""

from __future__ import annotations

from django.utils import timezone

from comity.deals.intake.mail.form import FORM, form_to_fill
from comity.deals.intake.plain_words import understand
from comity.deals.models import Mailbox, ReceivedMessage
from comity.platform.languages import speaking_to
from comity.platform.sealing import unseal

ROOT = "/workspace/northwind/"
SETTINGS, MESSAGES = f"{ROOT}settings/mailbox/", f"{ROOT}deals/registrations/messages/"
ENTRY = {
    "is_on": "on", "address": "Deals@Northwind.example", "host": "IMAP.northwind.example", "security": "tls",
    "port": "993", "user": "deals", "password": " geheim ", "folder": "INBOX", "trusted_server": "",
}  # fmt: skip


def test_a_mailbox_is_set_up_and_says_what_is_wrong(cast, settings):
    olga, ada, bo = (cast.browser(name) for name in ("olga", "ada", "bo"))
    register = f"/portal/{cast.of_fabrikam.pk}/deals/registrations/new/"
    assert "No mailbox yet." in olga.get(SETTINGS).content.decode()
    assert "No mailbox is read" in ada.get(MESSAGES).content.decode()
    assert "Or write to" not in bo.get(register).content.decode()
    assert ada.get(SETTINGS).status_code == cast.browser("di").get(MESSAGES).status_code == 403
    assert "Save the mailbox first" in olga.post(f"{SETTINGS}try/", follow=True).content.decode()

    wrong = {**ENTRY, "address": "deals", "host": "imap northwind", "port": "25", "security": "none"}
    refused = olga.post(SETTINGS, wrong)
    text = refused.content.decode()
    assert refused.status_code == 422
    for words in (
        "Enter the e-mail address that partners write to.", "Enter the name of the IMAP server",
        "Only the ports of IMAP are asked", "Without TLS everybody on the way",
        'value="imap northwind"',
    ):  # fmt: skip
        assert words in text, words

    settings.DEFAULT_FROM_EMAIL = "Comity <comity@northwind.example>"
    assert "Comity writes its own letters" in olga.post(
        SETTINGS, {**ENTRY, "address": "comity@northwind.example"}
    ).content.decode()  # fmt: skip
    assert "Looking into the mailbox" in olga.post(SETTINGS, ENTRY, follow=True).content.decode()
    with cast.scope("olga"):
        box = Mailbox.objects.get()
        assert (box.address, box.host, box.password == " geheim ") == (
            "deals@northwind.example", "imap.northwind.example", False,
        )  # fmt: skip
        assert unseal(box.password, purpose="mailbox") == " geheim "
    kept = {**ENTRY, "password": "", "folder": "Deals"}
    assert olga.post(SETTINGS, kept).status_code == 302
    for moved in ({"host": "imap.evil.example"}, {"user": "other"}, {"port": "143"}, {"security": "starttls"}):
        assert "it is asked for again" in olga.post(SETTINGS, {**kept, **moved}).content.decode()
    with cast.scope("olga"):
        Mailbox.objects.update(asked_at=None, checked_at=timezone.now(), problem="login_refused", failures=3)
    page = olga.get(SETTINGS).content.decode()
    assert "The server refuses user or password." in page
    assert "geheim" not in page
    assert "The mailbox deals@northwind.example cannot be read." in olga.get(ROOT).content.decode()
    assert "cannot be read" not in ada.get(ROOT).content.decode()
    assert "The server refuses user or password." in ada.get(MESSAGES).content.decode()
    assert "Or write to deals@northwind.example" in bo.get(register).content.decode()

    with cast.scope("ada"):
        base = {"vendor_id": box.vendor_id, "mailbox": box, "program_id": box.program_id, "uid_validity": 1}
        for uid, (outcome, reason, subject) in enumerate(
            (("refused", "unsigned", "<b>Fabrikam</b>"), ("draft", "", "Acme"), ("waiting", "no_key_yet", "Globex")), 1
        ):
            ReceivedMessage.objects.create(
                **base, uid=uid, outcome=outcome, reason=reason, subject=subject, received_at=timezone.now(),
                sender="bo@fabrikam.example", files=[["plan.pdf", ""], ["run.exe", "no"]],
            )  # fmt: skip
    page = ada.get(MESSAGES).content.decode()
    for words in ("&lt;b&gt;Fabrikam", "It has no DKIM signature", "Files kept:", "plan.pdf", "could not be asked for"):
        assert words in page, words
    assert "Acme" not in ada.get(f"{MESSAGES}?show=refused").content.decode()
    assert "No such message" in ada.get(f"{MESSAGES}?show=ignored").content.decode()
    assert "Fabrikam" not in cast.browser("eve").get("/workspace/umbra/deals/registrations/messages/").content.decode()
    for who in ("bo", "eve"):
        with cast.scope(who):
            assert (Mailbox.objects.count(), ReceivedMessage.objects.count()) == (0, 0)


def test_the_form_that_is_offered_is_understood_in_every_language():
    for language in ("en", "de"):
        with speaking_to(language):
            filled = "\n".join(f"{line}{number}" for number, line in enumerate(form_to_fill().split("\n")))
        assert understand(filled).fields == {name: str(number) for number, (name, _label) in enumerate(FORM)}
        assert understand(filled).rest == []
