"""What the stubs that ``connectors stubs`` writes are made of. For type checkers only: there is no such module at run
time."""

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator, Sequence, Set
from pathlib import Path
from typing import Any, Concatenate, Generic, ParamSpec, Protocol, TypeAlias, TypeVar, overload

from openconnectors.engine.call.async_runner import AsyncResults
from openconnectors.engine.client.async_connector import AsyncConnector
from openconnectors.engine.client.async_operation import AsyncOperation
from openconnectors.engine.client.connector import Connector
from openconnectors.engine.client.operation import Operation
from openconnectors.engine.http import Request, Response
from openconnectors.engine.streams import AsyncStream, File, Stream

P = ParamSpec("P")
R = TypeVar("R")
I = TypeVar("I")
T = TypeVar("T")

Items: TypeAlias = Sequence[T] | Set[T]
"""What is sent as a list of values that are not text."""
Texts: TypeAlias = list[T] | tuple[T, ...] | Set[T]
"""What is sent as a list of texts: not a text, which is a sequence of its letters."""

class Readable(Protocol):
    """An open binary file."""

    def read(self, size: int = ..., /) -> bytes: ...

Upload: TypeAlias = bytes | bytearray | memoryview | Path | File | Readable | Iterator[bytes] | AsyncIterator[bytes]
"""What is sent as bytes."""

class TypedConnector(Connector):
    """A connector whose operations are all known: another attribute is a mistake."""

    __getattr__: None  # type: ignore

class AsyncTypedConnector(AsyncConnector):
    """A connector for coroutines whose operations are all known: another attribute is a mistake."""

    __getattr__: None  # type: ignore

class TypedOperation(Operation, Generic[P, R]):
    """An operation with the arguments ``P`` and the value ``R``."""

    def __call__(self, /, *args: P.args, **kwargs: P.kwargs) -> R: ...
    def request(self, /, *args: P.args, **kwargs: P.kwargs) -> Request: ...
    def response(self, /, *args: P.args, **kwargs: P.kwargs) -> Response: ...
    def stream(self, /, *args: P.args, **kwargs: P.kwargs) -> Stream: ...
    def poll(self, /, *args: P.args, **kwargs: P.kwargs) -> Any: ...
    def wait(self, /, *args: P.args, **kwargs: P.kwargs) -> R: ...

class TypedListing(TypedOperation[P, R], Generic[P, R, I]):
    """An operation whose value ``R`` is a page or a list of items ``I``."""

    def each(self, /, *args: P.args, **kwargs: P.kwargs) -> Iterator[I]: ...
    def items(self, /, *args: P.args, **kwargs: P.kwargs) -> Iterator[I]: ...
    def pages(self, /, *args: P.args, **kwargs: P.kwargs) -> Iterator[R]: ...
    def items_of(self, page: Any) -> list[I]: ...

class AsyncTypedOperation(AsyncOperation, Generic[P, R]):
    """A ``TypedOperation`` that is awaited."""

    async def __call__(self, /, *args: P.args, **kwargs: P.kwargs) -> R: ...
    def request(self, /, *args: P.args, **kwargs: P.kwargs) -> Request: ...
    async def response(self, /, *args: P.args, **kwargs: P.kwargs) -> Response: ...
    async def stream(self, /, *args: P.args, **kwargs: P.kwargs) -> AsyncStream: ...
    async def poll(self, /, *args: P.args, **kwargs: P.kwargs) -> Any: ...
    async def wait(self, /, *args: P.args, **kwargs: P.kwargs) -> R: ...

class TypedResults(AsyncResults[Any], Generic[I]):
    """Values for ``async for``."""

    def __aiter__(self) -> TypedResults[I]: ...
    async def __anext__(self) -> I: ...

class AsyncTypedListing(AsyncTypedOperation[P, R], Generic[P, R, I]):
    """A ``TypedListing`` that is awaited."""

    def each(self, /, *args: P.args, **kwargs: P.kwargs) -> AsyncGenerator[I]: ...
    def items(self, /, *args: P.args, **kwargs: P.kwargs) -> TypedResults[I]: ...
    def pages(self, /, *args: P.args, **kwargs: P.kwargs) -> TypedResults[R]: ...
    def items_of(self, page: Any) -> list[I]: ...

class Pages(Generic[R, I]):
    """The annotation of a ``listing``: its value and its items."""

class operation(Generic[P, R]):
    """A function of a connector's class as the operation that the class has: its arguments and its value."""

    def __init__(self, function: Callable[Concatenate[Any, P], R]) -> None: ...
    @overload
    def __get__(self, instance: Connector, kind: Any) -> TypedOperation[P, R]: ...
    @overload
    def __get__(self, instance: AsyncConnector, kind: Any) -> AsyncTypedOperation[P, R]: ...

class listing(Generic[P, R, I]):
    """As ``operation``, of a function that returns ``Pages[R, I]``."""

    def __init__(self, function: Callable[Concatenate[Any, P], Pages[R, I]]) -> None: ...
    @overload
    def __get__(self, instance: Connector, kind: Any) -> TypedListing[P, R, I]: ...
    @overload
    def __get__(self, instance: AsyncConnector, kind: Any) -> AsyncTypedListing[P, R, I]: ...
