"""Where the local CSI driver's protocol files come from."""

import pytest

from ci.csi.protos import PROTO_FILES, ProtocolError, ProtoFile, cache_key, go_sum_line, go_sum_path

GO_SUM = """\
example.org/spec v1.2.0 h1:content=
example.org/spec v1.2.0/go.mod h1:manifest=
example.org/spec/more v1.0.0 h1:other=
example.org/indirect v1.0.0/go.mod h1:manifest=
"""


def test_the_hash_of_the_content_is_taken() -> None:
    """Not that of go.mod, and not that of a module whose name only starts alike."""
    assert go_sum_line(GO_SUM, "example.org/spec") == "example.org/spec v1.2.0 h1:content="


@pytest.mark.parametrize("module", ["example.org/indirect", "example.org/absent"])
def test_a_module_without_a_hash_is_an_error(module: str) -> None:
    """Nothing is fetched that the repository does not fix."""
    with pytest.raises(ProtocolError, match=module):
        go_sum_line(GO_SUM, module)


@pytest.mark.parametrize("file", PROTO_FILES, ids=lambda file: file.name)
def test_the_repository_fixes_every_protocol_file(file: ProtoFile) -> None:
    """By a hash in the go.sum of the program that speaks the protocol."""
    assert " h1:" in go_sum_line(go_sum_path(file.group).read_text(), file.module)


def test_the_cache_key_is_stable() -> None:
    """The same repository and compiler find what they compiled."""
    assert cache_key() == cache_key()
