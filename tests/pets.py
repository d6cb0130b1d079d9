"""Pets and their owners in FastAPI, as people write it: models of pydantic, a document of OpenAPI 3.1 that is made of
them (alternatives with a discriminator, members that may be null), pages by offset, filters, orders."""

import itertools
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID, uuid4

from fastapi import FastAPI, HTTPException, Query, Response
from pydantic import BaseModel, Field


class Cat(BaseModel):
    """A cat."""

    kind: Literal["cat"]
    lives: int = Field(9, ge=0, le=9)


class Dog(BaseModel):
    """A dog."""

    kind: Literal["dog"]
    tricks: list[str] = Field(default_factory=list, max_length=5)


class NewPet(BaseModel):
    """A pet as it is sent."""

    name: str = Field(min_length=1, max_length=50)
    born: date | None = None
    weight: float = Field(gt=0, lt=200)
    animal: Annotated[Cat | Dog, Field(discriminator="kind")]
    owner_id: UUID | None = None


class Pet(NewPet):
    """A pet as it is read."""

    id: int
    created_at: datetime


class PetChange(BaseModel):
    """What is changed of a pet; null is nothing."""

    name: str | None = Field(None, min_length=1, max_length=50)
    weight: float | None = Field(None, gt=0, lt=200)


class NewOwner(BaseModel):
    """An owner as it is sent."""

    name: str = Field(min_length=1, max_length=50)
    nick: str | None = None


class Owner(NewOwner):
    """An owner as it is read."""

    id: UUID


class Page(BaseModel):
    """A page of pets."""

    items: list[Pet]
    total: int
    limit: int
    offset: int


class Message(BaseModel):
    """What is wrong."""

    detail: str


Bug = Literal["", "pages begin one late", "a change is lost", "owners stay", "names are not looked at"]
_MISSING: dict[int | str, dict[str, Any]] = {404: {"model": Message}}


def application(bug: Bug = "") -> FastAPI:
    """The application with a fault, or none."""
    app = FastAPI(title="Pets", version="1")
    pets: dict[int, Pet] = {}
    owners: dict[UUID, Owner] = {}
    _owners(app, owners, bug)
    _pets(app, pets, owners, itertools.count(1).__next__, bug)
    return app


def _owners(app: FastAPI, owners: dict[UUID, Owner], bug: Bug) -> None:
    @app.post("/owners", status_code=201, response_model=Owner)
    def add_owner(owner: NewOwner) -> Owner:
        added = Owner(id=uuid4(), **owner.model_dump())
        owners[added.id] = added
        return added

    @app.get("/owners", response_model=list[Owner])
    def list_owners(
        skip: Annotated[int, Query(ge=0, le=10**6)] = 0, limit: Annotated[int, Query(ge=1, le=100)] = 100
    ) -> list[Owner]:
        return list(owners.values())[skip : skip + limit]

    @app.get("/owners/{owner_id}", response_model=Owner, responses=_MISSING)
    def get_owner(owner_id: UUID) -> Owner:
        return _known(owners, owner_id)

    @app.delete("/owners/{owner_id}", status_code=204, responses=_MISSING)
    def delete_owner(owner_id: UUID) -> None:
        _known(owners, owner_id)
        if bug != "owners stay":
            del owners[owner_id]


def _known(things: dict[Any, Any], key: Any) -> Any:
    if key not in things:
        raise HTTPException(404, "not there")
    return things[key]


def _pets(app: FastAPI, pets: dict[int, Pet], owners: dict[UUID, Owner], number: Callable[[], int], bug: Bug) -> None:
    @app.post("/pets", status_code=201, response_model=Pet, responses=_MISSING)
    def add_pet(pet: NewPet, response: Response) -> Pet:
        if pet.owner_id is not None:
            _known(owners, pet.owner_id)
        added = Pet(id=number(), created_at=datetime.now(UTC), **pet.model_dump())
        pets[added.id] = added
        response.headers["Location"] = f"/pets/{added.id}"
        return added

    @app.get("/pets", response_model=Page)
    def list_pets(
        limit: Annotated[int, Query(ge=1, le=50)] = 10,
        offset: Annotated[int, Query(ge=0, le=10**6)] = 0,
        name: str | None = None,
        weight: float | None = None,
        sort: Literal["name", "-name", "weight"] | None = None,
    ) -> Page:
        matching = [pet for pet in pets.values() if name in (None, pet.name) or bug == "names are not looked at"]
        matching = [pet for pet in matching if weight in (None, pet.weight)]
        if sort:
            matching.sort(key=lambda pet: getattr(pet, sort.lstrip("-")), reverse=sort.startswith("-"))
        start = offset + (bug == "pages begin one late")
        page = matching[start : start + limit]
        return Page(items=page, total=len(matching), limit=limit, offset=offset)

    @app.get("/pets/{pet_id}", response_model=Pet, responses=_MISSING)
    def get_pet(pet_id: int) -> Pet:
        return _known(pets, pet_id)

    @app.patch("/pets/{pet_id}", response_model=Pet, responses=_MISSING)
    def change_pet(pet_id: int, change: PetChange) -> Pet:
        members = {name: value for name, value in change.model_dump(exclude_unset=True).items() if value is not None}
        changed = _known(pets, pet_id).model_copy(update=members)
        if bug != "a change is lost":
            pets[pet_id] = changed
        return changed

    @app.put("/pets/{pet_id}", response_model=Pet, responses=_MISSING)
    def replace_pet(pet_id: int, pet: NewPet) -> Pet:
        known = _known(pets, pet_id)
        pets[pet_id] = Pet(id=pet_id, created_at=known.created_at, **pet.model_dump())
        return pets[pet_id]

    @app.delete("/pets/{pet_id}", status_code=204, responses=_MISSING)
    def delete_pet(pet_id: int) -> None:
        _known(pets, pet_id)
        del pets[pet_id]
