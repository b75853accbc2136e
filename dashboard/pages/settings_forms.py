"""The forms of Settings and of the front door: what may be typed, and what is said about the rest."""

from typing import Any, ClassVar

from django import forms
from django.contrib.auth import password_validation
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError

from projects.models import SCOPES, ZONES, Project, Role, known_zone

SCOPE_WORDS = {
    "ingest": "ingest: send calls",
    "read": "read: query calls and figures",
    "gateway": "gateway: call models through the gateway",
}
ROLE_WORDS = [
    (Role.VIEWER.value, "Viewer: sees everything, changes nothing"),
    (Role.EDITOR.value, "Editor: also makes and revokes keys"),
    (Role.OWNER.value, "Owner: also manages people and the project"),
]


class PageForm(forms.Form):
    """No colon after labels; `required` is told by the browser and by us."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("label_suffix", "")
        super().__init__(*args, **kwargs)


class ProjectForm(PageForm):
    """Name, time zone, and who reads texts."""

    name = forms.CharField(max_length=200, label="Name")
    timezone = forms.CharField(
        max_length=64,
        label="Time zone",
        help_text="Days, weeks and months on every page are counted in this zone.",
        validators=[known_zone],
        widget=forms.TextInput(attrs={"list": "zones", "autocomplete": "off", "spellcheck": "false"}),
    )
    hides_texts = forms.BooleanField(required=False, label="Hide prompts and answers from viewers")
    zones: ClassVar[list[str]] = sorted(ZONES)

    @classmethod
    def of(cls, project: Project) -> "ProjectForm":
        """Return the form as it is now."""
        shown = {"name": project.name, "timezone": project.timezone, "hides_texts": project.hides_texts}
        return cls(initial=shown)


class KeyForm(PageForm):
    """A name and at least one scope."""

    name = forms.CharField(
        max_length=100, label="Name", help_text="Where it will be used, like “checkout, production”."
    )
    scopes = forms.MultipleChoiceField(
        label="Scopes",
        choices=[(scope, SCOPE_WORDS[scope]) for scope in SCOPES],
        initial=["ingest"],
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choose at least one scope."},
    )


class InviteForm(PageForm):
    """Whom to invite, and as what."""

    email = forms.EmailField(
        label="E-mail address",
        max_length=150,
        help_text="It becomes their sign-in name. No mail is sent: you pass the link on yourself.",
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )
    role = forms.ChoiceField(label="Role", choices=ROLE_WORDS, initial=Role.VIEWER.value)

    def __init__(self, project: Project, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._project = project

    def clean_email(self) -> str:
        email = str(self.cleaned_data["email"]).lower()
        if self._project.memberships.filter(user__username__iexact=email).exists():
            raise ValidationError(f"{email} is a member of {self._project.name} already.")
        return email


class RoleForm(forms.Form):
    """One of the three roles."""

    role = forms.ChoiceField(choices=ROLE_WORDS)


def new_password(label: str) -> forms.CharField:
    """Return a field that password managers fill and that may be pasted into."""
    attrs = {"autocomplete": "new-password"}
    help_text = "At least 10 characters; longer is better than stranger."
    return forms.CharField(
        label=label, strip=False, max_length=4096, help_text=help_text, widget=forms.PasswordInput(attrs=attrs)
    )


class PasswordForm(PageForm):
    """The person's own password: the old one, then the new one."""

    current = forms.CharField(
        label="Current password",
        strip=False,
        max_length=4096,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
    new = new_password("New password")

    def __init__(self, user: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._user = user

    def clean_current(self) -> str:
        current = str(self.cleaned_data["current"])
        if not self._user.check_password(current):
            raise ValidationError("This is not your current password.")
        return current

    def clean_new(self) -> str:
        password_validation.validate_password(self.cleaned_data["new"], self._user)
        return str(self.cleaned_data["new"])


class JoinForm(PageForm):
    """A new person's name and password."""

    name = forms.CharField(
        label="Your name", max_length=150, widget=forms.TextInput(attrs={"autocomplete": "name", "autofocus": True})
    )
    password = new_password("Password")

    def __init__(self, email: str, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._email = email

    def clean_password(self) -> str:
        person = User(username=self._email, email=self._email, first_name=self.cleaned_data.get("name", ""))
        password_validation.validate_password(self.cleaned_data["password"], person)
        return str(self.cleaned_data["password"])


class SignInForm(PageForm):
    """Name and password, in the way password managers expect them."""

    username = forms.CharField(
        label="E-mail address or name",
        max_length=254,
        widget=forms.TextInput(
            attrs={"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false", "autofocus": True}
        ),
    )
    password = forms.CharField(
        label="Password",
        strip=False,
        max_length=4096,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
