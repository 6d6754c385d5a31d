"""Organizations, the people in them, and how they get in. Read before the organization is known, so keyed by person."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models.functions import Lower, Now

from comity.identity.roles import Role
from comity.kernel.ids import uuid7
from comity.platform.history import keeps_history
from comity.platform.isolation import ORGANIZATION, PERSON, TOKEN, Arm, Isolation, exempt, with_arms

ROLE_CHOICES = [(role.value, role.label) for role in Role]


class Organization(models.Model):
    """Any company. Imported ones are private to the vendor that imported them until their own admin claims them."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(max_length=300)
    website = models.CharField(max_length=300, blank=True)
    country = models.CharField(max_length=100, blank=True)
    about = models.TextField(blank=True)
    time_zone = models.CharField(max_length=64, default="UTC")
    private_to_id = models.UUIDField(
        null=True, db_index=True, help_text="the vendor that imported it; null once claimed"
    )
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    # A vendor sees the private organizations it made, everybody their own; a claimed partner's name is kept on the
    # partnership, so that no vendor learns who else knows a company.
    isolation: ClassVar[Isolation] = with_arms(
        Arm("own", f"id = {ORGANIZATION}", check=f"id = {ORGANIZATION}"),
        Arm(
            "imported",
            f"private_to_id = {ORGANIZATION}",
            check=f"private_to_id = {ORGANIZATION}",
            index="private_to_id",
        ),
        Arm(
            "member",
            f"id IN (SELECT organization_id FROM identity_membership WHERE person_id = {PERSON} AND ended_at IS NULL)",
            command="SELECT",
        ),
    )

    def __str__(self) -> str:
        return self.name


class PersonManager(BaseUserManager["Person"]):
    """Makes people; the e-mail address is their name at sign-in."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> Person:
        """Create a person; without a password they sign in by reset link only."""
        person = self.model(email=self.normalize_email(email).lower(), **fields)
        person.set_password(password) if password else person.set_unusable_password()
        person.save(using=self._db)
        return person

    def get_by_natural_key(self, username: str | None) -> Person:
        """Find a person by e-mail, whatever its case."""
        return self.get(email__iexact=username)


class Person(AbstractBaseUser):
    """Somebody with one login, however many organizations they work for."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    email = models.EmailField(max_length=254)
    name = models.CharField(max_length=200, blank=True)
    time_zone = models.CharField(max_length=64, default="UTC")
    language = models.CharField(max_length=10, default="en")
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    objects: ClassVar[PersonManager] = PersonManager()
    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = ["name"]
    isolation: ClassVar[Isolation] = exempt("sign-in looks people up by e-mail before anybody is known")

    class Meta:
        constraints = [models.UniqueConstraint(Lower("email"), name="person_email_once")]

    def __str__(self) -> str:
        return self.name or self.email

    def get_full_name(self) -> str:
        """The name people see."""
        return str(self)


@keeps_history("organization_id", also_by=("person_id",))
class Membership(models.Model):
    """A person in an organization, with one role there. Ended ones stay, for the history."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="memberships")
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="memberships")
    role = models.CharField(max_length=30, choices=ROLE_CHOICES)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    ended_at = models.DateTimeField(null=True, blank=True)

    isolation: ClassVar[Isolation] = with_arms(
        Arm("person", f"person_id = {PERSON}", command="SELECT", index="person_id"),
        Arm(
            "organization",
            f"organization_id = {ORGANIZATION}",
            check=f"organization_id = {ORGANIZATION}",
            index="organization_id",
        ),
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "person"], condition=models.Q(ended_at__isnull=True), name="one_open_membership"
            )
        ]


class Invitation(models.Model):
    """A letter to an e-mail address: come into this organization with this role. Only the token's hash is kept."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    inviting_id = models.UUIDField(help_text="the organization that wrote it")
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")
    organization_name = models.CharField(max_length=300)
    inviting_name = models.CharField(max_length=300)
    email = models.EmailField(max_length=254)
    role = models.CharField(max_length=30, choices=ROLE_CHOICES)
    token_hash = models.CharField(max_length=64, unique=True)
    invited_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, blank=True)
    accepted_by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")
    revoked_at = models.DateTimeField(null=True, blank=True)

    isolation: ClassVar[Isolation] = with_arms(
        Arm("inviting", f"inviting_id = {ORGANIZATION}", check=f"inviting_id = {ORGANIZATION}", index="inviting_id"),
        Arm("bearer", f"token_hash = {TOKEN}", command="SELECT", index="token_hash"),
    )

    class Meta:
        indexes = [models.Index(fields=["inviting_id", "-created_at"])]


class ApiToken(models.Model):
    """A key to the API for one organization, with scopes; only its hash is kept."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=120)
    prefix = models.CharField(max_length=12, help_text="the first characters, to recognise it by")
    token_hash = models.CharField(max_length=64, unique=True)
    scopes = models.JSONField(default=list)
    created_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    last_used_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    isolation: ClassVar[Isolation] = with_arms(
        Arm(
            "organization",
            f"organization_id = {ORGANIZATION}",
            check=f"organization_id = {ORGANIZATION}",
            index="organization_id",
        ),
        Arm("bearer", f"token_hash = {TOKEN}", command="SELECT", index="token_hash"),
    )
