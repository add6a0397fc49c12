"""The tables of a station: people, cases with their slides, fields and cells, and everything that was done to them.

A case holds slides, a slide holds fields (photographs), a field holds cells. What the machine said of a cell is never
overwritten: a person's word stands beside it, and every change is kept with who, when and what it was.
"""

from __future__ import annotations

import uuid
from datetime import datetime, timezone
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    DateTime,
    Dialect,
    Float,
    ForeignKey,
    Index,
    String,
    Text,
    TypeDecorator,
    UniqueConstraint,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, deferred, mapped_column, relationship

from lowcost.serve import clock
from lowcost.serve.settings import ROLES

NAME_LENGTH = 80
"""Longest name of a person, case, slide or device."""

NOTE_LENGTH = 4000
"""Longest note."""


def _now() -> datetime:
    return clock.now()  # looked up when called: tests move the clock


class Utc(TypeDecorator[datetime]):
    """A time with its zone, also in SQLite, which keeps none."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Store UTC."""
        return None if value is None else value.astimezone(timezone.utc)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give UTC back."""
        return value.replace(tzinfo=timezone.utc) if value is not None and value.tzinfo is None else value


class Base(DeclarativeBase):
    """What all tables have in common."""

    type_annotation_map = {  # noqa: RUF012 (SQLAlchemy reads it as it is)
        datetime: Utc(),
        dict[str, Any]: JSON(none_as_null=True),
        list[Any]: JSON(none_as_null=True),
    }


def _one_of(column: str, values: tuple[str, ...]) -> CheckConstraint:
    allowed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({allowed})", name=f"{column}_is_known")


class User(Base):
    """A person; one without `password_hash` cannot sign in."""

    __tablename__ = "user"
    __table_args__ = (_one_of("role", ROLES),)

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(NAME_LENGTH), unique=True)
    role: Mapped[str] = mapped_column(String(16))
    password_hash: Mapped[str | None] = mapped_column(String(200))
    active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime] = mapped_column(default=_now)


class AccessChange(Base):
    """What a person was given or lost: a role, the right to sign in, a passphrase (of which only that it is new).

    `by` is nobody for the admin whose passphrase is asked for in the terminal.
    """

    __tablename__ = "access_change"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(default=_now)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    before: Mapped[dict[str, Any]]
    after: Mapped[dict[str, Any]]

    by: Mapped[User | None] = relationship(foreign_keys=by_id)
    user: Mapped[User] = relationship(foreign_keys=user_id)


class SignIn(Base):
    """A browser in which a person is signed in; of the cookie's secret only the digest is kept."""

    __tablename__ = "sign_in"

    id: Mapped[int] = mapped_column(primary_key=True)
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    csrf: Mapped[str] = mapped_column(String(64))
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    expires_at: Mapped[datetime]

    user: Mapped[User] = relationship(lazy="joined")


class Token(Base):
    """A program's key to the API; only the digest is kept."""

    __tablename__ = "token"

    id: Mapped[int] = mapped_column(primary_key=True)
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    name: Mapped[str] = mapped_column(String(NAME_LENGTH))
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    created_at: Mapped[datetime] = mapped_column(default=_now)
    revoked_at: Mapped[datetime | None]

    user: Mapped[User] = relationship(lazy="joined")


class DeviceProfile(Base):
    """A device profile, as `lowcost.calibration` wrote it."""

    __tablename__ = "device_profile"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(NAME_LENGTH), unique=True)
    content: Mapped[str] = mapped_column(Text)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    created_at: Mapped[datetime] = mapped_column(default=_now)


class Case(Base):
    """A patient or sample under a pseudonym; it belongs to the person who opened it."""

    __tablename__ = "case"

    id: Mapped[int] = mapped_column(primary_key=True)
    pseudonym: Mapped[str] = mapped_column(String(NAME_LENGTH), unique=True)
    note: Mapped[str] = mapped_column(Text, default="")
    owner_id: Mapped[int] = mapped_column(ForeignKey("user.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(default=_now)

    owner: Mapped[User] = relationship()
    slides: Mapped[list[Slide]] = relationship(back_populates="case", order_by="Slide.id")


class Slide(Base):
    """A smear.

    `revision` grows with everything that changes what the slide says: a review holds for the revision at which it was
    done, so that nobody's signature stands under what they have not seen.
    """

    __tablename__ = "slide"
    __table_args__ = (UniqueConstraint("case_id", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"))
    name: Mapped[str] = mapped_column(String(NAME_LENGTH))
    stain: Mapped[str] = mapped_column(String(NAME_LENGTH), default="")
    note: Mapped[str] = mapped_column(Text, default="")
    target: Mapped[int] = mapped_column(default=100)
    device_id: Mapped[int | None] = mapped_column(ForeignKey("device_profile.id"))
    um_per_px: Mapped[float | None]
    revision: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(default=_now)

    case: Mapped[Case] = relationship(back_populates="slides")
    device: Mapped[DeviceProfile | None] = relationship()
    fields: Mapped[list[Field]] = relationship(back_populates="slide", order_by="Field.id")


FIELD_STATES = ("queued", "done", "failed")


class Field(Base):
    """A photograph; `result` is what the machine said of it, in the form of ``result.json``, without its cells."""

    __tablename__ = "field"
    __table_args__ = (UniqueConstraint("slide_id", "sha256"), _one_of("state", FIELD_STATES))

    id: Mapped[int] = mapped_column(primary_key=True)
    slide_id: Mapped[int] = mapped_column(ForeignKey("slide.id"))
    sha256: Mapped[str] = mapped_column(String(64), index=True)
    picture_sha256: Mapped[str | None] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(String(255))
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    created_at: Mapped[datetime] = mapped_column(default=_now)
    state: Mapped[str] = mapped_column(String(8), default="queued")
    reason: Mapped[str] = mapped_column(Text, default="")
    left_out: Mapped[bool] = mapped_column(default=False)
    analysed_at: Mapped[datetime | None]
    verdict: Mapped[str | None] = mapped_column(String(16))
    result: Mapped[dict[str, Any] | None]
    provenance: Mapped[dict[str, Any] | None]

    slide: Mapped[Slide] = relationship(back_populates="fields")
    cells: Mapped[list[Cell]] = relationship(back_populates="field", order_by="Cell.number")


class Cell(Base):
    """An object on a field.

    `machine` is what the machine said, in the form of ``result.json`` without features; of a cell that a person drew,
    its outline. `type`, `attributes` (only those that a person set) and `deleted` are what holds now, and `confirmed`
    whether a person named the type or said that it is right; `version` grows with each of their changes.
    """

    __tablename__ = "cell"
    __table_args__ = (UniqueConstraint("field_id", "number"), Index("cell_of_type", "field_id", "deleted", "type"))

    id: Mapped[int] = mapped_column(primary_key=True)
    field_id: Mapped[int] = mapped_column(ForeignKey("field.id"))
    number: Mapped[int]
    version: Mapped[int] = mapped_column(default=1)
    drawn_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    type: Mapped[str] = mapped_column(String(32))
    confirmed: Mapped[bool] = mapped_column(default=False, server_default="0")
    deleted: Mapped[bool] = mapped_column(default=False)
    machine_type: Mapped[str | None] = mapped_column(String(32))
    probability: Mapped[float] = mapped_column(Float, default=0.0)
    touches_edge: Mapped[bool] = mapped_column(default=False)
    attributes: Mapped[dict[str, Any]] = mapped_column(default=dict)
    machine: Mapped[dict[str, Any]]
    features: Mapped[dict[str, Any]] = deferred(mapped_column(JSON(none_as_null=True), default=dict))

    field: Mapped[Field] = relationship(back_populates="cells")

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012


LASTING = ("slide", "sign", "read blind")
"""Kinds of gestures that are not undone: what is said of a slide is said anew, and a signature ends by itself."""


class Gesture(Base):
    """One act of a person, however many cells it changed: what is undone at a time.

    The client names it by a `key`, so that one that is sent twice over a weak connection is done once.
    """

    __tablename__ = "gesture"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[uuid.UUID] = mapped_column(unique=True)
    slide_id: Mapped[int] = mapped_column(ForeignKey("slide.id"), index=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    at: Mapped[datetime] = mapped_column(default=_now)
    kind: Mapped[str] = mapped_column(String(16))
    undoes_id: Mapped[int | None] = mapped_column(ForeignKey("gesture.id"), unique=True)

    user: Mapped[User] = relationship()
    changes: Mapped[list[Change]] = relationship(back_populates="gesture", order_by="Change.id")


class Change(Base):
    """What one gesture changed on one thing: the audit trail. Rows are added and never altered."""

    __tablename__ = "change"

    id: Mapped[int] = mapped_column(primary_key=True)
    gesture_id: Mapped[int] = mapped_column(ForeignKey("gesture.id"), index=True)
    field_id: Mapped[int | None] = mapped_column(ForeignKey("field.id"))
    cell_id: Mapped[int | None] = mapped_column(ForeignKey("cell.id"), index=True)
    before: Mapped[dict[str, Any]]
    after: Mapped[dict[str, Any]]

    gesture: Mapped[Gesture] = relationship(back_populates="changes")


class Review(Base):
    """A person's reading of a slide; the second one is blind, so that agreement can be measured.

    It is done at a `revision` of the slide, and holds for that one.
    """

    __tablename__ = "review"
    __table_args__ = (UniqueConstraint("slide_id", "user_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    slide_id: Mapped[int] = mapped_column(ForeignKey("slide.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    blind: Mapped[bool] = mapped_column(default=False)
    revision: Mapped[int | None]
    started_at: Mapped[datetime] = mapped_column(default=_now)
    done_at: Mapped[datetime | None]

    user: Mapped[User] = relationship()


class Call(Base):
    """What one reviewer calls one cell."""

    __tablename__ = "call"

    review_id: Mapped[int] = mapped_column(ForeignKey("review.id"), primary_key=True)
    cell_id: Mapped[int] = mapped_column(ForeignKey("cell.id"), primary_key=True, index=True)
    type: Mapped[str] = mapped_column(String(32))
    at: Mapped[datetime] = mapped_column(default=_now)


class Upload(Base):
    """A photograph on its way; its bytes lie in a file named after its id."""

    __tablename__ = "upload"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    slide_id: Mapped[int] = mapped_column(ForeignKey("slide.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    name: Mapped[str] = mapped_column(String(255))
    size: Mapped[int] = mapped_column(BigInteger)
    claimed_sha256: Mapped[str | None] = mapped_column(String(64))
    sha256: Mapped[str | None] = mapped_column(String(64))
    field_id: Mapped[int | None] = mapped_column(ForeignKey("field.id"))
    created_at: Mapped[datetime] = mapped_column(default=_now, index=True)


JOB_STATES = ("queued", "running", "done", "failed")


class Job(Base):
    """The analysis of one field: whoever claims it holds a lease, and its `claim` is what the outcome must name."""

    __tablename__ = "job"
    __table_args__ = (_one_of("state", JOB_STATES), Index("job_queue", "state", "id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    field_id: Mapped[int] = mapped_column(ForeignKey("field.id"), unique=True)
    state: Mapped[str] = mapped_column(String(8), default="queued")
    attempts: Mapped[int] = mapped_column(default=0)
    claim: Mapped[uuid.UUID | None]
    lease_until: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=_now)

    field: Mapped[Field] = relationship()


TRAININGS = ("bundle", "verified", "device")
TRAINING_STATES = ("running", "offered", "accepted", "discarded", "failed")


class Training(Base):
    """What was made of this laboratory's photographs, for a person to accept or discard.

    A ``"bundle"`` that learnt from verified cells, a device profile with ``"verified"`` cells, or the profile of a new
    ``"device"``. The bundle called `name` lies in the station's folder ``bundles``; a profile is kept here. Of those
    accepted the last one is in use.
    """

    __tablename__ = "training"
    __table_args__ = (_one_of("kind", TRAININGS), _one_of("state", TRAINING_STATES))

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))
    name: Mapped[str] = mapped_column(String(NAME_LENGTH), default="")
    device_id: Mapped[int | None] = mapped_column(ForeignKey("device_profile.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    state: Mapped[str] = mapped_column(String(16), default="running")
    report: Mapped[dict[str, Any] | None]
    profile: Mapped[str | None] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime] = mapped_column(default=_now)
    decided_at: Mapped[datetime | None]
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))

    user: Mapped[User] = relationship(foreign_keys=user_id)
    decided_by: Mapped[User | None] = relationship(foreign_keys=decided_by_id)
    device: Mapped[DeviceProfile | None] = relationship()
