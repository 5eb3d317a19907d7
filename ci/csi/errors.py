"""What can go wrong, each with the gRPC code that the CSI specification gives it."""

from typing import ClassVar

import grpc


class CsiError(Exception):
    """A call that is answered with a code other than OK; the text goes to the caller."""

    code: ClassVar[grpc.StatusCode] = grpc.StatusCode.INTERNAL


class InvalidArgumentError(CsiError):
    """A field is missing or has a value that this driver never accepts."""

    code = grpc.StatusCode.INVALID_ARGUMENT


class NotFoundError(CsiError):
    """The volume, snapshot or path does not exist."""

    code = grpc.StatusCode.NOT_FOUND


class AlreadyExistsError(CsiError):
    """The name is taken by something that was asked for differently."""

    code = grpc.StatusCode.ALREADY_EXISTS


class OutOfRangeError(CsiError):
    """No size fits the asked range."""

    code = grpc.StatusCode.OUT_OF_RANGE


class ResourceExhaustedError(CsiError):
    """The pool has not that much space left."""

    code = grpc.StatusCode.RESOURCE_EXHAUSTED


class FailedPreconditionError(CsiError):
    """The call makes sense, but not in the present state: a volume is in use, the pool is not mounted."""

    code = grpc.StatusCode.FAILED_PRECONDITION


class CommandError(CsiError):
    """A program (btrfs, mount, …) failed; the text has the command and what it printed."""


class PoolError(Exception):
    """The pool cannot be made or removed; the text says why and what to do."""
