"""The played Accredible's credentials, one by one and in bulk.

Where https://docs.api.accredible.com leaves a question open, the answer is an attribute that tests and demos set.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from werkzeug.wrappers import Request, Response

from providers.accredible.sandbox_accounts import Accounts, answer, sent
from providers.accredible.sandbox_rows import Held, Issuer, bulk_row, credential_row, own_number

WRITABLE = ("name", "description", "complete", "private", "issued_on", "expired_on", "custom_attributes", "meta_data")
DATES = ("issued_on", "expired_on")
MOST = 30
"""Credentials that one bulk call takes."""
WORDS = {
    "taken": "has already been taken",
    "blank": "can't be blank",
    "invalid": "is not a date",
    "early": "must be after the issue date",
    "unknown": "Invalid Group",
}


class Credentials(Accounts):
    """What is done to single credentials."""

    duplicate_as_string = False
    """Refuse a duplicate with one string rather than with a map of fields."""
    duplicate_status = 422
    repeated_id_refused = True
    """Whether a second credential under one of our own ids is a duplicate, too."""
    expired_blocks = False
    """Whether an expired credential stands in the way of a new one."""
    unpublished_blocks = False
    """Whether an unpublished one does."""
    own_id_get = True
    """Whether a credential is found under the id that the issuer gave it."""
    id_type = ""
    """Show all ids of credentials as ``int`` or ``str``; empty: text from single calls, numbers from the others."""
    own_numbers = False
    """Whether single calls show a number of Accredible's own for the learner, rather than our id."""
    times_refused = True
    """Whether a date with a time is refused; otherwise the time is cut off."""
    early_expiry_refused = False
    """Whether a credential must not expire before it was issued."""
    bare_updates = False
    """Answer an update without the credential, since no body of that answer is documented."""
    credits: int | None = None
    """Credentials that can still be published, over all issuers; None is without limit."""
    sandbox_mode = False
    """Publish nothing, whatever a call asks for."""
    bulk_missing = False
    """Whether there is no bulk create of version 2."""
    introduction_shape = False
    """Tell an error of the bulk create as the documentation's introduction does, rather than as the call's own page."""
    bulk_backwards = False
    """Tell the results of a bulk create from the last to the first."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._last_id = 24810376

    def publish(self, credential_id: str) -> None:
        """Play the person who publishes a credential, if there are credits."""
        with self.lock:
            self._publish(self._held_anywhere(credential_id)[1])

    def delete(self, credential_id: str) -> None:
        """Play the person who deletes a credential."""
        with self.lock:
            issuer, held = self._held_anywhere(credential_id)
            issuer.held.remove(held)

    def issuer_details(self, request: Request) -> Response:
        """``GET v1/issuer/details``."""
        issuer = self.issuer(request)
        left = 420 if self.credits is None else self.credits
        return answer({"issuer": {"id": issuer.id, "name": issuer.name, "certificate_left": left, "language": "en"}})

    def create(self, request: Request) -> Response:
        """``POST v1/credentials``."""
        issuer, credential = self.issuer(request), sent(request).get("credential") or {}
        errors = self._errors(issuer, credential)
        if not errors:
            return self._shown(self._stored(issuer, credential))
        if "unknown" in errors.values():
            return answer({"errors": WORDS["unknown"]}, 422)
        told: object = {field: [WORDS[why]] for field, why in errors.items()}
        if "taken" not in errors.values():
            return answer({"errors": told}, 422)
        if self.duplicate_as_string:
            told = ", ".join(f"{field} {WORDS[why]}" for field, why in errors.items())
        return answer({"errors": told}, self.duplicate_status)

    def create_many(self, request: Request) -> Response:
        """``POST v2/credentials/bulk_create``: 200 if all went well, 422 if nothing did, 207 for anything else."""
        issuer, credentials = self.issuer(request), sent(request).get("credentials") or []
        if self.bulk_missing:
            return answer({"error": "Not found"}, 404)
        if len(credentials) > MOST:
            return answer({"errors": f"No more than {MOST} credentials are allowed"}, 422)
        results = [self._one_of_many(issuer, credential) for credential in credentials]
        if not any("credential" in result for result in results):
            status = 422
        else:
            status = 200 if all(len(result) == 1 and "credential" in result for result in results) else 207
        return answer({"results": results[::-1] if self.bulk_backwards else results}, status)

    def one(self, request: Request, credential_id: str) -> Response:
        """``GET``, ``PUT`` or ``DELETE v1/credentials/:id``, by Accredible's id or by the issuer's own."""
        issuer = self.issuer(request)
        named = (held for held in issuer.held if held.row["id"] == credential_id)
        own = (held for held in issuer.held if self.own_id_get and held.license_id == credential_id)
        held = next(named, None) or next(own, None)
        if held is None:
            return answer({"success": False, "data": "No credential with the id given in your account"}, 404)
        if request.method == "PUT":
            return self._update(held, sent(request).get("credential") or {})
        if request.method == "DELETE":
            issuer.held.remove(held)
        return self._shown(held)

    def shown_id(self, number: str, usual: type[int] | type[str]) -> int | str:
        """The id of a credential, as the switch says, or as is usual for the call."""
        kinds: dict[str, type[int] | type[str]] = {"int": int, "str": str}
        return kinds.get(self.id_type, usual)(number)

    def today(self) -> str:
        """The day it is in UTC."""
        return datetime.fromtimestamp(self.clock(), UTC).date().isoformat()

    def _update(self, held: Held, changes: dict[str, Any]) -> Response:
        if errors := self._date_errors({**held.row, **changes}):
            return answer({"errors": {field: [WORDS[why]] for field, why in errors.items()}}, 422)
        held.row.update({key: changes[key] for key in WRITABLE if key in changes})
        held.row["recipient"].update(changes.get("recipient") or {})
        held.updated_at = self.clock()
        if changes.get("approve"):
            self._publish(held)
        elif "approve" in changes:
            held.row["approve"] = False
        return answer({}) if self.bare_updates else self._shown(held)

    def _one_of_many(self, issuer: Issuer, credential: dict[str, Any]) -> dict[str, Any]:
        name = "error" if self.introduction_shape else "errors"
        if errors := self._errors(issuer, credential):
            details = [
                {"property": field.replace(".", "_"), "reason": why}
                if self.introduction_shape
                else {"property": field, "message": WORDS[why]}
                for field, why in errors.items()
            ]
            return {name: {"code": "credential_invalid", "message": "credential failed validation", "details": details}}
        held = self._stored(issuer, credential)
        row = bulk_row(held)
        result: dict[str, Any] = {"credential": {**row, "id": self.shown_id(row["id"], int)}}
        if self.credits == 0 and not held.row["approve"]:
            result[name] = {"code": "insufficient_credits", "message": "created, left unpublished"}
        return result

    def _stored(self, issuer: Issuer, credential: dict[str, Any]) -> Held:
        self._last_id += 1
        dates = {key: credential[key][:10] for key in DATES if credential.get(key)}
        group = issuer.groups[credential["group_id"]]
        row = credential_row(issuer, group, {"issued_on": self.today(), **credential, **dates}, self._last_id)
        now = self.clock()
        held = Held(row=row, group=group, license_id=credential.get("id"), stored_at=now, updated_at=now)
        issuer.held.append(held)
        if credential.get("approve", True):
            self._publish(held)
        return held

    def _publish(self, held: Held) -> None:
        if held.row["approve"] or self.sandbox_mode or self.credits == 0:
            return
        if self.credits is not None:
            self.credits -= 1
        held.row["approve"] = True
        held.updated_at = self.clock()

    def _shown(self, held: Held) -> Response:
        row = {**held.row, "id": self.shown_id(held.row["id"], str)}
        if self.own_numbers:
            row["recipient"] = {**row["recipient"], "id": own_number(held)}
        return answer({"credential": row})

    def _held_anywhere(self, credential_id: str) -> tuple[Issuer, Held]:
        for issuer in self.issuers.values():
            for held in issuer.held:
                if held.row["id"] == credential_id:
                    return issuer, held
        raise KeyError(credential_id)

    def _errors(self, issuer: Issuer, credential: Mapping[str, Any]) -> dict[str, str]:
        """What stands in the way of a new credential, by field."""
        recipient = credential.get("recipient") or {}
        errors = {f"recipient.{key}": "blank" for key in ("name", "email") if not recipient.get(key)}
        errors |= self._date_errors({"issued_on": self.today(), **credential})
        if not errors and credential.get("group_id") not in issuer.groups:
            errors = {"group_id": "unknown"}
        return errors or self._taken(issuer, credential)

    def _date_errors(self, credential: Mapping[str, Any]) -> dict[str, str]:
        errors = {}
        for key in DATES:
            text = credential.get(key) or "2000-01-01"
            try:
                date.fromisoformat(text if self.times_refused else text[:10])
            except ValueError:
                errors[key] = "invalid"
        expired_on = credential.get("expired_on")
        if self.early_expiry_refused and expired_on and not errors and expired_on < credential["issued_on"]:
            errors["expired_on"] = "early"
        return errors

    def _taken(self, issuer: Issuer, credential: Mapping[str, Any]) -> dict[str, str]:
        own = credential.get("id")
        if own and self.repeated_id_refused and any(held.license_id == own for held in issuer.held):
            return {"id": "taken"}
        if credential["group_id"] in issuer.allow_duplicate_credentials:
            return {}
        email = credential["recipient"]["email"].casefold()
        blocks = any(
            held.row["group_id"] == credential["group_id"]
            and held.row["recipient"]["email"].casefold() == email
            and (self.expired_blocks or (held.row["expired_on"] or self.today()) >= self.today())
            and (self.unpublished_blocks or held.row["approve"])
            for held in issuer.held
        )
        return {"recipient.email": "taken"} if blocks else {}
