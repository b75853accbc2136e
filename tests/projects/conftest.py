"""A project, its three kinds of people, and a stranger who owns another project."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from django.contrib.auth.models import User
from django.test import Client

from projects import keys
from projects.models import Membership, Organisation, Project, Role

PASSWORD = "correct horse battery"


@dataclass(frozen=True)
class Cast:
    """Everyone there is."""

    shop: Project
    elsewhere: Project
    owner: User
    editor: User
    viewer: User
    stranger: User

    def client(self, name: str) -> Client:
        """Return a browser in which this person is signed in; `nobody` is not."""
        client = Client()
        if name != "nobody":
            client.force_login(getattr(self, name))
        return client


@pytest.fixture(autouse=True)
def fresh_keys() -> Iterator[None]:
    """No test knows a key of another one."""
    keys.forget()
    yield
    keys.forget()


@pytest.fixture
def people(db: None) -> Cast:
    """The cast."""
    roof = Organisation.objects.create(name="Acme")
    shop = Project.objects.create(organisation=roof, slug="shop", name="Shop")
    elsewhere = Project.objects.create(organisation=roof, slug="elsewhere", name="Elsewhere")
    owner, editor, viewer, stranger = (
        User.objects.create(username=f"{name}@acme.test", first_name=name.title(), password="!")
        for name in ("dana", "eli", "vera", "sam")
    )
    for user, role in ((owner, Role.OWNER), (editor, Role.EDITOR), (viewer, Role.VIEWER)):
        Membership.objects.create(project=shop, user=user, role=role)
    Membership.objects.create(project=elsewhere, user=stranger, role=Role.OWNER)
    return Cast(shop, elsewhere, owner, editor, viewer, stranger)


@pytest.fixture
def shop(people: Cast) -> Project:
    """The project most tests are about."""
    return people.shop
