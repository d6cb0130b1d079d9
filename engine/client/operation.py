"""An operation as people call it: each verb starts a flow, and hands it to the runner."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from sys import _getframe
from typing import TYPE_CHECKING, Any, Generic, Literal, Self, TypeVar, Unpack

from openconnectors.engine.call.calls import Calls
from openconnectors.engine.call.runner import Loop, Runner
from openconnectors.engine.client.options import with_options
from openconnectors.engine.client.recipes import Recipe, shared
from openconnectors.engine.deferred import module
from openconnectors.engine.errors import Unsupported
from openconnectors.engine.fast.calls import PlainCalls
from openconnectors.engine.fast.declined import DECLINED
from openconnectors.engine.http import Request, Response
from openconnectors.engine.masking import sealed
from openconnectors.engine.model import MISSING
from openconnectors.engine.plan.arguments import Argument
from openconnectors.engine.plan.options import CallOptions, Options
from openconnectors.engine.plan.plan import Plan
from openconnectors.engine.streams import Stream

if TYPE_CHECKING:
    from concurrent.futures import Executor
    from pathlib import Path

    from openconnectors.engine.bulk.budgets import Budget
    from openconnectors.engine.bulk.keys import Key
    from openconnectors.engine.bulk.ledger import Ledger
    from openconnectors.engine.bulk.outcomes import Outcome
    from openconnectors.engine.bulk.progress import Progress
    from openconnectors.engine.call import follow_ups, long_running, paging, subscriptions, triggers
    from openconnectors.engine.client import choices, handles, mapping, signature
    from openconnectors.engine.client import follow_ups as links
else:
    follow_ups = module("openconnectors.engine.call.follow_ups")
    long_running = module("openconnectors.engine.call.long_running")
    paging = module("openconnectors.engine.call.paging")
    subscriptions = module("openconnectors.engine.call.subscriptions")
    triggers = module("openconnectors.engine.call.triggers")
    choices = module("openconnectors.engine.client.choices")
    handles = module("openconnectors.engine.client.handles")
    mapping = module("openconnectors.engine.client.mapping")
    links = module("openconnectors.engine.client.follow_ups")
    signature = module("openconnectors.engine.client.signature")

__tracebackhide__ = True


class _Shown:
    """An attribute of operations that is made when somebody looks at it, as most programs do not; of the class itself
    it is ``of_class``, or absent."""

    def __init__(self, make: Callable[[Plan], Any], of_class: str | None = None) -> None:
        self._make = make
        self._of_class = of_class

    def __get__(self, operation: BoundOperation[Any] | None, kind: type[BoundOperation[Any]]) -> Any:
        if operation is not None:
            return self._make(operation.__calls__.plan)
        if self._of_class is None:
            raise AttributeError
        return self._of_class


class _Called:
    """What ``operation.__call__`` is to those who look at it, as ``unittest.mock.create_autospec`` does: a call with
    the signature of the operation. It does not hold the operation, which holds it."""

    __slots__ = ("_arguments", "_kind")

    def __init__(self, kind: type[Any], *arguments: Any) -> None:
        self._kind = kind
        self._arguments = arguments

    @property
    def __signature__(self) -> Any:
        return self._kind(*self._arguments).__signature__

    def __call__(self, /, **arguments: Any) -> Any:
        return self._kind(*self._arguments)(**arguments)


_COROUTINE = 0x80 | 0x200
"""The flags of the code of ``async def``: ``inspect.CO_COROUTINE``, ``inspect.CO_ASYNC_GENERATOR``."""

R = TypeVar("R", bound=Loop)


class BoundOperation(Generic[R]):
    """What an operation of a connector is before it is called, whatever runs its calls."""

    __signature__ = _Shown(lambda plan: signature.signature(plan))

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls.__doc__ = _Shown(lambda plan: signature.documentation(plan), cls.__doc__)  # type: ignore[assignment]

    def __init__(self, name: str, calls: Calls, runner: R) -> None:
        self.__calls__ = calls
        self.__runner__ = self._runner = runner
        self._plain = PlainCalls(calls, runner.transport)
        self.__name__ = self.__qualname__ = name
        # A call of the operation looks at its class alone; who asks for the attribute gets its signature along.
        vars(self)["__call__"] = _Called(type(self), name, calls, runner)

    def __reduce__(self) -> Any:
        recipe = self.__calls__.connected.recipe
        if recipe is None:
            return self.__calls__.connected.connection.__reduce__()
        return _operation_of, (recipe, self.__name__, self.__calls__.options)

    def __repr__(self) -> str:
        return f"<operation {self.__calls__.connected.name}.{self.__name__}{self.__signature__}>"

    def using(self, **options: Unpack[CallOptions]) -> Self:
        """The operation with other options (``CallOptions``): ``accept``, ``content_type``, ``timeout`` (seconds
        of the whole call), ``validate_responses`` (``"lenient"``, ``"strict"``, ``"off"``), ``headers`` (further header
        fields), ``retry_on`` (statuses after which nothing was carried out), ``max_wait`` (seconds until a
        long-running operation must have ended), ``interval`` (seconds between questions for its state),
        ``in_coroutines`` (True lets a blocking call hold up the event loop of the coroutine that makes it)."""
        calls = self.__calls__
        changed = Calls(calls.connected, calls.plan, with_options(calls.options, options))
        return type(self)(self.__name__, changed, self._runner)

    def request(self, /, **arguments: Any) -> Request:
        """The exact request, without its credentials; nothing is sent."""
        with sealed(self.__calls__.connected.connection.mask):
            return self.__calls__.request(arguments)

    def links(self, response: Response) -> dict[str, links.FollowUp]:
        """The follow-up requests that a response to this operation makes possible, by name, as the document links
        them: call one to send it."""
        calls, mask = self.__calls__, self.__calls__.connected.connection.mask
        bound: Any = type(self)  # of the same face
        names = {operation_id: name for name, operation_id in calls.connected.operation_ids.items()}
        with sealed(mask):
            return {
                name: links.FollowUp(
                    bound(names[link.calls.plan.operation.id], link.calls, self._runner),
                    link.arguments,
                    link.description,
                    mask.text(", ".join(f"{key}={value!r}" for key, value in link.arguments.items())),
                )
                for name, link in follow_ups.following(calls, response)
            }

    @property
    def operation_id(self) -> str:
        """The ``operationId`` in the document."""
        return self.__calls__.plan.operation.id

    def items_of(self, page: Any) -> list[Any]:
        """The items of one page's value."""
        return paging.page_items(paging.declared(self.__calls__), page)

    def argument(self, name: str) -> Argument:
        """One argument by its Python or wire name."""
        return self.__calls__.argument(name)


class Operation(BoundOperation[Runner]):
    """One operation of a connector: call it with keyword arguments, get its value.

    Every other verb takes the same arguments: ``request`` shows what would be sent, ``response`` has status and header
    fields, ``pages`` and ``items`` follow the pages of a list, ``stream`` and ``each`` take what is large as it comes,
    ``poll`` and ``wait`` follow what takes long, ``subscribe`` has events sent. ``using`` changes options, ``choices``
    asks for the values of a parameter, ``links`` has the follow-up requests of a response, ``map`` takes many rows.
    """

    def __call__(self, /, **arguments: Any) -> Any:
        """The value of the response, as plain data; the errors are those of ``errors``."""
        if _getframe(1).f_code.co_flags & _COROUTINE:
            self._refuse_coroutine()
        plain, sent = self._plain, None
        ready = plain.write(arguments)
        if ready is not DECLINED:
            outcome = plain.send(ready)
            value = plain.read(outcome)
            if value is not DECLINED:
                return value
            sent = plain.sent(ready, outcome)
        response = self._runner.run(self.__calls__.response(arguments), sent)
        plain.learn(arguments, response.request)
        return response.value

    def response(self, /, **arguments: Any) -> Response:
        """The whole response: its value, status, header fields, and the places where it differs from the document."""
        if _getframe(1).f_code.co_flags & _COROUTINE:
            self._refuse_coroutine()
        return self._runner.run(self.__calls__.response(arguments))

    def stream(self, /, **arguments: Any) -> Stream:
        """The body of the response as it comes, of any size: iterate over it, or save it. Errors are raised
        before the first byte; the time of the call is that of the whole download."""
        if _getframe(1).f_code.co_flags & _COROUTINE:
            self._refuse_coroutine()
        stream: Stream = self._runner.run(self.__calls__.stream(arguments))
        return stream

    def each(self, /, **arguments: Any) -> Iterator[Any]:
        """The items of one large response, one by one while it comes in, so that only one is in memory.

        They are lines, events or parts, or the items of a list: of the response itself, or of its member that the pages
        of the operation have."""
        if _getframe(1).f_code.co_flags & _COROUTINE:
            self._refuse_coroutine()
        with sealed(self.__calls__.connected.connection.mask):
            calls = self._runner.run(self.__calls__.for_items().resolved(arguments))
            with self._runner.run(calls.stream(arguments)) as stream:
                yield from calls.items(stream)

    def pages(self, /, **arguments: Any) -> Iterator[Any]:
        """The values of this page and of those after it, one call each, as they are asked for."""
        if _getframe(1).f_code.co_flags & _COROUTINE:
            self._refuse_coroutine()
        return (page.value for page in self._pages(arguments))

    def items(self, /, **arguments: Any) -> Iterator[Any]:
        """The items of all pages, one by one."""
        if _getframe(1).f_code.co_flags & _COROUTINE:
            self._refuse_coroutine()
        return (item for page in self._pages(arguments) for item in page.items)

    def _refuse_coroutine(self) -> None:
        """Refuse a call that a coroutine makes itself: it is meant to be awaited, or would hold up the event loop. That
        it is awaited shows only when the request is sent; who calls shows before."""
        if not self.__calls__.options.in_coroutines:
            raise Unsupported(
                f"{self.__name__} was not sent: it blocks, and was called in a coroutine, which would wait with all "
                f"others of its event loop. Load the connector with load_async and await the call, or call it in a "
                f"thread (asyncio.to_thread); the option in_coroutines=True allows it as it is"
            )

    def _pages(self, arguments: dict[str, Any]) -> Iterator[paging.Page]:
        """The pages; the request of the first is built and validated at once."""
        calls = self._runner.run(self.__calls__.resolved(arguments))
        with sealed(calls.connected.connection.mask):
            paging.declared(calls)
            first = calls.request(arguments)
        return self._runner.results(paging.pages(calls, first, arguments))

    def poll(self, /, **arguments: Any) -> Any:
        """Start a long-running operation, and return how to follow it, a ``Poller``; of a trigger the
        ``Events``, asked for until nobody iterates any more."""
        if _getframe(1).f_code.co_flags & _COROUTINE:
            self._refuse_coroutine()
        calls = self.__calls__
        if calls.plan.operation.trigger:
            return handles.Events(self.__name__, self._runner, self._runner.run(triggers.trigger(calls, arguments)))
        return handles.Poller(self.__name__, self._runner, self._runner.run(long_running.started(calls, arguments)))

    def wait(self, /, **arguments: Any) -> Any:
        """The value of a long-running operation, once it is done. Raise ``OperationFailed`` if it ends otherwise."""
        if _getframe(1).f_code.co_flags & _COROUTINE:
            self._refuse_coroutine()
        return self.poll(**arguments).wait()

    def subscribe(self, url: str, /, **arguments: Any) -> handles.Subscription:
        """Have events sent to a URL of the caller's, until it is unsubscribed."""
        if _getframe(1).f_code.co_flags & _COROUTINE:
            self._refuse_coroutine()
        subscribed = self._runner.run(subscriptions.subscribe(self.__calls__, url, arguments))
        return handles.Subscription(self.__name__, self._runner, subscribed)

    def map(
        self,
        rows: Iterable[Mapping[str, Any]],
        *,
        executor: Executor | None = None,
        ledger: str | Path | Ledger | None = None,
        limit: str | Budget | Literal[False] | None = None,
        key: Key | None = None,
        progress: Progress | None = None,
    ) -> Iterator[Outcome]:
        """Call the operation with each row of arguments; give the ``Outcome`` of each, in their order, as they are
        wanted. An error of a row is in its outcome.

        ``executor`` is any of ``concurrent.futures``; without one there are eight threads. ``ledger`` is a file in
        which each row is written down before and after it is sent: a second run sends what was not sent. ``limit`` is
        so many calls in a time (``"10/second"``), or a ``Budget`` that others share; without it that of the document
        counts, and with False there is none. ``key`` tells a row from all others, where its arguments do not.
        ``progress`` is called after each outcome with how many there are, and the number of rows, if they have a
        length: an ``openconnectors.progress.Bar`` draws it.

        Raise ``LedgerError`` if the ledger cannot be used, and ``Unsupported`` for an executor that may send a row
        twice.
        """
        return mapping.mapped(self, rows, executor, mapping.Choices(ledger, limit, key, progress))

    def choices(self, parameter: str, below: Any = MISSING, /, **arguments: Any) -> list[tuple[Any, str]]:
        """The values that may be given for a parameter, each with its title, asked from the service.

        ``arguments`` are those that the asking depends on. Of choices that lie below one another (folders), these
        are the first; ``below`` is one of them, and asks for those that it holds. A parameter with an ``enum`` has
        its values.
        """
        if _getframe(1).f_code.co_flags & _COROUTINE:
            self._refuse_coroutine()
        return self._runner.run(choices.choices(self.__calls__, parameter, below, arguments))


def _operation_of(recipe: Recipe, name: str, options: Options) -> Operation:
    """An operation that comes from another process."""
    operation: Operation = shared(recipe).operations[name]
    calls = operation.__calls__
    return Operation(name, Calls(calls.connected, calls.plan, options), operation.__runner__)


def calls_of(operation: BoundOperation[Any]) -> Calls:
    """What is behind an operation: its plan, its options, and the connected service."""
    return operation.__calls__
